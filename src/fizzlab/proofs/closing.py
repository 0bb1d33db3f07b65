"""The machines of exactly as many states as there are prefixes told apart: read off the labels.

Let p_1 … p_k be prefixes told apart pairwise, and take any machine of at most k states that fits
the labels. It is in different states after different p_i, so that these are all its states: call
state i the one after p_i. A prefix that is told apart from all p_i but one leads to that one. If it
does, and the prefix followed by a digit does so too, this is where the digit leads from that
state; and so on from what is found, until nothing new is. Where every transition and every label
is found, the machine has nothing left to choose but the states after leading digits, and each of
them is tried against all labels that it bears on.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from fizzlab.encodings import digits_of
from fizzlab.readers.automata import Automaton
from fizzlab.readers.distinctions import Distinctions


@dataclass(frozen=True)
class Closed:
    """All machines of a number of states that fit the labels.

    Attributes:
        after: Of each state, the state after each next digit.
        labels: Label of each state.
        first: For each leading digit 1 … base − 1, the states that may follow it; independent of
            one another. One without any means that no machine of so many states fits.
    """

    after: tuple[tuple[int, ...], ...]
    labels: tuple[int, ...]
    first: tuple[tuple[int, ...], ...]

    def machines(self) -> list[Automaton]:
        """Gives one machine, and with it those that differ from it after one leading digit.

        What any two machines disagree on, some two of these disagree on: the answer for an integer
        depends on nothing but the state after its own leading digit.
        """
        chosen = tuple(states[0] for states in self.first)
        found = [Automaton(chosen, self.after, self.labels)]
        for place, states in enumerate(self.first):
            for state in states[1:]:
                first = (*chosen[:place], state, *chosen[place + 1 :])
                found.append(Automaton(first, self.after, self.labels))
        return found


class Deduction:
    """What labels say of all machines of exactly `len(told)` states, deduced step by step.

    Args:
        labels: Of integers n ≥ 1; all of them.
        told: Prefixes of these integers that no machine may merge.
        base: Of the digits.

    Attributes:
        may_be: For each prefix the states that it may lead to, as a bit mask.
        after: Of each state, likewise for each next digit.
        own: Label of each state, as far as known.
    """

    def __init__(self, labels: dict[int, int], told: Distinctions, base: int) -> None:
        self.given, self.told, self.base = labels, told, base
        self.may_be = {
            n: sum(1 << state for state, possible in enumerate(row) if possible)
            for n, row in zip(told.prefixes.tolist(), told.possible.tolist(), strict=True)
        }
        self.after = [[(1 << len(told)) - 1] * base for _ in range(len(told))]
        self.own: list[int | None] = [None] * len(told)
        left = None  # bits of all masks; fewer as long as something new is deduced
        while left != (left := sum(map(sum, self.after)) + sum(self.may_be.values())):
            for n in self.may_be:
                self._forwards(n)
            for n in reversed(self.may_be):
                self._backwards(n)

    def _forwards(self, n: int) -> None:
        """Carries what is known of a prefix to those that are one digit longer."""
        states = _places(self.may_be[n])
        if len(states) == 1 and n in self.given:
            self.own[states[0]] = self.given[n]
        for digit in range(self.base):
            if (child := n * self.base + digit) not in self.may_be:
                continue
            reached = 0
            for state in states:
                reached |= self.after[state][digit]
            self.may_be[child] &= reached
            if len(states) == 1:
                self.after[states[0]][digit] = self.may_be[child]

    def _backwards(self, n: int) -> None:
        """Drops the states from which the prefix's label, or a longer prefix, is out of reach."""
        label, children = self.given.get(n), range(n * self.base, (n + 1) * self.base)
        for state in _places(self.may_be[n]):
            own, after = self.own[state], self.after[state]
            fits = label is None or own is None or own == label
            if not fits or any(
                not mask & self.may_be.get(child, mask)
                for mask, child in zip(after, children, strict=True)
            ):
                self.may_be[n] &= ~(1 << state)

    def refined(self) -> Distinctions:
        """Gives the prefixes told apart with what has been deduced of all others."""
        states = range(len(self.told))
        possible = [[bool(mask >> state & 1) for state in states] for mask in self.may_be.values()]
        return Distinctions(self.told.prefixes, self.told.apart, np.array(possible, dtype=bool))

    def closed(self) -> Closed | None:
        """Gives all machines of so many states that fit; None if not all has been deduced."""
        masks = itertools.chain(*self.after)
        if any(mask.bit_count() != 1 for mask in masks) or None in self.own:
            return None
        after = tuple(tuple(mask.bit_length() - 1 for mask in row) for row in self.after)
        own = tuple(label for label in self.own if label is not None)
        return Closed(after, own, possible_first(self.given, after, own))


def _places(mask: int) -> list[int]:
    """Gives the places of the ones of a mask."""
    places = []
    while mask:
        places.append((mask & -mask).bit_length() - 1)
        mask &= mask - 1
    return places


def possible_first(
    labels: dict[int, int], after: tuple[tuple[int, ...], ...], own: tuple[int, ...]
) -> tuple[tuple[int, ...], ...]:
    """Gives for each leading digit the states from which all labels behind it come out right.

    Args:
        labels: Of integers n ≥ 1.
        after: Of each state, the state after each next digit.
        own: Label of each state.
    """
    base = len(after[0])
    open_: list[set[int]] = [set(range(len(own))) for _ in range(base)]
    for n, label in labels.items():
        leading, *rest = digits_of(n, base)
        wrong = set()
        for state in open_[leading]:
            end = state
            for digit in rest:
                end = after[end][digit]
            if own[end] != label:
                wrong.add(state)
        open_[leading] -= wrong
    return tuple(tuple(sorted(states)) for states in open_[1:])
