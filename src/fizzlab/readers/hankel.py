"""The Hankel matrix of training labels: what prefixes and suffixes say of the states behind them.

Its entry (p, (s, l)) is 1 where the integer written p·s has the label l, and 0 otherwise. A
weighted automaton (a bilinear net) of k dimensions gives it as a product of a matrix with k columns
and one with k rows, so that its rank is at most k; so is the rank of every block of it. The rank of
a block that the training labels fill completely is therefore a number of states below which nothing
fits them (Carlyle, Paz, "Realizations by stochastic finite automata", 1971).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fizzlab.readers.elimination import Pivots, pivots
from fizzlab.readers.words import UNKNOWN, Suffix, Words, suffixes

MAX_SUFFIXES, MAX_ENTRIES = 256, 1 << 17  # of one block
_SHARES = (0.75, 0.5, 0.375, 0.25)  # of the suffixes, where gaps in the data spoil too many rows


@dataclass(frozen=True)
class Hankel:
    """A block of the Hankel matrix that the labels fill completely.

    Attributes:
        words: The integers and labels that fill it.
        num_labels: Number of labels.
        prefixes: Of its rows, sorted, shape (prefix,).
        suffixes: Of its columns.
        matrix: Zeros and ones, uint8, shape (prefix, suffix · label).
        pivots: Independent rows and columns, as many as the rank.
    """

    words: Words
    num_labels: int
    prefixes: np.ndarray
    suffixes: tuple[Suffix, ...]
    matrix: np.ndarray
    pivots: Pivots

    @property
    def rank(self) -> int:
        """The exact rank (above `MAX_RANK`, a lower bound); 0 where there is no block at all."""
        return len(self.pivots)

    @property
    def base(self) -> int:
        """The number of different digits."""
        return self.words.base

    def shifted(self, digit: int) -> tuple[np.ndarray, np.ndarray]:
        """Gives pairs of rows: of the prefixes p whose p·digit is a row too, and of these.

        Returns:
            Two arrays of row numbers of the same length.
        """
        wanted = self.prefixes * self.base + digit
        after = np.searchsorted(self.prefixes, wanted).clip(max=max(len(wanted) - 1, 0))
        before = np.flatnonzero(self.prefixes[after] == wanted) if len(wanted) else after
        return before, after[before]

    @cached_property
    def continued(self) -> np.ndarray:
        """Numbers of the rows whose prefix is a row also when any one digit follows."""
        everywhere = np.arange(len(self.prefixes))
        for digit in range(self.base):
            everywhere = np.intersect1d(everywhere, self.shifted(digit)[0])
        return everywhere

    @cached_property
    def shows_digits(self) -> bool:
        """Whether `continued` rows span all others, so that they show what each digit does."""
        return bool(self.rank) and len(pivots(self.matrix[self.continued])) == self.rank

    @cached_property
    def shows_labels(self) -> bool:
        """Whether rows whose prefixes are labelled integers themselves span all others."""
        own = np.isin(self.prefixes, self.words.integers)
        return bool(self.rank) and len(pivots(self.matrix[own])) == self.rank


def hankel(integers: np.ndarray, labels: np.ndarray, base: int, num_labels: int) -> Hankel:
    """Gives the complete block of highest rank among those tried.

    Tried are all suffixes of one length; all up to a length; and, where integers are missing here
    and there, a part of these. Among blocks of equal rank, one that shows what digits do is
    preferred, then the first: the shortest suffixes of one length. Data that fill no block give
    one of rank 0.

    Args:
        integers: shape (n,); 0 and integers above 2^40 are passed over.
        labels: shape (n,), from 0 to num_labels − 1.
        base: Of the digits, at least 2.
        num_labels: Number of labels.
    """
    words = Words(integers, labels, base)
    nothing = np.empty(0, dtype=np.int64)
    empty = np.empty((0, 0), dtype=np.uint8)
    best = Hankel(words, num_labels, nothing, (), empty, Pivots(nothing, nothing))
    for prefixes, after, table in _blocks(words):
        _, places = np.unique(_as_bytes(table), return_index=True)
        most = min(len(places), len(after) * (num_labels - 1) + 1)  # one-hot columns sum to 1
        if most < best.rank + best.shows_digits:
            continue
        distinct = np.sort(places)
        found = pivots(_one_hot(table[distinct], num_labels))
        if len(found) >= best.rank + best.shows_digits:
            found = Pivots(distinct[found.rows], found.columns)
            made = Hankel(words, num_labels, prefixes, after, _one_hot(table, num_labels), found)
            if (made.rank, made.shows_digits) > (best.rank, best.shows_digits):
                best = made
    return best


def _blocks(words: Words) -> Iterator[tuple[np.ndarray, tuple[Suffix, ...], np.ndarray]]:
    """Gives complete blocks of labels: prefixes, suffixes, and the label of each pair of them."""
    tables = list(_tables(words))
    for share in (1.0, *_SHARES):
        for prefixes, after, table in tables:
            known = table != UNKNOWN
            fullest = np.argsort(-known.sum(axis=0), kind="stable")
            kept = np.sort(fullest[: round(share * len(after))])
            complete = known[:, kept].all(axis=1)
            if len(kept) and complete.any():
                rows = np.ascontiguousarray(table[complete][:, kept])
                yield prefixes[complete], tuple(after[place] for place in kept), rows


def _tables(words: Words) -> Iterator[tuple[np.ndarray, tuple[Suffix, ...], np.ndarray]]:
    """Gives the labels behind all suffixes of one length, then behind all up to a length."""
    longest = 0
    while words.base ** (longest + 1) <= MAX_SUFFIXES:
        longest += 1
    lengths = range(longest + 1)
    for shortest, length in [(n, n) for n in lengths] + [(0, n) for n in lengths[1:]]:
        after = suffixes(words.base, shortest, length)
        prefixes = np.unique(words.integers // words.base**length)
        prefixes = prefixes[prefixes > 0][: MAX_ENTRIES // len(after)]
        yield prefixes, after, words.table(prefixes, after)


def _as_bytes(rows: np.ndarray) -> np.ndarray:
    """Gives each row as one value that can be compared."""
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


def _one_hot(table: np.ndarray, num_labels: int) -> np.ndarray:
    return (table[:, :, None] == np.arange(num_labels)).astype(np.uint8).reshape(len(table), -1)
