"""Prefixes that no machine may merge, because the labels tell them apart.

Two prefixes are told apart by a suffix that turns both into labelled integers of different labels:
no automaton that fits can be in the same state after both. Prefixes of which every two are told
apart therefore need as many states as they are (Nerode, "Linear automaton transformations", 1958;
as a lower bound for the fewest states: Heule, Verwer, "Exact DFA identification using SAT solvers",
2010). For automata this is never weaker than the rank of the same block of the Hankel matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fizzlab.readers.words import UNKNOWN, Words, suffixes

MAX_SUFFIXES, MAX_ENTRIES = 512, 1 << 22


@dataclass(frozen=True)
class Distinctions:
    """Prefixes told apart pairwise, and what all others are told apart from.

    Attributes:
        prefixes: All prefixes considered, sorted, shape (prefix,).
        apart: Those of which every two are told apart, shape (state,); in the order of choice.
        possible: For each prefix, whether it is not told apart from each of `apart`, and so may
            lead to the same state; bool, shape (prefix, state).
    """

    prefixes: np.ndarray
    apart: np.ndarray
    possible: np.ndarray

    def __len__(self) -> int:
        """The number of states that a machine needs at least."""
        return len(self.apart)


def distinctions(words: Words) -> Distinctions:
    """Finds prefixes that are told apart pairwise: the most of several greedy choices.

    Each choice looks at suffixes up to another length, and takes the prefixes of most known labels
    first. There may be larger sets; what is found is true all the same.
    """
    longest, columns = 0, 1
    while columns + words.base ** (longest + 1) <= MAX_SUFFIXES:
        longest, columns = longest + 1, columns + words.base ** (longest + 1)
    after = suffixes(words.base, 0, longest)
    prefixes = words.prefixes[: MAX_ENTRIES // columns]
    table = words.table(prefixes, after).astype(np.int16)
    lengths = np.array([suffix.length for suffix in after])
    chosen = max((_greedy(table[:, lengths <= most]) for most in range(longest + 1)), key=len)
    told = np.array([_told_apart(table, row) for row in chosen], dtype=bool)
    return Distinctions(prefixes, prefixes[chosen], ~told.reshape(len(chosen), len(prefixes)).T)


def _greedy(table: np.ndarray) -> list[int]:
    """Gives rows of a table of labels of which every two are told apart."""
    known = (table != UNKNOWN).sum(axis=1)
    free, chosen = known > 0, []
    while free.any():
        chosen.append(int(np.where(free, known, -1).argmax()))
        free &= _told_apart(table, chosen[-1])
    return chosen


def _told_apart(table: np.ndarray, row: int) -> np.ndarray:
    """Tells for each row of a table of labels whether another row contradicts it."""
    own = table[row] != UNKNOWN
    rows = table[:, own]
    return ((rows != table[row, own]) & (rows != UNKNOWN)).any(axis=1)
