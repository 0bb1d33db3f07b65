"""A ReLU net in exact arithmetic: what it is, where doubles are too coarse to tell.

Every float32 is a whole number of 2^-149, so sums and products of weights are whole numbers of some
power of two, and Python's integers hold them. It takes about a millisecond an integer for 100
hidden units, so that only the closest answers are decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Shaped
from torch import Tensor

from fizzlab.proofs.bounds import MAX_SIZE, grid
from fizzlab.proofs.float32 import NORMAL, PRECISION
from fizzlab.proofs.layers import Layer

Whole: TypeAlias = Shaped[np.ndarray, "*shape"]  # of Python integers


@dataclass(frozen=True)
class ExactScores:
    """The exact scores of one integer.

    Attributes:
        scores: One a label.
        free_of_order: Whether float32 computes them without rounding, in whatever order it sums.
    """

    scores: tuple[Fraction, ...]
    free_of_order: bool

    def margin(self, label: int) -> Fraction:
        """Gives the score of a label minus the largest other one."""
        others = self.scores[:label] + self.scores[label + 1 :]
        return self.scores[label] - max(others)


class ExactLayers:
    """A ReLU net with its weights as exact numbers.

    Args:
        layers: Its layers; ReLU behind all but the last.
    """

    def __init__(self, layers: list[Layer]) -> None:
        self.layers = [(_whole(layer.weight), _whole(layer.bias)) for layer in layers]
        self.cost = sum(layer.weight.numel() for layer in layers)  # products an integer

    def scores(self, row: Float[np.ndarray, " feature"]) -> ExactScores:
        """Computes the scores of one row, exactly."""
        values, unit, free = *_wholes_of(row.astype(float)), True
        for number, ((weight, fine), (bias, coarse)) in enumerate(self.layers):
            if number:
                values = np.maximum(values, 0)
            common = min(unit * fine, coarse)
            terms = weight * values * int(unit * fine / common)
            offset = bias * int(coarse / common)
            free = free and _is_free_of_order(np.column_stack([terms, offset]), common)
            values, unit = terms.sum(axis=1) + offset, common
        return ExactScores(tuple(value * unit for value in values), free)


def _whole(values: Float[Tensor, "*shape"]) -> tuple[Whole, Fraction]:
    return _wholes_of(values.numpy())


def _wholes_of(values: Float[np.ndarray, "*shape"]) -> tuple[Whole, Fraction]:
    """Gives doubles as integers and the power of two that they count."""
    unit = grid(values)
    wholes = [int(value) for value in (values / unit).flat]
    return np.array(wholes, dtype=object).reshape(values.shape), Fraction(unit)


def _is_free_of_order(terms: Whole, unit: Fraction) -> bool:
    """Tells whether no float32 sum of a row of terms rounds, in whatever order.

    So it is where all are multiples of a power of two, together at most 2^24 times it, and neither
    too small for float32 nor too large.
    """
    sizes = np.abs(terms)
    bits, most = np.bitwise_or.reduce(sizes, axis=1), sizes.sum(axis=1)
    within = unit >= Fraction(NORMAL) and max(most) * unit < MAX_SIZE
    return within and bool(np.all(most <= (bits & -bits) * 2**PRECISION))
