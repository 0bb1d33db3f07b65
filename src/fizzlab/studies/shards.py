"""The results of a study on disk: Parquet files of some nets each, written whole or not at all.

One file holds everything about its nets, learning curves included, so that a kill cannot leave two
files that disagree. Its name holds a hash of its content: `nets-00000040-1f0c….parquet`.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fizzlab.engines import Trained
from fizzlab.runs.folder import write
from fizzlab.studies.forward import SPLITS, encoded_splits, figures

if TYPE_CHECKING:
    import polars as pl

MAX_WRONG = 4096  # test integers up to which it is kept which ones are wrong
MAX_POINTS = 256  # of a learning curve
CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
_NAME = re.compile(r"nets-(\d+)-([0-9a-f]{16})\.parquet")


def schema() -> dict[str, Any]:
    """Gives the type of every column of a shard."""
    import polars as pl

    whole = ("index", "condition", "seed", "epochs", "kept_epoch", "diverged")
    counts = [f"{split}_{what}" for split in SPLITS for what in ("right", "total")]
    losses = [*(f"{split}_loss" for split in SPLITS), "final_train_loss", "seconds"]
    return {
        **dict.fromkeys((*whole, *counts), pl.Int64),
        **dict.fromkeys(losses, pl.Float64),
        **dict.fromkeys(("engine", "stopped"), pl.String),
        **dict.fromkeys(("wrong", "curve_epoch"), pl.List(pl.Int32)),
        **{f"curve_{name}": pl.List(pl.Float32) for name in CURVES},
    }


def row(trained: Trained, index: int, condition: int, engine: str) -> dict[str, Any]:
    """Evaluates a trained net, and gives its row of a shard.

    Args:
        trained: The net.
        index: Its number in the plan.
        condition: The number of its condition.
        engine: Name of the engine that trained it.
    """
    history = trained.history
    losses = history["train_loss"]
    made: dict[str, Any] = {
        "index": index,
        "condition": condition,
        "seed": trained.experiment.seed,
        "engine": engine,
        "epochs": trained.epochs,
        "stopped": trained.stopped,
        "kept_epoch": trained.kept_epoch if trained.diverged is None else None,
        "diverged": trained.diverged,
        "final_train_loss": _finite(losses[-1]) if len(losses) and not trained.diverged else None,
        "seconds": trained.seconds,
    }
    shown = thinned(len(history["epoch"]))
    made["curve_epoch"] = history["epoch"][shown].astype(np.int32)
    made |= {f"curve_{name}": history[name][shown].astype(np.float32) for name in CURVES}
    splits = encoded_splits(trained.experiment)
    made |= {f"{name}_total": len(split.labels) for name, split in splits.items()}
    if trained.diverged is None:
        for name, split in splits.items():
            found = figures(trained.experiment, trained.weights, split)
            made |= {f"{name}_right": found.right, f"{name}_loss": _finite(found.loss)}
            if name == "test" and found.total <= MAX_WRONG:
                made["wrong"] = found.wrong.astype(np.int32)
    return made


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def thinned(points: int) -> np.ndarray:
    """Gives which points of a learning curve are kept: all, or `MAX_POINTS` with both ends."""
    if points <= MAX_POINTS:
        return np.arange(points)
    return np.unique(np.linspace(0, points - 1, MAX_POINTS).round().astype(int))


def write_shard(folder: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Writes rows as one shard, in the order of their indices.

    Raises:
        StorageError: If it cannot be written.
    """
    import polars as pl

    ordered = sorted(rows, key=lambda row: row["index"])
    columns = {
        name: _column([row.get(name) for row in ordered], kind) for name, kind in schema().items()
    }
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer, compression="zstd")
    content = buffer.getvalue()
    path = folder / f"nets-{ordered[0]['index']:08d}-{_digest(content)}.parquet"
    write(path, content)
    return path


def _column(values: list[Any], kind: Any) -> pl.Series:
    import polars as pl

    if isinstance(kind, pl.List):  # arrays of one length would become a column of arrays
        inner: Any = kind.inner
        values = [None if value is None else pl.Series(value, dtype=inner) for value in values]
    return pl.Series(values, dtype=kind)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@dataclass(frozen=True)
class Shards:
    """The shards of a folder.

    Attributes:
        whole: Those whose content is what was written, in the order of their names.
        damaged: The others, with the reason.
    """

    whole: tuple[Path, ...]
    damaged: tuple[tuple[Path, str], ...]

    def parts(self, columns: Iterable[str]) -> Iterator[pl.DataFrame]:
        """Reads columns of one whole shard after the other, one row a net, no net twice."""
        import polars as pl

        types = _types(columns)
        seen = np.zeros(0, dtype=bool)
        for path in self.whole:
            part = pl.read_parquet(path, columns=list(types)).select(list(types))
            index = part["index"].to_numpy()
            seen = np.pad(seen, (0, max(0, int(index.max(initial=-1)) + 1 - len(seen))))
            fresh = ~seen[index]
            seen[index] = True
            yield part if fresh.all() else part.filter(pl.Series(fresh))

    def read(self, columns: Iterable[str]) -> pl.DataFrame:
        """Reads columns of all whole shards, one row a net, in the order of the plan."""
        import polars as pl

        wanted = list(columns)
        empty = pl.DataFrame(schema=_types(wanted))
        return pl.concat([empty, *self.parts(wanted)]).sort("index")


def _types(columns: Iterable[str]) -> dict[str, Any]:
    wanted = {"index", *columns}
    return {name: kind for name, kind in schema().items() if name in wanted}


def find_shards(folder: Path) -> Shards:
    """Finds the shards of a study and makes sure that they are whole."""
    whole, damaged = [], []
    for path in sorted(folder.glob("nets-*.parquet")):
        named = _NAME.fullmatch(path.name)
        try:
            right = named is not None and _digest(path.read_bytes()) == named[2]
        except OSError as error:
            damaged.append((path, error.strerror or str(error)))
            continue
        if right:
            whole.append(path)
        else:
            damaged.append((path, "its content does not match the hash in its name"))
    return Shards(tuple(whole), tuple(damaged))
