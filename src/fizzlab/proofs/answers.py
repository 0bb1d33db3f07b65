"""Four ways to answer what labels determine, each of which may have nothing to say.

`too_few` and `by_argument` are deductions in whole numbers, `by_construction` makes a rival from
the rule's own automaton, `by_search` asks a SAT solver and always answers, if only that it is open.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from fizzlab.encodings import digits_of
from fizzlab.proofs.alternatives import smallest_outside, with_exception
from fizzlab.proofs.closing import Closed, Deduction, possible_first
from fizzlab.proofs.rivals import find_rival
from fizzlab.readers.automata import Automaton
from fizzlab.readers.distinctions import Distinctions
from fizzlab.readers.hankel import Hankel
from fizzlab.rules import Rule

MAX_NAMED = 20  # integers in a sentence

Verdict = Literal["determined", "not determined", "no machine", "open"]
KnownBy = Literal["argument", "construction", "search"]


@dataclass(frozen=True)
class Question:
    """Which automata of at most `states` states fit labels, with what all ways of answering need.

    Attributes:
        rule: Whose labels they are.
        base: Of the digits.
        given: Labels of the training integers, all n ≥ 1.
        test: Test integers n ≥ 1.
        states: Number of states allowed.
        smallest: The rule's smallest automaton.
        told: Prefixes that the labels tell apart.
        block: Of the labels' Hankel matrix.
    """

    rule: Rule
    base: int
    given: dict[int, int]
    test: np.ndarray
    states: int
    smallest: Automaton
    told: Distinctions
    block: Hankel

    @cached_property
    def deduced(self) -> Deduction:
        """What follows if there are no more states than prefixes told apart."""
        return Deduction(self.given, self.told, self.base)

    @property
    def needed(self) -> int:
        """The number of states without which nothing fits."""
        return max(len(self.told), self.block.rank)

    def with_test(self) -> dict[int, int]:
        """Gives the labels of training and test integers."""
        return self.given | {n: self.rule.label(n) for n in self.test.tolist()}


@dataclass(frozen=True)
class Answer:
    """What was found, and how.

    Attributes:
        verdict: What it is.
        reason: In plain words.
        known_by: How it is known; None if it is not.
        machine: Another automaton that fits all labels, if there is one.
        fitting: Automata that fit all labels and do not agree on everything.
        at_least: Number of states without which nothing fits, as far as found here.
    """

    verdict: Verdict
    reason: str
    known_by: KnownBy | None
    machine: Automaton | None = None
    fitting: list[Automaton] = field(default_factory=list)
    at_least: int = 1


def too_few(question: Question) -> Answer | None:
    """Answers where the labels tell more prefixes apart than there are states, or have the rank."""
    told, rank, states = len(question.told), question.block.rank, question.states
    if states >= question.needed:
        return None
    why = (
        f"the training labels tell {told} prefixes apart, pairwise "
        f"({_listed(question.told.apart.tolist())}), and each needs a state of its own"
        if told >= rank
        else f"a block of their Hankel matrix has rank {rank}"
    )
    return Answer("no machine", f"{_none_fits(states)}: {why}.", "argument")


def by_argument(question: Question) -> Answer | None:
    """Answers where every state allowed is one that the labels tell apart, and all follows."""
    states = question.states
    closed = question.deduced.closed() if states == len(question.told) else None
    if closed is None:
        return None
    basis = (
        f"The training labels tell {states} prefixes apart, pairwise, as many as there are states "
        "allowed: so these prefixes stand for all states"
    )
    if not all(closed.first):
        digit = closed.first.index(()) + 1
        text = f"{basis}; but none of them can follow the leading digit {digit}."
        return Answer("no machine", text, "argument", at_least=states + 1)
    machines = closed.machines()
    rivals = [machine for machine in machines if machine.difference(question.rule) is not None]
    if not rivals:
        text = (
            f"{basis}, and every transition and label follows. The one automaton of at most "
            f"{states} states that fits is the rule, on every n >= 1."
        )
        return Answer("determined", text + _of_weighted_ones(question), "argument")
    open_ = [digit for digit, after in enumerate(closed.first, start=1) if len(after) > 1]
    text = f"{basis}, and every transition and label follows; but "
    text += (
        f"not the state after the leading digit {_listed(open_)}."
        if open_
        else "the automaton that they make is not the rule."
    )
    return Answer("not determined", text, "argument", _best(question, rivals), machines)


def by_construction(question: Question, labels: dict[int, int]) -> Answer | None:
    """Answers where a small change of the rule's automaton goes unnoticed by the labels.

    Either a leading digit leads to another of its states, or there is room for an exception.
    """
    smallest, states = question.smallest, len(question.smallest)
    if states <= question.states:
        first = possible_first(labels, smallest.after, smallest.labels)
        machines = Closed(smallest.after, smallest.labels, first).machines()
        if len(machines) > 1:
            text = (
                f"In the rule's own automaton of {states} states, a leading digit may lead to "
                "another state, and no training label would tell."
            )
            rivals = [machine for machine in machines if machine.difference(question.rule)]
            made = _best(question, rivals)
            return Answer("not determined", text, "construction", made, machines)
    n = smallest_outside(labels)
    states = len(smallest) + len(digits_of(n, question.base))
    if states > question.states:
        return None
    other = (question.rule.label(n) + 1) % question.rule.num_labels
    made = with_exception(smallest, n, other)
    text = (
        f"With {states} states, the rule's own automaton of {len(smallest)} has room for an "
        f"exception at {n}, which no training label speaks of."
    )
    return Answer("not determined", text, "construction", made, [made, smallest])


def by_search(question: Question, until_s: float) -> Answer:
    """Answers by a SAT solver: is there a smaller machine, or a rival of the rule's size or more?

    For an eighth of the time it looks for smaller ones, for a quarter for rivals that are right on
    the test integers too; where the rule itself has more states than allowed, all are smaller.

    Args:
        question: The question.
        until_s: When to give up, by `time.monotonic`.
    """
    now, fewer, at_least = time.monotonic(), len(question.smallest) - 1, 1
    if question.states <= fewer:
        found = _ask(question, question.given, question.states, until_s)
        return _answer(question, found, question.states + 1 if found == "none" else 1)
    smaller = "none"
    if fewer >= question.needed:
        smaller = _ask(question, question.given, fewer, now + (until_s - now) / 8)
        at_least = fewer + 1 if smaller == "none" else 1
    if len(question.test):
        end_s = time.monotonic() + (until_s - now) / 4
        found = _ask(question, question.with_test(), question.states, end_s)
        if isinstance(found, Automaton):
            return _answer(question, found, at_least)
    if isinstance(smaller, Automaton):
        return _answer(question, smaller, at_least)
    if (built := by_construction(question, question.given)) is not None:
        return built
    found = _ask(question, question.given, question.states, until_s)
    return _answer(question, found, at_least)


def _ask(
    question: Question, labels: dict[int, int], states: int, until_s: float
) -> Automaton | Literal["none", "open"]:
    """Asks for a machine of at most so many states that fits and is not the rule."""
    rule_states = len(question.smallest)
    exactly = states == len(question.told)
    return find_rival(
        labels,
        question.deduced.refined() if exactly else question.told,
        states,
        differs_from=question.smallest if states >= rule_states else None,
        num_labels=question.rule.num_labels,
        base=question.base,
        until_s=until_s,
    )


def _answer(
    question: Question, found: Automaton | Literal["none", "open"], at_least: int
) -> Answer:
    """Tells what the last search found."""
    states = question.states
    if isinstance(found, Automaton):
        text = (
            f"{_none_fits(at_least - 1)}, by a SAT solver's search of all of them; but it found "
            if at_least > 1
            else "The training labels do not decide by themselves; but a SAT solver found "
        )
        text += f"an automaton of {len(found)} states that fits all labels and is not the rule."
        fitting = [found, question.smallest]
        return Answer("not determined", text, "search", found, fitting, at_least)
    if found == "open":
        text = (
            f"The training labels tell {len(question.told)} prefixes apart, from which not all "
            f"follows; and a search among automata of at most {states} states did not come to an "
            "end. More time may help (--seconds)."
        )
        return Answer("open", text, None, at_least=at_least)
    if states < len(question.smallest):
        text = f"{_none_fits(states)}: a SAT solver searched them all."
        return Answer("no machine", text, "search", at_least=at_least)
    text = (
        f"A SAT solver searched all automata of at most {states} states that fit, and found none "
        "that differs from the rule on any n >= 1."
    )
    return Answer("determined", text, "search", at_least=at_least)


def _of_weighted_ones(question: Question) -> str:
    block, states = question.block, question.states
    if block.rank < states or not (block.shows_digits and block.shows_labels):
        return ""
    return (
        f" A block of their Hankel matrix has rank {states} too: weighted automata (bilinear nets) "
        f"of {states} dimensions that fit exactly are right on every n >= 1 that begins with the "
        f"digits of {_prefixes(block.prefixes.tolist())}."
    )


def _prefixes(prefixes: list[int]) -> str:
    """Tells sorted prefixes in words: "one of 13 to 127", or how many, and in which spans."""
    breaks = [i for i in range(1, len(prefixes)) if prefixes[i] != prefixes[i - 1] + 1]
    spans = [prefixes[a:b] for a, b in itertools.pairwise([0, *breaks, len(prefixes)])]
    told = [f"{span[0]} to {span[-1]}" if len(span) > 1 else f"{span[0]}" for span in spans]
    if len(spans) == 1:
        return f"one of {told[0]}" if len(prefixes) > 1 else told[0]
    return f"one of these {len(prefixes)} prefixes: {_listed(told)}"


def _best(question: Question, rivals: list[Automaton]) -> Automaton:
    """Gives the rival that is hardest to tell from the rule: by test integers, then by place."""

    def key(machine: Automaton) -> tuple[int, int]:
        right = sum(machine.label(n) == question.rule.label(n) for n in question.test.tolist())
        return right, machine.difference(question.rule) or 0

    return max(rivals, key=key)


def _none_fits(states: int) -> str:
    return f"No automaton of at most {states} state{'s' * (states != 1)} fits"


def _listed(values: Sequence[int] | Sequence[str]) -> str:
    text = ", ".join(map(str, values[:MAX_NAMED]))
    return text if len(values) <= MAX_NAMED else f"{text}, …"
