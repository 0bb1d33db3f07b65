"""A run: one trained experiment, in memory or on disk."""

from __future__ import annotations

import copy
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

from fizzlab.data import Split, Splits, is_file
from fizzlab.errors import ConfigError, RunError, UsageError
from fizzlab.evaluation import Evaluation, Explanation, evaluate, explain, predict_labels
from fizzlab.experiment import Experiment
from fizzlab.nets import MLP, build_net
from fizzlab.rules import as_integers
from fizzlab.runs import folder
from fizzlab.runs.report import Report, build_report, is_best_kept
from fizzlab.runs.session import watched_integers
from fizzlab.runs.state import Checkpoint, State, read_checkpoint, to_bytes
from fizzlab.training import build_optimizer

if TYPE_CHECKING:
    import polars as pl

_PACKAGES = ("fizzlab", "torch", "numpy", "safetensors", "polars", "pydantic")


@dataclass
class Run:
    """One trained experiment.

    Attributes:
        experiment: What was trained, and how.
        splits: The data it was trained, validated and tested on.
        state: Where training stands.
        path: Its folder; None if it was kept in memory.
        interrupted_by: "interrupted" or "time" if training was just cut short, else None.
        refit_of: Folder of the run whose recipe this one refits, if any.
    """

    experiment: Experiment
    splits: Splits
    state: State
    path: Path | None = None
    interrupted_by: str | None = None
    refit_of: str | None = None

    @cached_property
    def net(self) -> nn.Module:
        """The kept net: of lowest validation loss, or the last one; in evaluation mode."""
        net = copy.deepcopy(self.state.net)
        if is_best_kept(self.experiment, self.state):
            net.load_state_dict(self.state.best or {})
        return net.eval()

    @property
    def stopped(self) -> str:
        """Why training ended: epochs, target, patience, time or interrupted."""
        return self.state.stopped or self.interrupted_by or "interrupted"

    @cached_property
    def report(self) -> Report:
        """The result: accuracies, predictions, baselines; the document of `train --json`."""
        return build_report(
            self.experiment,
            self.splits,
            self.state,
            self.net,
            run=os.fsencode(self.path).decode(errors="replace") if self.path else None,
            stopped=self.stopped,
            refit_of=self.refit_of,
        )

    @property
    def history(self) -> pl.DataFrame:
        """One row an evaluated epoch (polars); null where there is no value."""
        import polars as pl

        columns = {name: np.array(values) for name, values in self.state.history.items()}
        frame = pl.DataFrame(columns, nan_to_null=True)
        return frame.with_columns(pl.col("epoch").cast(pl.Int64))

    @property
    def wrong(self) -> list[int]:
        """The test integers that the kept net gets wrong."""
        test = self.splits.test
        said = predict_labels(self.net, self.experiment.encoding, test.integers)
        return [int(n) for n in test.integers[said != test.labels]]

    def predict(self, integers: Iterable[int] | np.ndarray) -> list[str]:
        """Gives the word that the kept net says for each integer.

        Raises:
            IntegerError: If an integer does not fit the encoding.
        """
        values = as_integers(integers)
        labels = predict_labels(self.net, self.experiment.encoding, values).tolist()
        word = self.experiment.rule.word
        return [word(int(n), label) for n, label in zip(values, labels, strict=True)]

    def evaluate(
        self, integers: Iterable[int] | np.ndarray, *, sampled: bool = False
    ) -> Evaluation:
        """Compares the kept net with the rule on any integers.

        Args:
            integers: At least one integer.
            sampled: Whether they are a random sample of what they stand for.

        Raises:
            UsageError: If there are no integers.
            IntegerError: If an integer does not fit the encoding.
        """
        values = as_integers(integers).copy()
        if not len(values):
            raise UsageError("There is nothing to evaluate.", expected="at least one integer")
        rule = self.experiment.rule
        split, trained = Split(values, rule.labels(values)), self.splits.train.labels
        return evaluate(self.net, self.experiment.encoding, rule, split, trained, sampled=sampled)

    def explain(self, integer: int) -> Explanation:
        """Tells why one integer is right or wrong.

        Raises:
            IntegerError: If it does not fit the encoding.
        """
        return explain(
            self.net, self.experiment.encoding, self.experiment.rule, self.splits, integer
        )

    def save(self, state: State | None = None) -> None:
        """Writes the checkpoint of a run that has a folder.

        Raises:
            StorageError: If it cannot be written; the one before stays.
        """
        if self.path:
            about = {
                "experiment": portable(self.experiment)[0].model_dump(mode="json"),
                "net_class": class_name(self.state.net),
                "refit_of": self.refit_of,
            }
            folder.write(self.path / folder.CHECKPOINT, to_bytes(state or self.state, about))

    def export(self) -> None:
        """Writes the files that are derived from the checkpoint, for other tools to read.

        Raises:
            StorageError: If one cannot be written.
        """
        if not self.path:
            return
        weights = {k: v.contiguous().clone() for k, v in self.net.state_dict().items()}
        folder.write(self.path / "model.safetensors", safetensors.torch.save(weights))
        folder.write(self.path / "history.parquet", parquet(self.history))
        folder.write(self.path / "environment.json", json_bytes(environment()))
        folder.write(self.path / "result.json", self.report.model_dump_json(indent=2).encode())


def parquet(frame: pl.DataFrame) -> bytes:
    """Gives a polars frame as the content of a Parquet file."""
    import io

    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def json_bytes(value: Any) -> bytes:
    """Gives a value as the content of a JSON file."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def environment() -> dict[str, Any]:
    """Gives what a result may depend on: versions, processor, threads."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "torch_threads": 1,
        "torch_cpu": torch.backends.cpu.get_cpu_capability(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def class_name(net: nn.Module) -> str:
    """Gives the full name of a net's class."""
    return f"{type(net).__module__}.{type(net).__qualname__}"


def portable(experiment: Experiment) -> tuple[Experiment, dict[str, Path]]:
    """Gives an experiment whose CSV files stand in the run's folder, and where they are now."""
    sources = {"train": experiment.data.train, "test": experiment.data.test}
    files = {f"{split}.csv": Path(path) for split, path in sources.items() if is_file(path)}
    names = {f"data.{name.removesuffix('.csv')}": name for name in files}
    return (experiment.replaced(names) if names else experiment), files


def open_run(path: str | Path, net: nn.Module | None = None) -> Run:
    """Reads a run from its folder.

    Args:
        path: The folder.
        net: A module of the class that was trained, if that was one of your own.

    Raises:
        RunError: If there is no run there, or it is damaged.
        NewerVersionError: If a later fizzlab wrote it.
    """
    path = Path(path)
    experiment = read_experiment(path)
    checkpoint = _checkpoint(path)
    if checkpoint is None:
        net = build_net(experiment) if net is None else net
        state = State(net, build_optimizer(net, experiment.recipe))
        return Run(experiment, experiment.splits(), state, path)
    _check_same(path, experiment, checkpoint)
    net = _net_of(path, experiment, checkpoint) if net is None else net
    state = checkpoint.restore(net, build_optimizer(net, experiment.recipe))
    refit_of = checkpoint.about.get("refit_of")
    return Run(experiment, experiment.splits(), state, path, refit_of=refit_of)


def read_experiment(path: Path) -> Experiment:
    """Reads the experiment of a run.

    Raises:
        RunError: If there is no run, or its experiment is damaged.
    """
    if not os.path.isfile(path / folder.EXPERIMENT):  # noqa: PTH113, as False for any bad name
        raise RunError(
            f"{path} is not a run." if os.path.exists(path) else f"There is no run {path}.",  # noqa: PTH110
            expected=f"a folder with {folder.EXPERIMENT}, as `fizzlab train` makes it",
            fix="`fizzlab runs` lists the runs there are",
        )
    try:
        return Experiment.read(path / folder.EXPERIMENT)
    except ConfigError as error:
        raise RunError(f"{path / folder.EXPERIMENT} is damaged: {error}") from None


def _checkpoint(path: Path) -> Checkpoint | None:
    file = path / folder.CHECKPOINT
    return read_checkpoint(file) if file.exists() else None


def _net_of(path: Path, experiment: Experiment, checkpoint: Checkpoint) -> nn.Module:
    trained = checkpoint.about["net_class"]
    if trained != f"{MLP.__module__}.{MLP.__qualname__}":
        raise RunError(
            f"The net of {path} is of a class of your own, {trained}.",
            expected="that class",
            fix=f'open it in Python: fizzlab.open_run("{path}", net={trained.split(".")[-1]}())',
        )
    return build_net(experiment)


def _check_same(path: Path, experiment: Experiment, checkpoint: Checkpoint) -> None:
    """Makes sure that experiment.toml was not edited after training (epochs may be)."""
    try:  # through Experiment, so that settings that came later have their defaults
        trained = Experiment(**checkpoint.about["experiment"]).model_dump(mode="json")
    except (ConfigError, TypeError) as error:
        raise RunError(f"{path / folder.CHECKPOINT} is damaged: {error}") from None
    now = portable(experiment)[0].model_dump(mode="json")
    changed = [
        f"{name}: {old!r} → {new!r}"
        for name, old, new in differences(trained, now)
        if name != "recipe.epochs"
    ]
    if changed:
        raise RunError(
            f"{path / folder.EXPERIMENT} was changed after training.",
            expected="the settings that the checkpoint was trained with",
            got="; ".join(changed)[:300],
            fix="undo the change, or train a new run from it with --config",
        )


def differences(
    old: dict[str, Any], new: dict[str, Any], prefix: str = ""
) -> list[tuple[str, Any, Any]]:
    """Lists (name, old value, new value) of the settings in which two experiments differ."""
    found = []
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if isinstance(before, dict) and isinstance(after, dict):
            found += differences(before, after, f"{prefix}{name}.")
        elif before != after:
            found.append((f"{prefix}{name}", before, after))
    return found


def watched(run: Run) -> np.ndarray:
    """Gives the integers that the snapshots of a run are about."""
    return watched_integers(run.experiment, run.splits)


def list_runs(parent: str | Path = "runs") -> list[Path]:
    """Lists the folders of all runs below `parent`, oldest first."""
    found = [path.parent for path in Path(parent).glob(f"[!.]*/{folder.EXPERIMENT}")]
    return sorted(found, key=lambda path: ((path / folder.EXPERIMENT).stat().st_mtime, path.name))
