"""The train / validation / test splits, from ranges of integers or CSV files.

A split never depends on anything but the settings and the streams `split` and `subset`, and no
source array is ever changed: holding out integers makes new arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, field_validator, model_validator

from fizzlab.configuration import Frozen
from fizzlab.data.csv import is_file, read_csv
from fizzlab.data.integers import parse_integers
from fizzlab.data.split import Split, Splits
from fizzlab.encodings import Encoding
from fizzlab.errors import DataError, IntegerError
from fizzlab.randomness import permutation
from fizzlab.rules import Rule, decimal

MAX_CELLS = 1 << 28  # features of all rows of one split: 1 GiB


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
    merge_validation: bool = Field(
        default=False,
        description="train on the validation integers too, once they have chosen (see --refit)",
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
                raise ValueError(error.one_line) from None
        return source

    @model_validator(mode="after")
    def _has_training(self) -> Data:
        if not self.train.strip():
            raise ValueError('"data.train": expected at least one integer to train on')
        return self


def load_splits(
    data: Data, rule: Rule, encoding: Encoding, *, split_seed: int, subset_seed: int
) -> Splits:
    """Reads the data and divides it.

    Validation integers are the first of a seeded permutation of all training integers; a subset
    is drawn from what remains, so it never changes the validation set, and larger subsets contain
    smaller ones. Both keep the order of their source. Merging puts the two together again.

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
    for name, split in ((data.train, source), (data.test, test)):
        _check_fits(name, split, encoding)
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
    if data.merge_validation:
        rest, held_out = np.sort(np.concatenate([rest, held_out])), held_out[:0]
    return Splits(source.take(rest), source.take(held_out), test)


def _check_fits(source: str, split: Split, encoding: Encoding) -> None:
    try:
        encoding.check(split.integers)
    except IntegerError as error:
        raise (error.in_file(source) if is_file(source) else error) from None
    refuse_too_much(len(split), encoding.features)


def refuse_too_much(integers: int, features: int) -> None:
    """Refuses rows that would not fit in memory.

    Raises:
        DataError: If there are more than `MAX_CELLS` numbers in them.
    """
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
            f"data.train and data.test share {len(shared)} of their integers: {first}.",
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
