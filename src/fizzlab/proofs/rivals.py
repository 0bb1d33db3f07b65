"""A search for a rival: another machine of few states that fits all labels, by a SAT solver.

The prefix tree of the labelled integers is coloured with states (Heule, Verwer, "Exact DFA
identification using SAT solvers", ICGI 2010). The variables, true or false:

```
node[n][q]      the prefix n leads to state q
after[q][d][r]  digit d leads from state q to state r
label[q][l]     state q has the label l
```

To differ from a rule somewhere, a rival must differ from it on an integer with at most as many
digits as both have states together (Moore 1956). Such an integer is searched for along with the
rival, digit by digit, so that "there is no rival" holds for all integers, as far as the solver is
to be trusted.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Literal

from fizzlab.readers.automata import Automaton, explored
from fizzlab.readers.distinctions import Distinctions

MAX_CLAUSES = 6_000_000
_CONFLICTS = 500  # of the solver between two looks at the clock
_SOLVER = "glucose4"

Clause = list[int]


def find_rival(
    labels: dict[int, int],
    told: Distinctions,
    states: int,
    *,
    differs_from: Automaton | None,
    num_labels: int,
    base: int,
    until_s: float,
) -> Automaton | Literal["none", "open"]:
    """Searches all automata of at most `states` states that fit the labels.

    Args:
        labels: Of the integers n ≥ 1 to fit.
        told: Prefixes of these integers that no machine may merge; at most `states` of them.
        states: Number of states.
        differs_from: What the automaton must differ from on some n ≥ 1; None if it may be any.
        num_labels: Number of labels.
        base: Of the digits.
        until_s: When to give up, by `time.monotonic`.

    Returns:
        An automaton; "none" if the solver finds that there is none; "open" if it was given up.
    """
    problem = _Problem(labels, told, states, num_labels, base)
    if time.monotonic() > until_s or problem.size(differs_from) > MAX_CLAUSES:
        return "open"
    problem.make_variables()
    from pysat.solvers import Solver

    with Solver(name=_SOLVER) as solver:
        for clause in problem.clauses(differs_from):
            solver.add_clause(clause)
        while (answer := _limited(solver)) is None:
            if time.monotonic() > until_s:
                return "open"
        return problem.automaton(set(solver.get_model() or ())) if answer else "none"


def _limited(solver: object) -> bool | None:
    """Lets the solver work for a while."""
    solver.conf_budget(_CONFLICTS)  # type: ignore[attr-defined]
    return solver.solve_limited()  # type: ignore[attr-defined]


class _Problem:
    """The clauses of one search, and what a solution of them means."""

    def __init__(
        self, labels: dict[int, int], told: Distinctions, states: int, num_labels: int, base: int
    ) -> None:
        self._count = itertools.count(1)
        self.given, self.base, self.states = labels, base, states
        self.num_labels, self.nodes = num_labels, _prefixes(labels, base)
        self.excluded = {
            n: {q for q, may_be in enumerate(row) if not may_be}
            for n, row in zip(told.prefixes.tolist(), told.possible.tolist(), strict=True)
        }
        self.fixed = {n: q for q, n in enumerate(told.apart.tolist())}

    def _several(self, count: int) -> list[int]:
        return list(itertools.islice(self._count, count))

    def size(self, other: Automaton | None) -> int:
        """Gives about the number of clauses; of variables there are fewer."""
        path = (self.states + len(other)) * self.base * self.states**2 if other else 0
        tree = (self.states - len(self.excluded.get(n // self.base, ())) for n in self.nodes)
        return sum(tree) * self.states + self.base * self.states**2 + path

    def make_variables(self) -> None:
        """Numbers the variables."""
        states, digits = range(self.states), range(self.base)
        self.node = {n: self._several(self.states) for n in self.nodes}
        self.after = [[self._several(self.states) for _ in digits] for _ in states]
        self.label = [self._several(self.num_labels) for _ in states]

    def clauses(self, other: Automaton | None) -> Iterator[Clause]:
        """Gives all clauses; where variables of a group need only be at least one, no more."""
        for n in self.nodes:
            yield from self._of_node(n)
        for row in self.after:
            yield from row
        for row in self.label:
            yield row
            yield from ([-one, -two] for one, two in itertools.combinations(row, 2))
        if other is not None:
            yield from self._differs(other)

    def _of_node(self, n: int) -> Iterator[Clause]:
        node, excluded = self.node[n], self.excluded.get(n, set())
        yield from ([-node[q]] for q in excluded)
        if n < self.base:  # also a digit that no labelled integer begins with leads somewhere
            yield node
        if n in self.fixed:
            yield [node[self.fixed[n]]]
        if n in self.given:
            yield from ([-node[q], self.label[q][self.given[n]]] for q in self._open(n))
        before, digit = divmod(n, self.base)
        for q in self._open(before) if before else ():
            for r in range(self.states):
                clause = [-self.node[before][q], -self.after[q][digit][r]]
                yield clause if r in excluded else [*clause, node[r]]

    def _open(self, n: int) -> list[int]:
        """Gives the states that a prefix is not told apart from."""
        excluded = self.excluded.get(n, set())
        return [q for q in range(self.states) if q not in excluded]

    def _differs(self, other: Automaton) -> Iterator[Clause]:
        """Gives the clauses of an integer, read digit by digit, whose labels are not the same."""
        steps, states = self.states + len(other), range(self.states)
        digits = [self._several(self.base) for _ in range(steps)]
        own = [self._several(self.states) for _ in range(steps)]
        others = [self._several(len(other)) for _ in range(steps)]
        ends = self._several(steps)
        yield ends
        yield from digits
        yield [-digits[0][0]]
        for d in range(1, self.base):
            yield [-digits[0][d], others[0][other.first[d - 1]]]
            yield from ([-digits[0][d], -self.node[d][q], own[0][q]] for q in states)
        for step in range(1, steps):
            for d, q in itertools.product(range(self.base), states):
                for r in states:
                    read = [-digits[step][d], -own[step - 1][q], -self.after[q][d][r]]
                    yield [*read, own[step][r]]
            for d, c in itertools.product(range(self.base), range(len(other))):
                yield [-digits[step][d], -others[step - 1][c], others[step][other.after[c][d]]]
        for step, q, c in itertools.product(range(steps), states, range(len(other))):
            same = self.label[q][other.labels[c]]
            yield [-ends[step], -own[step][q], -others[step][c], -same]

    def automaton(self, true: set[int]) -> Automaton:
        """Gives the automaton that a solution describes, without states that nothing reaches."""

        def of(variables: list[int]) -> int:
            return next(place for place, variable in enumerate(variables) if variable in true)

        return explored(
            [of(self.node[d]) for d in range(1, self.base)],
            lambda q: [of(row) for row in self.after[q]],
            lambda q: of(self.label[q]),
        )


def _prefixes(labels: dict[int, int], base: int) -> list[int]:
    """Gives all prefixes of the labelled integers and all leading digits, sorted."""
    found = set(range(1, base))
    for n in labels:
        while n and n not in found:
            found.add(n)
            n //= base
    return sorted(found)
