"""What is extracted is what was put in; what is snapped is what was extracted."""

from __future__ import annotations

import pytest
import torch
from automaton_nets import as_bilinear
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab.encodings import Encoding
from fizzlab.errors import NetError
from fizzlab.evaluation import predict_labels
from fizzlab.nets import GRU, Bilinear, Snapped
from fizzlab.readers import Automaton, automaton_of, extract, rule_automaton, snap
from fizzlab.rules import Rule

ENCODING = Encoding(scheme="sequence", base=2)
RULES = ["3=fizz,5=buzz", "2=a,3=b", "3=a,4=b", "7=a", "2=a,3=b,5=c"]


@pytest.mark.parametrize("pairs", RULES)
@pytest.mark.parametrize(("base", "seed"), [(2, None), (2, 1), (10, 2)])
def test_the_rules_automaton_comes_back(pairs: str, base: int, seed: int | None) -> None:
    automaton = rule_automaton(Rule(pairs), base)
    found = extract(as_bilinear(automaton, seed))
    assert found is not None
    assert found.automaton == automaton
    assert found.codebook.shape == (len(automaton), len(automaton) + 1)


@given(seed=st.integers(0, 1000), pairs=st.sampled_from(RULES), noise=st.floats(0, 0.02))
@settings(max_examples=20)
def test_noise_does_not_hide_the_automaton(seed: int, pairs: str, noise: float) -> None:
    automaton = rule_automaton(Rule(pairs), 2)
    net = as_bilinear(automaton, seed)
    with torch.no_grad():
        net.transitions.add_(noise * torch.randn_like(net.transitions) / net.state**0.5)
    assert automaton_of(snap(net)).minimised() == automaton


def test_states_that_no_suffix_tells_apart_are_one() -> None:
    twice = Automaton((0,), ((1, 0), (0, 1)), (1, 1))  # always the same answer
    found = extract(as_bilinear(twice))
    assert found is not None
    assert found.automaton == Automaton((0,), ((0, 0),), (1,))
    assert found.codebook.shape[0] == 1


def test_a_net_of_too_many_behaviours_gives_none() -> None:
    assert extract(Bilinear(2, 16, 4, seed=0), most=20) is None
    assert extract(GRU(2, 32, 4, seed=0), most=0) is None


def test_a_snapped_net_is_its_automaton_on_long_numbers() -> None:
    net = as_bilinear(rule_automaton(Rule(), 2), seed=3)
    with torch.no_grad():
        net.transitions.mul_(0.999)  # the raw net fades: 0.999 ** 10,000 is nothing
    snapped = snap(net)
    integers = [15**1000 + k for k in range(15)]
    right = Rule().labels(integers)
    assert (predict_labels(snapped, ENCODING, integers) == right).all()
    assert automaton_of(snapped) == rule_automaton(Rule(), 2)


def test_a_net_that_does_not_stay_near_its_codes_is_refused() -> None:
    net = Bilinear(2, 16, 4, seed=0)
    with pytest.raises(NetError, match=r"does not behave|do not stay"):
        snap(net)


def test_codes_too_far_apart_make_another_automaton() -> None:
    net = as_bilinear(rule_automaton(Rule(), 2))
    codes = torch.zeros(1, net.state)
    assert len(automaton_of(Snapped(net, codes))) == 1
