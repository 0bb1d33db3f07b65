"""The confusion matrix: what is true against what the net says."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from fizzlab.figures.style import new_figure
from fizzlab.runs import Run


def confusion(run: Run, text: dict[str, str]) -> Figure:
    """Draws the confusion matrix of the test set, or of the validation set if there is no test."""
    evaluations = run.report.evaluations
    split = next(name for name in ("test", "validation", "train") if name in evaluations)
    found = evaluations[split]
    counts = np.array(found.confusion)
    names = run.experiment.rule.names
    size = max(4.6, 0.6 * len(names) + 2)
    figure = new_figure(size + 0.8, size)
    axes = figure.subplots()
    image = axes.imshow(counts, cmap="Blues", vmin=0)
    for row, column in np.ndindex(counts.shape):
        dark = counts[row, column] > counts.max() / 2
        ink = "white" if dark else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=ink)
    turned = 90 if len(names) > 4 else 0
    axes.set_xticks(range(len(names)), names, rotation=turned)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(text["said"])
    axes.set_ylabel(text["true"])
    title = text["confusion"].format(split=text[split], correct=found.correct, total=found.total)
    axes.set_title(title, fontsize=10)
    figure.colorbar(image, label=text["count"], shrink=0.8)
    return figure
