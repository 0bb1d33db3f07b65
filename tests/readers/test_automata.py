"""Automata against arithmetic, and minimisation against brute force."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab.errors import UsageError
from fizzlab.readers import Automaton, automata, rule_automaton
from fizzlab.rules import Rule


@st.composite
def parts(draw: st.DrawFn, states: int = 6) -> tuple:
    """What an automaton is made of; beartype draws random numbers, which strategies may not."""
    base, size = draw(st.integers(2, 3)), draw(st.integers(1, states))
    state = st.integers(0, size - 1)
    first = draw(st.tuples(*[state] * (base - 1)))
    after = draw(st.tuples(*[st.tuples(*[state] * base)] * size))
    return first, after, draw(st.tuples(*[st.integers(0, 2)] * size))


@given(base=st.integers(2, 10), n=st.integers(1, 10**30))
def test_the_rules_automaton_is_the_rule(base: int, n: int) -> None:
    assert rule_automaton(Rule(), base).label(n) == Rule().label(n)


@pytest.mark.parametrize(("base", "states"), [(2, 15), (10, 6), (3, 10), (5, 6), (15, 4)])
def test_the_number_of_states_depends_on_the_base(base: int, states: int) -> None:
    assert len(rule_automaton(Rule(), base)) == states


@given(made_of=parts())
def test_minimising_changes_no_answer(made_of: tuple) -> None:
    automaton = Automaton(*made_of)
    small = automaton.minimised()
    assert len(small) <= len(automaton)
    assert all(small.label(n) == automaton.label(n) for n in range(1, 200))
    assert small.minimised() == small


@given(made_of=parts(states=4))
@settings(max_examples=50)
def test_a_minimised_automaton_has_no_two_equal_states(made_of: tuple) -> None:
    small = Automaton(*made_of).minimised()
    words = [()]
    answers: list[list[int]] = [[] for _ in range(len(small))]
    for _ in range(len(small) + 1):
        for state, seen in enumerate(answers):
            for word in words:
                at = state
                for digit in word:
                    at = small.after[at][digit]
                seen.append(small.labels[at])
        words = [(*word, digit) for word in words for digit in range(small.base)]
        if len(words) > 300:
            break
    assert len(set(map(tuple, answers))) == len(small)


@given(made_of=parts(), pairs=st.sampled_from(["2=a", "3=a", "2=a,3=b"]))
def test_the_difference_is_the_smallest_number_that_differs(made_of: tuple, pairs: str) -> None:
    automaton, rule = Automaton(*made_of), Rule(pairs)
    slow = [n for n in range(1, 300) if automaton.label(n) != rule.label(n)]
    assert automaton.difference(rule) == (slow[0] if slow else None)


def test_a_rule_whose_residues_are_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="too large"):
        rule_automaton(Rule("1000003=a,2=b"), 2)
    monkeypatch.setattr(automata, "MAX_PAIRS", 1000)
    loop = Automaton((0,), ((0, 0),), (0,))
    with pytest.raises(UsageError, match="too many states"):
        loop.difference(Rule("10000019=a"))
