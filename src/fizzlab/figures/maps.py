"""The map of all integers of an encoding: each integer a cell, low bits across, high bits down."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch

from fizzlab.errors import UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.figures.style import RIGHT, WRONG, new_figure
from fizzlab.figures.texts import of_net
from fizzlab.runs import Run

MAX_BITS = 14  # of a map: 128 × 128 cells
MAX_MARKED_BITS = 10  # more marks would cover the cells
MARKS = {"validation": "o", "test": "s", "none": "x"}


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
    right = labels == run.truth(integers)
    figure = new_figure(7.2, 2.0 + 5.8 * max(rows / columns, 0.25))
    axes = figure.subplots()
    draw_cells(axes, right.reshape(rows, columns))
    label_axes(axes, (rows, columns), text)
    facts = {"last": integers[-1], "correct": int(right.sum()), "total": len(right)}
    figure.suptitle(f"{text['map'].format(**facts)}\n{of_net(run, text)}")
    handles = [*right_wrong_handles(text), *_mark_splits(axes, run, columns, text)]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def draw_cells(axes: Axes, right: np.ndarray) -> AxesImage:
    """Fills the cells: light for right, darker for wrong."""
    return axes.imshow(right, cmap=ListedColormap([WRONG, RIGHT]), vmin=0, vmax=1, aspect="equal")


def label_axes(axes: Axes, shape: tuple[int, int], text: dict[str, str]) -> None:
    """Labels the axes of a map."""
    rows, columns = shape
    axes.set_xticks(power_ticks(columns, 8))
    axes.set_yticks(power_ticks(rows, 8))
    axes.set_xlabel(text["low"].format(columns=columns))
    axes.set_ylabel(text["high"].format(columns=columns))


def power_ticks(size: int, count: int) -> range:
    """Gives at most `count` ticks along `size` cells, both powers of two.

    >>> list(power_ticks(32, 4))
    [0, 8, 16, 24]
    """
    return range(0, size, max(1, size // count))


def right_wrong_handles(text: dict[str, str]) -> list[Patch]:
    """Gives the entries of a legend for the cells' colours."""
    return [
        Patch(facecolor=RIGHT, edgecolor="0.5", label=text["right"]),
        Patch(facecolor=WRONG, edgecolor="0.5", label=text["wrong"]),
    ]


def _mark_splits(axes: Axes, run: Run, columns: int, text: dict[str, str]) -> list[Artist]:
    """Marks each integer by its split, the training set's by nothing; gives the legend's part."""
    if run.experiment.encoding.bits > MAX_MARKED_BITS:
        return []
    style: dict[str, Any] = {"color": "k", "mfc": "none", "ls": "", "mew": 0.7}
    style["ms"] = min(10, max(3, 96 / columns))  # points: within a cell
    name = f"{text['train']} ({text['unmarked']})"
    handles: list[Artist] = [Patch(facecolor="none", edgecolor="0.5", label=name)]
    for name, integers in _parts(run).items():
        if name != "train" and len(integers):
            y, x = np.divmod(integers, columns)
            handles += axes.plot(x, y, marker=MARKS[name], label=text[name], **style)
    return handles


def _parts(run: Run) -> dict[str, np.ndarray]:
    """Gives the integers of each split, and those of the encoding that are in none."""
    names = ("train", "validation", "test")
    parts = {name: getattr(run.splits, name).integers for name in names}
    everything = np.arange(run.experiment.encoding.capacity)
    return {**parts, "none": np.setdiff1d(everything, np.concatenate(list(parts.values())))}
