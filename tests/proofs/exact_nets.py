"""Snapped nets made by hand, and slow, obvious answers about them in fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from fizzlab import Rule
from fizzlab.nets import Bilinear, Snapped
from fizzlab.readers.automata import Automaton, rule_automaton

FIZZBUZZ, FIZZ, SMALL = Rule(), Rule("3=fizz"), Rule("2=buzz,3=fizz")


def made_net(
    automaton: Automaton, labels: int, noise: float = 0.0, seed: int = 0, scale: float = 1.0
) -> Snapped:
    """Gives a net that is an automaton: states are unit vectors, turned by a random rotation.

    The start is one more unit vector. Noise is normal, on all weights but the codebook.
    """
    source = torch.Generator().manual_seed(seed)
    states, size = len(automaton), len(automaton) + 1
    steps = torch.zeros(automaton.base, size, size, dtype=torch.double)
    for state, row in enumerate(automaton.after):
        for digit, next_ in enumerate(row):
            steps[digit, state, next_] = 1
    for digit, state in enumerate(automaton.first, start=1):
        steps[digit, states, state] = 1
    steps[0, states, states] = 1
    readout = torch.zeros(size, labels, dtype=torch.double)
    for state, label in enumerate(automaton.labels):
        readout[state, label] = 1
    basis = torch.linalg.qr(torch.randn(size, size, generator=source, dtype=torch.double))[0]

    def rounded(values: Tensor) -> torch.nn.Parameter:
        shaken = torch.randn(values.shape, generator=source, dtype=torch.double) * noise
        return torch.nn.Parameter((values + shaken).float())

    net = Bilinear(automaton.base, size, labels)
    net.start = rounded(basis[states] * scale)
    net.transitions = rounded(basis.T @ steps @ basis)
    net.readout = rounded(basis.T @ readout)
    return Snapped(net, (basis[:states] * scale).float())


def rule_net(rule: Rule, base: int = 2, **options: Any) -> Snapped:
    """Gives a net that follows a rule."""
    return made_net(rule_automaton(rule, base), rule.num_labels, **options)


def fractions(pairs: Any) -> Any:
    """Gives nested lists of [m, e] as nested lists of fractions."""
    if isinstance(pairs[0], int):
        return Fraction(pairs[0]) * Fraction(2) ** pairs[1]
    return [fractions(entry) for entry in pairs]


def gamma(terms: int) -> Fraction:
    """Gives n u / (1 − n u), as it stands in the book."""
    u = Fraction(1, 2**24)
    return terms * u / (1 - terms * u)


def dot(one: list[Fraction], other: list[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))


def magnitude(one: list[Fraction], other: list[Fraction]) -> Fraction:
    return sum((abs(a * b) for a, b in zip(one, other, strict=True)), Fraction(0))


class Truth:
    """What is true of the net and the rule in a certificate, apart from its automaton and boxes.

    Each step is followed by itself, from a ball around its image; only weights, codebook, offsets,
    base and rule are used. (The underflow is left out: it is below 2^-90.)
    """

    def __init__(self, document: dict[str, Any]) -> None:
        weights = document["weights"]
        self.start = fractions(weights["start"])
        self.steps = [
            list(zip(*matrix, strict=True)) for matrix in fractions(weights["transitions"])
        ]
        self.readout = list(zip(*fractions(weights["readout"]), strict=True))
        self.codebook, self.offsets = (
            fractions(document["codebook"]),
            fractions(document["offsets"]),
        )
        self.base, self.rule = document["base"], document["rule"]

    def snap(self, vector: list[Fraction], digit: int) -> int | None:
        """Gives the code that float32 surely snaps to; None if it is not sure."""
        image = [dot(vector, column) for column in self.steps[digit]]
        radius = [gamma(len(vector)) * magnitude(vector, column) for column in self.steps[digit]]
        scores = [dot(image, code) + o for code, o in zip(self.codebook, self.offsets, strict=True)]
        best = max(range(len(scores)), key=scores.__getitem__)
        far = [abs(value) + r for value, r in zip(image, radius, strict=True)]
        errors = [
            gamma(len(far) + 1) * (magnitude(far, code) + abs(o))
            for code, o in zip(self.codebook, self.offsets, strict=True)
        ]
        for other, code in enumerate(self.codebook):
            difference = [a - b for a, b in zip(self.codebook[best], code, strict=True)]
            lead = scores[best] - scores[other] - magnitude(radius, difference)
            if other != best and lead <= errors[best] + errors[other]:
                return None
        return best

    def label(self, code: int) -> int | None:
        """Gives the label that float32 surely says; None if it is not sure."""
        vector = self.codebook[code]
        scores = [dot(vector, column) for column in self.readout]
        errors = [gamma(len(vector)) * magnitude(vector, column) for column in self.readout]
        best = max(range(len(scores)), key=scores.__getitem__)
        sure = all(
            other == best or scores[best] - scores[other] > errors[best] + errors[other]
            for other in range(len(scores))
        )
        return best if sure else None

    def holds(self) -> bool:
        """Tells whether the net surely follows the rule on every n ≥ 1."""
        period = 1
        for divisor, _ in self.rule:
            period *= divisor
        found = [(self.snap(self.start, d), d % period) for d in range(1, self.base)]
        seen, after = set(found), {}
        for code, residue in found:
            mask = sum(1 << i for i, (divisor, _) in enumerate(self.rule) if residue % divisor == 0)
            if code is None or self.label(code) != mask:
                return False
            if code not in after:
                after[code] = [self.snap(self.codebook[code], d) for d in range(self.base)]
            for d, next_ in enumerate(after[code]):
                pair = next_, (residue * self.base + d) % period
                if pair not in seen:
                    seen.add(pair)
                    found.append(pair)
        return True

    def goes_with(self, document: dict[str, Any]) -> bool:
        """Tells whether first, transitions and labels in the certificate are those of the net."""
        first = [self.snap(self.start, d) for d in range(1, self.base)]
        after = [
            [self.snap(self.codebook[state], d) for d in range(self.base)]
            for state in range(len(document["transitions"]))
        ]
        labels = [self.label(state) for state in range(len(document["labels"]))]
        given = (document["first"], document["transitions"], document["labels"])
        return (first, after, labels) == given

    def snapped_exactly(self, point: list[Fraction]) -> int:
        """Gives the code of a point, in exact arithmetic."""
        scores = [dot(point, code) + o for code, o in zip(self.codebook, self.offsets, strict=True)]
        return max(range(len(scores)), key=scores.__getitem__)
