from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fizzlab.readers.elimination import MAX_RANK, _largest_minor, pivots, solve

ZEROS_AND_ONES = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.integers(0, 1),
)


def rank_by_fractions(matrix):
    rows = [[Fraction(int(value)) for value in row] for row in matrix]
    rank = 0
    for column in range(matrix.shape[1]):
        pivot = next((row for row in rows[rank:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        for place in range(rank + 1, len(rows)):
            factor = rows[place][column] / pivot[column]
            rows[place] = [a - factor * b for a, b in zip(rows[place], pivot, strict=True)]
        rank += 1
    return rank


@given(ZEROS_AND_ONES)
def test_rank_and_pivots_are_those_of_elimination_with_fractions(matrix):
    found = pivots(matrix)
    assert len(found) == rank_by_fractions(matrix)
    block = matrix[np.ix_(found.rows, found.columns)]
    assert rank_by_fractions(block) == len(found) if len(found) else not matrix.any()


def test_a_rank_too_small_modulo_one_prime_is_seen_modulo_another(monkeypatch):
    circulant = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])  # determinant 2
    monkeypatch.setattr("fizzlab.readers.elimination._PRIMES", (2, 3))
    assert len(pivots(circulant)) == 3


def test_six_primes_cover_all_minors_up_to_the_stated_rank():
    from fizzlab.readers.elimination import _PRIMES

    assert np.prod([int(prime) for prime in _PRIMES], dtype=object) > _largest_minor(MAX_RANK + 1)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_bound_on_minors_is_reached_by_hadamards_matrices(size):
    largest = {1: 1, 2: 1, 3: 2, 7: 32}  # known maxima of determinants of zeros and ones
    assert largest[size] <= _largest_minor(size) <= largest[size] + 1


@given(ZEROS_AND_ONES, st.integers(0, 2**32 - 1))
def test_systems_are_solved_exactly_or_have_no_solution(matrix, seed):
    draw = np.random.default_rng(seed)
    unknown = draw.integers(-3, 4, (matrix.shape[1], 2))
    solution = solve(matrix, matrix.astype(int) @ unknown)
    assert solution is not None
    assert (matrix.astype(object) @ solution == matrix.astype(int) @ unknown).all()
    right = draw.integers(0, 2, (matrix.shape[0], 1)).astype(np.uint8)
    solvable = rank_by_fractions(np.hstack([matrix, right])) == rank_by_fractions(matrix)
    assert (solve(matrix, right) is not None) == solvable


def test_fractions_are_solved_too():
    left = np.array([[Fraction(1, 2), Fraction(0)], [Fraction(1), Fraction(1, 3)]], dtype=object)
    solution = solve(left, np.array([[Fraction(1)], [Fraction(1)]], dtype=object))
    assert solution is not None
    assert solution.tolist() == [[2], [-3]]
