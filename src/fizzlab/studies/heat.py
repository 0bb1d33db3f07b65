"""Two pictures of a study: the heat map of two settings, and the integers most often wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fizzlab.figures import style
from fizzlab.studies.axes import write_numbers
from fizzlab.studies.findings import Findings
from fizzlab.studies.integers import most_wrong
from fizzlab.studies.naming import short_name, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_CELLS = 20  # a side of the heat map
MAX_INTEGERS = 20
INK, SHADE = style.TRAIN_INK, "#b9cde0"


def heat_names(found: Findings) -> tuple[str, str] | None:
    """Gives the two settings of the heat map: those that matter most; None if there are not two."""
    plan = found.study.plan
    if not plan.is_grid or len(plan.names) < 2:
        return None
    mains = [e.names[0] for e in found.effects if len(e.names) == 1 and e.names[0] in plan.names]
    chosen = [*mains, *(name for name in plan.names if name not in mains)][:2]
    sizes = [len(values) for name, values in plan.vary if name in chosen]
    if max(sizes) > MAX_CELLS or min(sizes) < 2:
        return None
    one, other = sorted(chosen, key=plan.names.index)
    return one, other


def heat_map(found: Findings) -> Figure | None:
    """Draws the mean metric for each pair of values of two settings."""
    names = heat_names(found)
    if names is None:
        return None
    values = dict(found.study.plan.vary)
    down, across = values[names[0]], values[names[1]]
    table, counts = np.full((2, len(down), len(across)), np.nan)
    frame, metric = found.statistics.frame, found.statistics.metric
    settings = {c.number: c.settings for c in found.statistics.conditions}
    cells: dict[tuple[int, int], list[float]] = {}
    for condition, value in frame.select("condition", metric).iter_rows():
        if value is not None:
            mine = settings[condition]
            cell = down.index(mine[names[0]]), across.index(mine[names[1]])
            cells.setdefault(cell, []).append(value)
    for cell, members in cells.items():
        table[cell], counts[cell] = np.mean(members), len(members)
    figure = style.new_figure(2.6 + 0.85 * len(across), max(3.2, 1.7 + 0.55 * len(down)))
    axes = figure.subplots()
    low, high = _floor(table), _top(table)
    image = axes.imshow(table, cmap="Blues", aspect="auto", vmin=low, vmax=high)
    for (i, j), mean in np.ndenumerate(table):
        shown = "–" if np.isnan(mean) else f"{found.number(float(mean))}\nn = {int(counts[i, j])}"
        dark = mean > low + 0.6 * (high - low)
        axes.text(j, i, shown, ha="center", va="center", fontsize=8, color="w" if dark else "k")
    axes.set_xticks(range(len(across)), [text(value, found.words) for value in across])
    axes.set_yticks(range(len(down)), [text(value, found.words) for value in down])
    axes.set_xlabel(short_name(names[1], found.words))
    axes.set_ylabel(short_name(names[0], found.words))
    bar = figure.colorbar(image, ax=axes, label=found.say("heat_title", metric=found.metric))
    write_numbers(bar.ax.yaxis, found.words)
    return figure


def _floor(table: np.ndarray) -> float:
    return float(np.nanmin(table)) if np.isfinite(table).any() else 0.0


def _top(table: np.ndarray) -> float:
    low = _floor(table)
    return max(float(np.nanmax(table)), low + 1e-3) if np.isfinite(table).any() else 1.0


def wrong_integers(found: Findings) -> Figure | None:
    """Draws the test integers that most nets get wrong, dark if training lacks their kind."""
    from matplotlib.patches import Patch

    worst = most_wrong(found, MAX_INTEGERS)
    if not worst:
        return None
    figure = style.new_figure(7.4, 3.3)
    axes = figure.subplots()
    inks = [INK if one.kind_seen == 0 else SHADE for one in worst]
    axes.bar(range(len(worst)), [one.share for one in worst], color=inks, edgecolor="0.3", lw=0.5)
    axes.set_xticks(range(len(worst)), [str(one.integer) for one in worst], fontsize=9)
    axes.set_xlabel(found.words["integer"])
    axes.set_ylabel(found.words["integers_axis"])
    write_numbers(axes.yaxis, found.words)
    axes.set_ylim(0, 1.02)
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    handles = [
        Patch(facecolor=ink, edgecolor="0.3", label=found.words[key])
        for ink, key in ((INK, "unseen"), (SHADE, "seen"))
        if ink in inks
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure
