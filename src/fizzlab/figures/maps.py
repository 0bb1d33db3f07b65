"""Maps of all integers of an encoding: each integer a cell, low bits across, high bits down."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from torch import nn

from fizzlab.errors import UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.figures.style import RIGHT, WRONG, new_figure
from fizzlab.nets import logits
from fizzlab.runs import Run

MAX_BITS = 14  # of a map: 128 × 128 cells
MARKS = {"validation": "o", "test": "s"}
NUM_NEURONS = 16


def grid_shape(bits: int) -> tuple[int, int]:
    """Gives rows and columns of the map of all 2^bits integers.

    Raises:
        UsageError: If there are too many integers to draw.
    """
    if bits > MAX_BITS:
        raise UsageError(
            f"A map of 2^{bits} integers cannot be drawn.", expected=f"at most {MAX_BITS} bits"
        )
    return 1 << (bits // 2), 1 << (bits - bits // 2)


def map_figure(run: Run, text: dict[str, str]) -> Figure:
    """Draws which of all integers are right, and which split each belongs to."""
    rows, columns = grid_shape(run.experiment.encoding.bits)
    integers = np.arange(rows * columns)
    labels = predict_labels(run.net, run.experiment.encoding, integers)
    right = labels == run.experiment.rule.labels(integers)
    figure = new_figure(7.2, 7.4 * max(rows / columns, 0.6))
    axes = figure.subplots()
    draw_cells(axes, right.reshape(rows, columns))
    _mark_splits(axes, run, columns)
    label_axes(axes, columns, text)
    title = text["map"].format(last=integers[-1], correct=int(right.sum()), total=len(right))
    axes.set_title(title)
    figure.legend(handles=_legend(run, text), loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_cells(axes: Axes, right: np.ndarray) -> AxesImage:
    """Fills the cells: light for right, darker for wrong."""
    return axes.imshow(right, cmap=ListedColormap([WRONG, RIGHT]), vmin=0, vmax=1, aspect="equal")


def label_axes(axes: Axes, columns: int, text: dict[str, str]) -> None:
    """Labels the axes of a map."""
    axes.set_xlabel(text["low"].format(columns=columns))
    axes.set_ylabel(text["high"].format(columns=columns))


def _mark_splits(axes: Axes, run: Run, columns: int) -> None:
    if run.experiment.encoding.bits > 10:
        return  # marks would cover the cells
    used = {"test": run.splits.test, "validation": run.splits.validation}
    for name, split in used.items():
        y, x = np.divmod(split.integers, columns)
        axes.scatter(x, y, s=9, marker=MARKS[name], facecolors="none", edgecolors="k", lw=0.7)
    everything = set(range(columns * columns))
    parts = (run.splits.train, run.splits.validation, run.splits.test)
    unused = sorted(everything - {int(n) for part in parts for n in part.integers})
    y, x = np.divmod(np.array(unused, dtype=int), columns)
    axes.scatter(x, y, s=9, marker="x", color="k", lw=0.7)


def right_wrong_handles(text: dict[str, str]) -> list[Patch]:
    """Gives the entries of a legend for the cells' colours."""
    return [
        Patch(facecolor=RIGHT, edgecolor="0.5", label=text["right"]),
        Patch(facecolor=WRONG, label=text["wrong"]),
    ]


def _legend(run: Run, text: dict[str, str]) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [*right_wrong_handles(text)]
    if run.experiment.encoding.bits > 10:
        return handles
    marks = {"train": "", "validation": "o", "test": "s", "none": "x"}
    for name, mark in marks.items():
        if name == "validation" and not len(run.splits.validation):
            continue
        style = {"marker": mark or "_", "markersize": 0 if not mark else 5}
        label = text[name] if mark else f"{text[name]} ({text['unmarked']})"
        handles.append(Line2D([], [], color="k", ls="", mfc="none", label=label, **style))
    return handles


def neurons(run: Run, text: dict[str, str]) -> Figure:
    """Draws what the most striking neurons of the first hidden layer answer over the map.

    Striking are those whose answers vary most, weighted by the norm of their outgoing weights.

    Raises:
        UsageError: If the net has no hidden layer of a known kind.
    """
    rows, columns = grid_shape(run.experiment.encoding.bits)
    answers, strength = _answers(run, rows * columns)
    chosen = strength.argsort()[::-1][:NUM_NEURONS]
    figure = new_figure(7.2, 7.6)
    grid = figure.subplots(4, 4, sharex=True, sharey=True).reshape(-1)
    for axes in grid[len(chosen) :]:
        axes.set_axis_off()
    for axes, neuron in zip(grid, chosen, strict=False):
        axes.imshow(answers[:, neuron].reshape(rows, columns), cmap="Greys", aspect="auto")
        axes.set_title(f"n° {neuron}", fontsize=8, pad=2)
        axes.tick_params(labelsize=7)
    figure.suptitle(text["neurons"].format(count=len(chosen)), fontsize=10)
    figure.supxlabel(f"{text['low'].format(columns=columns)}\n{text['activation']}", fontsize=9)
    figure.supylabel(text["high"].format(columns=columns), fontsize=9)
    return figure


def _answers(run: Run, count: int) -> tuple[np.ndarray, np.ndarray]:
    layers = list(run.net.children())
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    if len(linear) < 2 or not isinstance(layers[0], nn.Linear):
        raise UsageError("This net has no hidden layer to look into.", expected="an MLP")
    encoded = torch.from_numpy(run.experiment.encoding.rows(np.arange(count)))
    answers = logits(nn.Sequential(*layers[:2]), encoded).numpy()
    outgoing = linear[1].weight.detach().norm(dim=0).numpy()
    return answers, answers.std(axis=0) * outgoing
