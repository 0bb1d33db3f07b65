import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import Rule
from fizzlab.readers.automata import Automaton, rule_automaton
from fizzlab.readers.distinctions import distinctions
from fizzlab.readers.hankel import hankel
from fizzlab.readers.words import UNKNOWN, Suffix, Words, suffixes

TRAINING = np.arange(101, 1024)


def block_of(rule, integers, base):
    return hankel(integers, rule.labels(integers), base, rule.num_labels)


@st.composite
def drawn_labels(draw):
    """Draws the parts of an automaton of 2 to 6 states, and some integers."""
    base, states = draw(st.integers(2, 3)), draw(st.integers(2, 6))

    def several(count, largest):
        return tuple(draw(st.integers(0, largest)) for _ in range(count))

    rows = tuple(several(base, states - 1) for _ in range(states))
    integers = draw(st.sets(st.integers(1, 200), min_size=1))
    return (several(base - 1, states - 1), rows, several(states, 2)), sorted(integers)


def labelled(drawn):
    """Makes the automaton (here, because checked calls draw random numbers of their own)."""
    automaton = Automaton(*drawn[0])
    return automaton, np.array(drawn[1]), np.array([automaton.label(n) for n in drawn[1]])


def test_fizzbuzz_in_base_2_has_rank_15_and_shows_everything():
    block = block_of(Rule(), TRAINING, 2)
    assert block.rank == 15
    assert block.shows_digits
    assert block.shows_labels
    assert np.linalg.matrix_rank(block.matrix) == 15


@pytest.mark.parametrize(
    ("rule", "base", "rank"),
    [("3=a,7=b", 2, 21), ("5=a,7=b", 2, 29), ("3=a,4=b", 2, 7), ("3=fizz,5=buzz", 10, 4)],
)
def test_ranks_of_other_rules(rule, base, rank):
    assert block_of(Rule(rule), TRAINING, base).rank == rank


@given(drawn_labels())
def test_the_entries_are_those_of_the_definition_and_no_state_is_missing(drawn):
    automaton, integers, labels = labelled(drawn)
    block = hankel(integers, labels, automaton.base, 3)
    for row, prefix in zip(block.matrix, block.prefixes.tolist(), strict=True):
        expected = [
            automaton.label(prefix * automaton.base**suffix.length + suffix.value) == label
            for suffix in block.suffixes
            for label in range(3)
        ]
        assert row.tolist() == expected
    assert block.rank <= len(automaton.minimised())
    if block.rank:
        assert block.rank == np.linalg.matrix_rank(block.matrix)


@given(drawn_labels())
def test_a_machine_that_fits_has_as_many_states_as_prefixes_are_told_apart(drawn):
    automaton, integers, labels = labelled(drawn)
    told = distinctions(Words(integers, labels, automaton.base))
    states = [automaton.state(n) for n in told.apart.tolist()]
    assert len(set(states)) == len(told)
    for n, possible in zip(told.prefixes.tolist(), told.possible, strict=True):
        same = [automaton.state(n) == state for state in states]
        assert all(possible[same])


@pytest.mark.parametrize(
    ("rule", "base"), [("3=a,4=b", 2), ("5=a,7=b", 2), ("3=a,5=b,7=c", 2), ("2=a,7=b", 3)]
)
def test_prefixes_told_apart_give_all_states_where_the_rank_does_not(rule, base):
    made = Rule(rule)
    told = distinctions(Words(TRAINING, made.labels(TRAINING), base))
    assert len(told) == len(rule_automaton(made, base)) >= block_of(made, TRAINING, base).rank


@pytest.mark.parametrize(("left_out", "least"), [(20, 15), (50, 15), (100, 13), (400, 8)])
def test_integers_left_out_cost_little_of_the_rank(left_out, least):
    for seed in range(5):
        kept = np.random.default_rng(seed).permutation(TRAINING)[left_out:]
        assert least <= block_of(Rule(), kept, 2).rank <= 15


@pytest.mark.parametrize("integers", [[], [0], [0, -3], [2**50, 2**70]])
def test_data_without_a_block_have_rank_0(integers):
    values = np.array(integers, dtype=object)
    block = hankel(values, np.zeros(len(values), dtype=np.int64), 2, 4)
    assert block.rank == 0
    assert not block.shows_digits


def test_order_does_not_matter_and_0_is_passed_over():
    mixed = np.random.default_rng(0).permutation(np.append(TRAINING, 0))
    assert (block_of(Rule(), mixed, 2).matrix == block_of(Rule(), TRAINING, 2).matrix).all()


def test_words_are_looked_up():
    words = Words(np.array([6, 5, 12]), np.array([1, 2, 3]), 2)
    assert words.prefixes.tolist() == [1, 2, 3, 5, 6, 12]
    table = words.table(np.array([3, 1]), (Suffix(1, 0), Suffix(2, 1), *suffixes(2, 0, 0)))
    assert table.tolist() == [[1, UNKNOWN, UNKNOWN], [UNKNOWN, 2, UNKNOWN]]


def test_it_takes_milliseconds():
    block_of(Rule(), TRAINING, 2)
    began = time.process_time()
    for _ in range(5):
        block_of(Rule(), TRAINING, 2)
    assert time.process_time() - began < 5 * 0.1  # measured: 0.006 a call
