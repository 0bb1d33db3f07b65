from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab import MLP, Encoding, Experiment, Rule
from fizzlab.errors import ConfigError, NetError
from fizzlab.nets.hats import fill_hats, hat_width, hats, hats_experiment

divisors = st.lists(
    st.one_of(st.integers(2, 12), st.integers(2, 5000)), min_size=1, max_size=4, unique=True
)


def rule_of(numbers: list[int]) -> Rule:
    return Rule([(number, "abcd"[i]) for i, number in enumerate(numbers)])


def hat_net(rule: Rule, bits: int) -> MLP:
    net = MLP((bits, hat_width(rule, bits), rule.num_labels), dropout=0.5)
    fill_hats(net, rule, bits)
    return net.eval()


def answers(net: MLP, bits: int, integers: list[int]) -> list[int]:
    return net(torch.from_numpy(Encoding(bits=bits).rows(integers))).argmax(dim=1).tolist()


@settings(max_examples=80)
@given(divisors, st.integers(1, 11))
def test_it_is_right_on_every_integer_by_a_margin_of_two(numbers: list[int], bits: int) -> None:
    rule, integers = rule_of(numbers), np.arange(2**bits)
    net = hat_net(rule, bits)
    scores = net(torch.from_numpy(Encoding(bits=bits).rows(integers)))
    labels = torch.from_numpy(rule.labels(integers))
    right = scores.gather(1, labels[:, None])[:, 0]
    others = scores.scatter(1, labels[:, None], -torch.inf).amax(dim=1)
    assert (right - others >= 2).all()
    assert torch.equal(scores, scores.round())


@settings(max_examples=40)
@given(st.lists(st.integers(2, 40), min_size=1, max_size=3, unique=True), st.integers(12, 400))
def test_it_is_right_on_large_integers(numbers: list[int], bits: int) -> None:
    rule, source = rule_of(numbers), random.Random(bits)
    integers = [0, 2**bits - 1, *(source.randrange(2**bits) for _ in range(60))]
    integers += [n - n % rule.modulus for n in integers]
    assert answers(hat_net(rule, bits), bits, integers) == [rule.label(n) for n in integers]


@given(st.integers(2, 300), st.integers(1, 30))
def test_a_chain_is_one_minus_twice_the_distance_to_a_multiple(divisor: int, bits: int) -> None:
    chain = hats(divisor, bits)
    assert all((r - 2**i) % divisor == 0 for i, r in enumerate(chain.residues))
    assert all(2 * abs(r) <= divisor for r in chain.residues)
    low = sum(r for r in chain.residues if r < 0)
    high = sum(r for r in chain.residues if r > 0)
    multiples = [m for m in range(low, high + 1) if m % divisor == 0]
    source = random.Random(divisor)
    for s in {low, high, *(source.randint(low, high) for _ in range(30)), *multiples[:5]}:
        terms = zip(chain.knots, chain.slopes, strict=True)
        value = chain.offset + sum(slope * max(s - knot, 0) for knot, slope in terms)
        assert value == 1 - 2 * min(abs(s - multiple) for multiple in multiples)


@pytest.mark.parametrize(
    ("text", "bits", "width"),
    [
        ("3=fizz,5=buzz", 10, 12),
        ("3=fizz,5=buzz", 64, 80),
        ("2=a", 10, 1),
        ("3=a", 10, 6),
        ("3=a,5=b,7=c", 10, 18),
        ("3=a,15=b", 10, 10),
        ("1000000007=a", 20, 1),
    ],
)
def test_widths(text: str, bits: int, width: int) -> None:
    assert hat_width(Rule(text), bits) == width


def fold_sizes(rule: Rule, bits: int) -> tuple[int, int]:
    """Values of the folded sum with residues 0..m−1, and with those nearest to 0."""
    residues = [pow(2, i, rule.modulus) for i in range(bits)]
    return sum(residues), sum(min(r, rule.modulus - r) for r in residues)


def test_folding_modulo_the_least_common_multiple_takes_more() -> None:
    assert fold_sizes(Rule(), 10) == (33, 31)
    for numbers in itertools.combinations(range(2, 20), 2):
        for bits in (6, 10, 30):
            rule = rule_of(list(numbers))
            assert hat_width(rule, bits) <= min(fold_sizes(rule, bits))


def test_what_float32_cannot_hold_is_refused() -> None:
    with pytest.raises(NetError) as caught:
        hat_width(Rule("1000003=x"), 64)
    assert str(caught.value) == (
        "The net of hats for 1000003=x on 64 bits would not be exact in float32.\n"
        "  expected: at most 1,000,000 hidden units, and sums of at most 8,388,608\n"
        "  got:      26 hidden units, and sums of up to 676,643,333\n"
        "  to do:    ask for smaller divisors or fewer bits"
    )
    with pytest.raises(NetError, match=r"sums of up to 2\^"):
        hat_width(Rule([(10**400 + 7, "x")]), 1024)
    assert hat_width(Rule([(10**400 + 7, "x")]), 20) == 1


@pytest.mark.parametrize(
    "net",
    [
        MLP((10, 11, 4)),
        MLP((9, 12, 4)),
        MLP((10, 12, 8)),
        MLP((10, 12, 4), "tanh"),
        MLP((10, 12, 12, 4)),
        MLP((10, 4)),
    ],
)
def test_a_net_of_another_shape_is_told_the_right_one(net: MLP) -> None:
    before = [value.clone() for value in net.parameters()]
    with pytest.raises(NetError) as caught:
        fill_hats(net, Rule(), 10)
    assert "expected: an MLP of sizes (10, 12, 4) with relu" in str(caught.value)
    assert "say net.hidden=12" in str(caught.value)
    assert all(map(torch.equal, before, net.parameters()))


def test_the_experiment_of_a_net_of_hats() -> None:
    lab = hats_experiment(Rule(), 10)
    assert (lab.name, lab.recipe.method, lab.net.hidden) == ("hats-10-bits", "hats", (12,))
    assert (lab.data.train, lab.data.test) == (Experiment().data.train, Experiment().data.test)
    small = hats_experiment("7=x", 4)
    assert (small.data.train, small.data.test) == ("0..15", "")
    with pytest.raises(ConfigError, match=r'"encoding.bits": expected a number of at least 1'):
        hats_experiment(Rule(), 0)
    with pytest.raises(ConfigError, match="divisors of at least 2"):
        hats_experiment("1=x", 4)
