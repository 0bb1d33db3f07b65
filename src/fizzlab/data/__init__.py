"""Where the integers come from: ranges or CSV files, and the train / validation / test splits."""

from fizzlab.data.csv import file_hash, is_file, read_csv
from fizzlab.data.integers import MAX_INTEGERS, parse_integers
from fizzlab.data.split import Split, Splits
from fizzlab.data.splits import MAX_CELLS, Data, load_splits, refuse_too_much

__all__ = [
    "MAX_CELLS",
    "MAX_INTEGERS",
    "Data",
    "Split",
    "Splits",
    "file_hash",
    "is_file",
    "load_splits",
    "parse_integers",
    "read_csv",
    "refuse_too_much",
]
