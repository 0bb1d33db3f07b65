"""Where the integers come from: ranges or CSV files, and the train / validation / test splits.

A split never depends on anything but the settings and the streams `split` and `subset`, and no
source array is ever changed: holding out integers makes new arrays.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, field_validator, model_validator

from fizzlab.configuration import Frozen
from fizzlab.encodings import Encoding
from fizzlab.errors import DataError
from fizzlab.randomness import permutation
from fizzlab.rules import Rule, as_integers, decimal

MAX_INTEGERS = 1_000_000  # in one split, from ranges or a file
MAX_CELLS = 1 << 28  # features of all rows of one split: 1 GiB
_PART = re.compile(r"\s*(-?\d{1,400})\s*(?:\.\.\s*(-?\d{1,400})\s*)?")


def parse_integers(text: str | Iterable[str]) -> np.ndarray:
    """Reads integers and inclusive ranges: "15", "1..100", "1..100,200..300".

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
    parts = [_parse_part(part) for part in text.split(",") if part.strip()]
    total = sum(part.stop - part.start for part in parts)
    if total > MAX_INTEGERS:
        raise DataError(
            "That is too many integers.", expected=f"at most {MAX_INTEGERS:,}", got=f"{total:,}"
        )
    return as_integers(n for part in parts for n in part)


def _parse_part(part: str) -> range:
    match = _PART.fullmatch(part)
    if not match:
        raise DataError(
            f'Cannot read "{part.strip()[:80]}" as integers.',
            expected='an integer or an inclusive range, such as "15" or "1..100"',
            fix="write ranges with two dots, and commas between several",
        )
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    if last < first:
        raise DataError(
            f"The range {part.strip()} is empty.", expected="first..last with first <= last"
        )
    return range(first, last + 1)


def is_file(source: str) -> bool:
    """Tells whether a data source names a CSV file rather than ranges of integers."""
    return source.lower().endswith(".csv")


class Data(Frozen):
    """Which integers a net is trained, validated and tested on.

    Raises:
        ConfigError: If a range cannot be read.
    """

    train: str = Field(
        default="101..1023", description="integers to train on: inclusive ranges, or a CSV file"
    )
    test: str = Field(default="1..100", description='integers to test on, likewise; "" for no test')
    validation: int = Field(
        default=100, ge=0, description="number of training integers held out for validation"
    )
    subset: int | None = Field(
        default=None, ge=1, description="train on this many of the remaining integers, at random"
    )
    allow_overlap: bool = Field(
        default=False, description="permit integers that are both trained on and tested on"
    )
    train_sha256: str | None = Field(default=None, description="hash that the train file must have")
    test_sha256: str | None = Field(default=None, description="hash that the test file must have")

    @field_validator("train", "test", mode="before")
    @classmethod
    def _one_integer(cls, source: Any) -> Any:
        return decimal(source) if type(source) is int else source

    @field_validator("train", "test")
    @classmethod
    def _readable(cls, source: str) -> str:
        if not is_file(source):
            try:
                parse_integers(source)
            except DataError as error:
                raise ValueError(str(error).replace("\n  ", "; ")) from None
        return source

    @model_validator(mode="after")
    def _has_training(self) -> Data:
        if not self.train.strip():
            raise ValueError('"data.train": expected at least one integer to train on')
        return self


@dataclass(frozen=True)
class Split:
    """Integers with their labels.

    Attributes:
        integers: shape (n,), int64 (dtype object where they do not fit).
        labels: int64, shape (n,).
    """

    integers: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        for name in ("integers", "labels"):
            view = getattr(self, name).view()  # so that the caller's own array stays writeable
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.integers)

    def take(self, positions: np.ndarray) -> Split:
        """Gives the integers at these positions, as a new split."""
        return Split(self.integers[positions], self.labels[positions])


@dataclass(frozen=True)
class Splits:
    """What is trained on, what chooses the net, and what is only looked at in the end."""

    train: Split
    validation: Split
    test: Split


def load_splits(
    data: Data, rule: Rule, encoding: Encoding, *, split_seed: int, subset_seed: int
) -> Splits:
    """Reads the data and divides it.

    Validation integers are the first of a seeded permutation of all training integers; a subset
    is drawn from what remains, so it never changes the validation set, and larger subsets contain
    smaller ones. Both keep the order of their source.

    Args:
        data: The settings.
        rule: Gives the labels of ranges, and the words that a CSV file may use.
        encoding: Must be able to encode every integer.
        split_seed: Seed of the stream `split`.
        subset_seed: Seed of the stream `subset`.

    Raises:
        DataError: If a file is unusable, splits overlap, or too few integers are left.
        IntegerError: If an integer does not fit the encoding.
    """
    source = _load(data.train, data.train_sha256, rule)
    test = _load(data.test, data.test_sha256, rule)
    for split in (source, test):
        encoding.check(split.integers)
        _refuse_too_much(len(split), encoding.features)
    if not data.allow_overlap:
        _refuse_overlap(source, test)
    order = permutation(split_seed, "split", len(source))
    held_out, rest = np.sort(order[: data.validation]), np.sort(order[data.validation :])
    needed = data.subset or 1
    if len(rest) < needed:
        raise DataError(
            f"Only {len(rest)} of {len(source)} integers are left to train on.",
            expected=f"at least {needed}",
            fix="give more training integers, or lower data.validation or data.subset",
        )
    if data.subset:
        rest = rest[np.sort(permutation(subset_seed, "subset", len(rest))[: data.subset])]
    return Splits(source.take(rest), source.take(held_out), test)


def _refuse_too_much(integers: int, features: int) -> None:
    if integers * features > MAX_CELLS:
        raise DataError(
            f"{integers:,} rows of {features:,} features do not fit in memory.",
            expected=f"at most {MAX_CELLS:,} numbers in all",
            fix="give fewer integers, or fewer bits (encoding.bits)",
        )


def _refuse_overlap(train: Split, test: Split) -> None:
    shared = sorted(set(train.integers.tolist()) & set(test.integers.tolist()))
    if shared:
        first = ", ".join(map(str, shared[:5])) + (", …" if len(shared) > 5 else "")
        raise DataError(
            f"{len(shared)} integers are both in data.train and in data.test: {first}.",
            expected="train and test apart, so that the test tells something new",
            fix="change a range, or say --set data.allow_overlap=true",
        )


def _load(source: str, sha256: str | None, rule: Rule) -> Split:
    if is_file(source):
        return read_csv(Path(source), rule, sha256)
    integers = parse_integers(source)
    if len(np.unique(integers)) < len(integers):
        raise DataError(f'"{source}" holds some integers twice.', fix="let the ranges not overlap")
    return Split(integers.copy(), rule.labels(integers))


def file_hash(path: Path) -> str:
    """Gives the SHA-256 of a file, in hexadecimal.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(**_unreadable(path, error)) from None


def read_csv(path: Path, rule: Rule, sha256: str | None = None) -> Split:
    """Reads a CSV file with the columns `integer` and `label`.

    A label is a word of the rule ("fizz"; "number" or the integer itself where no divisor
    divides), or, where the whole file has numbers only, an index from 0 to 2^divisors − 1.

    Args:
        path: The file; UTF-8, with or without a byte-order mark, any line ends.
        rule: Says which words there are.
        sha256: The hash that the file must have, if any.

    Raises:
        DataError: If the file cannot be used; the text names the line.
    """
    if sha256 and (found := file_hash(path)) != sha256:
        raise DataError(
            f"{path} has changed since its hash was taken.", expected=f"SHA-256 {sha256}", got=found
        )
    integer_texts, label_texts = _csv_columns(path)
    integers = _csv_integers(path, integer_texts)
    labels = _csv_labels(path, integers, label_texts, rule)
    seen: dict[int, int] = {}
    for line, (n, label) in enumerate(zip(integers, labels, strict=True), start=2):
        if seen.setdefault(n, label) != label:
            raise DataError(
                f"{path}, line {line}: the integer {n} has two labels.",
                expected="one label an integer",
                got=f"{rule.names[seen[n]]} and {rule.names[label]}",
            )
    return Split(as_integers(seen), np.array(list(seen.values()), dtype=np.int64))


def _csv_columns(path: Path) -> tuple[list[str], list[str]]:
    import polars as pl

    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        lines = pl.scan_csv(path, infer_schema=False, encoding="utf8", glob=False)
        columns = [name.strip() for name in lines.collect_schema().names()]
        missing = [name for name in ("integer", "label") if name not in columns]
        if missing:
            raise DataError(
                f"{path} has no column {' and no column '.join(missing)}.",
                expected='a first line "integer,label"',
                got=",".join(columns)[:80],
            )
        count = lines.select(pl.len()).collect().item()
        if count > MAX_INTEGERS:
            raise DataError(
                f"{path} is too long.", expected=f"at most {MAX_INTEGERS:,} rows", got=f"{count:,}"
            )
        table = lines.collect()
        table.columns = columns
    except OSError as error:
        raise DataError(**_unreadable(path, error)) from None
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"{path} cannot be read as CSV: {str(error).splitlines()[0][:200]}",
            expected='UTF-8 text with a first line "integer,label", then one pair a line',
        ) from None
    if not count:
        raise DataError(f"{path} holds no rows.", expected="at least one integer,label pair")
    cells = table.select(pl.col("integer", "label").fill_null("").str.strip_chars())
    return cells["integer"].to_list(), cells["label"].to_list()


def _csv_integers(path: Path, texts: list[str]) -> list[int]:
    integers = []
    for line, text in enumerate(texts, start=2):
        match = _PART.fullmatch(text)
        if not match or match[2]:
            raise DataError(
                f"{path}, line {line}: not an integer.",
                expected="a decimal integer in the column integer",
                got=repr(text[:80]),
            )
        integers.append(int(text))
    return integers


def _csv_labels(path: Path, integers: list[int], texts: list[str], rule: Rule) -> list[int]:
    known = {name: label for label, name in enumerate(rule.names)}
    indices = all(text.isdecimal() for text in texts)
    if indices:
        known = {str(label): label for label in range(rule.num_labels)}
    labels = []
    for line, (n, text) in enumerate(zip(integers, texts, strict=True), start=2):
        label = 0 if not indices and text == str(n) else known.get(text)
        if label is None:
            raise DataError(
                f"{path}, line {line}: unknown label {text[:80]!r}.",
                expected=f"one of {', '.join(known)}"
                + ("" if indices else ", or the integer itself"),
                fix="use words throughout the file, or indices throughout",
            )
        labels.append(label)
    return labels


def _unreadable(path: Path, error: OSError) -> dict[str, str]:
    return {
        "problem": f"{path} cannot be read: {error.strerror or error}.",
        "expected": "a readable CSV file with the columns integer and label",
    }
