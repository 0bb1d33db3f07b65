"""Learning curves: loss and accuracy against epochs, with the baselines that make them readable."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fizzlab.evaluation import frequency_loss
from fizzlab.figures.style import TRAIN_INK, VALIDATION_INK, new_figure
from fizzlab.runs import Run


def curves(run: Run, text: dict[str, str]) -> Figure:
    """Draws training and validation loss and accuracy."""
    figure = new_figure(7.0, 6.0)
    above, below = figure.subplots(2, 1, sharex=True)
    labels = run.splits.train.labels
    majority = np.bincount(labels).max() / len(labels)
    _panel(above, run, "loss", text)
    above.axhline(
        frequency_loss(labels),
        color="0.35",
        linestyle=":",
        label=text["frequency_baseline"],
    )
    _panel(below, run, "accuracy", text)
    below.axhline(majority, color="0.35", linestyle=":", label=text["majority_baseline"])
    above.set_ylim(bottom=0)
    below.set_ylim(0, 1.02)
    below.set_xlabel(text["epoch"])
    above.set_title(text["curves"])
    for axes in (above, below):
        axes.grid(color="0.92")
        axes.legend(frameon=False, fontsize=9)
    return figure


def _panel(axes: Axes, run: Run, what: str, text: dict[str, str]) -> None:
    history = run.state.history
    epochs, train = np.array(history["epoch"]), np.array(history[f"train_{what}"])
    axes.plot(epochs, train, color=TRAIN_INK, label=text["train"])
    if len(run.splits.validation):
        values = np.array(history[f"validation_{what}"])
        axes.plot(epochs, values, color=VALIDATION_INK, linestyle="--", label=text["validation"])
    kept = run.report.kept_epoch
    axes.axvline(kept, color="0.2", linewidth=0.8, label=text["kept"].format(epoch=kept))
    axes.set_ylabel(text[what])
