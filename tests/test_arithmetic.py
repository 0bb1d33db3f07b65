"""Formulas of integers against Python's own arithmetic, and what must never be computed."""

from __future__ import annotations

import math
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab.data import parse_integers
from fizzlab.data.arithmetic import MAX_BITS, MAX_WORK, Budget, evaluate
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
        ("1if 1 else 2+1", "only integers"),
        ("0in[1]+1", "only integers"),
        ("1+0xg", "only integers"),
        ("9" * 5000 + "+1", "a number is written in it with more than 4,300 digits"),
        ("2**1000000", "more than 1,000,000 bits"),
        ("2**999999*2", "more than 1,000,000 bits"),
        ("2**999999+2**999999", "more than 1,000,000 bits"),
        ("2**(2**999999)", "more than 1,000,000 bits"),
        ("3**600000//3**200000", "too much work"),
        ("3**400000" + "%(7**200000)*(7**100000)" * 150 + "%9", "too much work"),
        ("(3**600000%7**300000)+" * 200 + "1", "too much work"),
        ("3**600000," * 100, "too much work"),
        ("1+__import__('os')", "only integers"),
        ("1+", "no formula"),
        ("1+" * 3000 + "1", "too deeply nested|longer"),
        ("(" * 6000 + "1+1" + ")" * 6000, "longer"),
        ("(" * 300 + "1+1" + ")" * 300, "no formula|nested"),
    ],
)
def test_what_is_no_integer_is_refused_at_once(formula: str, reason: str) -> None:
    began = time.process_time()
    with pytest.raises(DataError, match=reason):
        parse_integers(formula)
    assert time.process_time() - began < 1


def test_numbers_of_exactly_a_million_bits_are_read() -> None:
    for formula in ("2**999999", "-(-2)**999999", "2**999998*2", "2**999998+2**999998"):
        assert evaluate(formula) == 1 << (MAX_BITS - 1)
    assert evaluate("2**999999+(2**999999-1)") == (1 << MAX_BITS) - 1
    assert evaluate("0x10+0b11-0o7_1") == 16 + 3 - 57


@pytest.mark.parametrize("base", [3, 7, 10, 2**61 - 1])
def test_the_bits_of_a_power_are_counted_exactly(base: int) -> None:
    most = int(MAX_BITS / math.log2(base))
    assert (base**most).bit_length() <= MAX_BITS < (base ** (most + 1)).bit_length()
    assert evaluate(f"{base}**{most}").bit_length() <= MAX_BITS
    with pytest.raises(DataError, match="more than 1,000,000 bits"):
        evaluate(f"{base}**{most + 1}")


@pytest.mark.parametrize(
    "formula",
    [
        "3**630000",
        "3**300000*3**300000",
        "3**300000%3**250000",
        "10**300000//7",
        "(3**63000)**10",
        "2**999999" + "+1" * 100,
        "3**400000" + "//3" * 60,
    ],
)
def test_the_dearest_formulas_take_a_moment(formula: str) -> None:
    budget, began = Budget(), time.process_time()
    evaluate(formula, budget)
    assert 0 < budget.work < MAX_WORK
    assert time.process_time() - began < 1  # measured: below 0.2 s on a busy machine


def test_nothing_warns() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for formula in ("1if 1 else 2", "1or 2", "0x1for 2", "1(2)+1", "1 2+3"):
            with pytest.raises(DataError):
                evaluate(formula)
    assert not told


def test_a_long_text_is_looked_through_once() -> None:
    began = time.process_time()
    with pytest.raises(DataError):
        parse_integers("9" * 200_000 + "x")
    assert time.process_time() - began < 1
