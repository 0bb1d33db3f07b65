from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fizzlab import Encoding, Experiment, Rule, Run
from fizzlab.errors import IntegerError
from fizzlab.evaluation import explain, kinds, num_kinds, unseen_kinds
from fizzlab.evaluation.kinds import Explanation, kind_text, position_classes


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
    encoding = Encoding(scheme=kind, bits=bits, base=base)
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
    experiment = Experiment().replaced({"encoding.scheme": "scaled"})
    assert unseen_kinds(experiment.encoding, 15, experiment.splits()) == []
    assert num_kinds(experiment.encoding, 15) is None


@given(st.data())
def test_swapping_interchangeable_digits_keeps_label_and_kind(data: st.DataObject) -> None:
    divisors = data.draw(st.lists(st.integers(2, 12), min_size=1, max_size=3, unique=True))
    rule = Rule([(divisor, "abc"[i]) for i, divisor in enumerate(divisors)])
    base = data.draw(st.sampled_from([2, 3, 10]))
    bits = data.draw(st.integers(8, 60))
    encoding = Encoding(bits=bits) if base == 2 else Encoding(scheme="digits", bits=bits, base=base)
    n = data.draw(st.integers(0, encoding.capacity - 1))
    places = [
        (i, j)
        for i in range(encoding.num_digits)
        for j in range(i)
        if (base**i - base**j) % rule.modulus == 0
    ]
    assume(places)
    i, j = data.draw(st.sampled_from(places))
    swapped = n + (n // base**j % base - n // base**i % base) * (base**i - base**j)
    assume(swapped < encoding.capacity)
    assert rule.label(n) == rule.label(swapped)
    assert kinds(encoding, rule.modulus, [n]) == kinds(encoding, rule.modulus, [swapped])


def test_one_kind_means_that_swaps_lead_from_one_to_the_other() -> None:
    """Connected components of the graph of single swaps, on 8 bits."""
    encoding, component = Encoding(bits=8), list(range(256))

    def root(n: int) -> int:
        while component[n] != n:
            n = component[n]
        return n

    for n in range(256):
        for i in range(8):
            for j in range(i):
                if (2**i - 2**j) % 15 == 0 and (n >> i & 1) != (n >> j & 1):
                    component[root(n)] = root(n ^ (1 << i) ^ (1 << j))
    found = kinds(encoding, 15, range(256))
    for a in range(256):
        for b in range(a):
            assert (found[a] == found[b]) == (root(a) == root(b))
    assert len({root(n) for n in range(256)}) == num_kinds(encoding, 15)


def test_unseen_kinds_against_a_slow_search() -> None:
    experiment = Experiment(seed=5).replaced({"data.validation": 300})
    encoding, splits = experiment.encoding, experiment.splits()

    def signature(n: int) -> tuple[int, ...]:
        counts = dict.fromkeys((pow(2, i, 15) for i in range(10)), 0)
        for i in range(10):
            counts[pow(2, i, 15)] += n >> i & 1
        return tuple(counts.values())

    seen = {signature(n) for n in splits.train.integers.tolist()}
    slow = [n for n in range(1, 101) if signature(n) not in seen]
    assert unseen_kinds(encoding, 15, splits) == slow
    assert len(slow) > 3


def test_kinds_of_other_encodings() -> None:
    ternary = Encoding(scheme="digits", bits=10, base=3)
    assert position_classes(ternary, 15) == [[0], [1, 5], [2, 6], [3], [4]]
    assert position_classes(ternary, 8) == [[0, 2, 4, 6], [1, 3, 5]]
    assert num_kinds(ternary, 8) is None
    assert kinds(ternary, 8, [1, 9, 3, 27]) == [
        ((0, 0, 0, 1), (0, 0, 0)),
        ((0, 0, 0, 1), (0, 0, 0)),
        ((0, 0, 0, 0), (0, 0, 1)),
        ((0, 0, 0, 0), (0, 0, 1)),
    ]
    assert kind_text(ternary, 8, 5) == (
        "digits: 3 × 0 and 1 × 2 at 3^0, 3^2, 3^4, 3^6; 2 × 0 and 1 × 1 at 3^1, 3^3, 3^5"
    )
    assert kind_text(Encoding(scheme="scaled"), 15, 5) == "a scaled encoding has no places"
    assert kinds(Encoding(), 15, []) == []
    with pytest.raises(IntegerError, match="does not fit"):
        kinds(Encoding(), 15, [1024])


def test_huge_integers_have_kinds() -> None:
    encoding, n = Encoding(bits=200), 15 << 180
    found = kinds(encoding, 15, [n])[0]
    assert sum(map(sum, found)) == 4
    assert num_kinds(encoding, 15) == 51**4


@pytest.mark.parametrize("n", [0, 3, 15, 68, 101, 1023])
def test_the_numbers_of_an_explanation(quick_run: Run, n: int) -> None:
    found = quick_run.explain(n)
    label, scores = Rule().label(n), found.logits
    powers = [math.exp(score) for score in scores]
    assert found.probabilities == pytest.approx([power / sum(powers) for power in powers])
    assert found.margin == scores[label] - max(s for k, s in enumerate(scores) if k != label)
    assert found.digits == tuple(n >> bit & 1 for bit in range(10))
    said = scores.index(max(scores))
    assert found.word == (found.names[said] if said else str(n))
    homes = {name: getattr(quick_run.splits, name).integers for name in ("train", "validation")}
    home = next((name for name, all_ in homes.items() if n in all_), "none" if n == 0 else "test")
    assert found.split == home


def test_a_scaled_explanation_has_no_digits() -> None:
    from fizzlab.nets import build_net

    experiment = Experiment().replaced({"encoding.scheme": "scaled", "net.hidden": 4})
    rule, splits = experiment.rule, experiment.splits()
    found = explain(build_net(experiment), experiment.encoding, rule, splits, 7)
    assert (found.digits, found.kind_seen, found.kind_examples) == (None, None, ())
    assert found.why.endswith(". It was not trained on this integer.")


BASE = {
    "integer": 9,
    "word": "fizz",
    "expected": "fizz",
    "right": True,
    "digits": (1, 0),
    "logits": (0.0, 1.0),
    "probabilities": (0.3, 0.7),
    "names": ("number", "fizz"),
    "margin": 1.0,
    "split": "test",
    "kind_seen": 7,
    "kind_examples": (1, 2, 3, 4, 5),
    "kind_agrees": True,
    "kind_text": "bits set: none",
}
WRONG = {"word": "9", "right": False}
SAID_WRONG = "The net says 9, right would be fizz: wrong."


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {},
            "fizz: right. Training saw 7 integers of its kind (bits set: none), "
            "such as 1, 2, 3, 4, 5: the data held the answer, and the net found it.",
        ),
        (
            {"kind_seen": 1, "kind_examples": (1,)},
            "fizz: right. Training saw 1 integer of its kind (bits set: none), "
            "such as 1: the data held the answer, and the net found it.",
        ),
        (
            WRONG,
            f"{SAID_WRONG} Training saw 7 integers of its kind (bits set: none), such as "
            "1, 2, 3, 4, 5: the data held the answer, and the net did not find it.",
        ),
        (
            {**WRONG, "kind_seen": 0, "kind_examples": ()},
            f"{SAID_WRONG} Training never saw an integer of its kind (bits set: none): "
            "what to say here, the net had to carry over from integers of other kinds.",
        ),
        (
            {"kind_agrees": False},
            "fizz: right. Training saw 7 integers of its kind (bits set: none), such as "
            "1, 2, 3, 4, 5: but the data label them otherwise than the rule.",
        ),
        ({"split": "train"}, "fizz: right. It was trained on this very integer."),
        ({**WRONG, "kind_seen": None}, f"{SAID_WRONG} It was not trained on this integer."),
    ],
)
def test_why_says(changes: dict, text: str) -> None:
    assert Explanation(**{**BASE, **changes}).why == text


def test_bits_that_do_not_matter_make_no_kinds() -> None:
    """Even and odd: one bit decides, whatever the other nine are."""
    encoding = Encoding()
    assert num_kinds(encoding, 2) == len(set(kinds(encoding, 2, range(1024)))) == 2
    assert num_kinds(encoding, 12) == len(set(kinds(encoding, 12, range(1024))))
    experiment = Experiment().replaced({"rule.pairs": "2=even"})
    assert unseen_kinds(encoding, 2, experiment.splits()) == []
    assert num_kinds(Encoding(bits=3), 7) == 8  # no two bits are interchangeable
    digits = Encoding(scheme="digits", base=10)
    assert set(kinds(digits, 10, [7, 17, 997])) == {((7,),)}
    assert kinds(digits, 5, [7]) == [((7,),)]


def test_integers_that_no_net_need_tell_apart() -> None:
    """An oracle: two integers are of one kind if swaps or changes of idle bits connect them."""
    encoding, modulus = Encoding(bits=7), 12
    component = list(range(128))

    def root(n: int) -> int:
        while component[n] != n:
            n = component[n]
        return n

    for n in range(128):
        for i in range(7):
            if 2**i % modulus == 0:
                component[root(n)] = root(n ^ (1 << i))
            for j in range(i):
                if (2**i - 2**j) % modulus == 0 and (n >> i & 1) != (n >> j & 1):
                    component[root(n)] = root(n ^ (1 << i) ^ (1 << j))
    found = kinds(encoding, modulus, range(128))
    for n in range(128):
        for m in range(n):
            assert (found[n] == found[m]) == (root(n) == root(m))
