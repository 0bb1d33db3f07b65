"""Bad input that once gave a traceback or misled: limits, bytes, sizes, and ruined runs."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch

from fizzlab import Run, open_run

QUICK = ["train", "--epochs", "3", "--no-figures", "--quiet", "--out", "new"]
DIGITS = "1" * 5000  # more than Python turns into an integer
LONG_NAME = "x" * 300  # more than file systems take
Setup = Callable[[Path], None]


def setting(*texts: str) -> list[str]:
    return QUICK + [part for text in texts for part in ("--set", text)]


def csv(content: bytes) -> tuple[list[str], Setup]:
    """Trains on a file of this content."""
    line = setting("data.train=own.csv", "data.validation=0")
    return line, lambda folder: void((folder / "own.csv").write_bytes(content))


def toml(content: bytes) -> tuple[list[str], Setup]:
    """Trains a TOML file of this content."""
    return [*QUICK, "--config", "own.toml"], lambda folder: void(
        (folder / "own.toml").write_bytes(content)
    )


def about(text: str) -> tuple[list[str], Setup]:
    """Shows a run whose checkpoint says this of itself."""
    content = safetensors.torch.save({"net.a": torch.zeros(1)}, {"fizzlab": text})
    return ["show", "RUN"], lambda folder: void(
        (folder / "RUN" / "checkpoint.safetensors").write_bytes(content)
    )


def edited(old: str, new: str, *line: str) -> tuple[list[str], Setup]:
    """Runs a command line after a change of the run's experiment.toml."""

    def setup(folder: Path) -> None:
        path = folder / "RUN" / "experiment.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return list(line), setup


def nothing(folder: Path) -> None:
    pass


def void(_: object) -> None:
    pass


MANY = ",".join(f"{n}={chr(95 + n)}" for n in range(2, 13))  # eleven divisors

# name, command line (with what must be there before), exit code, what the message must say
TABLE = {
    "negative integer": (["predict", "RUN", "-5"], 2, "expected: n >= 0", "got: -5"),
    "explain a negative integer": (["explain", "RUN", "-5"], 2, "A negative integer", "got: -5"),
    "no integers": (["predict", "RUN", ","], 2, "There are no integers", 'such as "15"'),
    "typing error after integers": (["predict", "RUN", "5", "--jsno"], 2, 'Cannot read "--jsno"'),
    "sample of 0": (["evaluate", "RUN", "--on", "1..9", "--sample", "0"], 2, "'--sample'"),
    "evaluate too large": (["evaluate", "RUN", "--on", "1..1024"], 2, "below 2^10 = 1024", "got:"),
    "run name too long": (["show", LONG_NAME], 1, "There is no run", "expected: a folder"),
    "no such folder of runs": (["runs", "nowhere"], 1, "There is no folder nowhere", "to do:"),
    "a file of runs": (["runs", "RUN/result.json"], 1, "There is no folder RUN/result.json"),
    "language": ([*QUICK, "--lang", "xx"], 2, 'no language "xx"', "one of en, fr"),
    "predictions at": ([*QUICK, "--predictions-at", "x"], 2, 'Cannot read "x" as integers'),
    "time budget": ([*QUICK, "--time-budget", "-1"], 2, "'--time-budget'"),
    "out too long": ([*QUICK, "--out", LONG_NAME], 1, "cannot be written", "--out"),
    "overwrite a file": ([*QUICK, "--out", "RUN/result.json", "--overwrite"], 2, "not a run"),
    "seed is a word": ([*QUICK, "--seed", "abc"], 2, "'--seed'", "a valid integer"),
    "setting seed is a word": (setting("seed=abc"), 2, "\"seed\": expected an integer, got 'abc'"),
    "setting seed 1.5": (setting("seed=1.5"), 2, '"seed": expected an integer, got 1.5'),
    "thousands of digits": (setting(f"seed={DIGITS}"), 2, '"seed": expected an integer'),
    "brackets without end": (setting("net.hidden=" + "[" * 5000), 2, '"net.hidden"'),
    "no name": (setting("=5"), 2, '"=5" is not a setting', "expected: name=value"),
    "no such group": (setting("recipes.epochs=5"), 2, 'Did you mean "recipe.epochs"?'),
    "learning rate 0": (setting("recipe.learning_rate=0"), 2, "expected a number above 0.0, got 0"),
    "learning rate nan": (setting("recipe.learning_rate=nan"), 2, "a finite number, got nan"),
    "learning rate 1e300": (setting("recipe.learning_rate=1e300"), 2, "at most 1e+18, got 1e+300"),
    "weight decay 1e300": (setting("recipe.weight_decay=1e300"), 2, "at most 1e+18, got 1e+300"),
    "batch of 30 digits": (setting("recipe.batch_size=" + "9" * 30), 2, "at most 10000000"),
    "momentum with adam": (
        setting("recipe.optimizer=adam", "recipe.momentum=0.9"),
        2,
        "momentum and nesterov are for sgd; Adam's are recipe.betas",
    ),
    "label smoothing 1": (setting("recipe.label_smoothing=1"), 2, "expected a number below 1"),
    "all problems at once": (
        setting("net.dropout=2", "recipe.batch_size=0", "seed=-1"),
        2,
        "3 settings are wrong",
        '"net.dropout"',
        '"recipe.batch_size"',
        '"seed"',
    ),
    "validation larger than data": (setting("data.validation=5000"), 2, "Only 0 of 923", "to do:"),
    "too many divisors": ([*QUICK, "--rule", MANY], 2, "expected at most 10 entries"),
    "rule without divisor": (
        [*QUICK, "--rule", "fizz"],
        2,
        '"rule.pairs',
        "such as 3=fizz,5=buzz, got 'fizz'",
    ),
    "csv not UTF-8": (csv(b"integer,label\n102,f\xeezz\n"), 2, "own.csv", "expected: UTF-8"),
    "csv is a folder": (
        (csv(b"")[0], lambda folder: (folder / "own.csv").mkdir()),
        2,
        "own.csv cannot be read",
        "expected: a readable CSV file",
    ),
    "csv one integer negative": (csv(b"integer,label\n-3,fizz\n"), 2, "negative", "got: -3"),
    "csv no columns": (csv(b"102,fizz\n"), 2, "no column integer and no column label"),
    "csv cell missing": (csv(b"integer,label\n102,fizz\n103,\n"), 2, "line 3: unknown label ''"),
    "toml of thousands of digits": (toml(f"seed = {DIGITS}".encode()), 2, "This is not TOML"),
    "toml without end": (toml(b"name = " + b"[" * 5000), 2, "This is not TOML"),
    "toml of another shape": (toml(b"recipe = 3"), 2, "expected a table of settings, got 3"),
    "run edited": (
        edited("seed = 0", "seed = 1", "train", "--resume", "RUN"),
        1,
        "was changed after training",
        "seed: 0 → 1",
        "to do: undo the change",
    ),
    "run of a later format": (
        edited("format = 1", "format = 2", "train", "--resume", "RUN"),
        1,
        "of format 2",
        "newer fizzlab",
    ),
    "run without its net's shape": (
        edited("16", "17", "train", "--resume", "RUN"),
        1,
        "experiment.toml was changed",
        "net.hidden: [16] → [17]",
    ),
    "resume with most options": (
        ["train", "--resume", "RUN", "--preset", "td1", "--out", "x", "--overwrite"],
        2,
        "--preset, --out, --overwrite cannot change a run",
        "--config RUN/experiment.toml",
    ),
    "checkpoint of words": (about("hello"), 1, "was not written by fizzlab"),
    "checkpoint of nothing": (about("{}"), 1, "was not written by fizzlab"),
    "checkpoint of a list": (about("[1]"), 1, "was not written by fizzlab"),
    "checkpoint without net": (about('{"format": 1}'), 1, "was not written by fizzlab"),
    "checkpoint of a later format": (about('{"format": 2}'), 1, "by a later fizzlab", "pip"),
}


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("name", TABLE)
def test_is_refused_in_clear_words(name: str, fizzlab, quick_run: Run, tmp_path: Path) -> None:
    asked, code, *words = TABLE[name]
    line, setup = asked if isinstance(asked, tuple) else (asked, nothing)
    assert quick_run.path is not None
    shutil.copytree(quick_run.path, tmp_path / "RUN")
    setup(tmp_path)
    before = tree(tmp_path)
    done = fizzlab(*line)
    said = " ".join(done.err.split())
    assert done.code == code, done.err
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in done.err
    assert done.out == ""
    assert tree(tmp_path) == before


def test_ten_million_rows_are_refused_quickly(fizzlab, tmp_path: Path) -> None:
    with (tmp_path / "own.csv").open("wb") as file:
        file.write(b"integer,label\n")
        for _ in range(100):
            file.write(b"102,fizz\n" * 100_000)
    done = fizzlab(*csv(b"")[0])
    assert done.code == 2
    assert "own.csv is too long" in done.err
    assert "expected: at most 1,000,000 rows" in done.err
    assert "got:      10,000,000" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


@pytest.mark.parametrize(("bom", "line_end"), [*itertools.product(["", "\ufeff"], ["\n", "\r\n"])])
def test_csv_trains_whatever_its_bom_and_line_ends(fizzlab, bom: str, line_end: str) -> None:
    lines = ["integer,label", "102,fizz", "105,fizzbuzz", "103,103", "104,number"]
    Path("own.csv").write_bytes((bom + line_end.join(lines) + line_end).encode())
    assert fizzlab(*csv(b"")[0]).code == 0
    train = open_run("new").splits.train
    assert train.integers.tolist() == [102, 105, 103, 104]
    assert train.labels.tolist() == [1, 3, 0, 0]


def test_a_run_keeps_its_csv_and_notices_a_change(fizzlab) -> None:
    Path("own.csv").write_text("integer,label\n102,fizz\n105,fizzbuzz\n")
    assert fizzlab(*csv(b"")[0]).code == 0
    Path("own.csv").unlink()
    assert fizzlab("show", "new").code == 0
    Path("new/train.csv").write_text("integer,label\n102,fizz\n105,buzz\n")
    done = fizzlab("show", "new")
    assert done.code != 0
    assert "has changed since its hash was taken" in done.err
    assert open_hash() in done.err


def open_hash() -> str:
    text = Path("new/experiment.toml").read_text()
    return text.split('train_sha256 = "')[1].split('"')[0]


RUINED = ["recipe.learning_rate=1e18", "net.hidden=[8,8,8]"]


def test_divergence_names_epoch_and_rate_and_leaves_a_run_to_read(fizzlab) -> None:
    done = fizzlab(*setting(*RUINED))
    assert done.code == 1
    assert "Training diverged in epoch 1, at learning rate 1e+18" in done.err
    for way_out in ("recipe.learning_rate=1e+17", "recipe.clip_norm=1.0", "recipe.warmup_epochs"):
        assert way_out in done.err
    assert fizzlab("show", "new", "--json").json["epochs"] == 0


def test_an_interruption_keeps_no_net_that_its_last_step_ruined(fizzlab) -> None:
    whole_batch = "recipe.batch_size=2000"  # the epoch's only loss is from before its step
    done = fizzlab(*setting(*RUINED, whole_batch), "--time-budget", "0")
    assert done.code == 1
    assert "Training diverged in epoch 1" in done.err
    assert fizzlab("show", "new", "--json").json["epochs"] == 0


def test_an_interrupted_run_cannot_be_declared_finished(fizzlab, tmp_path: Path) -> None:
    assert fizzlab(*QUICK, "--time-budget", "0").code == 0
    before = tree(tmp_path)
    done = fizzlab("train", "--resume", "new", "--epochs", "1", "--no-figures")
    assert done.code == 2
    assert "trained for 1 epochs already" in done.err
    assert "a total of at least 2" in done.err
    assert tree(tmp_path) == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_folder_whose_name_is_not_text(fizzlab) -> None:
    done = fizzlab(*QUICK, "--out", "bad\udcff", "--json")
    assert done.code == 0
    assert done.json["run"] == "bad\ufffd"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_a_disk_that_is_full_for_the_system_too(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "from fizzlab.cli import main\n"
        f"sys.argv = {['fizzlab', *QUICK]!r}\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "cannot be written: no space is left" in done.stderr
    assert "free some space and try again" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_json_stays_empty_when_a_command_fails(fizzlab) -> None:
    done = fizzlab("show", "nowhere", "--json")
    assert (done.code, done.out) == (1, "")
    with pytest.raises(json.JSONDecodeError):
        _ = done.json
