"""A search for counterexamples where there is no proof: it can refute, and never prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from fizzlab.encodings import Encoding
from fizzlab.errors import UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.nets import Reader
from fizzlab.randomness import random_words
from fizzlab.readers import extract
from fizzlab.rules import Rule

ALL_UP_TO = 1 << 15  # every n from 1 to here is tried
LENGTHS = (20, 40, 80, 160, 320, 640, 1000)  # bits of further integers, drawn at random
DRAWN = 64  # of each length
MOST = 20  # counterexamples listed


@dataclass(frozen=True)
class Search:
    """What a search came to.

    Attributes:
        wrong: Numbers on which the net is wrong, by size: the smallest ones found, at most `MOST`.
        tried: Which numbers were given to it, in words.
    """

    wrong: list[int]
    tried: str


def search(net: nn.Module, encoding: Encoding, rule: Rule) -> Search:
    """Looks for natural numbers on which a net that reads digits is wrong.

    First the one on which its extracted automaton is wrong, if there is one, and every n up to
    `ALL_UP_TO`; if it is right on all of these, random ones.

    Args:
        net: The net.
        encoding: Writes numbers as sequences of digits.
        rule: What is right.

    """
    wrong: set[int] = set()
    tried, lengths = f"every n from 1 to {ALL_UP_TO:,}", []
    suspect = _suspect(net, rule)
    if suspect is not None and suspect > ALL_UP_TO:
        tried += ", one n on which its extracted automaton is wrong"
        wrong.update(_wrong(net, encoding, rule, _array([suspect])))
    wrong.update(_wrong(net, encoding, rule, np.arange(1, ALL_UP_TO + 1)))
    for length in LENGTHS:
        if wrong:
            break
        lengths.append(length)
        wrong.update(_wrong(net, encoding, rule, _array(_drawn(length))))
    if lengths:
        tried += f", and {DRAWN} at random of each of {', '.join(map(str, lengths))} bits"
    return Search(sorted(wrong)[:MOST], tried)


def _wrong(net: nn.Module, encoding: Encoding, rule: Rule, integers: np.ndarray) -> list[int]:
    labels = predict_labels(net, encoding, integers)
    return [int(n) for n in integers[labels != rule.labels(integers)]]


def _suspect(net: nn.Module, rule: Rule) -> int | None:
    """Gives the smallest number on which the automaton extracted from a net is wrong."""
    found = extract(net) if isinstance(net, Reader) else None
    try:
        return found.automaton.difference(rule) if found else None
    except UsageError:  # too many pairs: then other numbers have to do
        return None


def _drawn(bits: int) -> list[int]:
    """Draws numbers of exactly so many bits, the same ones each time."""
    words = -(-bits // 32)
    raw = random_words(0, "subset", DRAWN * words, epoch=bits).reshape(DRAWN, words)
    top = 1 << (bits - 1)
    return [top | (int.from_bytes(row.tobytes(), "little") % top) for row in raw]


def _array(values: list[int]) -> np.ndarray:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made
