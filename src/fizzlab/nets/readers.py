"""Nets that read the digits of an integer one after the other, most significant first.

A reader has a state, a vector. It begins in the state `begin()`, each digit takes it to another
one, and a linear readout of the last state gives one score a label. Integers of any length can be
read; many of them are read together, each shared prefix only once (`PrefixTree`).
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fizzlab.randomness import generator

PADDING = -1  # stands before the first digit of the shorter integers in a batch of rows


class Reader(nn.Module):
    """Reads digits; what a state is, and how a digit changes it, is up to the subclass.

    Args:
        base: Number of different digits.
        state: Length of the state vector.
        labels: Number of labels.
    """

    def __init__(self, base: int, state: int, labels: int) -> None:
        super().__init__()
        self.base, self.state, self.labels = base, state, labels

    @abstractmethod
    def begin(self) -> Float[Tensor, " state"]:
        """Gives the state before the first digit."""

    @abstractmethod
    def step(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node digit state"]:
        """Gives the state after each digit that may come next."""

    @abstractmethod
    def scores(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node label"]:
        """Gives the scores of the labels; the highest one is the answer."""

    @abstractmethod
    def redraw(self, seed: int) -> None:
        """Draws the weights that the reader has at the beginning of training, in place."""

    def forward(self, rows: Float[Tensor, "batch digit"]) -> Float[Tensor, "batch label"]:
        """Gives scores for digit sequences, most significant first, `PADDING` before the first."""
        tree = PrefixTree(rows, self.base)
        return self.scores(tree.states(self)[tree.ends])


class Bilinear(Reader):
    """h ← h · A[digit], scores = h · W: a second-order net with linear units.

    It computes what a weighted automaton computes (Rabusseau, Li, Precup, "Connecting weighted
    automata and recurrent neural networks through spectral learning", AISTATS 2019).

    Args:
        base: Number of different digits.
        state: Length of the state vector.
        labels: Number of labels.
        seed: 0 to 2^32 − 1; of the initial weights.

    Attributes:
        start: h before the first digit, shape (state,).
        transitions: A, shape (digit, state, state).
        readout: W, shape (state, label).
    """

    def __init__(self, base: int, state: int, labels: int, seed: int = 0) -> None:
        super().__init__(base, state, labels)
        self.start = nn.Parameter(torch.empty(state))
        self.transitions = nn.Parameter(torch.empty(base, state, state))
        self.readout = nn.Parameter(torch.empty(state, labels))
        self.redraw(seed)

    def redraw(self, seed: int) -> None:
        """Draws all weights from normal distributions of deviation 1 / √state."""
        source, deviation = generator(seed), self.state**-0.5
        for weights in (self.start, self.transitions, self.readout):
            nn.init.normal_(weights, std=deviation, generator=source)

    def begin(self) -> Float[Tensor, " state"]:
        """Gives the state before the first digit."""
        return self.start

    def step(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node digit state"]:
        """Gives h · A[digit] for every digit, by one product."""
        side_by_side = self.transitions.transpose(0, 1).reshape(self.state, -1)
        return (states @ side_by_side).view(len(states), self.base, self.state)

    def scores(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node label"]:
        """Gives h · W."""
        return states @ self.readout

    def extra_repr(self) -> str:
        """Tells the sizes, as torch's own modules do."""
        return f"base={self.base}, state={self.state}, labels={self.labels}"


class GRU(Reader):
    """A gated recurrent unit over one-hot digits (Cho et al., EMNLP 2014), linear readout.

    Args:
        base: Number of different digits.
        state: Length of the state vector.
        labels: Number of labels.
        seed: 0 to 2^32 − 1; of the initial weights.
    """

    def __init__(self, base: int, state: int, labels: int, seed: int = 0) -> None:
        super().__init__(base, state, labels)
        self.cell = nn.GRUCell(base, state)
        self.readout = nn.Linear(state, labels)
        self.redraw(seed)

    def redraw(self, seed: int) -> None:
        """Draws all weights as torch's own modules do: uniform in ±1 / √state."""
        source, bound = generator(seed), self.state**-0.5
        for weights in self.parameters():
            nn.init.uniform_(weights, -bound, bound, generator=source)

    def begin(self) -> Float[Tensor, " state"]:
        """Gives the state before the first digit: zeros."""
        return self.cell.bias_hh.new_zeros(self.state)

    def step(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node digit state"]:
        """Gives the cell's next state for every digit."""
        digits = torch.eye(self.base).repeat(len(states), 1)
        after = self.cell(digits, states.repeat_interleave(self.base, dim=0))
        return after.view(len(states), self.base, self.state)

    def scores(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node label"]:
        """Gives the linear readout."""
        return self.readout(states)


READERS: dict[str, type[Bilinear] | type[GRU]] = {"bilinear": Bilinear, "gru": GRU}


class PrefixTree:
    """All prefixes of digit sequences, each once: the 923 integers 101..1023 have 1,024 in base 2.

    Args:
        rows: Digit sequences, most significant first, `PADDING` before the first digit.
        base: Number of different digits.

    Attributes:
        ends: For each sequence the node where it ends, among the nodes as `states` lists them.
    """

    def __init__(self, rows: Float[Tensor, "batch digit"], base: int) -> None:
        digits, lengths = _left_aligned(rows.long())
        self._levels: list[Tensor] = []  # of each level, places among all children of the one above
        self.ends: Int[Tensor, " batch"] = torch.zeros(len(rows), dtype=torch.long)
        node, first = torch.zeros(len(rows), dtype=torch.long), 1
        for place in range(digits.shape[1]):
            reading = (lengths > place).nonzero().squeeze(1)
            child = node[reading] * base + digits[reading, place]
            level, node_of = child.unique(return_inverse=True)
            node[reading] = node_of
            self.ends[reading] = first + node_of
            self._levels.append(level)
            first += len(level)

    def states(self, net: Reader) -> Float[Tensor, "node state"]:
        """Gives the state of a net at every node: at the root, then level after level."""
        states = net.begin()[None]
        found = [states]
        for level in self._levels:
            after = net.step(states)
            children = after.reshape(-1, after.shape[-1])
            states = children if len(level) == len(children) else children[level]
            found.append(states)
        return torch.cat(found)


def _left_aligned(rows: Int[Tensor, "batch digit"]) -> tuple[Tensor, Int[Tensor, " batch"]]:
    """Moves the padding behind the digits; gives also the number of digits of each row."""
    lengths = (rows != PADDING).sum(dim=1)
    width = rows.shape[1]
    places = torch.arange(width) + (width - lengths)[:, None]
    return rows.gather(1, places.clamp(max=width - 1)), lengths
