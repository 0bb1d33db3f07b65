from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fizzlab import Rule
from fizzlab.errors import ConfigError, IntegerError
from fizzlab.rules import as_integers, decimal

WORDS = ["fizz", "buzz", "bazz", "quux", "plop"]
divisors = st.lists(st.integers(2, 60), min_size=1, max_size=5, unique=True)
integers = st.integers(-(2**200), 2**200)


def rule_of(divisors: list[int]) -> Rule:
    return Rule(list(zip(divisors, WORDS, strict=False)))


def slow_label(rule: Rule, n: int) -> int:
    label = 0
    for position, (divisor, _) in enumerate(rule.pairs):
        if n % divisor == 0:
            label += 2**position
    return label


def slow_word(rule: Rule, n: int) -> str:
    said = ""
    for divisor, word in rule.pairs:
        if n % divisor == 0:
            said += word
    return said or str(n)


@given(divisors, st.lists(integers, max_size=20))
def test_labels_agree_with_a_slow_oracle(divisors: list[int], values: list[int]) -> None:
    rule = rule_of(divisors)
    expected = [slow_label(rule, n) for n in values]
    assert [rule.label(n) for n in values] == expected
    assert rule.labels(values).tolist() == expected
    assert rule.labels(values).dtype == np.int64
    assert [rule.word(n, rule.label(n)) for n in values] == [slow_word(rule, n) for n in values]


@given(divisors, integers)
def test_labels_repeat_with_the_modulus(divisors: list[int], n: int) -> None:
    rule = rule_of(divisors)
    assert rule.label(n) == rule.label(n + rule.modulus)


def test_the_default_is_fizzbuzz() -> None:
    rule = Rule()
    assert [rule.word(n, rule.label(n)) for n in range(1, 16)] == (
        [
            "1",
            "2",
            "fizz",
            "4",
            "buzz",
            "fizz",
            "7",
            "8",
            "fizz",
            "buzz",
            "11",
            "fizz",
            "13",
            "14",
            "fizzbuzz",
        ]
    )
    assert rule.names == ("number", "fizz", "buzz", "fizzbuzz")
    assert np.bincount(rule.labels(range(1, 101))).tolist() == [53, 27, 14, 6]


def test_text_and_pairs_make_the_same_rule() -> None:
    assert Rule("3=fizz, 5=buzz,7=bazz") == Rule([(3, "fizz"), (5, "buzz"), (7, "bazz")])
    assert Rule(str(Rule("4=a,6=b"))) == Rule("4=a,6=b")
    assert hash(Rule()) == hash(Rule("3=fizz,5=buzz"))


def test_divisors_and_integers_beyond_64_bits() -> None:
    rule = Rule([(2**70, "huge"), (3, "fizz")])
    assert rule.labels([2**70, 3 * 2**70, 1]).tolist() == [1, 3, 0]
    assert rule.word(10**5000, 0) == "1" + "0" * 5000
    assert decimal(-(10**5000))[:3] == "-10"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ("0=a", "expected divisors of at least 2, got 0"),
        ("1=a", "expected divisors of at least 2, got 1"),
        ("-3=a", "expected divisors of at least 2, got -3"),
        ("3=a,3=b", "expected distinct divisors, got [3, 3]"),
        ("3", "expected divisor=word pairs such as 3=fizz,5=buzz, got '3'"),
        ("3:fizz", "expected divisor=word pairs such as 3=fizz,5=buzz, got '3:fizz'"),
        ("3=", "expected a printable word for divisor 3"),
        ("3=7", "a word must not read as a number"),
        ("3=number", '"number" is the name of label 0'),
        ("3=a,5=b,7=ab", 'two labels would have the same word "ab"'),
        ("x=a", "expected divisor=word pairs"),
        ([], "at least 1 entries"),
        ([(n, f"w{'x' * n}") for n in range(2, 13)], "at most 10 entries"),
    ],
)
def test_what_is_no_rule_is_refused(pairs: object, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Rule(pairs)  # type: ignore[arg-type]
    assert expected in str(caught.value)


@pytest.mark.parametrize("wrong", [np.array([1.0]), np.array(["1"]), np.array([True])])
def test_only_integers_are_integers(wrong: np.ndarray) -> None:
    with pytest.raises(IntegerError, match="Not an integer"):
        as_integers(wrong)


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(IntegerError, match="There is no label 4"):
        Rule().word(1, 4)


def test_integers_of_any_kind_become_one_array() -> None:
    assert as_integers(np.array([1, 2], dtype=np.uint8)).dtype == np.int64
    assert as_integers([2**63, -1]).tolist() == [2**63, -1]


@given(
    st.lists(st.integers(2, 2**80), min_size=1, max_size=10, unique=True),
    st.lists(st.integers(-(2**64), 2**64) | st.integers(), max_size=8),
    st.integers(0, 2**70),
)
def test_labels_of_multiples_of_any_size(divisors: list[int], some: list[int], k: int) -> None:
    rule = Rule([(divisor, "w" * (2**i)) for i, divisor in enumerate(divisors)])
    values = some + [k * divisor for divisor in divisors]
    assert rule.labels(values).tolist() == [slow_label(rule, n) for n in values]
    assert rule.num_labels == len(rule.names) == 2 ** len(divisors)


words = st.text(st.characters(categories=["L", "P", "S", "Zs"]), min_size=1, max_size=4)


@given(words)
@example("a,b")
@example("a=b")
def test_every_rule_survives_its_text(word: str) -> None:
    try:
        rule = Rule([(3, word)])
    except ConfigError:
        return
    assert Rule(str(rule)) == rule


def test_a_divisor_of_any_size_can_be_written() -> None:
    assert str(Rule([(10**5000, "huge")])) == "1" + "0" * 5000 + "=huge"


@pytest.mark.parametrize("edge", [-(2**63), 2**63 - 1, 2**63, -(2**63) - 1])
def test_the_edges_of_int64(edge: int) -> None:
    fits = -(2**63) <= edge < 2**63
    assert as_integers([edge]).dtype == (np.int64 if fits else object)
    assert Rule().labels([edge, 15]).tolist() == [slow_label(Rule(), edge), 3]
