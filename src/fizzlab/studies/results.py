"""`Study`: the results of a study, as tables."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fizzlab.configuration import setting_names
from fizzlab.errors import StudyError
from fizzlab.experiment import Experiment
from fizzlab.studies.forward import SPLITS, encoded_splits
from fizzlab.studies.plan import Plan
from fizzlab.studies.shards import CURVES, Shards, find_shards
from fizzlab.studies.study_folder import stored_plan
from fizzlab.studies.vary import plain, value_of

if TYPE_CHECKING:
    import polars as pl

_MEASURED = (
    *("index", "condition", "seed", "engine", "epochs", "stopped", "kept_epoch", "diverged"),
    *(f"{split}_loss" for split in SPLITS),
    "final_train_loss",
    *(f"{split}_{what}" for split in SPLITS for what in ("right", "total")),
    "seconds",
)


@dataclass(frozen=True)
class Study:
    """The results of a study.

    Attributes:
        path: Its folder.
        plan: What it trains.
        shards: The files that hold its nets.
    """

    path: Path
    plan: Plan
    shards: Shards = field(default_factory=lambda: Shards((), ()))

    @classmethod
    def open(cls, path: str | Path) -> Study:
        """Reads a study; damaged files of nets are left out, and named in `damaged`.

        Raises:
            StudyError: If there is no study, or its plan cannot be read.
        """
        path = Path(path)
        return cls(path, stored_plan(path), find_shards(path))

    @property
    def damaged(self) -> tuple[tuple[Path, str], ...]:
        """The files of nets that are not whole, with the reason."""
        return self.shards.damaged

    @cached_property
    def _rows(self) -> pl.DataFrame:
        return self.shards.read(list(_MEASURED)).select(*_MEASURED)

    @property
    def trained(self) -> int:
        """The number of nets trained."""
        return len(self._rows)

    def trained_of(self, nets: int) -> int:
        """The number of nets trained of the first ones of the plan, so many."""
        return int((self._rows["index"] < nets).sum())

    @property
    def diverged(self) -> int:
        """The number of nets whose loss became NaN or infinite."""
        return self._rows["diverged"].count()

    @property
    def is_complete(self) -> bool:
        """Whether all nets of the plan are trained."""
        return self.trained == self.plan.nets

    def frame(self) -> pl.DataFrame:
        """Gives one row a net, in the order of the plan.

        Columns: index, condition, seed; every setting by its dotted name (lists that are not of
        numbers as JSON); then those of `measured`.
        """
        import polars as pl

        joined = self.measured().join(self._configurations(), on="condition", how="left")
        named = [name for name in setting_names(Experiment) if name != "seed"]
        first = ["index", "condition", "seed", *named]
        return joined.select(*first, pl.exclude(*first)).sort("index")

    def measured(self) -> pl.DataFrame:
        """Gives one row a net, in the order of the plan, without its settings.

        Columns: index, condition, seed; engine, epochs, stopped, kept_epoch, diverged (the epoch,
        or null); for each split its loss in nats, accuracy, right and total; final_train_loss
        (after the last epoch); perfect (no test integer wrong; null without a test set); seconds.
        A diverged net has no losses and no accuracies, and is not perfect.
        """
        import polars as pl

        rows = self._rows.with_columns(
            (pl.col(f"{split}_right") / pl.col(f"{split}_total")).alias(f"{split}_accuracy")
            for split in SPLITS
        )
        perfect = (pl.col("test_right") == pl.col("test_total")).fill_null(False)
        return rows.with_columns(
            pl.when(pl.col("test_total").is_null()).then(None).otherwise(perfect).alias("perfect")
        )

    def _configurations(self) -> pl.DataFrame:
        """Gives all settings but the seed, one row a condition that has a net."""
        import polars as pl

        numbers = self._rows["condition"].unique().sort().to_list()
        made = [self.plan.experiment_of_condition(number) for number in numbers]
        columns: dict[str, Any] = {"condition": pl.Series(numbers, dtype=pl.Int64)}
        for name in setting_names(Experiment):
            if name != "seed":
                columns[name] = _column([value_of(one, name) for one in made])
        return pl.DataFrame(columns)

    def curves(
        self, conditions: Collection[int] | None = None, *, seeds: int | None = None
    ) -> pl.DataFrame:
        """Gives the learning curves: one row a net and evaluated epoch (at most 256 a net).

        Columns: index, condition, seed, epoch, train_loss, train_accuracy, validation_loss,
        validation_accuracy (null without a validation set).

        Args:
            conditions: Only nets of these conditions.
            seeds: Only nets of the first seeds, so many; thousands of nets have long tables.
        """
        import polars as pl

        names = ["epoch", *CURVES]
        columns = ["index", "condition", "seed", *(f"curve_{name}" for name in names)]
        wanted = pl.col("curve_epoch").list.len() > 0
        if conditions is not None:
            wanted &= pl.col("condition").is_in(list(conditions))
        if seeds is not None:
            wanted &= pl.col("seed") < self.plan.first_seed + seeds
        parts = [part.filter(wanted) for part in self.shards.parts(columns)]
        table = pl.concat([Shards((), ()).read(columns), *parts]).sort("index")
        table = table.explode([f"curve_{name}" for name in names])
        table = table.rename({f"curve_{name}": name for name in names})
        return table.select("index", "condition", "seed", *names).fill_nan(None)

    def wrong(self, condition: int | None = None) -> dict[int, int]:
        """Counts, for each test integer, the nets that get it wrong; diverged nets do not count.

        Args:
            condition: Count the nets of this condition only.

        Raises:
            StudyError: If the test set is too large for that to have been kept.
        """
        return {n: wrong for n, (wrong, _) in self.wrong_of_tested(condition).items()}

    def wrong_of_tested(self, condition: int | None = None) -> dict[int, tuple[int, int]]:
        """Counts, for each test integer, the nets that get it wrong, and all that it tested.

        Conditions may have different test sets. Diverged nets do not count.

        Args:
            condition: Count the nets of this condition only.

        Raises:
            StudyError: If a test set is too large for that to have been kept.
        """
        import polars as pl

        finished = dict(self._rows.group_by("condition").agg(pl.count("test_right")).iter_rows())
        pairs = self._wrong_places(condition).partition_by("condition", as_dict=True)
        counts: dict[int, tuple[int, int]] = {}
        for number in sorted(finished if condition is None else [condition]):
            if not (nets := finished.get(number, 0)):
                continue
            mine = pairs.get((number,))
            wrong = {} if mine is None else dict(mine.select("wrong", "nets").iter_rows())
            test = encoded_splits(self.plan.experiment_of_condition(number))["test"].integers
            for place, n in enumerate(test.tolist()):
                before, tested = counts.get(n, (0, 0))
                counts[n] = (before + wrong.get(place, 0), tested + nets)
        return counts

    def _wrong_places(self, condition: int | None) -> pl.DataFrame:
        """Counts nets by condition and by the place, in its test set, of an integer wrong there.

        Raises:
            StudyError: If a test set is too large for that to have been kept.
        """
        import polars as pl

        kinds = {"condition": pl.Int64, "wrong": pl.Int32, "nets": pl.Int64}
        pairs, keys = pl.DataFrame(schema=kinds), ["condition", "wrong"]
        wanted = pl.col("test_right").is_not_null()
        if condition is not None:
            wanted &= pl.col("condition") == condition
        for part in self.shards.parts([*keys, "test_right"]):
            finished = part.filter(wanted)
            if finished["wrong"].null_count():
                raise StudyError(
                    "The test set is too large to keep which integers each net gets wrong.",
                    expected="at most 4096 test integers",
                    fix="evaluate a single run: fizzlab evaluate RUN --on",
                )
            places = finished.explode("wrong").drop_nulls("wrong").group_by(keys)
            found = places.agg(pl.len().cast(pl.Int64).alias("nets"))
            pairs = pl.concat([pairs, found]).group_by(keys).sum()
        return pairs


def _column(values: list[Any]) -> Any:
    """Gives a column: as it is where all values are of one simple type, else as JSON."""
    import polars as pl

    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or (len(kinds) == 1 and kinds <= {bool, str}):
        return pl.Series(values, strict=False, dtype=pl.Float64 if float in kinds else None)
    parts = [value for value in values if value is not None]
    if all(isinstance(v, tuple) and v and {type(p) for p in v} <= {int, float} for v in parts):
        return pl.Series([None if value is None else list(value) for value in values])
    texts = [value if isinstance(value, str) else json.dumps(plain(value)) for value in values]
    return pl.Series(texts)
