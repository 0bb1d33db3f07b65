"""Why an integer is right or wrong: its logits, and whether training ever saw its kind.

Digits at positions i and j are interchangeable when base^i ≡ base^j modulo the rule's modulus:
swapping them changes the integer, but not its label. A digit at a position whose base^i ≡ 0 does
not matter at all. Two integers are of one *kind* when such changes turn one into the other: no net
need tell them apart. For FizzBuzz on 10 bits there are 144 kinds; 101..1023 covers 141.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import numpy as np
import torch
from pydantic import Field, computed_field
from torch import nn

from fizzlab.configuration import Document
from fizzlab.data import Splits
from fizzlab.encodings import Encoding
from fizzlab.errors import NetError
from fizzlab.nets import logits
from fizzlab.rules import Rule

Kind = tuple[tuple[int, ...], ...]


def position_classes(encoding: Encoding, modulus: int) -> list[list[int]]:
    """Groups the digit positions that are interchangeable modulo `modulus`.

    Positions that do not matter, as base^position ≡ 0, are in no group.
    """
    classes: dict[int, list[int]] = {}
    for position in range(encoding.num_digits):
        classes.setdefault(pow(encoding.radix, position, modulus), []).append(position)
    return [places for residue, places in classes.items() if residue]


def kinds(encoding: Encoding, modulus: int, integers: Iterable[int] | np.ndarray) -> list[Kind]:
    """Gives the kind of each integer: the sorted digits of each class of positions.

    Raises:
        IntegerError: If an integer does not fit the encoding.
    """
    digits = encoding.digits(integers)
    parts = [np.sort(digits[:, places], axis=1) for places in position_classes(encoding, modulus)]
    columns = [map(tuple, part.tolist()) for part in parts]
    return list(zip(*columns, strict=True)) if columns else [()] * len(digits)


def num_kinds(encoding: Encoding, modulus: int) -> int | None:
    """Counts the kinds of a binary encoding's integers; None for other encodings."""
    if encoding.scheme != "binary":
        return None
    return math.prod(len(places) + 1 for places in position_classes(encoding, modulus))


class Explanation(Document):
    """What a net says of one integer, how surely, and what training knew about it."""

    integer: int
    word: str = Field(description="what the net says")
    expected: str = Field(
        description="what the data says where it holds the integer, else the rule"
    )
    right: bool
    digits: tuple[int, ...] | None = Field(description="least significant first; null if scaled")
    logits: tuple[float, ...] = Field(description="one a label, in the order of names")
    probabilities: tuple[float, ...] = Field(description="softmax of the logits")
    names: tuple[str, ...] = Field(description="names of the labels")
    margin: float = Field(description="true label's logit minus the largest other one")
    split: str = Field(description="train, validation, test or none")
    kind_seen: int | None = Field(description="training integers of its kind; null without places")
    kind_examples: tuple[int, ...] = Field(description="at most five of them")
    kind_agrees: bool = Field(description="whether the data label all of them as expected here")
    kind_text: str = Field(description="its kind in words")

    @computed_field(description="the same in one sentence")
    @property
    def why(self) -> str:
        """One sentence: right or wrong, and what training had to do with it."""
        verdict = (
            f"{self.word}: right"
            if self.right
            else f"The net says {self.word}, right would be {self.expected}: wrong"
        )
        if self.split == "train":
            return f"{verdict}. It was trained on this very integer."
        if self.kind_seen is None:
            return f"{verdict}. It was not trained on this integer."
        if not self.kind_seen:
            return (
                f"{verdict}. Training never saw an integer of its kind ({self.kind_text}): what "
                "to say here, the net had to carry over from integers of other kinds."
            )
        examples = ", ".join(map(str, self.kind_examples))
        plural = "s" * (self.kind_seen > 1)
        found = "the data held the answer, and the net " + (
            "found it." if self.right else "did not find it."
        )
        return (
            f"{verdict}. Training saw {self.kind_seen} integer{plural} of its kind "
            f"({self.kind_text}), such as {examples}: "
            + (found if self.kind_agrees else "but the data label them otherwise than the rule.")
        )


def explain(
    net: nn.Module, encoding: Encoding, rule: Rule, splits: Splits, integer: int
) -> Explanation:
    """Explains what a net says of one integer.

    Raises:
        IntegerError: If the integer does not fit the encoding.
        NetError: If the net's logits for it are not finite.
    """
    scores = logits(net, torch.from_numpy(encoding.rows([integer])))[0].double()
    if not scores.isfinite().all():
        raise NetError(
            f"The net's logits for {integer} are not finite: {scores.tolist()}.",
            fix="train it anew with a smaller learning rate",
        )
    split = _split_of(splits, integer)
    label, said = _label_of(splits, split, rule, integer), int(scores.argmax())
    others = torch.cat([scores[:label], scores[label + 1 :]])
    same = _same_kind(encoding, rule.modulus, splits, integer)
    trained = dict(splits.train.pairs())
    return Explanation(
        integer=integer,
        word=rule.word(integer, said),
        expected=rule.word(integer, label),
        right=said == label,
        digits=None
        if encoding.scheme == "scaled"
        else tuple(encoding.digits([integer])[0].tolist()),
        logits=tuple(scores.tolist()),
        probabilities=tuple(scores.softmax(0).tolist()),
        names=rule.names,
        margin=float(scores[label] - others.max()),
        split=split,
        kind_seen=None if same is None else len(same),
        kind_examples=tuple(same[:5]) if same else (),
        kind_agrees=all(trained[n] == label for n in same or ()),
        kind_text=kind_text(encoding, rule.modulus, integer),
    )


def kind_text(encoding: Encoding, modulus: int, integer: int) -> str:
    """Describes the kind of an integer: "1 bit of 2^2, 2^6"."""
    if not encoding.has_places:
        return f"a {encoding.scheme} encoding has no places"
    base, parts = encoding.radix, []
    kind = kinds(encoding, modulus, [integer])[0]
    for places, digits in zip(position_classes(encoding, modulus), kind, strict=True):
        where = ", ".join(f"{base}^{place}" for place in places)
        if base == 2 and sum(digits):
            parts.append(f"{sum(digits)} of {where}")
        elif base != 2:
            tally = Counter(digits)
            parts.append(" and ".join(f"{k} × {d}" for d, k in tally.items()) + f" at {where}")
    name = "bits set: " if base == 2 else "digits: "
    return name + ("; ".join(parts) or "none")


def _same_kind(encoding: Encoding, modulus: int, splits: Splits, integer: int) -> list[int] | None:
    if not encoding.has_places:
        return None
    own = kinds(encoding, modulus, [integer])[0]
    trained = splits.train.integers
    found = kinds(encoding, modulus, trained)
    return [int(n) for n, kind in zip(trained, found, strict=True) if kind == own]


def _split_of(splits: Splits, integer: int) -> str:
    for name in ("train", "validation", "test"):
        if integer in getattr(splits, name).integers.tolist():
            return name
    return "none"


def _label_of(splits: Splits, split: str, rule: Rule, integer: int) -> int:
    """Gives the label in the data, which a CSV file may set against the rule, or the rule's."""
    if split == "none":
        return rule.label(integer)
    return dict(getattr(splits, split).pairs())[integer]


def unseen_kinds(encoding: Encoding, modulus: int, splits: Splits) -> list[int]:
    """Lists the test integers whose kinds no training integer has; empty without places."""
    if not encoding.has_places or not len(splits.test):
        return []
    seen = set(kinds(encoding, modulus, splits.train.integers))
    tested = splits.test.integers
    return [
        int(n)
        for n, kind in zip(tested, kinds(encoding, modulus, tested), strict=True)
        if kind not in seen
    ]
