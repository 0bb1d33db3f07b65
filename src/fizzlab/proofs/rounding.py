"""What float32 may make of a sum of products: exact numbers, and a bound for its error.

**What is assumed.** The net runs in IEEE 754 binary32, round to nearest. Sums may be taken in any
order, by any tree of partial sums, with or without fused multiply-add, also with partial sums of
higher precision; numbers below 2^-126 (subnormal ones) may be kept or flushed to zero, as operands
and as results. Not covered: arithmetic of lower precision, such as bfloat16 or TensorFloat-32, and
algorithms that are no sum of the n products, such as Strassen's.

**The bound.** Let s = x·y (+ o) be a sum of n terms. Every term passes at most n roundings, each a
factor 1 + δ with |δ| ≤ u = 2^-24, so that what is computed is off by at most γ_n (|x|·|y| + |o|)
with γ_n = n u / (1 − n u): Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed. 2002,
sec. 3.1, for any order of summation. As n ≤ 4096, n u ≤ 2^-12 and γ_n ≤ n u (1 + 2^-10).

Underflow adds to this. Each of the at most n products and n − 1 sums may be off by a further
2^-126 when it is stored and again when it is read; a subnormal operand x_i of a product, read as 0,
changes it by at most 2^-126 |y_i|. With |x_i|, |y_i| ≤ 2^20 all of it, with later factors 1 + δ,
is below n (2^-106 + 4 · 2^-126) · 2 < n · 2^-100.

**Overflow** cannot happen: with numbers of at most 2^20 and n ≤ 4096, sums stay below 2^53.

**Exact numbers.** Every float32 is a whole multiple of 2^-149. So values are kept as Python
integers that count 2^-149, and products of two values as integers that count 2^-298; errors are
rounded up to such a count. Arrays of them have dtype object.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from fizzlab.proofs.float32 import GAMMA, GAMMA_SHIFT, NORMAL, UNIT

LARGEST = 1 << (20 + UNIT)  # 2^20: larger weights are not dealt with

Exact: TypeAlias = Shaped[np.ndarray, "..."]
Dyadic: TypeAlias = tuple[int, int]  # (m, e) is m · 2^e


def exact(values: Float[Tensor, "*shape"]) -> Exact:
    """Gives finite float32 numbers as integers that count 2^-149.

    >>> exact(torch.tensor([1.0, -0.5])) == np.array([2**149, -(2**148)], dtype=object)
    array([ True,  True])
    """
    doubles = values.detach().double().numpy()
    counts = [int(value * 2.0**UNIT) for value in doubles.flat]
    return np.array(counts, dtype=object).reshape(doubles.shape)


def problem_of(values: Shaped[Tensor, "*shape"]) -> str | None:
    """Tells why the bounds of this file do not hold for weights; None if they do."""
    if values.dtype != torch.float32:
        return f"is {values.dtype}, not float32".replace("torch.", "")
    if not bool(values.isfinite().all()):
        return "holds a number that is not finite"
    sizes = values.detach().double().abs()
    if bool((sizes > 2.0**20).any()):
        return f"holds {float(sizes.max()):g}; weights above 2^20 are not dealt with"
    if bool(((sizes > 0) & (sizes < NORMAL)).any()):
        return "holds a subnormal number (below 2^-126), which some processors take for 0"
    return None


def rounding(sizes: Exact, terms: int) -> Exact:
    """Bounds the error of float32 sums of products.

    Args:
        sizes: Of each sum the sum of the absolute values of its terms, counting 2^-298.
        terms: n, the number of terms of each, at most `MAX_TERMS`.

    Returns:
        n u (1 + 2^-10) · size + n · 2^-100, rounded up, counting 2^-298.
    """
    return -((-sizes * (GAMMA * terms)) >> GAMMA_SHIFT) + (terms << (2 * UNIT - 100))


def ball(centre: Exact, radius: Exact) -> tuple[Exact, Exact]:
    """Gives the bounds of centre ± radius; from products (2^-298) outward to values (2^-149)."""
    return (centre - radius) >> UNIT, -((-centre - radius) >> UNIT)


def dyadic(value: int) -> Dyadic:
    """Gives a count of 2^-149 as (m, e), m · 2^e with an odd m, or as (0, 0).

    >>> dyadic(3 << 148), dyadic(0)
    ((3, -1), (0, 0))
    """
    if not value:
        return 0, 0
    zeros = (value & -value).bit_length() - 1
    return value >> zeros, zeros - UNIT


def number(products: int) -> float:
    """Gives a count of 2^-298 as the nearest float."""
    return products / (1 << (2 * UNIT))
