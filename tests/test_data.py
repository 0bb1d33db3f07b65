from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import Encoding, Experiment, Rule
from fizzlab.data import Data, load_splits, parse_integers, read_csv
from fizzlab.errors import DataError
from fizzlab.randomness import permutation


def splits_of(**settings: object):
    experiment = Experiment().replaced({f"data.{k}": v for k, v in settings.items()})
    return experiment.splits()


def test_the_sheets_data() -> None:
    splits = splits_of(validation=0)
    assert splits.train.integers.tolist() == list(range(101, 1024))
    assert splits.test.integers.tolist() == list(range(1, 101))
    assert len(splits.validation) == 0


@given(st.integers(0, 900), st.integers(0, 2**32 - 1))
def test_the_splits_divide_the_source(validation: int, seed: int) -> None:
    splits = load_splits(
        Data(validation=validation), Rule(), Encoding(), split_seed=seed, subset_seed=0
    )
    train, held_out = splits.train.integers.tolist(), splits.validation.integers.tolist()
    assert len(held_out) == validation
    assert sorted(train + held_out) == list(range(101, 1024))
    assert train == sorted(train)
    assert splits.train.labels.tolist() == [Rule().label(n) for n in train]


@given(st.integers(0, 15), st.integers(1, 8), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_subsets_are_nested_and_keep_the_order_of_the_source(
    held: int, few: int, more: int, seed: int
) -> None:
    source = [*range(300, 320), *range(101, 116)]
    order = permutation(seed, "split", 35).tolist()
    rest = [n for position, n in enumerate(source) if position in order[held:]]
    drawn = permutation(seed + 1 & 7, "subset", len(rest)).tolist()
    for size in (few, few + more):
        data = Data(train="300..319,101..115", validation=held, subset=size)
        seeds = {"split_seed": seed, "subset_seed": seed + 1 & 7}
        splits = load_splits(data, Rule(), Encoding(), **seeds)
        assert splits.validation.integers.tolist() == [n for n in source if n not in rest]
        expected = [n for position, n in enumerate(rest) if position in drawn[:size]]
        assert splits.train.integers.tolist() == expected


def test_streams_change_only_their_own_thing() -> None:
    base = Experiment().replaced({"data.subset": 50})
    other_subset = base.replaced({"streams.subset": 1}).splits()
    other_split = base.replaced({"streams.split": 1}).splits()
    splits = base.splits()
    assert (other_subset.validation.integers == splits.validation.integers).all()
    assert set(other_subset.train.integers) != set(splits.train.integers)
    assert set(other_split.validation.integers) != set(splits.validation.integers)


def test_splits_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        splits_of().train.integers[0] = 7


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 50)), min_size=1, max_size=5))
def test_ranges_are_read_as_they_are_written(ranges: list[tuple[int, int]]) -> None:
    text = ",".join(f"{first}..{first + more}" for first, more in ranges)
    expected = [n for first, more in ranges for n in range(first, first + more + 1)]
    assert parse_integers(text).tolist() == expected


@pytest.mark.parametrize("text", ["5..3", "a", "1...3", "1..", "1.5", "0x10", "9" * 4001])
def test_unreadable_integers(text: str) -> None:
    with pytest.raises(DataError):
        parse_integers(text)


def test_too_many_integers() -> None:
    with pytest.raises(DataError, match="too many integers"):
        parse_integers("1..99999999999")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"train": "1..200"}, "data.train and data.test share 100 of their integers: 1, 2, 3"),
        ({"validation": 923}, "Only 0 of 923 integers are left"),
        ({"subset": 900}, "Only 823 of 923 integers are left"),
        ({"train": "101..200,150..300"}, "holds some integers twice"),
        ({"train": "101..2000"}, "2000 does not fit the encoding: it needs 11 bits"),
    ],
)
def test_unusable_data(settings: dict, expected: str) -> None:
    with pytest.raises(Exception, match=expected):
        splits_of(**settings)


def test_overlap_can_be_asked_for() -> None:
    assert len(splits_of(train="1..200", allow_overlap=True).test) == 100


@pytest.mark.parametrize(
    "content",
    [
        "integer,label\n15,fizzbuzz\n16,number\n9,fizz\n",
        "integer,label\n15,fizzbuzz\n16,16\n9,fizz\n",
        "integer,label\n15,3\n16,0\n9,1\n",
        "\ufeffinteger,label\r\n15,fizzbuzz\r\n16,number\r\n9,fizz\r\n",
        "label,note,integer\nfizzbuzz,a,15\nnumber,b,16\n fizz ,c, 9\n",
        "integer,label\n15,3\n15,3\n16,0\n9,1\n",
        "integer,label\n15,fizzbuzz\n\n16,number\n  \n9,fizz\n\n\n",
    ],
)
def test_csv_files(tmp_path: Path, content: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(content.encode())
    split = read_csv(path, Rule())
    assert split.integers.tolist() == [15, 16, 9]
    assert split.labels.tolist() == [3, 0, 1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "cannot be read as CSV"),
        (b"integer,label\n", "holds no rows"),
        (b"n,label\n1,0\n", "has no column integer"),
        (b"integer\n1\n", "has no column label"),
        (b"integer,label\n1.5,0\n", "line 2: not an integer"),
        (b"integer,label\n1,0\nx,0\n", "line 3: not an integer"),
        (b"integer,label\n1,0\n\n\nx,0\n", "line 5: not an integer"),
        (b"integer,label\n\n\n", "holds no rows"),
        (b"integer,label\n1,\n", "line 2: unknown label ''"),
        (b"integer,label\n1,4\n", "line 2: unknown label '4'"),
        (b"integer,label\n1,fuzz\n", "unknown label 'fuzz'"),
        (b"integer,label\n3,fizz\n5,2\n", "line 3: unknown label '2'"),
        (b"integer,label\n3,fizz\n3,buzz\n", "line 3: the integer 3 has two labels"),
        (b"integer,label\n\xff\xfe,0\n", "cannot be read as CSV|not an integer"),
    ],
)
def test_unusable_csv_files(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=expected):
        read_csv(path, Rule())


def test_ten_million_rows_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(b"integer,label\n" + b"10100,0\n" * 10_000_000)
    with pytest.raises(DataError, match=r"is too long.\n.*at most 1,000,000 rows\n.*10,000,000"):
        read_csv(path, Rule())


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("integer,label\n3,fizz\n")
    with pytest.raises(DataError, match="has changed since its hash was taken"):
        read_csv(path, Rule(), "0" * 64)


@pytest.mark.parametrize("sha256", [None, "0" * 64])
def test_a_missing_file(sha256: str | None) -> None:
    with pytest.raises(DataError, match=r"none\.csv cannot be read"):
        read_csv(Path("none.csv"), Rule(), sha256)


def test_labels_may_break_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("integer,label\n200,fizz\n")
    splits = splits_of(train=str(path), validation=0)
    assert splits.train.labels.tolist() == [1]


@pytest.mark.parametrize("name", ["d[1].csv", "d*.csv", "d?.csv"])
def test_a_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    (tmp_path / "d1.csv").write_text("integer,label\n3,fizz\n")
    (tmp_path / name).write_text("integer,label\n5,buzz\n")
    assert read_csv(tmp_path / name, Rule()).integers.tolist() == [5]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.csv" / "inside.csv").write_text("integer,label\n3,fizz\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_csv(tmp_path / "folder.csv", Rule())


@given(st.binary(max_size=40))
def test_no_file_gives_another_error(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for start in (b"", b"integer,label\n", b"integer,label\n3,1\n"):
        path.write_bytes(start + body)
        with contextlib.suppress(DataError):
            read_csv(path, Rule())
