"""Linear algebra without rounding: rank of a matrix of zeros and ones, and systems of equations.

Ranks are found modulo primes. A rank modulo a prime is never above the true one; it is below only
where the prime divides every nonzero minor of full rank. Such a minor of zeros and ones is at most
2^−n (n + 1)^((n + 1) / 2) (Hadamard's bound), so that primes whose product is larger cannot all
divide it: the largest of their ranks is the rank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

_PRIMES = (2147483647, 2147483629, 2147483587, 2147483579, 2147483563, 2147483549)
MAX_RANK = 82  # six primes suffice for minors of one more row


@dataclass(frozen=True)
class Pivots:
    """Rows and columns that make an invertible square block of a matrix, as many as its rank.

    Attributes:
        rows: Numbers of the rows, shape (rank,).
        columns: Numbers of the columns, shape (rank,).
    """

    rows: np.ndarray
    columns: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


def pivots(matrix: np.ndarray) -> Pivots:
    """Gives independent rows and columns of a matrix of zeros and ones, as many as there are.

    Args:
        matrix: Zeros and ones, shape (row, column); the first rows and columns are preferred.
            Up to `MAX_RANK` the number found is exactly the rank, above it a lower bound.
    """
    best, product = _pivots_modulo(matrix, _PRIMES[0]), _PRIMES[0]
    for prime in _PRIMES[1:]:
        if product > _largest_minor(min(len(best) + 1, *matrix.shape)):
            break
        found, product = _pivots_modulo(matrix, prime), product * prime
        best = max(best, found, key=len)
    return best


def _largest_minor(size: int) -> int:
    """Gives a bound on determinants of zeros and ones with so many rows."""
    return (math.isqrt((size + 1) ** (size + 1)) + 1) >> size


def _pivots_modulo(matrix: np.ndarray, prime: int) -> Pivots:
    left, rows, columns = matrix.astype(np.int64), [], []
    numbers = np.arange(len(left))
    while left.size:
        row = int(left.any(axis=1).argmax())
        column = int((left[row] != 0).argmax())
        if not left[row, column]:
            break
        rows.append(int(numbers[row]))
        columns.append(column)
        inverse = pow(int(left[row, column]), -1, prime)
        pivot = left[row] * inverse % prime
        others = left[:, column] != 0
        others[row] = False
        left[others] = (left[others] - left[others, column, None] * pivot) % prime
        left, numbers = left[row + 1 :], numbers[row + 1 :]  # the rows above are zero
    return Pivots(np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))


def solve(left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """Gives an exact solution X of left · X = right, or None if there is none.

    Fraction-free elimination: Bareiss, "Sylvester's identity and multistep integer-preserving
    Gaussian elimination", 1968.

    Args:
        left: Integers or fractions, shape (equation, unknown).
        right: Likewise, shape (equation, column).

    Returns:
        Fractions (dtype object), shape (unknown, column); what the equations leave free is 0.
    """
    unknowns, table = left.shape[1], _without_denominators(np.hstack([left, right]))
    place, scale, solved = 0, 1, []
    for column in range(unknowns):
        below = np.flatnonzero(table[place:, column])
        if not len(below):
            continue
        table[[place, place + below[0]]] = table[[place + below[0], place]]
        pivot, row = table[place, column], table[place].copy()
        table = (table * pivot - table[:, column, None] * row) // scale
        table[place], scale, place = row, pivot, place + 1
        solved.append(column)
    if table[place:, unknowns:].any():
        return None
    solution = np.full((unknowns, right.shape[1]), Fraction(0), dtype=object)
    for row, column in enumerate(solved):
        solution[column] = [Fraction(value, scale) for value in table[row, unknowns:]]
    return solution


def _without_denominators(table: np.ndarray) -> np.ndarray:
    """Multiplies each row so that it holds Python integers only."""
    if table.dtype != object:
        return table.astype(np.int64).astype(object)
    common = [math.lcm(*(value.denominator for value in row)) for row in table.tolist()]
    rows = [
        [int(value * by) for value in row] for row, by in zip(table.tolist(), common, strict=True)
    ]
    made = np.empty(table.shape, dtype=object)
    made[:] = rows
    return made
