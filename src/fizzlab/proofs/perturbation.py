"""How far the weights of a net may be changed before any of its answers changes.

For a change of every weight and bias by at most ε the bounds of `bounds.py` give, for each integer,
how far each score can move, float32's rounding of the changed net included. While the right label's
score less its bound is above every other score plus its own, the answer stays. Both grow with ε, so
the largest ε for which this holds on all integers is found by halving an interval. What is given is
the end of it at which the inequality was seen to hold: a sound bound, not the largest true one.
Where more than 2^18 integers are near the smallest margin, one bound for all of them is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int
from pydantic import Field
from torch import Tensor

from fizzlab.configuration import Document
from fizzlab.proofs.bounds import Change
from fizzlab.proofs.float32 import SINGLE
from fizzlab.proofs.scores import LayeredNet, margins
from fizzlab.rules import Rule, as_integers

Kind = Literal["absolute", "relative"]
MOST: dict[Kind, float] = {"absolute": 2.0**20, "relative": 1.0}
LOOKED_AT = 1 << 18  # integers with a bound of their own; if more need one, one is for all
HALVINGS, REFINED = 140, 12  # down to 2^-120; then to 2^-12 of the value


class Perturbation(Document):
    """How far all weights and biases may be changed together, and no answer changes."""

    absolute: float = Field(description="each by at most this; 0 if no bound was found")
    relative: float = Field(description="each by at most this times its own absolute value")


def perturbation(net: LayeredNet, rule: Rule, closest: int, margin: float) -> Perturbation:
    """Gives how far the weights of a net that is right everywhere may be changed.

    Args:
        net: The net; right on every integer of its encoding.
        rule: What is right.
        closest: The integer of the smallest margin, where the search begins.
        margin: This margin.
    """
    searches = [_Search(net, rule, kind) for kind in ("absolute", "relative")]
    for search in searches:  # the smallest margin, and the most bits set
        search.narrow(as_integers([closest, net.encoding.capacity - 1]))
    for integers, scores in net.batches():
        labels = torch.from_numpy(rule.labels(integers))
        sizes = margins(scores, labels)
        for search in searches:
            search.narrow(integers[(sizes <= search.enough).numpy()])
        if all(search.looked_at > LOOKED_AT for search in searches):
            break
    for search in searches:
        if search.looked_at > LOOKED_AT:
            search.narrow_for_all(margin)
    return Perturbation(**{search.kind: search.found for search in searches})


class _Search:
    """The largest ε found to hold on all integers seen so far.

    Attributes:
        found: ε.
        enough: A margin with which any integer bears ε.
        looked_at: How many integers needed a bound of their own.
    """

    def __init__(self, net: LayeredNet, rule: Rule, kind: Kind) -> None:
        self.net, self.rule, self.kind = net, rule, kind
        self.found, self.enough, self.looked_at = MOST[kind], math.inf, 0

    def narrow(self, integers: np.ndarray) -> None:
        """Lowers ε to what these integers bear too."""
        if not len(integers) or not self.found or self.looked_at > LOOKED_AT:
            return
        self.looked_at += len(integers)
        labels = torch.from_numpy(self.rule.labels(integers))
        borne = self._borne(self.found, integers, labels)
        if borne.all():
            return
        weak = ~borne
        own, right = integers[weak.numpy()], labels[weak]
        self.found = largest(lambda size: bool(self._borne(size, own, right).all()), self.found)
        self.enough = self.net.spread_under(self._change(self.found))

    def narrow_for_all(self, margin: float) -> None:
        """Lowers ε to what one bound for all integers allows at the smallest margin."""

        def holds(size: float) -> bool:
            return self.net.spread_under(self._change(size)) < margin

        if self.found and not holds(self.found):
            self.found = largest(holds, self.found)

    def _borne(self, size: float, integers: np.ndarray, labels: Int[Tensor, " batch"]) -> Tensor:
        return self.net.answers_under(self._change(size), integers, labels) == 1

    def _change(self, size: float) -> Change:
        return Change(SINGLE, **{self.kind: size})


def largest(holds: Callable[[float], bool], above: float) -> float:
    """Gives the largest size below `above` that is seen to hold, to 12 bits; 0 if there is none.

    Args:
        holds: Whether a size holds; if it does, every smaller one does too.
        above: A size that does not hold.

    >>> largest(lambda size: size <= 0.3, 1.0)
    0.29998779296875
    """
    low, high = above / 2, above
    for _ in range(HALVINGS):
        if holds(low):
            break
        low, high = low / 2, low
    else:
        return 0.0
    for _ in range(REFINED):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
