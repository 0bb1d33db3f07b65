"""What is assumed of floating-point arithmetic, in one place (the checker keeps its own).

IEEE 754, round to nearest. binary32 has 24 bits, its smallest number is 2^-149, and numbers below
2^-126 are subnormal. γ_n = n u / (1 − n u) bounds the relative rounding of n products and sums in
any order: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed. 2002, sec. 3.1.
"""

from __future__ import annotations

import math

PRECISION = 24  # bits of a binary32 number
SINGLE, DOUBLE = 2.0**-PRECISION, 2.0**-53  # u: unit roundoffs
UNIT, NORMAL_UNIT = 149, 126  # the smallest number is 2^-149, the smallest normal one 2^-126
NORMAL = 2.0**-NORMAL_UNIT
MAX_TERMS = 4096  # up to here γ_n ≤ n u (1 + 2^-10), for u = 2^-24
GAMMA, GAMMA_SHIFT = 1025, PRECISION + 10  # (1 + 2^-10) u is 1025 · 2^-34


def gamma(terms: int, unit: float) -> float:
    """Gives γ_n; infinite from n u = 1/2 on."""
    return terms * unit / (1 - terms * unit) if terms * unit < 0.5 else math.inf
