"""The nets of one visit, as the page's table of runs."""

from __future__ import annotations

from typing import Any

from fizzlab.experiment import Experiment
from fizzlab.lab.links import to_link, told_from
from fizzlab.lab.messages import COLUMNS, Row, RunRow, Runs

MAX_RUNS = 50


class Visit:
    """Keeps a row for each net that was trained at all."""

    def __init__(self) -> None:
        self._rows: dict[int, RunRow] = {}

    def note(self, state: dict[str, Any], experiment: Experiment, last: Row | None) -> bool:
        """Takes the latest state of a net; tells whether the table should be shown anew."""
        run = state["run"]
        if not state["epoch"] and state["status"] != "diverged":
            return False
        before = self._rows.get(run)
        _, changes = told_from(experiment)
        self._rows[run] = RunRow(
            run=run,
            name=experiment.name,
            seed=experiment.seed,
            status=state["status"],
            epochs=state["epoch"],
            seconds=state["seconds"],
            parameters=experiment.num_parameters,
            train_accuracy=_accuracy(state, "train", last),
            validation_accuracy=_accuracy(state, "validation", last),
            test_accuracy=_accuracy(state, "test", None),
            changes=changes,
            altered=bool(state["changes"]),
            link=to_link(experiment),
        )
        for old in sorted(self._rows)[:-MAX_RUNS]:
            del self._rows[old]
        after = self._rows[run]
        return (
            before is None
            or before.status != after.status
            or (before.test_accuracy != after.test_accuracy and after.status != "running")
        )

    def listed(self) -> Runs:
        """Gives the table."""
        return Runs(runs=tuple(self._rows.values()))


def _accuracy(state: dict[str, Any], split: str, last: Row | None) -> float | None:
    """Gives the accuracy on a split: of the state's figure, else of the newest row."""
    if figure := state[split]:
        return figure["correct"] / figure["total"]
    name = f"{split}_accuracy"
    return last[COLUMNS.index(name)] if last is not None and name in COLUMNS else None
