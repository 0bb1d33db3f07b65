"""The test integers that most nets of a study get wrong, and what training knew of their kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from fizzlab.errors import StudyError
from fizzlab.evaluation.kinds import kind_text, kinds
from fizzlab.studies.findings import Findings


@dataclass(frozen=True)
class WrongInteger:
    """A test integer that nets get wrong.

    Attributes:
        integer: The integer.
        word: What would be right, by the rule.
        nets: Nets that get it wrong.
        share: Their share of the nets that did not diverge.
        kind: Its kind in words.
        kind_seen: Training integers of its kind, with the first seed; None for a scaled encoding.
    """

    integer: int
    word: str
    nets: int
    share: float
    kind: str
    kind_seen: int | None


def most_wrong(found: Findings, most: int) -> list[WrongInteger] | None:
    """Gives the integers that most nets get wrong, most first; None if that was not kept.

    Args:
        found: The findings of a study.
        most: How many at most.
    """
    study = found.study
    try:
        counts = study.wrong()
    except StudyError:
        return None
    finished = found.statistics.frame["test_right"].count()
    worst = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    experiment = study.plan.experiment_at(0)
    rule, encoding = experiment.rule, experiment.encoding
    scaled = encoding.scheme == "scaled"
    trained = experiment.splits().train.integers
    seen = None if scaled else Counter(kinds(encoding, rule.modulus, trained))
    made = []
    for n, nets in worst:
        if nets:
            own = None if seen is None else seen[kinds(encoding, rule.modulus, [n])[0]]
            word = rule.word(n, rule.label(n))
            described = kind_text(encoding, rule.modulus, n)
            made.append(WrongInteger(n, word, nets, nets / finished, described, own))
    return made
