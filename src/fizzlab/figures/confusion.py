"""The confusion matrix of the set that chose nothing: true labels against those said."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fizzlab.figures.style import new_figure
from fizzlab.figures.texts import of_net, shortened
from fizzlab.runs import Run

MAX_LABELS = 16  # that are drawn with their counts
MAX_NAMED = 32  # that have a name along the axes
DARK = 0.62  # share of the largest count from which white shows better than black
MAX_NAME = 18  # characters of a label's name


def confusion(run: Run, text: dict[str, str]) -> Figure:
    """Draws the confusion matrix of the test set, or of the validation set if there is no test.

    Of more than `MAX_LABELS` labels only those that occur are drawn; if they are still too many,
    colours alone tell the counts, on a scale on which one integer shows.
    """
    evaluations = run.report.evaluations
    split = next(name for name in ("test", "validation", "train") if name in evaluations)
    found = evaluations[split]
    counts, names = _occurring(np.array(found.confusion), run.experiment.rule.names)
    side = 2.6 + 0.6 * min(max(len(names), 4), 8)
    figure = new_figure(side + 0.8, side + 0.2)
    axes = figure.subplots()
    few = len(names) <= MAX_LABELS
    image = axes.imshow(counts, cmap="Blues", norm=PowerNorm(1 if few else 0.25, vmin=0))
    if few:
        _write_counts(axes, counts)
    _name_labels(axes, names)
    left_out = "" if len(names) == len(found.confusion) else f"\n({text['occurring']})"
    shown = {"shown": len(names), "total": len(found.confusion)}
    axes.set_xlabel(text["said"] + left_out.format(**shown))
    axes.set_ylabel(text["true"])
    facts = {"split": text[f"{split}_set"], "correct": found.correct, "total": found.total}
    figure.suptitle(f"{text['confusion'].format(**facts)}\n{of_net(run, text)}", fontsize=10)
    ticks = MaxNLocator(integer=True)
    figure.colorbar(image, label=text["count"], shrink=0.8, ticks=ticks)
    return figure


def _occurring(counts: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, list[str]]:
    """Leaves out, of many labels, those that are neither true nor said of any integer."""
    kept = np.arange(len(names))
    if len(names) > MAX_LABELS:
        kept = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    return counts[np.ix_(kept, kept)], [shortened(names[label], MAX_NAME) for label in kept]


def _write_counts(axes: Axes, counts: np.ndarray) -> None:
    size = 10 if len(counts) <= 8 else 7
    for row, column in np.ndindex(counts.shape):
        ink = "white" if counts[row, column] > counts.max() * DARK else "black"
        place = {"ha": "center", "va": "center", "color": ink, "fontsize": size}
        axes.text(column, row, str(counts[row, column]), **place)


def _name_labels(axes: Axes, names: list[str]) -> None:
    """Names at most `MAX_NAMED` of the labels along both axes."""
    step = -(-len(names) // MAX_NAMED)
    style = {"parse_math": False, "fontsize": 10 if len(names) <= 8 else 8}
    places, shown = range(0, len(names), step), names[::step]
    axes.set_xticks(places, shown, rotation=90 if len(names) > 4 else 0, **style)
    axes.set_yticks(places, shown, **style)
