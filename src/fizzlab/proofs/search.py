"""A search for counterexamples where there is no proof: it can refute, and never prove."""

from __future__ import annotations

from collections.abc import Iterator

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


def search(net: nn.Module, encoding: Encoding, rule: Rule) -> list[int]:
    """Looks for natural numbers on which a net that reads digits is wrong.

    Args:
        net: The net.
        encoding: Writes numbers as sequences of digits.
        rule: What is right.

    Returns:
        At most `MOST` of those found, by size; all of them were given to the net.
    """
    found: list[int] = []
    for integers in _suspects(net, rule):
        labels = predict_labels(net, encoding, integers)
        found += [int(n) for n in integers[labels != rule.labels(integers)]]
        if found:
            break
    return sorted(found)[:MOST]


def tried() -> str:
    """Tells in words which numbers a search tries."""
    return (
        f"every n from 1 to {ALL_UP_TO:,}, and {DRAWN} at random of each of "
        f"{', '.join(map(str, LENGTHS))} bits"
    )


def _suspects(net: nn.Module, rule: Rule) -> Iterator[np.ndarray]:
    """Gives numbers to try, the most suspect first."""
    if isinstance(net, Reader) and (found := extract(net)):
        try:
            difference = found.automaton.difference(rule)
        except UsageError:  # too many pairs: then the numbers below have to do
            difference = None
        if difference is not None:
            yield _array([difference])
    yield np.arange(1, ALL_UP_TO + 1)
    for length in LENGTHS:
        yield _array(_drawn(length))


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
