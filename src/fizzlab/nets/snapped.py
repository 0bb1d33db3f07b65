"""A reader whose state is replaced, after each digit, by the nearest of a codebook.

Errors then do not grow with the number of digits: the net is a finite automaton whose states are
the codes. The idea is that of Das and Mozer, "A unified gradient-descent/clustering architecture
for finite state machine induction", NIPS 1993.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from fizzlab.nets.readers import Reader


class Snapped(Reader):
    """A reader with a codebook: h ← the code c of largest c · h' − |c|² / 2, h' the net's own.

    That is the code nearest to h'. It is what is computed, in float32, with the offsets −|c|² / 2
    rounded once.

    Args:
        net: The reader.
        codebook: Its states, shape (code, state), float32.

    Attributes:
        net: The reader.
        codebook: As given.
        offsets: −|c|² / 2 of each code, shape (code,), float32.
    """

    codebook: Tensor
    offsets: Tensor

    def __init__(self, net: Reader, codebook: Float[Tensor, "code state"]) -> None:
        super().__init__(net.base, net.state, net.labels)
        self.net = net
        self.register_buffer("codebook", codebook)
        self.register_buffer("offsets", (codebook.double().square().sum(dim=1) / -2).float())

    def begin(self) -> Float[Tensor, " state"]:
        """Gives the state before the first digit: the net's own."""
        return self.net.begin()

    def step(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node digit state"]:
        """Gives the nearest code to the net's next state, for every digit."""
        return self.codebook[self.codes(self.net.step(states))]

    def codes(self, states: Float[Tensor, "node digit state"]) -> Tensor:
        """Gives the number of the nearest code, shape (node, digit)."""
        return (states @ self.codebook.T + self.offsets).argmax(dim=-1)

    def scores(self, states: Float[Tensor, "node state"]) -> Float[Tensor, "node label"]:
        """Gives the net's scores."""
        return self.net.scores(states)

    def redraw(self, seed: int) -> None:
        """Draws the net's weights; the codebook stays."""
        self.net.redraw(seed)
