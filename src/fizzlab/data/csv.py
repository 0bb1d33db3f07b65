"""CSV files of `integer,label`, read with polars; every mistake is told with its line."""

from __future__ import annotations

import errno
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fizzlab.data.integers import MAX_INTEGERS
from fizzlab.data.split import Split
from fizzlab.errors import DataError
from fizzlab.rules import Rule, as_integers

if TYPE_CHECKING:
    import polars as pl

_INTEGER = re.compile(r"-?\d{1,400}")


def is_file(source: str) -> bool:
    """Tells whether a data source names a CSV file rather than ranges of integers."""
    return source.lower().endswith(".csv")


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
        path: The file; UTF-8, with or without a byte-order mark, Unix or Windows line ends.
            Blank lines are passed over.
        rule: Says which words there are.
        sha256: The hash that the file must have, if any.

    Raises:
        DataError: If the file cannot be used; the text names the line.
    """
    if sha256 and (found := file_hash(path)) != sha256:
        raise DataError(
            f"{path} has changed since its hash was taken.", expected=f"SHA-256 {sha256}", got=found
        )
    table = _csv_table(path)
    lines, integers = table["line"].to_list(), _csv_integers(path, table)
    labels = _csv_labels(path, table, integers, rule)
    seen: dict[int, int] = {}
    for line, n, label in zip(lines, integers, labels, strict=True):
        if seen.setdefault(n, label) != label:
            raise DataError(
                f"{path}, line {line}: the integer {n} has two labels.",
                expected="one label an integer",
                got=f"{rule.names[seen[n]]} and {rule.names[label]}",
            )
    return Split(as_integers(seen), np.array(list(seen.values()), dtype=np.int64))


def _csv_table(path: Path) -> pl.DataFrame:
    """Reads the columns integer and label as text, with the number of each line; blank ones go.

    Raises:
        DataError: If the file cannot be read, or has not these columns, or is empty or too long.
    """
    import polars as pl

    if path.is_dir():
        raise DataError(**_unreadable(path, OSError(errno.EISDIR, "it is a folder")))
    try:
        lines = pl.scan_csv(path, infer_schema=False, encoding="utf8", glob=False)
        columns = [name.strip() for name in lines.collect_schema().names()]
        missing = [name for name in ("integer", "label") if name not in columns]
        if missing:
            raise DataError(
                f"{path} has no column {' and no column '.join(missing)}.",
                expected='a first line "integer,label"',
                got=",".join(columns)[:80],
                fix="save it with commas between the columns" if ";" in columns[0] else None,
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
            f"{path} cannot be read as CSV.",
            expected='UTF-8 text with a first line "integer,label", then one pair a line, '
            "separated by commas",
            got=str(error).splitlines()[0][:200],
        ) from None
    cells = table.select(pl.col("integer", "label").fill_null("").str.strip_chars())
    cells = cells.with_row_index("line", offset=2)
    cells = cells.filter((pl.col("integer") != "") | (pl.col("label") != ""))
    if not len(cells):
        raise DataError(f"{path} holds no rows.", expected="at least one integer,label pair")
    return cells


def _csv_integers(path: Path, table: pl.DataFrame) -> list[int]:
    integers = []
    for line, text in table.select("line", "integer").iter_rows():
        if not _INTEGER.fullmatch(text):
            raise DataError(
                f"{path}, line {line}: not an integer.",
                expected="a decimal integer in the column integer",
                got=repr(text[:80]),
            )
        integers.append(int(text))
    return integers


def _csv_labels(path: Path, table: pl.DataFrame, integers: list[int], rule: Rule) -> list[int]:
    lines, texts = table["line"].to_list(), table["label"].to_list()
    known = {name: label for label, name in enumerate(rule.names)}
    indices = all(text.isdecimal() for text in texts)
    if indices:
        known = {str(label): label for label in range(rule.num_labels)}
    labels = []
    for line, n, text in zip(lines, integers, texts, strict=True):
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
