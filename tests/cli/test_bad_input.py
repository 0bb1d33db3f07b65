"""Bad input: one clear message, the right exit code, nothing half written, no traceback."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
from pathlib import Path

import pytest

from fizzlab import Run

TRAIN = ["train", "--epochs", "3", "--no-figures"]


def setting(*texts: str) -> list[str]:
    return TRAIN + [part for text in texts for part in ("--set", text)]


def from_csv(name: str) -> list[str]:
    return setting(f"data.train={name}", "data.validation=0")


FILES = {
    "missing_column.csv": b"integer,name\n101,fizz\n",
    "float.csv": b"integer,label\n101,0\n102.5,0\n",
    "two_labels.csv": b"integer,label\n102,fizz\n102,buzz\n",
    "unknown_label.csv": b"integer,label\n102,fuzz\n",
    "mixed.csv": b"integer,label\n102,fizz\n105,3\n",
    "empty.csv": b"",
    "header.csv": b"integer,label\n",
    "too_big.csv": b"integer,label\n5000,0\n",
    "broken.toml": b"seed = = 3",
    "unknown_key.toml": b"[recipe]\nlearning_rat = 0.1\n",
    "newer.toml": b"format = 99\n",
    "latin.toml": b"name = '\xe9'",
    "a_file": b"hello",
    "hash.toml": b'[data]\ntrain = "float.csv"\nvalidation = 0\ntrain_sha256 = "00"\n',
}

# command line, exit code, what the message must say
TABLE = [
    (["predict", "RUN", "1024"], 2, "1024 does not fit the encoding: it needs 11 bits"),
    (["predict", "RUN", "2000..2010"], 2, "2010 does not fit"),
    (["predict", "RUN", "--", "-1"], 2, "negative integer cannot be encoded"),
    (["predict", "RUN", "5..3"], 2, "The range 5..3 is empty"),
    (["predict", "RUN", "abc"], 2, 'Cannot read "abc" as integers'),
    (["predict", "RUN", "1.5"], 2, 'Cannot read "1.5" as integers'),
    (["predict", "RUN", "1..9999999999"], 2, "too many integers"),
    (["predict", "RUN"], 2, "Missing argument"),
    (["predict", "nowhere", "1"], 1, "There is no run nowhere"),
    (["predict", "a_file", "1"], 1, "a_file is not a run"),
    (["explain", "RUN", "1..2"], 2, "explain takes one integer"),
    (["explain", "RUN", "4096"], 2, "needs 13 bits"),
    (["evaluate", "RUN", "--sample", "5"], 2, "--sample needs --on"),
    (["evaluate", "RUN", "--on", ","], 2, "--on holds no integers"),
    (["plot", "RUN", "mapp"], 2, 'Did you mean "map"?'),
    (["plot", "RUN", "--lang", "de"], 2, 'There is no language "de"'),
    (["presets", "td2"], 2, 'Did you mean "td1"?'),
    ([*TRAIN, "--preset", "clasic"], 2, 'Did you mean "classic"?'),
    (["trian"], 2, "No such command 'trian'"),
    (["train", "--epoch", "3"], 2, "No such option"),
    ([*TRAIN, "--seed", "-1"], 2, '"seed": expected a number of at least 0, got -1'),
    ([*TRAIN, "--seed", "4294967296"], 2, '"seed": expected a number of at most 4294967295'),
    ([*TRAIN, "--seed", "1.5"], 2, "Invalid value for '--seed'"),
    (["train", "--epochs", "0"], 2, '"recipe.epochs": expected a number of at least 1'),
    ([*TRAIN, "--rule", "0=a"], 2, "expected divisors of at least 2, got 0"),
    ([*TRAIN, "--rule", "1=a"], 2, "expected divisors of at least 2, got 1"),
    ([*TRAIN, "--rule", "3=a,3=b"], 2, "expected distinct divisors, got [3, 3]"),
    ([*TRAIN, "--rule", "3="], 2, "expected a printable word for divisor 3"),
    ([*TRAIN, "--rule", "3=33"], 2, "a word must not read as a number"),
    ([*TRAIN, "--rule", "3=a,5=b,7=ab"], 2, 'the same word "ab"'),
    (setting("recipe.learning_rate=inf"), 2, "expected a finite number, got inf"),
    (setting("recipe.learning_rate=-0.1"), 2, "expected a number above 0"),
    (setting("recipe.learning_rate=fast"), 2, "expected a number, got 'fast'"),
    (setting("recipe.optimizer=sgdd"), 2, "expected one of 'sgd', 'adam' or 'adamw'"),
    (setting("recipe.batch_size=0"), 2, "expected a number of at least 1"),
    (setting("recipe.patience=3", "data.validation=0"), 2, "needs a validation set"),
    (setting("recipe.nesterov=true"), 2, "nesterov needs a momentum above 0"),
    (setting("recipe.class_weights=[1.0, 2.0]"), 2, "expected 4 weights"),
    (setting("net.dropout=1"), 2, "expected a number below 1"),
    (setting("net.hidden=0"), 2, "expected widths from 1"),
    (setting("net.hidden=[90000, 90000]"), 2, "at most 100,000,000 parameters"),
    (setting("encoding.bits=0"), 2, "expected a number of at least 1"),
    (setting("encoding.bits=9"), 2, "1023 does not fit the encoding: it needs 10 bits"),
    (setting("encoding.scheme=scaled", "encoding.bits=30"), 2, "expected at most 24"),
    (setting("recipe.learning_rat=1"), 2, 'Did you mean "recipe.learning_rate"?'),
    (setting("recipe.epochs"), 2, '"recipe.epochs" is not a setting'),
    (setting("data.train=101..2000"), 2, "2000 does not fit"),
    (setting("data.train=9..5"), 2, "The range 9..5 is empty"),
    (setting("data.train=50..200"), 2, "data.train and data.test share 51 of their integers"),
    (setting("data.validation=923"), 2, "Only 0 of 923 integers are left"),
    (setting("data.subset=900"), 2, "Only 823 of 923 integers are left"),
    (from_csv("none.csv"), 2, "none.csv cannot be read"),
    (from_csv("missing_column.csv"), 2, "has no column label"),
    (from_csv("float.csv"), 2, "line 3: not an integer"),
    (from_csv("two_labels.csv"), 2, "the integer 102 has two labels"),
    (from_csv("unknown_label.csv"), 2, "unknown label 'fuzz'"),
    (from_csv("mixed.csv"), 2, "unknown label '3'"),
    (from_csv("empty.csv"), 2, "cannot be read as CSV"),
    (from_csv("header.csv"), 2, "holds no rows"),
    (from_csv("too_big.csv"), 2, "5000 does not fit"),
    ([*TRAIN, "--config", "broken.toml"], 2, "This is not TOML"),
    ([*TRAIN, "--config", "unknown_key.toml"], 2, 'Did you mean "recipe.learning_rate"?'),
    ([*TRAIN, "--config", "newer.toml"], 1, "read it with a newer fizzlab"),
    ([*TRAIN, "--config", "latin.toml"], 2, "it is not UTF-8 text"),
    ([*TRAIN, "--config", "none.toml"], 2, "none.toml cannot be read"),
    ([*TRAIN, "--config", "."], 2, "cannot be read"),
    ([*TRAIN, "--config", "hash.toml"], 2, "has changed since its hash was taken"),
    ([*TRAIN, "--config", "x.toml", "--preset", "td1"], 2, "exclude each other"),
    ([*TRAIN, "--out", "RUN"], 2, "choose another --out, or replace it with --overwrite"),
    ([*TRAIN, "--out", "a_file"], 2, "a_file exists already"),
    ([*TRAIN, "--out", "a_folder", "--overwrite"], 2, "what stands there is not a run"),
    ([*TRAIN, "--out", "a_file/run"], 1, "cannot be written"),
    ([*TRAIN, "--preset", "td1", "--refit"], 2, "--refit needs a validation set"),
    (["train", "--resume", "RUN", "--seed", "3"], 2, "--seed cannot change a run"),
    (["train", "--resume", "nowhere"], 1, "There is no run nowhere"),
    (["train", "--resume", "RUN", "--epochs", "2"], 2, "trained for 12 epochs already"),
    (["show", "truncated"], 1, "cannot be read"),
    (["show", "foreign"], 1, "was not written by fizzlab"),
    (["show", "pickled"], 1, "cannot be read"),
    (["show", "newer"], 1, "written by a later fizzlab"),
    (["show", "edited"], 1, "recipe.learning_rate: 0.05 → 0.5"),
    (["compare", "RUN", "nowhere"], 1, "There is no run nowhere"),
]


def damaged(quick_run: Run, folder: Path) -> None:
    """Makes runs that are wrong in one way each."""
    import json

    import safetensors.torch
    import torch

    for name in ("RUN", "truncated", "foreign", "pickled", "newer", "edited"):
        assert quick_run.path is not None
        shutil.copytree(quick_run.path, folder / name)
    whole = (folder / "RUN" / "checkpoint.safetensors").read_bytes()
    one = {"a": torch.zeros(1)}
    newer = safetensors.torch.save(one, {"fizzlab": json.dumps({"format": 99})})
    for name, content in {
        "truncated": whole[: len(whole) // 2],
        "foreign": safetensors.torch.save(one),
        "pickled": pickle.dumps(["not", "a", "checkpoint"]),
        "newer": newer,
    }.items():
        (folder / name / "checkpoint.safetensors").write_bytes(content)
    toml = folder / "edited" / "experiment.toml"
    toml.write_text(toml.read_text().replace("learning_rate = 0.05", "learning_rate = 0.5"))


def tree(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize(("line", "code", "message"), TABLE, ids=lambda v: str(v)[:60])
def test_bad_input(
    line: list[str], code: int, message: str, fizzlab, quick_run: Run, tmp_path: Path
) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "a_folder").mkdir()
    (tmp_path / "a_folder" / "mine.txt").write_text("keep me")
    damaged(quick_run, tmp_path)
    before = tree(tmp_path)
    done = fizzlab(*line)
    assert message in " ".join(done.err.split()) or message in done.err
    assert done.code == code
    assert done.out == ""
    assert "Traceback" not in done.err
    assert tree(tmp_path) == before


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 40


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_full_disk(fizzlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    calls = 0

    def fsync(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    done = fizzlab(*TRAIN, "--out", "run", "--quiet")
    assert done.code == 1
    assert "no space is left" in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.rglob(".*"))
    monkeypatch.undo()
    if (tmp_path / "run").exists():
        monkeypatch.chdir(tmp_path)
        assert fizzlab("train", "--resume", "run", "--no-figures", "--quiet").code == 0


def test_divergence(fizzlab, tmp_path: Path) -> None:
    wild = setting("recipe.learning_rate=1e15", "net.hidden=[8,8,8]", "net.activation=gelu")
    done = fizzlab(*wild, "--out", "run", "--quiet")
    assert done.code == 1
    assert "Training diverged in epoch 1, at learning rate 1e+15" in done.err
    assert "try a smaller learning rate" in done.err
    assert fizzlab("show", "run").code == 0
