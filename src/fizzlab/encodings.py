"""What a net sees: integers → feature rows, and exactly back.

Encodings of fixed width cover the integers 0 … 2^bits − 1, so that nets with different encodings
can be compared on the same integers. Binary rows are least significant bit first. A sequence, for
nets that read, is most significant digit first, and as long as its integer: it covers them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from fizzlab.configuration import Frozen
from fizzlab.errors import IntegerError
from fizzlab.rules import as_integers, decimal

MAX_BITS = 1024
MAX_SCALED_BITS = 24  # n / 2^bits is exact in float32 up to here


class Encoding(Frozen):
    """How integers become rows.

    `binary` gives one feature a bit; `digits` gives each digit in `base` as a one-hot block,
    least significant digit first; `scaled` gives the single feature n / 2^bits; `sequence` gives
    the digits in `base` themselves, most significant first, as many as the integer has. In a batch
    of sequences −1 (no digit) stands before the shorter ones.

    Raises:
        ConfigError: If a setting is out of bounds.

    >>> Encoding().rows([6])[0, :4]
    array([0., 1., 1., 0.], dtype=float32)
    """

    scheme: Literal["binary", "digits", "scaled", "sequence"] = Field(
        default="binary",
        description="binary digits, one-hot digits in a base, the scaled value, or the sequence of "
        "digits in a base (for nets that read)",
    )
    bits: int = Field(
        default=10,
        ge=1,
        le=MAX_BITS,
        description="integers 0 to 2^bits - 1 can be encoded; sequences have no bound, pictures "
        "then show these",
    )
    base: int = Field(default=10, ge=2, le=256, description="base of the digits")

    @model_validator(mode="after")
    def _scaled_is_exact(self) -> Encoding:
        if self.scheme == "scaled" and self.bits > MAX_SCALED_BITS:
            raise ValueError(
                f'"encoding.bits": expected at most {MAX_SCALED_BITS} for the scaled encoding '
                f"(float32 is exact up to there), got {self.bits}"
            )
        return self

    @property
    def capacity(self) -> int:
        """The number of integers covered: 0 … capacity − 1."""
        return 1 << self.bits

    @property
    def has_places(self) -> bool:
        """Whether rows are digits at fixed places."""
        return self.scheme in {"binary", "digits"}

    @property
    def radix(self) -> int:
        """The base of the digits that a net sees: 2 for `binary`."""
        return 2 if self.scheme == "binary" else self.base

    @property
    def num_digits(self) -> int:
        """The number of digits that write every covered integer (in base 2 for `binary`)."""
        if self.scheme == "scaled":
            return 1
        return num_digits(self.capacity - 1, self.radix)

    @property
    def features(self) -> int:
        """The number of features of a row; of a sequence, that of the largest integer of `bits`."""
        return self.num_digits * (self.base if self.scheme == "digits" else 1)

    def check(self, integers: Iterable[int] | np.ndarray) -> np.ndarray:
        """Gives the integers as an array, once it is sure that all of them fit.

        Raises:
            IntegerError: If one is negative or needs more bits than there are.
        """
        values = as_integers(integers)
        if len(values) and (smallest := int(values.min())) < 0:
            raise IntegerError(
                "A negative integer cannot be encoded.", expected="n >= 0", got=decimal(smallest)
            )
        if self.scheme == "sequence":
            return values
        if len(values) and (largest := int(values.max())) >= self.capacity:
            needed = largest.bit_length()
            shown = decimal(largest) if needed < 100 else f"an integer of {needed} bits"
            raise IntegerError(
                f"{shown} does not fit the encoding: it needs {needed} bits.",
                expected=f"integers below 2^{self.bits}"
                + (f" = {self.capacity}" if self.bits < 64 else ""),
                got=shown,
                fix=f"train a net on more bits (--set encoding.bits={needed})",
            )
        return values

    def rows(self, integers: Iterable[int] | np.ndarray) -> np.ndarray:
        """Encodes integers.

        Args:
            integers: n integers from 0 to 2^bits − 1.

        Returns:
            One row an integer, float32, shape (n, features); sequences as wide as the longest one.

        Raises:
            IntegerError: If an integer does not fit.
        """
        values = self.check(integers)
        if self.scheme == "sequence":
            return self._sequences(values)
        if self.scheme == "scaled":
            return (values[:, None] / self.capacity).astype(np.float32)
        if self.scheme == "binary":
            shifts = np.arange(self.bits).astype(values.dtype)
            return (values[:, None] >> shifts & 1).astype(np.float32)
        digits = self.digits(values)
        return np.eye(self.base, dtype=np.float32)[digits].reshape(len(values), self.features)

    def _sequences(self, values: np.ndarray) -> np.ndarray:
        digits = self.digits(values)
        significant = np.cumsum(digits[:, ::-1] != 0, axis=1) > 0
        significant[:, -1] = True  # 0 is written with one digit
        return np.where(significant, digits[:, ::-1], -1).astype(np.float32)

    def digits(self, integers: Iterable[int] | np.ndarray) -> np.ndarray:
        """Gives the digits of integers, least significant first: int64, shape (n, num_digits).

        Of a sequence there are as many as the largest of these integers has.

        Raises:
            IntegerError: If an integer does not fit.
        """
        values, places = self.check(integers), self.num_digits
        if self.scheme == "sequence":
            places = num_digits(int(max(values, default=0)), self.base)
        digits = np.zeros((len(values), places), dtype=np.int64)
        if values.dtype == object:
            for row, n in zip(digits, values, strict=True):
                written = digits_of(int(n), self.radix)
                row[: len(written)] = written[::-1]
            return digits
        for position in range(places):
            digits[:, position] = values % self.radix
            values = values // self.radix
        return digits

    def decode(self, rows: np.ndarray) -> np.ndarray:
        """Gives back the integers that `rows` encodes, exactly.

        Args:
            rows: Rows as `rows` makes them, shape (n, features).

        Returns:
            The integers, shape (n,).

        Raises:
            IntegerError: If the rows are not the encoding of integers.
        """
        rows = np.asarray(rows)
        if rows.ndim != 2 or (rows.shape[1] != self.features and self.scheme != "sequence"):
            raise IntegerError(
                "These are not rows of this encoding.",
                expected=f"shape (n, {self.features})",
                got=f"shape {rows.shape}",
            )
        no_rows = IntegerError(
            "These rows encode no integers.", expected="rows made by Encoding.rows"
        )
        least, most = (-1, self.base - 1) if self.scheme == "sequence" else (0, 1)
        if not ((rows >= least) & (rows <= most)).all():
            raise no_rows
        if self.scheme == "scaled":
            integers = as_integers([round(float(value) * self.capacity) for value in rows[:, 0]])
        else:
            base = self.radix
            digits = rows.astype(np.int64)
            if self.scheme == "sequence":
                digits = np.maximum(digits[:, ::-1], 0)
            elif self.scheme == "digits":
                digits = rows.reshape(len(rows), self.num_digits, base).argmax(axis=2)
            powers = [base**position for position in range(digits.shape[1])]
            integers = as_integers(
                sum(digit * power for digit, power in zip(row, powers, strict=True))
                for row in digits.tolist()
            )
        if not np.array_equal(self.rows(integers), rows):
            raise no_rows
        return integers


def digits_of(n: int, base: int) -> list[int]:
    """Gives the digits of a natural number, most significant first.

    >>> digits_of(6, 2), digits_of(105, 10), digits_of(0, 2)
    ([1, 1, 0], [1, 0, 5], [0])
    """
    if base == 2:
        return [int(bit) for bit in f"{n:b}"]
    digits = [n % base]
    while n := n // base:
        digits.append(n % base)
    return digits[::-1]


def num_digits(n: int, base: int) -> int:
    """Counts the digits that write a natural number; 0 is written with one.

    >>> num_digits(1023, 2), num_digits(1000, 10), num_digits(0, 2)
    (10, 4, 1)
    """
    if base == 2:
        return max(1, n.bit_length())
    count, covered = 1, base
    while covered <= n:
        count, covered = count + 1, covered * base
    return count
