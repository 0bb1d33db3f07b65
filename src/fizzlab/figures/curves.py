"""Learning curves: loss and accuracy against epochs, with the baselines that make them readable."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fizzlab.errors import UsageError
from fizzlab.evaluation import frequency_loss
from fizzlab.figures.style import BASELINE_INK, TRAIN_INK, VALIDATION_INK, new_figure
from fizzlab.figures.texts import shortened
from fizzlab.runs import Run

LOG_FROM = 100  # ratio of the largest loss to the smallest from which its axis is logarithmic


def curves(run: Run, text: dict[str, str]) -> Figure:
    """Draws training and validation loss and accuracy; never the test set's.

    Raises:
        UsageError: If the net was not trained step by step.
    """
    if run.experiment.recipe.method != "gradient":
        raise UsageError(
            "This net has no learning curves: its weights were computed in closed form.",
            expected='a run with recipe.method = "gradient"',
            got=f'"{run.experiment.recipe.method}"',
        )
    labels, loss = run.splits.train.labels, run.experiment.recipe.loss
    unit = loss if loss == "squared_error" else "cross_entropy"
    figure = new_figure(7.0, 6.6)
    above, below = figure.subplots(2, 1, sharex=True)
    _panel(above, run, "loss", text[unit], text)
    _panel(below, run, "accuracy", text["accuracy"], text)
    _baseline(above, frequency_loss(labels, loss), text["frequency_baseline"])
    _baseline(below, np.bincount(labels).max() / len(labels), text["majority_baseline"])
    if _is_wide(run):
        above.set_yscale("log")
        above.set_ylabel(text[f"log_{unit}"])
    else:
        above.set_ylim(0, 1.05 * above.get_ylim()[1])
    below.set_ylim(0, 1.02)
    below.set_xlabel(text["epoch"])
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    about = text["of_run"].format(name=shortened(run.report.name), seed=run.report.seed)
    figure.suptitle(f"{text['curves']}\n{about}")
    handles, _ = above.get_legend_handles_labels()
    figure.legend(handles=handles[:-1], loc="outside lower center", ncols=3)
    return figure


def _panel(axes: Axes, run: Run, what: str, label: str, text: dict[str, str]) -> None:
    history, kept = run.state.history, run.report.kept_epoch
    epochs = np.array(history["epoch"])
    marker = "o" if len(epochs) < 10 else None  # a line of few points would hide where they are
    inks = {"train": (TRAIN_INK, "-"), "validation": (VALIDATION_INK, "--")}
    for split, (ink, line) in inks.items():
        if len(getattr(run.splits, split)):
            values = np.array(history[f"{split}_{what}"])
            axes.plot(epochs, values, color=ink, linestyle=line, marker=marker, label=text[split])
    axes.axvline(kept, color="0.2", linewidth=0.8, label=text["kept"].format(epoch=kept))
    length = run.experiment.recipe.epochs
    for epoch in range(length, run.state.epoch, length):  # after which another try begins
        name = text["try"] if epoch == length else None
        axes.axvline(epoch, color="0.55", linestyle="-.", linewidth=0.8, label=name)
    axes.set_ylabel(label)
    axes.grid(color="0.92")


def _baseline(axes: Axes, value: float, label: str) -> None:
    """Draws a baseline, named above the axes, where no curve is."""
    line = axes.axhline(value, color=BASELINE_INK, linestyle=":", label=label)
    place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2}
    axes.legend(handles=[line], **place)


def _is_wide(run: Run) -> bool:
    """Tells whether the losses are too far apart for a linear axis."""
    history = run.state.history
    losses = np.array([*history["train_loss"], *history["validation_loss"]])
    losses = losses[np.isfinite(losses) & (losses > 0)]
    return len(losses) > 0 and bool(losses.max() > LOG_FROM * losses.min())
