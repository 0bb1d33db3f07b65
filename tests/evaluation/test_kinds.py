from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import Encoding, Experiment, Rule, Run
from fizzlab.evaluation import kinds, num_kinds, unseen_kinds
from fizzlab.evaluation.kinds import kind_text, position_classes


def test_fizzbuzz_on_ten_bits_has_144_kinds_of_which_training_covers_141() -> None:
    encoding, splits = Encoding(), Experiment.preset("td1").splits()
    every = set(kinds(encoding, 15, range(1024)))
    assert len(every) == num_kinds(encoding, 15) == 144
    assert len(set(kinds(encoding, 15, splits.train.integers))) == 141
    assert unseen_kinds(encoding, 15, splits) == [4, 64, 68]


def test_the_classes_are_those_of_powers_of_two_modulo_15() -> None:
    assert position_classes(Encoding(), 15) == [[0, 4, 8], [1, 5, 9], [2, 6], [3, 7]]
    assert kind_text(Encoding(), 15, 68) == "bits set: 2 of 2^2, 2^6"
    assert kind_text(Encoding(), 15, 0) == "bits set: none"


@given(
    st.lists(st.integers(2, 20), min_size=1, max_size=3, unique=True),
    st.integers(1, 10),
    st.sampled_from(["binary", "digits"]),
    st.integers(2, 6),
)
def test_integers_of_one_kind_have_one_label(
    divisors: list[int], bits: int, kind: str, base: int
) -> None:
    rule = Rule([(divisor, "abc"[i]) for i, divisor in enumerate(divisors)])
    encoding = Encoding(kind=kind, bits=bits, base=base)
    labels = defaultdict(set)
    residues = defaultdict(set)
    for n, found in enumerate(kinds(encoding, rule.modulus, range(encoding.capacity))):
        labels[found].add(rule.label(n))
        residues[found].add(n % rule.modulus)
    assert all(len(group) == 1 for group in labels.values())
    assert all(len(group) == 1 for group in residues.values())
    if kind == "binary":
        assert len(labels) == num_kinds(encoding, rule.modulus)


def test_swapping_interchangeable_bits_keeps_the_kind() -> None:
    for n in range(1024):
        bits = np.array([n >> i & 1 for i in range(10)])
        bits[[0, 4]] = bits[[4, 0]]
        swapped = int((bits << np.arange(10)).sum())
        assert kinds(Encoding(), 15, [n]) == kinds(Encoding(), 15, [swapped])


@pytest.mark.parametrize("n", [4, 15, 64, 500])
def test_explanations(quick_run: Run, n: int) -> None:
    found = quick_run.explain(n)
    assert sum(found.probabilities) == pytest.approx(1)
    assert (found.margin > 0) == found.right
    assert found.word == quick_run.predict([n])[0]
    assert found.expected == Rule().word(n, Rule().label(n))
    assert found.split == ("test" if n < 101 else "train")
    own = kinds(Encoding(), 15, [n])[0]
    trained = quick_run.splits.train.integers.tolist()
    same = [m for m in trained if kinds(Encoding(), 15, [m])[0] == own]
    assert found.kind_seen == len(same)
    assert list(found.kind_examples) == same[:5]
    expected = "never saw" if not same else "trained on this very" if n > 100 else "Training saw"
    assert expected in found.why


def test_a_scaled_value_has_no_kind() -> None:
    experiment = Experiment().replaced({"encoding.kind": "scaled"})
    assert unseen_kinds(experiment.encoding, 15, experiment.splits()) == []
    assert num_kinds(experiment.encoding, 15) is None
