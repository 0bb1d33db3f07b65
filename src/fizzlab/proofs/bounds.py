r"""How far what a net computes can be from what it is: bounds of rounding and of changed weights.

A net of linear layers and activations is a real function: h_0 = row, z_l = W_l h_(l-1) + b_l,
h_l = φ(z_l), scores z_L. What runs differs from it: float32 rounds every product and every sum, in
an order that depends on the machine, and weights may be changed on purpose, by at most P (for each
weight) and p (for each bias). Let |ĥ − h| ≤ e before a layer of n inputs, and s = |h| + e. Then

    |ẑ − z| ≤ |W| e + P s + p  +  γ_(n+1) ((|W| + P) s + |b| + p)  +  η

where γ_k = k u / (1 − k u), u = 2^-24, bounds the rounding of n products and n sums in any order,
with or without fused multiply-adds (Higham, "Accuracy and Stability of Numerical Algorithms",
2nd ed. 2002, sec. 3.1), and η numbers below 2^-126, which may be kept or flushed to zero.
`rounding.py` says what arithmetic this is about, and what not. Behind the activation,

    |φ^(ẑ) − φ(z)| ≤ λ |ẑ − z| + α u,

with φ's Lipschitz constant λ, and no more than the span of φ and α u. ReLU is computed exactly
(α = 0), and where z ≤ t, it moves by no more than max(0, t + |ẑ − z|): a unit that is surely off is
surely 0. Of tanh, sigmoid and GELU the error is not defined by any standard; α is *assumed* here,
five times and more what was measured over every 17th float32 number (docs, log). Bounds are
computed in double precision as sums of products that are not negative, whose relative error is far
below the 2^-20 that is added to them.

The derivation in full: docs, "Exhaustive proofs".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from fizzlab.proofs.float32 import NORMAL, PRECISION, gamma
from fizzlab.proofs.layers import Layer

MAX_SIZE = 2.0**120  # of a sum of absolute values: no partial sum of it overflows
OUTWARD = 1 + 2.0**-20


def _total(layer: Layer, inputs: Float[Tensor, "batch input"]) -> Float[Tensor, "batch output"]:
    return inputs @ layer.weight.abs().T + layer.bias.abs()


@dataclass(frozen=True)
class Step:
    """What is known of one layer's numbers, of a batch of integers or (batch 1) of them all.

    Attributes:
        inputs: Bound of |h|, what comes in.
        upper: Upper bound of z, its sums.
    """

    inputs: Float[Tensor, "batch input"]
    upper: Float[Tensor, "batch output"]


def hull(layers: list[Layer]) -> list[Step]:
    """Gives bounds that hold for every row of features from 0 to 1, by interval arithmetic."""
    low = torch.zeros(1, layers[0].weight.shape[1]).double()
    high, steps = torch.ones_like(low), []
    for layer in layers:
        plus, minus = layer.weight.clamp(min=0), (-layer.weight).clamp(min=0)
        inputs = torch.maximum(low, high)
        slack = _total(layer, inputs) * (OUTWARD - 1)
        top = high @ plus.T + low @ minus.T + layer.bias + slack
        bottom = high @ minus.T + low @ plus.T - layer.bias + slack
        steps.append(Step(inputs, top))
        known = layer.activation
        low = bottom.clamp(min=0).clamp(max=known.low) * OUTWARD
        high = (top.clamp(min=0) + known.at_zero).clamp(max=known.high) * OUTWARD
    return steps


@dataclass(frozen=True)
class Change:
    """How what runs may differ from the exact net.

    Attributes:
        unit: Unit roundoff; 0 for exact arithmetic.
        absolute: ε: each weight and bias is changed by at most this.
        relative: ε: each is changed by at most this times its own absolute value.
    """

    unit: float = 0.0
    absolute: float = 0.0
    relative: float = 0.0


@dataclass(frozen=True)
class Deviation:
    """How far one layer's numbers can be off: its sums, and what follows its activation."""

    sums: Float[Tensor, "batch output"]
    outputs: Float[Tensor, "batch output"]


def deviations(layers: list[Layer], steps: list[Step], change: Change) -> list[Deviation]:
    """Bounds how far the numbers of each layer are from the exact net's (see above).

    Args:
        layers: The net.
        steps: What is known of its numbers.
        change: How what runs may differ.

    Returns:
        One a layer; infinite or NaN where a float32 sum could overflow.
    """
    found, error = [], torch.zeros_like(steps[0].inputs)
    for layer, step in zip(layers, steps, strict=True):
        terms, size = layer.weight.shape[1] + 1, step.inputs + error
        most = _total(layer, size)
        moved = change.absolute * (size.sum(dim=1, keepdim=True) + 1) + change.relative * most
        most = most + moved
        moved = moved + error @ layer.weight.abs().T
        if change.unit:
            moved = moved + gamma(terms, change.unit) * most + _underflow(layer, size, terms)
        moved = torch.where(most + moved < MAX_SIZE, moved * OUTWARD, math.inf)
        error = _behind(layer, step, moved, most, change.unit)
        found.append(Deviation(moved, error))
    return found


def _underflow(
    layer: Layer, size: Float[Tensor, "batch input"], terms: int
) -> Float[Tensor, "batch 1"]:
    """Bounds what numbers below 2^-126 can change, as operands and as results."""
    return terms * 2.0**-122 * (1 + size.amax(dim=1, keepdim=True) + layer.weight.abs().max())


def _behind(
    layer: Layer,
    step: Step,
    moved: Float[Tensor, "batch output"],
    most: Float[Tensor, "batch output"],
    unit: float,
) -> Float[Tensor, "batch output"]:
    """Carries a bound on the sums through the activation; `most` bounds the sums themselves."""
    kind = layer.activation
    if layer.is_relu:
        return torch.minimum(moved, (step.upper + moved).clamp(min=0))
    error = kind.error * unit * (most + moved if kind.grows else 1.0)
    error = error + (2.0**-122 if unit and kind.error else 0)
    span = torch.where(moved.isfinite(), kind.low + kind.high, math.inf)  # NaN is in no span
    return (torch.minimum(kind.slope * moved, span) + error) * OUTWARD


def is_exact(layers: list[Layer]) -> bool:
    """Tells whether float32 computes the net without any rounding, in whatever order.

    So it is when all terms of each sum are whole multiples of one power of two, at least 2^-126,
    and their absolute values together are at most 2^24 times it. Only for ReLU nets on rows of
    zeros and ones.
    """
    unit = 1.0
    for layer, step in zip(layers, hull(layers), strict=True):
        if not (layer.is_relu or layer is layers[-1]):
            return False
        unit = min(grid(layer.weight.numpy()) * unit, grid(layer.bias.numpy()))
        most = float(_total(layer, step.inputs).max()) * OUTWARD
        if unit < NORMAL or most > min(2.0**PRECISION * unit, MAX_SIZE):
            return False
    return True


def grid(values: Float[np.ndarray, "*shape"]) -> float:
    """Gives the largest power of two (at most 1) of which all values are whole multiples.

    >>> grid(np.array([1.5, 3.0, 0.0]))
    0.5
    """
    mantissas, exponents = np.frexp(values[values != 0])
    whole = np.abs(mantissas * 2.0**53).astype(np.int64)
    lowest = np.log2(whole & -whole).astype(int)
    return 2.0 ** min(0, int((exponents - 53 + lowest).min())) if len(whole) else 1.0
