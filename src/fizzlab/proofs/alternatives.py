"""Machines that fit all training labels and are not the rule: one is built, any is judged."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from pydantic import Field

from fizzlab.configuration import Document
from fizzlab.encodings import digits_of
from fizzlab.readers.automata import Automaton
from fizzlab.rules import Rule

MAX_COUNTED = 100_000


class Machine(Document):
    """An automaton that fits all training labels and is not the rule."""

    first: tuple[int, ...] = Field(description="state after each leading digit 1 … base - 1")
    after: tuple[tuple[int, ...], ...] = Field(
        description="of each state, the state after each next digit 0 … base - 1"
    )
    labels: tuple[int, ...] = Field(description="label of each state")
    differs_at: int = Field(description="the smallest n >= 1 where it is not the rule")
    says: str = Field(description="its word there")
    rule_says: str = Field(description="the rule's word there")
    right_on_test: tuple[int, int] = Field(description="test integers that it has right, of all")
    beyond: tuple[int, int] = Field(
        description=f"first and last integer after the training integers, up to the next power of "
        f"the base, {MAX_COUNTED:,} at most"
    )
    right_beyond: tuple[int, int] = Field(description="how many of these it has right, of all")

    @property
    def automaton(self) -> Automaton:
        """The automaton itself."""
        return Automaton(self.first, self.after, self.labels)


def with_exception(machine: Automaton, n: int, label: int) -> Automaton:
    """Gives a machine that differs from another on one integer alone.

    Args:
        machine: The other one.
        n: The integer, at least 1.
        label: What to say there.

    Returns:
        An automaton with one more state for each digit of n: those that only n leads through.
    """
    leading, *digits = digits_of(n, machine.base)
    before = len(machine)
    state = machine.first[leading - 1]
    after, labels = list(machine.after), list(machine.labels)
    for place, digit in enumerate(digits, start=1):
        row = list(machine.after[state])
        labels.append(machine.labels[state])
        state, row[digit] = row[digit], before + place
        after.append(tuple(row))
    first = list(machine.first)
    first[leading - 1] = before
    return Automaton(tuple(first), (*after, machine.after[state]), (*labels, label))


def smallest_outside(integers: Iterable[int]) -> int:
    """Gives the smallest n ≥ 1 that is not among some integers."""
    taken, n = set(integers), 1
    while n in taken:
        n += 1
    return n


def judged(
    machine: Automaton, rule: Rule, given: dict[int, int], test: np.ndarray
) -> Machine | None:
    """Compares a machine with a rule; None if they are equal on all n ≥ 1.

    Args:
        machine: Checked against all labels here, whoever made it.
        rule: What it is compared with.
        given: Labels of the training integers.
        test: The test integers, from 1.
    """
    wrong = [n for n, label in given.items() if machine.label(n) != label]
    assert not wrong, f"a machine that does not fit, at {wrong[:3]}"
    if (n := machine.difference(rule)) is None:
        return None
    start = max(given) + 1
    stop = min(machine.base ** len(digits_of(start, machine.base)), start + MAX_COUNTED)
    return Machine(
        first=machine.first,
        after=machine.after,
        labels=machine.labels,
        differs_at=n,
        says=rule.word(n, machine.label(n)),
        rule_says=rule.word(n, rule.label(n)),
        right_on_test=_right(machine, rule, test.tolist()),
        beyond=(start, stop - 1),
        right_beyond=_right(machine, rule, range(start, stop)),
    )


def disagreements(machines: list[Automaton], most: int, up_to: int = 2_000) -> tuple[int, ...]:
    """Lists the first integers on which machines do not all say the same, by trying some."""
    found = []
    for n in range(1, up_to + 1):
        if len({machine.label(n) for machine in machines}) > 1:
            found.append(n)
            if len(found) == most:
                break
    return tuple(found)


def _right(machine: Automaton, rule: Rule, integers: Iterable[int]) -> tuple[int, int]:
    answers = [machine.label(n) == rule.label(n) for n in integers]
    return sum(answers), len(answers)
