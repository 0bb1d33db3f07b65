"""What the labels of 101..1023 determine, rule by rule.

    python benchmarks/identification.py

prints the table of docs/log.md. `--seconds` bounds each search, `--bases` and `--rules` choose.
"""

from __future__ import annotations

import argparse
import itertools

import numpy as np

from fizzlab import Rule
from fizzlab.proofs.identification import SECONDS, Identification, identify

WORDS = ("fizz", "buzz", "bazz")
TRAINING, TEST = np.arange(101, 1024), np.arange(1, 101)
DIVISORS = [
    *itertools.combinations((2, 3, 5, 7), 2),
    *itertools.combinations((2, 3, 5, 7), 3),
    (3, 4),
    (4, 6),
]


def rule_of(divisors: tuple[int, ...]) -> Rule:
    return Rule(list(zip(divisors, WORDS, strict=False)))


def row(divisors: tuple[int, ...], base: int, seconds: float) -> str:
    rule = rule_of(divisors)
    found = identify(rule, base, TRAINING, rule.labels(TRAINING), test=TEST, seconds=seconds)
    cells = [
        ", ".join(map(str, divisors)),
        f"{base}",
        f"{found.rule_states}",
        f"{len(found.apart)}",
        f"{found.rank}",
        found.verdict,
        why(found),
        f"{found.seconds:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def why(found: Identification) -> str:
    """Says in a few words how it is known, and what another machine gets wrong."""
    machine = found.machine
    if machine is None:
        return found.known_by or "time is up"
    right, of = machine.right_beyond
    return (
        f"{found.known_by}; another one differs at {machine.differs_at}, has "
        f"{machine.right_on_test[0]} of {machine.right_on_test[1]} right, and {right / of:.2%} of "
        f"{machine.beyond[0]}..{machine.beyond[1]}"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=SECONDS)
    options.add_argument("--bases", type=int, nargs="+", default=[2, 10])
    options.add_argument("--rules", nargs="+", help="such as 3,5 or 2,3,5")
    asked = options.parse_args()
    chosen = [tuple(map(int, text.split(","))) for text in asked.rules or []] or DIVISORS
    print("| divisors | base | rule's states | told apart | rank | verdict | known by | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for base, divisors in itertools.product(asked.bases, chosen):
        print(row(divisors, base, asked.seconds), flush=True)


if __name__ == "__main__":
    main()
