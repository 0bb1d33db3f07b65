import functools
import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab import Rule
from fizzlab.errors import DataError, UsageError
from fizzlab.proofs.alternatives import smallest_outside, with_exception
from fizzlab.proofs.answers import _prefixes
from fizzlab.proofs.closing import Deduction
from fizzlab.proofs.identification import identify
from fizzlab.proofs.rivals import find_rival
from fizzlab.readers.automata import Automaton, rule_automaton
from fizzlab.readers.distinctions import distinctions
from fizzlab.readers.hankel import hankel
from fizzlab.readers.words import Words

TRAINING, TEST = np.arange(101, 1024), np.arange(1, 101)
LABELS = 2  # of the automata enumerated


def asked(rule="3=fizz,5=buzz", base=2, states=None, integers=TRAINING, **options):
    made = Rule(rule)
    options = {"test": TEST, **options}
    return identify(made, base, integers, made.labels(integers), states, **options)


def check_machine(found, rule="3=fizz,5=buzz", integers=TRAINING):
    """Checks a machine's claims one by one, from its lists alone."""
    made, machine = Rule(rule), found.machine

    def says(n):
        digits = []
        while n:
            n, digit = divmod(n, found.base)
            digits.insert(0, digit)
        state = machine.first[digits[0] - 1]
        for digit in digits[1:]:
            state = machine.after[state][digit]
        return machine.labels[state]

    assert len(machine.labels) <= found.states
    assert all(says(n) == made.label(n) for n in integers.tolist())
    assert all(says(n) == made.label(n) for n in range(1, machine.differs_at))
    assert says(machine.differs_at) != made.label(machine.differs_at)
    assert machine.says == made.word(machine.differs_at, says(machine.differs_at))
    assert machine.right_on_test[0] == sum(says(n) == made.label(n) for n in TEST.tolist())
    beyond = range(machine.beyond[0], machine.beyond[1] + 1)
    right = sum(says(n) == made.label(n) for n in beyond)
    assert machine.right_beyond == (right, len(beyond))


def test_fizzbuzz_is_determined_in_base_2():
    began = time.process_time()
    found = asked()
    assert time.process_time() - began < 1.5  # measured: 0.08 s
    assert (found.verdict, found.known_by, found.machine) == ("determined", "argument", None)
    assert (found.states, found.rule_states, found.at_least, found.rank) == (15, 15, 15, 15)
    assert found.open_integers == ()
    assert "on every n >= 1. A block of their Hankel matrix has rank 15 too" in found.reason


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ((), "one of 13 to 127."),
        ((700,), "one of these 114 prefixes: 13 to 86, 88 to 127."),
        (range(640, 672), "one of these 111 prefixes: 13 to 79, 84 to 127."),
    ],
)
def test_of_weighted_automata_only_what_the_block_holds_is_claimed(left_out, told):
    integers = np.array([n for n in TRAINING.tolist() if n not in left_out])
    found, block = asked(integers=integers), hankel(integers, Rule().labels(integers), 2, 4)
    assert found.verdict == "determined"
    claim = found.reason.partition("that begins with the digits of ")[2]
    claimed = set()
    for span in claim.rstrip(".").rpartition(": ")[2].removeprefix("one of ").split(", "):
        first, _, last = span.partition(" to ")
        claimed |= set(range(int(first), int(last or first) + 1))
    assert claimed == set(block.prefixes.tolist())
    assert claim == told


def test_long_lists_of_prefixes_are_cut():
    assert _prefixes([3]) == "3"
    assert _prefixes(list(range(1, 99, 2))).startswith("one of these 49 prefixes: 1, 3, 5")
    assert _prefixes(list(range(1, 99, 2))).endswith("37, 39, …")


def test_fizzbuzz_is_not_determined_in_base_10_and_1_to_100_do_not_tell():
    found = asked(base=10)
    assert (found.verdict, found.known_by) == ("not determined", "search")
    assert (found.states, found.rule_states, found.at_least) == (6, 6, 6)
    assert found.machine.right_on_test == (100, 100)
    assert found.machine.differs_at > 1023
    assert found.machine.beyond == (1024, 9999)
    assert found.open_integers[0] == found.machine.differs_at
    check_machine(found)


@pytest.mark.parametrize(("base", "states", "by"), [(2, 14, "argument"), (10, 5, "search")])
def test_fewer_states_fit_nothing(base, states, by):
    found = asked(base=base, states=states)
    assert (found.verdict, found.known_by, found.machine) == ("no machine", by, None)
    assert found.reason.startswith(f"No automaton of at most {states} states fits")


def test_prefixes_told_apart_are_told_apart_by_labels():
    found = asked()
    told = set(TRAINING.tolist())
    for one, two in itertools.combinations(found.apart, 2):
        assert any(
            {(a := one * 2**length + value), (b := two * 2**length + value)} <= told
            and Rule().label(a) != Rule().label(b)
            for length in range(7)
            for value in range(2**length)
        )


def test_with_one_state_more_an_exception_at_1_fits():
    found = asked(states=16, seconds=2.0)
    assert (found.verdict, found.known_by) == ("not determined", "construction")
    assert found.open_integers == (1,)
    check_machine(found)


def test_with_eleven_states_more_the_exception_is_where_no_test_looks():
    found = asked(states=26)
    assert (found.machine.differs_at, found.machine.right_on_test) == (1024, (100, 100))
    assert found.machine.right_beyond == (1023, 1024)
    check_machine(found)


@pytest.mark.parametrize(
    ("rule", "base", "verdict", "open_"),
    [
        ("3=a,7=b", 2, "determined", ()),
        ("5=a,7=b", 2, "determined", ()),
        ("2=a,5=b", 3, "determined", ()),
        ("5=a,7=b", 3, "determined", ()),
        ("3=a,4=b", 2, "not determined", (1, 2)),
        ("4=a,6=b", 2, "not determined", (1, 2)),
        ("2=a,7=b", 2, "not determined", (1,)),
        ("2=a,3=b,5=c", 2, "not determined", (1,)),
        ("4=a,6=b", 3, "not determined", (2,)),
    ],
)
def test_other_rules_by_argument_alone(rule, base, verdict, open_):
    found = asked(rule, base)
    assert (found.verdict, found.known_by, found.open_integers) == (verdict, "argument", open_)
    if found.machine:
        check_machine(found, rule)


def test_all_integers_up_to_a_power_leave_nothing_open():
    found = asked("3=a,4=b", integers=np.arange(1, 1024), test=None)
    assert (found.verdict, found.known_by) == ("determined", "argument")


def test_a_leading_digit_that_no_integer_has_is_open():
    found = asked("2=a", 3, integers=np.array([3, 4, 9, 10, 11, 27, 28]), test=None)
    assert found.verdict == "not determined"
    assert 2 in found.open_integers
    assert found.machine.right_on_test == (0, 0)


def test_a_search_without_time_leaves_it_open():
    found = asked("3=a,5=b,7=c", seconds=0.0)
    assert (found.verdict, found.known_by, found.machine) == ("open", None, None)
    assert "did not come to an end" in found.reason


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"base": 1}, "There is no such base.\n  expected: at least 2\n  got:      1"),
        ({"states": 0}, "There is no such number of states.\n  expected: at least 1"),
    ],
)
def test_too_small_numbers_are_refused(options, text):
    with pytest.raises(UsageError) as caught:
        asked(**options)
    assert str(caught.value).startswith(text)


def test_data_that_say_nothing_or_something_else_are_refused():
    with pytest.raises(DataError, match="no training integers to read"):
        asked(integers=np.array([0]))
    with pytest.raises(DataError) as caught:
        identify(Rule(), 2, np.array([3, 9]), np.array([1, 2]))
    assert str(caught.value) == (
        "The label of 9 is not the rule's.\n  expected: fizz\n  got:      buzz\n"
        "  to do:    give the rule that the data are of (--rule), or correct the data"
    )


@settings(max_examples=10)
@given(st.integers(1, 500), st.integers(2, 5))
def test_an_exception_is_an_exception(n, base):
    smallest = rule_automaton(Rule(), base)
    made = with_exception(smallest, n, (Rule().label(n) + 1) % 4)
    assert made.difference(Rule()) == n
    others = [k for k in range(1, 600) if k != n]
    assert all(made.label(k) == Rule().label(k) for k in others)


def test_the_smallest_integer_outside():
    assert smallest_outside([2, 3]) == 1
    assert smallest_outside(range(1, 50)) == 50


def all_automata(states):
    """Gives every automaton in base 2 of so many states."""
    choices = itertools.product(range(states), repeat=2 * states)
    for chosen in choices:
        after = tuple(chosen[place : place + 2] for place in range(0, 2 * states, 2))
        for first in range(states):
            for labels in itertools.product(range(LABELS), repeat=states):
                yield (first,), after, labels


def behaviour(first, after, labels, integers):
    answers = []
    for n in integers:
        state = first[0]
        for bit in f"{n:b}"[1:]:
            state = after[state][int(bit)]
        answers.append(labels[state])
    return tuple(answers)


ENOUGH = range(1, 2**6)  # machines of 3 and 3 states that differ, differ on at most 6 digits


@functools.cache
def behaviours(states):
    return {behaviour(*machine, ENOUGH) for machine in all_automata(states)}


@settings(max_examples=40)
@given(
    st.integers(0, 10**6),
    st.sets(st.sampled_from(ENOUGH), min_size=1),
    st.integers(1, 3),
)
def test_closing_and_search_find_what_trying_all_machines_finds(which, given_, states):
    """Against brute force, over all machines of at most 3 states and 2 labels in base 2."""
    machines = sorted(behaviours(3))
    truth = machines[which % len(machines)]
    labels = {n: truth[n - 1] for n in sorted(given_)}
    fitting = {
        found
        for found in behaviours(states)
        if all(found[n - 1] == label for n, label in labels.items())
    }
    told = distinctions(Words(np.array(list(labels)), np.array(list(labels.values())), 2))
    if states < len(told):
        assert not fitting
        return
    if states == len(told):
        closed = Deduction(labels, told, 2).closed()
        if closed is not None and all(closed.first):
            machines = closed.machines()
            made = {tuple(machine.label(n) for n in ENOUGH) for machine in machines}
            assert made == fitting
        elif closed is not None:
            assert not fitting
    smallest = Automaton((0,), ((0, 0),), (0,))  # "always 0": the rule to differ from
    for other, rivals in (
        (None, fitting),
        (smallest, fitting - {(0,) * len(ENOUGH)}),
    ):
        rival = find_rival(
            labels,
            told,
            states,
            differs_from=other,
            num_labels=LABELS,
            base=2,
            until_s=time.monotonic() + 60,
        )
        if rivals:
            assert isinstance(rival, Automaton)
            assert tuple(rival.label(n) for n in ENOUGH) in rivals
        else:
            assert rival == "none"


@pytest.mark.parametrize("rule", ["2=a", "3=a", "4=a"])
@pytest.mark.parametrize("seed", range(6))
def test_verdicts_are_those_of_trying_all_machines(rule, seed):
    draw = np.random.default_rng(seed)
    integers = np.sort(draw.choice(np.array(ENOUGH), draw.integers(3, 50), replace=False))
    made = Rule(rule)
    truth = tuple(made.label(n) for n in ENOUGH)
    for states in (1, 2, 3):
        fitting = {
            found
            for found in behaviours(states)
            if all(found[n - 1] == truth[n - 1] for n in integers.tolist())
        }
        found = asked(rule, 2, states, integers, test=None)
        if not fitting:
            assert found.verdict == "no machine"
        elif fitting == {truth}:
            assert found.verdict == "determined"
        else:
            assert found.verdict == "not determined"
            machine = found.machine.automaton
            assert tuple(machine.label(n) for n in ENOUGH) in fitting - {truth}


def test_where_the_argument_says_determined_the_solver_finds_no_rival():
    rule = Rule()
    rival = find_rival(
        {n: rule.label(n) for n in TRAINING.tolist()},
        distinctions(Words(TRAINING, rule.labels(TRAINING), 2)),
        15,
        differs_from=rule_automaton(rule, 2),
        num_labels=4,
        base=2,
        until_s=time.monotonic() + 100,
    )
    assert rival == "none"
