"""The pictures of a study: matplotlib, readable in grey, English or French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fizzlab.figures import style
from fizzlab.studies.axes import write_numbers
from fizzlab.studies.findings import Findings
from fizzlab.studies.heat import heat_map, wrong_integers
from fizzlab.studies.statistics import ConditionSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_SHOWN = 12  # conditions with a distribution of their own
MAX_PANELS = 9  # of learning curves
MAX_DOTS = 400  # a condition
MAX_CURVES = 500  # nets a condition that its median and band are of
INK, DOT = style.TRAIN_INK, "#5b87ae"


def pictures(found: Findings) -> dict[str, dict[str, bytes]]:
    """Draws every picture that a study allows; gives their files' contents by name and ending."""
    drawn = {}
    with style.settings():
        for name, make in MAKERS.items():
            if (figure := make(found)) is not None:
                drawn[name] = style.render(figure)
    return drawn


def distributions(found: Findings) -> Figure | None:
    """Draws the metric of every net, one row a condition, best first."""
    statistics, metric = found.statistics, found.statistics.metric
    shown = [c for c in statistics.ranking[:MAX_SHOWN] if metric in c.estimates]
    if not shown:
        return None
    figure = style.new_figure(7.4, 1.1 + 0.62 * len(shown))
    axes = figure.subplots()
    for place, condition in enumerate(shown):
        mine = statistics.frame.filter(statistics.frame["condition"] == condition.number)
        _one_distribution(axes, place, mine[metric].drop_nulls().to_numpy(), condition, metric)
    axes.set_yticks(range(len(shown)), [found.in_lines(c) for c in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlabel(found.metric)
    _end_at_one(axes)
    write_numbers(axes.xaxis, found.words)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def _end_at_one(axes: Axes) -> None:
    """Lets an axis of accuracies end at 0 and 1, but for half a dot: there are none beyond."""
    low, high = axes.get_xlim()
    low, high = max(low, 0.0), min(high, 1.0)
    hair = 0.012 * (high - low)
    axes.set_xlim(low - hair, high + hair)


def _one_distribution(
    axes: Axes, place: int, values: np.ndarray, condition: ConditionSummary, metric: str
) -> None:
    dots = np.sort(values)
    if len(dots) > MAX_DOTS:
        dots = dots[np.linspace(0, len(dots) - 1, MAX_DOTS).round().astype(int)]
    size = 6.5 if len(dots) <= 50 else 5 if len(dots) <= 150 else 3.5
    axes.plot(dots, place + _spread(dots), ".", color=DOT, ms=size, mew=0, alpha=0.85, zorder=2)
    axes.boxplot(
        [values],
        positions=[place - 0.26],
        orientation="horizontal",
        widths=0.18,
        showfliers=False,
        whis=(5, 95),
        manage_ticks=False,
        boxprops={"color": "0.3"},
        whiskerprops={"color": "0.3"},
        capprops={"color": "0.3"},
        medianprops={"color": "black", "linewidth": 1.6},
    )
    e = condition.estimates[metric]
    axes.errorbar(
        e.mean, place - 0.26, xerr=[[e.mean - e.low], [e.high - e.mean]], fmt="D", color=INK, ms=5,
        mfc="white", mew=1.4, elinewidth=2.2, zorder=4,
    )  # fmt: skip


def _spread(values: np.ndarray) -> np.ndarray:
    """Moves dots apart downwards, so that equal ones are seen: by their rank within a bin."""
    offsets = np.zeros(len(values))
    if not len(values):
        return offsets
    width = max(float(np.ptp(values)) / 80, 1e-9)
    bins = np.floor((values - values[0]) / width)
    _, starts, counts = np.unique(bins, return_index=True, return_counts=True)
    for start, count in zip(starts, counts, strict=True):
        offsets[start : start + count] = np.arange(count)
    most = max(counts.max() - 1, 5)
    return -0.06 + 0.44 * offsets / most


def learning_curves(found: Findings) -> Figure | None:
    """Draws median and middle 80 % of the accuracies against epochs, one panel a condition."""
    import polars as pl

    shown = found.statistics.ranking[:MAX_PANELS]
    curves = found.study.curves([condition.number for condition in shown], seeds=MAX_CURVES)
    if not len(curves) or curves["epoch"].n_unique() < 2:
        return None
    quantiles = [
        pl.col(f"{split}_accuracy").quantile(q).alias(f"{split}_{q}")
        for split in ("train", "validation")
        for q in (0.1, 0.5, 0.9)
    ]
    table = curves.group_by("condition", "epoch").agg(quantiles).sort("condition", "epoch")
    by_condition = {
        key[0]: part for key, part in table.partition_by("condition", as_dict=True).items()
    }
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure = style.new_figure(max(4.6, 2.75 * columns), 1.2 + 2.2 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for place, axes in enumerate(panels.flat):
        if place >= len(shown):
            axes.set_visible(False)
            continue
        _one_panel(axes, shown[place], by_condition, found)
    for axes in panels[:, 0]:
        axes.set_ylim(0, 1.02)
        write_numbers(axes.yaxis, found.words)
    _curve_legend(figure, found, len(shown) > 1)
    for place in range(len(shown)):
        if place + columns >= len(shown):  # the lowest panel of its column
            panels.flat[place].set_xlabel(found.words["epoch"])
            write_numbers(panels.flat[place].xaxis, found.words)
            panels.flat[place].tick_params(labelbottom=True)
    figure.supylabel(found.words["accuracy"], fontsize=10)
    return figure


def _one_panel(
    axes: Axes, condition: ConditionSummary, tables: Mapping[int, Any], found: Findings
) -> None:
    split = "validation" if found.statistics.ranked_by == "validation_accuracy" else "train"
    axes.set_title(found.in_lines(condition), fontsize=9)
    axes.grid(color="0.93")
    axes.set_axisbelow(True)
    if (mine := tables.get(condition.number)) is None:  # all diverged before the first point
        return
    for table in tables.values():
        if table is not mine:
            axes.plot(table["epoch"], table[f"{split}_0.5"], color="0.8", linewidth=0.8, zorder=1)
    for name, (ink, line, alpha) in _INKS.items():
        if mine[f"{name}_0.5"].count():
            epoch = mine["epoch"]
            low, high = mine[f"{name}_0.1"], mine[f"{name}_0.9"]
            axes.fill_between(epoch, low, high, color=ink, alpha=alpha, linewidth=0, zorder=2)
            axes.plot(epoch, mine[f"{name}_0.5"], color=ink, linestyle=line, zorder=3)


_INKS: dict[str, tuple[str, Any, float]] = {
    "train": (style.TRAIN_INK, "-", 0.25),
    "validation": (style.VALIDATION_INK, "--", 0.3),
}


def _curve_legend(figure: Figure, found: Findings, several: bool) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for name, (ink, line, _) in _INKS.items():
        if name == "train" or found.statistics.frame[f"{name}_accuracy"].count():
            label = found.say("median", split=found.words[name])
            handles.append(Line2D([], [], color=ink, ls=line, label=label))
    if several:
        handles.append(Line2D([], [], color="0.8", label=found.words["others"]))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


MAKERS = {
    "distributions": distributions,
    "curves": learning_curves,
    "heat": heat_map,
    "integers": wrong_integers,
}
