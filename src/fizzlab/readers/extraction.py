"""From a reader to an automaton: which of its states are one and the same.

Breadth first from the states after each leading digit, two states are one where the net gives the
same answers after all short suffixes; the labels of the data are not asked. What is found is then
minimised. Compare Weiss, Goldberg, Yahav, "Extracting automata from recurrent neural networks using
queries and counterexamples", ICML 2018.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fizzlab.nets import Reader
from fizzlab.readers.automata import Automaton

SUFFIXES = 16  # suffixes are so long that there are at least this many: 4 bits, 2 decimal digits
MAX_STATES = 512  # before minimisation; more is no finite behaviour


@dataclass(frozen=True)
class Extraction:
    """What was found in a reader.

    Attributes:
        automaton: Of fewest states.
        codebook: Of each of its states the mean of the net's states that are it, shape
            (state of the automaton, state of the net), float32.
    """

    automaton: Automaton
    codebook: Float[Tensor, "code state"]


def extract(net: Reader, most: int = MAX_STATES) -> Extraction | None:
    """Extracts an automaton from a reader.

    Args:
        net: The reader.
        most: Largest number of states, before minimisation.

    Returns:
        The automaton; None if more than `most` states give different answers.
    """
    with torch.no_grad():
        found = _Exploration(net)
        while len(found.waiting):
            if found.size > most:
                return None
            found.advance()
    whole = found.automaton()
    automaton = whole.minimised()
    states = same_states(whole, automaton)
    codebook = torch.zeros(len(automaton), net.state, dtype=torch.double)
    counts = torch.zeros(len(automaton), dtype=torch.double)
    vectors = torch.cat(found.vectors).double()
    seen = torch.tensor([states[number] for number in found.numbers])
    codebook.index_add_(0, seen, vectors)
    counts.index_add_(0, seen, torch.ones(len(seen), dtype=torch.double))
    return Extraction(automaton, (codebook / counts[:, None]).float())


class _Exploration:
    """The states found so far, each by the first vector that was met in it.

    Attributes:
        waiting: Vectors whose next states are not known yet, shape (state, net's state).
        vectors: All vectors met.
        numbers: The state that each of them is.
    """

    def __init__(self, net: Reader) -> None:
        self.net, self.length = net, suffix_length(net.base)
        self.vectors: list[Tensor] = []
        self.numbers: list[int] = []
        self._number_of: dict[tuple[int, ...], int] = {}
        self._labels: list[int] = []
        self._rows: list[list[int]] = []
        self.waiting = net.begin()[None][:0]
        self._first = self._meet(net.step(net.begin()[None])[0, 1:])

    @property
    def size(self) -> int:
        return len(self._labels)

    def advance(self) -> None:
        """Takes all waiting states one digit further."""
        after, base = self.net.step(self.waiting), self.net.base
        self.waiting = self.waiting[:0]
        numbers = self._meet(after.flatten(0, 1))
        self._rows += [numbers[start : start + base] for start in range(0, len(numbers), base)]

    def _meet(self, vectors: Float[Tensor, "met state"]) -> list[int]:
        """Gives the number of each vector's state; new states are left waiting."""
        numbers, new = [], []
        for place, key in enumerate(map(tuple, answers(self.net, vectors, self.length).tolist())):
            if key not in self._number_of:
                self._number_of[key] = len(self._labels)
                self._labels.append(key[0])
                new.append(place)
            numbers.append(self._number_of[key])
        self.vectors.append(vectors)
        self.numbers += numbers
        self.waiting = torch.cat([self.waiting, vectors[new]])
        return numbers

    def automaton(self) -> Automaton:
        return Automaton(tuple(self._first), tuple(map(tuple, self._rows)), tuple(self._labels))


def answers(
    net: Reader, states: Float[Tensor, "node state"], length: int
) -> Int[Tensor, "node suffix"]:
    """Gives a net's answers after every suffix of at most `length` digits, the empty one first."""
    levels = [states]
    for _ in range(length):
        levels.append(net.step(levels[-1]).flatten(0, 1))
    return torch.cat([net.scores(level).argmax(1).view(len(states), -1) for level in levels], 1)


def suffix_length(base: int) -> int:
    """Gives the length of suffixes of which there are at least `SUFFIXES`.

    >>> suffix_length(2), suffix_length(10)
    (4, 2)
    """
    length = 1
    while base**length < SUFFIXES:
        length += 1
    return length


def same_states(whole: Automaton, small: Automaton) -> list[int]:
    """Gives for each state of an automaton the equal one of its minimised form."""
    pairs = list(zip(whole.first, small.first, strict=True))
    found: dict[int, int] = {}
    for one, other in pairs:
        if one not in found:
            found[one] = other
            pairs += zip(whole.after[one], small.after[other], strict=True)
    return [found[state] for state in range(len(whole))]
