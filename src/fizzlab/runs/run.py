"""A run: one trained experiment, in memory or on disk."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.torch
from torch import nn

from fizzlab.data import Split, Splits, is_file, refuse_too_much
from fizzlab.errors import NetError, UsageError
from fizzlab.evaluation import Evaluation, Explanation, evaluate, explain, predict_labels
from fizzlab.experiment import Experiment
from fizzlab.nets import GRU, MLP, Bilinear, Reader, Snapped
from fizzlab.randomness import SAMPLE, permutation
from fizzlab.readers import snap
from fizzlab.rules import as_integers
from fizzlab.runs import folder
from fizzlab.runs.environment import environment
from fizzlab.runs.report import Report, build_report, is_best_kept
from fizzlab.runs.session import one_thread, watched_integers
from fizzlab.runs.state import State, to_bytes

if TYPE_CHECKING:
    import polars as pl

OWN_NETS = (MLP, Bilinear, GRU)


@dataclass
class Run:
    """One trained experiment.

    Attributes:
        experiment: What was trained, and how.
        splits: The data it was trained, validated and tested on.
        state: Where training stands.
        path: Its folder; None if it was kept in memory.
        refit_of: Folder of the run whose recipe this one refits, if any.
    """

    experiment: Experiment
    splits: Splits
    state: State
    path: Path | None = None
    refit_of: str | None = None

    @cached_property
    def net(self) -> nn.Module:
        """The net that answers: the kept one, snapped if it was; in evaluation mode."""
        codebook = self.state.codebook
        if codebook is None or not isinstance(self.kept, Reader):
            return self.kept
        return Snapped(self.kept, codebook).eval()

    @cached_property
    def kept(self) -> nn.Module:
        """The kept net: of lowest validation loss, or the last one; in evaluation mode."""
        net = copy.deepcopy(self.state.net)
        if is_best_kept(self.experiment, self.state):
            net.load_state_dict(self.state.best or {})
        return net.eval()

    @property
    def has_scores(self) -> bool:
        """Whether the net gives scores near 0 and 1, of the squared error, and no logits."""
        return self.experiment.recipe.loss == "squared_error"

    def snap(self) -> None:
        """Snaps the kept net, a reader: from now on `net` is a finite automaton.

        Raises:
            NetError: If it reads no digits, or is not near to an automaton.
            StorageError: If the run cannot be written.
        """
        if not isinstance(self.kept, Reader):
            raise NetError(
                f"A net of type {type(self.kept).__name__} has no state to snap.",
                expected="a net that reads digits",
                fix="train one: fizzlab train --preset reader",
            )
        with one_thread():
            snapped = snap(self.kept)
        self.forget_codebook()
        self.state.codebook = snapped.codebook
        self.save()
        self.export()

    def forget_codebook(self) -> None:
        """Lets the net answer as it was trained, and reports be made anew."""
        self.state.codebook = None
        for name in ("net", "kept", "report"):
            self.__dict__.pop(name, None)

    @property
    def stopped(self) -> str:
        """Why training ended: epochs, target, patience, accepted, fitted, time or interrupted."""
        return self.state.stopped or self.state.interrupted_by

    @cached_property
    def report(self) -> Report:
        """The result: accuracies, predictions, baselines; the document of `train --json`."""
        with one_thread():
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

    def truth(self, integers: Iterable[int] | np.ndarray) -> np.ndarray:
        """Gives the label of each integer: the data's where they hold it, else the rule's.

        They differ only where a CSV file departs from the rule.

        Returns:
            The labels, int64, shape (n,).
        """
        values = as_integers(integers)
        splits = (self.splits.train, self.splits.validation, self.splits.test)
        known = {n: label for split in splits for n, label in split.pairs()}
        labels = self.experiment.rule.labels(values)
        return np.array(
            [
                known.get(n, label)
                for n, label in zip(values.tolist(), labels.tolist(), strict=True)
            ],
            dtype=np.int64,
        )

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
        self, integers: Iterable[int] | np.ndarray, *, sample: int | None = None
    ) -> Evaluation:
        """Compares the kept net with the rule on any integers.

        Args:
            integers: At least one integer.
            sample: Check only this many of them, drawn at random (`sampled`).

        Raises:
            UsageError: If there are no integers.
            DataError: If there are more than fit in memory.
            IntegerError: If an integer does not fit the encoding.
        """
        experiment, trained = self.experiment, self.splits.train.labels
        values = as_integers(integers)
        if not len(values):
            raise UsageError("There is nothing to evaluate.", expected="at least one integer")
        drawn = values.copy() if sample is None else self.sampled(values, sample)
        refuse_too_much(len(drawn), experiment.encoding.features)
        split = Split(drawn, experiment.rule.labels(drawn))
        is_sample = len(drawn) < len(values)
        with one_thread():
            return evaluate(
                self.net,
                experiment.encoding,
                experiment.rule,
                split,
                trained,
                sampled=is_sample,
                loss=experiment.recipe.loss,
            )

    def sampled(self, integers: Iterable[int] | np.ndarray, size: int) -> np.ndarray:
        """Draws integers at random without replacement, the same ones each time, in their order.

        The draw belongs to the experiment's seed and the number of integers, and to nothing that
        training has drawn.

        Args:
            integers: Where to draw from.
            size: How many; all of them if there are no more.
        """
        values = as_integers(integers)
        order = permutation(self.experiment.seed, "subset", len(values), purpose=SAMPLE)
        return values[np.sort(order[:size])]

    def explain(self, integer: int) -> Explanation:
        """Tells why one integer is right or wrong.

        Raises:
            IntegerError: If it does not fit the encoding.
        """
        return explain(
            self.net, self.experiment.encoding, self.experiment.rule, self.splits, integer
        )

    def checkpoint(self) -> bytes:
        """Gives the content of the run's checkpoint: everything that training needs to go on."""
        about = {
            "experiment": portable(self.experiment)[0].model_dump(mode="json"),
            "net_class": class_name(self.state.net),
            "net": described(self.state.net),
            "refit_of": self.refit_of,
        }
        return to_bytes(self.state, about)

    def save(self) -> None:
        """Writes the checkpoint of a run that has a folder.

        Raises:
            StorageError: If it cannot be written; the one before stays.
        """
        if self.path:
            folder.write(self.path / folder.CHECKPOINT, self.checkpoint())

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
        folder.write(self.path / folder.RESULT, self.report.model_dump_json(indent=2).encode())


def parquet(frame: pl.DataFrame) -> bytes:
    """Gives a polars frame as the content of a Parquet file."""
    import io

    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def json_bytes(value: Any) -> bytes:
    """Gives a value as the content of a JSON file."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def class_name(net: nn.Module) -> str:
    """Gives the full name of a net's class; of fizzlab's own nets the name alone."""
    if type(net) in OWN_NETS:
        return type(net).__name__
    return f"{type(net).__module__}.{type(net).__qualname__}"


def described(net: nn.Module) -> str:
    """Describes a net's modules, as torch prints them, without addresses in memory."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(net))


def portable(experiment: Experiment) -> tuple[Experiment, dict[str, Path]]:
    """Gives an experiment whose CSV files stand in the run's folder, and where they are now."""
    sources = {"train": experiment.data.train, "test": experiment.data.test}
    files = {f"{split}.csv": Path(path) for split, path in sources.items() if is_file(path)}
    names = {f"data.{name.removesuffix('.csv')}": name for name in files}
    return (experiment.replaced(names) if names else experiment), files


def watched(run: Run) -> np.ndarray:
    """Gives the integers that the snapshots of a run are about."""
    return watched_integers(run.experiment, run.splits)
