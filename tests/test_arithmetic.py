"""Formulas of integers against Python's own arithmetic, and what must never be computed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab.data import parse_integers
from fizzlab.data.arithmetic import evaluate
from fizzlab.errors import DataError

formulas = st.recursive(
    st.integers(0, 50).map(str),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner)
        | inner.map("-{}".format)
    ),
    max_leaves=8,
)


@given(formulas)
def test_a_formula_has_pythons_value(formula: str) -> None:
    try:
        expected = eval(formula)  # the slow oracle, on formulas made here alone
    except ZeroDivisionError:
        with pytest.raises(DataError, match="divides by zero"):
            evaluate(formula)
        return
    assert evaluate(formula) == expected


def test_powers_and_ranges_of_formulas() -> None:
    assert evaluate("2**10000+1") == 2**10000 + 1
    assert evaluate("(-2)**3") == -8
    assert evaluate("1**999999999999") == 1
    assert parse_integers("2**4..2**4+2, 7*3").tolist() == [16, 17, 18, 21]
    assert parse_integers("2**70").tolist() == [2**70]


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("9**9**9", "more than 1,000,000 bits"),
        ("2**10**7", "more than 1,000,000 bits"),
        ("(2**600000)*(2**600000)", "more than 1,000,000 bits"),
        ("2**-1", "exponent is negative"),
        ("1//0", "divides by zero"),
        ("1/2", "only integers"),
        ("1+1.5", "only integers"),
        ("1+True", "only integers"),
        ("1+print(1)", "only integers"),
        ("1+__import__('os')", "only integers"),
        ("1+", "no formula"),
        ("1+" * 3000 + "1", "too deeply nested|longer"),
        ("(" * 6000 + "1+1" + ")" * 6000, "longer"),
        ("(" * 300 + "1+1" + ")" * 300, "no formula|nested"),
    ],
)
def test_what_is_no_integer_is_refused_at_once(formula: str, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(DataError, match=reason):
        parse_integers(formula)
    assert time.perf_counter() - began < 2
