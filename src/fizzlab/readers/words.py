"""What labels say of prefixes: the label of the integer written p·s, for prefixes p, suffixes s."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

UNKNOWN = -1
_LARGEST = 1 << 40  # integers above are left out; prefixes and suffixes stay far within int64


@dataclass(frozen=True)
class Suffix:
    """A string of digits, leading zeros and all.

    Attributes:
        length: The number of its digits; 0 is the empty one.
        value: The digits read as an integer.
    """

    length: int
    value: int


@cache
def suffixes(base: int, shortest: int, longest: int) -> tuple[Suffix, ...]:
    """Gives all strings of digits of these lengths.

    >>> [(suffix.length, suffix.value) for suffix in suffixes(2, 0, 1)]
    [(0, 0), (1, 0), (1, 1)]
    """
    lengths = range(shortest, longest + 1)
    return tuple(Suffix(length, value) for length in lengths for value in range(base**length))


class Words:
    """Integers ≥ 1 with their labels, looked up by prefix and suffix.

    Args:
        integers: shape (n,); 0 and what is above 2^40 count as not given.
        labels: shape (n,).
        base: Of the digits.

    Attributes:
        base: Of the digits.
        integers: Sorted, int64.
        labels: In their order.
    """

    def __init__(self, integers: np.ndarray, labels: np.ndarray, base: int) -> None:
        usable = np.array((integers >= 1) & (integers <= _LARGEST), dtype=bool)
        values, places = np.unique(integers[usable].astype(np.int64), return_index=True)
        self.base, self.integers, self.labels = base, values, labels[usable][places]

    @cached_property
    def prefixes(self) -> np.ndarray:
        """All prefixes of the integers, each once, sorted; the integers themselves too."""
        found, level = [self.integers], self.integers
        while len(level):
            level = level // self.base
            level = np.unique(level[level > 0])
            found.append(level)
        return np.unique(np.concatenate(found))

    def table(self, prefixes: np.ndarray, after: tuple[Suffix, ...]) -> np.ndarray:
        """Gives the label of every prefix followed by every suffix, `UNKNOWN` where there is none.

        Args:
            prefixes: shape (prefix,).
            after: The suffixes.

        Returns:
            int64, shape (prefix, suffix).
        """
        if not len(self.integers):
            return np.full((len(prefixes), len(after)), UNKNOWN)
        columns = []
        for length, group in itertools.groupby(after, key=lambda suffix: suffix.length):
            values = np.array([suffix.value for suffix in group], dtype=np.int64)
            columns.append(prefixes[:, None] * self.base**length + values)
        wanted = np.concatenate(columns, axis=1)
        places = np.searchsorted(self.integers, wanted).clip(max=len(self.integers) - 1)
        return np.where(self.integers[places] == wanted, self.labels[places], UNKNOWN)
