"""What is true: integer → label → word.

A rule is an ordered list of (divisor, word) pairs. The label of an integer is the bit mask of
the divisors that divide it: with 3→fizz, 5→buzz that is 0 number, 1 fizz, 2 buzz, 3 fizzbuzz.
"""

from __future__ import annotations

import contextlib
import math
import operator
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, field_validator

from fizzlab.configuration import Frozen
from fizzlab.errors import IntegerError

MAX_DIVISORS = 10  # 1024 labels
NUMBER = "number"  # the name of label 0, whose word is the integer itself
_DEFAULT = ((3, "fizz"), (5, "buzz"))
_INTEGER = re.compile(r"-?\d+")
_INT64 = np.iinfo(np.int64)


class Rule(Frozen):
    """A divisibility rule, from ordered (divisor, word) pairs or a text such as "3=fizz,5=buzz".

    Args:
        pairs: The pairs. Divisors are at least 2 and distinct, words are not numbers.

    Raises:
        ConfigError: If the pairs make no rule.

    >>> rule = Rule()
    >>> rule.label(15), rule.word(15, 3), rule.word(16, 0)
    (3, 'fizzbuzz', '16')
    >>> Rule("3=fizz,5=buzz,7=bazz").names[5]
    'fizzbazz'
    """

    pairs: tuple[tuple[int, str], ...] = Field(
        default=_DEFAULT,
        min_length=1,
        max_length=MAX_DIVISORS,
        description="ordered (divisor, word) pairs; on the command line: 3=fizz,5=buzz",
    )

    if TYPE_CHECKING:  # at run time Frozen takes positional arguments in the order of the fields

        def __init__(self, pairs: str | Iterable[tuple[int, str]] = _DEFAULT) -> None: ...

    @field_validator("pairs", mode="before")
    @classmethod
    def _from_text(cls, pairs: Any) -> Any:
        if not isinstance(pairs, str):
            return pairs
        split = [part.partition("=") for part in pairs.split(",")]
        for divisor, equals, _ in split:
            if not equals or not _INTEGER.fullmatch(divisor.strip()):
                raise ValueError(
                    f"expected divisor=word pairs such as 3=fizz,5=buzz, got {pairs!r}"
                )
        return tuple((divisor.strip(), word.strip()) for divisor, _, word in split)

    @field_validator("pairs")
    @classmethod
    def _check(cls, pairs: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
        divisors = [divisor for divisor, _ in pairs]
        for divisor, word in pairs:
            if divisor < 2:
                raise ValueError(f"expected divisors of at least 2, got {divisor}")
            if not word or word != word.strip() or not word.isprintable() or word[0] in "+-":
                raise ValueError(f"expected a printable word for divisor {divisor}, got {word!r}")
            if "," in word:
                raise ValueError(f"a word must hold no comma, got {word!r}")
            if any(character.isdigit() for character in word):
                raise ValueError(f"a word must not read as a number, got {word!r}")
            if word == NUMBER:
                raise ValueError(f'"{NUMBER}" is the name of label 0: choose another word')
        if len(set(divisors)) < len(divisors):
            raise ValueError(f"expected distinct divisors, got {divisors}")
        names = _names(pairs)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f'two labels would have the same word "{twice}": choose other words')
        return pairs

    @property
    def divisors(self) -> tuple[int, ...]:
        """The divisors, in order."""
        return tuple(divisor for divisor, _ in self.pairs)

    @property
    def num_labels(self) -> int:
        """The number of labels: 2 to the number of divisors."""
        return 2 ** len(self.pairs)

    @property
    def modulus(self) -> int:
        """The least common multiple of the divisors: labels repeat with this period."""
        return math.lcm(*self.divisors)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of each label: "number", then the words, joined in the rule's order."""
        return _names(self.pairs)

    def label(self, n: int) -> int:
        """Gives the label of one integer of any size."""
        n = operator.index(n)
        return sum(1 << i for i, divisor in enumerate(self.divisors) if n % divisor == 0)

    def labels(self, integers: Iterable[int] | np.ndarray) -> np.ndarray:
        """Gives the labels of many integers of any size.

        Args:
            integers: n integers, as `as_integers` takes them.

        Returns:
            The labels, int64, shape (n,).
        """
        values = as_integers(integers)
        if max(self.divisors) > _INT64.max:
            values = values.astype(object)
        labels = np.zeros(len(values), dtype=np.int64)
        for i, divisor in enumerate(self.divisors):
            labels |= (values % divisor == 0).astype(np.int64) << i
        return labels

    def word(self, n: int, label: int) -> str:
        """Gives what to say for integer `n` under `label`: the integer itself, or the words.

        Raises:
            IntegerError: If there is no such label.
        """
        if not 0 <= label < self.num_labels:
            raise IntegerError(
                f"There is no label {label}.", expected=f"0 to {self.num_labels - 1}"
            )
        return self.names[label] if label else decimal(n)

    def __str__(self) -> str:
        return ",".join(f"{decimal(divisor)}={word}" for divisor, word in self.pairs)


def _names(pairs: tuple[tuple[int, str], ...]) -> tuple[str, ...]:
    words = [word for _, word in pairs]
    joined = (
        "".join(word for i, word in enumerate(words) if mask >> i & 1)
        for mask in range(1, 2 ** len(words))
    )
    return (NUMBER, *joined)


def as_integers(integers: Iterable[int] | np.ndarray) -> np.ndarray:
    """Gives integers as one array: int64 where all fit, Python integers (dtype object) otherwise.

    Args:
        integers: A one-dimensional array of integers, or any iterable of them.

    Returns:
        The integers, shape (n,); the argument itself where it is an int64 array already.

    Raises:
        IntegerError: If something in it is not an integer.
    """
    if isinstance(integers, np.ndarray) and integers.ndim == 1 and integers.dtype == np.int64:
        return integers
    values = integers.tolist() if isinstance(integers, np.ndarray) else list(integers)
    if any(isinstance(value, bool) or not hasattr(value, "__index__") for value in values):
        wrong = next(v for v in values if isinstance(v, bool) or not hasattr(v, "__index__"))
        raise IntegerError("Not an integer.", expected="integers", got=repr(wrong))
    values = [operator.index(value) for value in values]
    fits = all(_INT64.min <= value <= _INT64.max for value in values)
    result = np.empty(len(values), dtype=np.int64 if fits else object)
    result[:] = values
    return result


def decimal(n: int) -> str:
    """Gives an integer of any size in decimal, past Python's limit on digits."""
    with _any_number_of_digits():
        return str(n)


@contextlib.contextmanager
def _any_number_of_digits() -> Iterator[None]:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)
