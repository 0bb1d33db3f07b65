"""Finite automata that read the digits of a natural number, most significant first.

A number n ≥ 1 has no leading zeros: its first digit leads to one of `first`, each further one
along `after`. 0 is no number here; it stands apart wherever automata are compared with a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fizzlab.encodings import digits_of
from fizzlab.errors import UsageError
from fizzlab.rules import Rule

MAX_PAIRS = 2_000_000  # of states compared: an automaton's and a residue


@dataclass(frozen=True)
class Automaton:
    """A deterministic automaton whose states carry labels.

    Attributes:
        first: State after each leading digit 1 … base − 1.
        after: Of each state, the state after each next digit 0 … base − 1.
        labels: Label of each state.
    """

    first: tuple[int, ...]
    after: tuple[tuple[int, ...], ...]
    labels: tuple[int, ...]

    @property
    def base(self) -> int:
        """The number of different digits."""
        return len(self.first) + 1

    def __len__(self) -> int:
        return len(self.labels)

    def state(self, n: int) -> int:
        """Gives the state that a natural number n ≥ 1 of any size leads to."""
        leading, *digits = digits_of(n, self.base)
        state = self.first[leading - 1]
        for digit in digits:
            state = self.after[state][digit]
        return state

    def label(self, n: int) -> int:
        """Gives the label of a natural number n ≥ 1 of any size."""
        return self.labels[self.state(n)]

    def minimised(self) -> Automaton:
        """Gives the automaton of fewest states with the same labels on all n ≥ 1.

        Its states are numbered as they are first reached, by increasing n. Partition refinement:
        Moore, "Gedanken-experiments on sequential machines", 1956.
        """
        block, blocks = list(self.labels), len(set(self.labels))
        while True:
            keys = [
                (own, *(block[next_] for next_ in row))
                for own, row in zip(block, self.after, strict=True)
            ]
            numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
            block = [numbers[key] for key in keys]
            if len(numbers) == blocks:
                break
            blocks = len(numbers)
        return explored(
            [block[state] for state in self.first],
            lambda own: [block[next_] for next_ in self.after[block.index(own)]],
            lambda own: self.labels[block.index(own)],
        )

    def difference(self, rule: Rule) -> int | None:
        """Gives the smallest n ≥ 1 on which automaton and rule differ; None if they are equal.

        They are walked through side by side, over all pairs of a state and a residue modulo the
        rule's modulus that some n reaches: finitely many, so that None is a proof.

        Raises:
            UsageError: If there are more than `MAX_PAIRS` pairs to compare.
        """
        modulus = rule.modulus
        for n, state, residue in self._pairs(modulus):
            if self.labels[state] != rule.label(residue):
                return n
        return None

    def _pairs(self, modulus: int) -> Iterator[tuple[int, int, int]]:
        """Gives each reachable (state, residue) with the smallest n that reaches it, by n.

        Raises:
            UsageError: If there are too many.
        """
        found = [(d, state, d % modulus) for d, state in enumerate(self.first, start=1)]
        seen: set[tuple[int, int]] = set()
        for n, state, residue in found:
            if (state, residue) in seen:
                continue
            seen.add((state, residue))
            if len(seen) > MAX_PAIRS:
                raise UsageError(
                    "There are too many states and residues to compare one by one.",
                    expected=f"at most {MAX_PAIRS:,} pairs",
                    got=f"{len(self)} states and the modulus {modulus}",
                )
            yield n, state, residue
            found += [
                (n * self.base + d, next_, (residue * self.base + d) % modulus)
                for d, next_ in enumerate(self.after[state])
            ]


def rule_automaton(rule: Rule, base: int) -> Automaton:
    """Gives the automaton of fewest states that labels every n ≥ 1 as the rule does.

    Raises:
        UsageError: If the rule's modulus is above `MAX_PAIRS`.
    """
    modulus = rule.modulus
    if modulus > MAX_PAIRS:
        raise UsageError(
            "This rule's automaton is too large.",
            expected=f"divisors whose least common multiple is at most {MAX_PAIRS:,}",
            got=f"{modulus}",
        )
    return explored(
        [d % modulus for d in range(1, base)],
        lambda residue: [(residue * base + d) % modulus for d in range(base)],
        rule.label,
    ).minimised()


def explored(
    first: Sequence[int],
    after: Callable[[int], Sequence[int]],
    label: Callable[[int], int],
) -> Automaton:
    """Makes an automaton from the states that can be reached, numbered as they are first reached.

    Args:
        first: State after each leading digit, by any numbers.
        after: Gives the states after each next digit.
        label: Gives the label of a state.
    """
    numbers = {state: number for number, state in enumerate(dict.fromkeys(first))}
    found, rows = list(numbers), []
    for state in found:
        row = after(state)
        for next_ in row:
            if next_ not in numbers:
                numbers[next_] = len(found)
                found.append(next_)
        rows.append(tuple(numbers[next_] for next_ in row))
    return Automaton(
        tuple(numbers[state] for state in first), tuple(rows), tuple(map(label, found))
    )
