"""The test integers that most nets of a study get wrong, and what training knew of their kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from fizzlab.encodings import Encoding
from fizzlab.errors import StudyError
from fizzlab.evaluation.kinds import kinds, position_classes
from fizzlab.studies.findings import Findings
from fizzlab.studies.texts import Texts


@dataclass(frozen=True)
class WrongInteger:
    """A test integer that nets get wrong.

    Attributes:
        integer: The integer.
        word: What would be right, by the rule.
        nets: Nets that get it wrong.
        tested: Nets that it tested and that did not diverge.
        kind: Its kind in words.
        kind_seen: Training integers of its kind, for the first net of the plan; None for a scaled
            encoding.
    """

    integer: int
    word: str
    nets: int
    tested: int
    kind: str
    kind_seen: int | None

    @property
    def share(self) -> float:
        """The share of the nets tested on it that get it wrong."""
        return self.nets / self.tested


def most_wrong(found: Findings, most: int) -> list[WrongInteger] | None:
    """Gives the integers that the largest shares of nets get wrong; None if that was not kept.

    Args:
        found: The findings of a study.
        most: How many at most.
    """
    try:
        counts = found.wrong_of_tested
    except StudyError:
        return None
    wrong = [(n, nets, tested) for n, (nets, tested) in counts.items() if nets]
    worst = sorted(wrong, key=lambda one: (-one[1] / one[2], -one[1], one[0]))[:most]
    experiment = found.study.plan.experiment_at(0)
    rule, encoding = experiment.rule, experiment.encoding
    seen = None
    if encoding.has_places:
        seen = Counter(kinds(encoding, rule.modulus, experiment.splits().train.integers))
    made = []
    for n, nets, tested in worst:
        own = None if seen is None else seen[kinds(encoding, rule.modulus, [n])[0]]
        word = rule.word(n, rule.label(n))
        kind = kind_words(encoding, rule.modulus, n, found.words)
        made.append(WrongInteger(n, word, nets, tested, kind, own))
    return made


def kind_words(encoding: Encoding, modulus: int, integer: int, words: Texts) -> str:
    """Describes the kind of an integer in plain words.

    >>> from fizzlab.studies.texts import texts
    >>> kind_words(Encoding(), 15, 69, texts("en"))
    '1 of the bits 1, 16, 256; 2 of the bits 4, 64'
    """
    if not encoding.has_places:
        return "–"
    base, said = encoding.radix, []
    kind = kinds(encoding, modulus, [integer])[0]
    for places, digits in zip(position_classes(encoding, modulus), kind, strict=True):
        where = ", ".join(str(base**place) for place in places)
        several = "s" * (len(places) > 1)
        if base != 2:
            shown = ", ".join(map(str, digits))
            said.append(words[f"kind_digit{several}"].format(digits=shown, places=where))
        elif sum(digits):
            said.append(words[f"kind_bit{several}"].format(count=sum(digits), places=where))
    return words["and"].join(said) or words["kind_no_bit"]


def about_kinds(found: Findings) -> str:
    """Says what a kind is; nothing for a scaled encoding, which has none."""
    experiment = found.study.plan.experiment
    if not experiment.encoding.has_places:
        return ""
    key = "kind_bits_about" if experiment.encoding.radix == 2 else "kind_digits_about"
    return found.say(key, modulus=experiment.rule.modulus)
