"""Integers as people write them: "15", "1..100", "1..100,200..300", "2**10000+1"."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from fizzlab.data.arithmetic import Budget, evaluate
from fizzlab.errors import DataError
from fizzlab.rules import as_integers

MAX_INTEGERS = 1_000_000  # in one split, from ranges or a file
_SMALL, _NONE = 1 << 62, np.empty(0, dtype=np.int64)
_PART = re.compile(r"\s*(-?\d{1,4000})\s*(?:\.\.\s*(-?\d{1,4000})\s*)?")
_FORMULA = re.compile(r"\d[\s()_]*[-+*/%]|[-+(]\s*[(\d]")


def parse_integers(text: str | Iterable[str]) -> np.ndarray:
    """Reads integers and inclusive ranges: "15", "1..100", "1..100,200..300".

    An integer may also be a formula such as "2**10000+1" (see `arithmetic`).

    Args:
        text: One text, or several.

    Returns:
        The integers in the order given, shape (n,).

    Raises:
        DataError: If a part is not an integer or a range, is empty, or there are too many.

    >>> parse_integers("7, 1..3").tolist()
    [7, 1, 2, 3]
    """
    text = text if isinstance(text, str) else ",".join(text)
    budget = Budget()  # of all formulas in it together
    parts = [_parse_part(part, budget) for part in text.split(",") if part.strip()]
    total = sum(part.stop - part.start for part in parts)
    if total > MAX_INTEGERS:
        raise DataError(
            "That is too many integers.", expected=f"at most {MAX_INTEGERS:,}", got=f"{total:,}"
        )
    if all(abs(edge) < _SMALL for part in parts for edge in (part.start, part.stop)):
        return np.concatenate([np.arange(part.start, part.stop) for part in parts] or [_NONE])
    return as_integers(n for part in parts for n in part)


def _parse_part(part: str, budget: Budget) -> range:
    match = _PART.fullmatch(part)
    if not match and _FORMULA.search(part):
        first, dots, last = part.partition("..")
        start = evaluate(first, budget)
        return _span(part, start, evaluate(last, budget) if dots else start)
    if not match and part.strip().isdecimal():
        raise DataError(
            f"An integer of {len(part.strip()):,} digits is too long to be read.",
            expected="at most 4,000 digits",
            fix="write it as a formula, such as 2**100000+1",
        )
    if not match:
        raise DataError(
            f'Cannot read "{part.strip()[:80]}" as integers.',
            expected='an integer or an inclusive range, such as "15" or "1..100"',
            fix="write ranges with two dots, and commas between several",
        )
    return _span(part, int(match[1]), int(match[2] or match[1]))


def _span(part: str, first: int, last: int) -> range:
    if last < first:
        raise DataError(
            f"The range {part.strip()} is empty.", expected="first..last with first <= last"
        )
    return range(first, last + 1)
