"""The states of a net that reads, seen along two axes: clusters, and the codes they snap to."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor

from fizzlab.errors import UsageError
from fizzlab.figures.boxes import Point, box, freest
from fizzlab.figures.drift import draw_drift
from fizzlab.figures.labels import look
from fizzlab.figures.style import new_figure
from fizzlab.figures.texts import of_net, shortened
from fizzlab.nets import PrefixTree, Reader, Snapped
from fizzlab.runs import Run
from fizzlab.runs.session import one_thread

MAX_POINTS = 4096  # training integers; of more the first ones
MAX_NAMED = 16  # labels in the legend
NAME = 12  # characters
RING = 13.0  # points: diameter of a code's ring
FAR = (14.0, 18.0, 22.0, 27.0, 32.0, 38.0, 45.0)  # points: between a code and its number
TURNS = tuple(math.pi / 4 * eighth for eighth in (2, 0, 4, 6, 1, 3, 5, 7))
AXES = ("first", "second")


def states(run: Run, text: dict[str, str]) -> Figure:
    """Draws the states of the kept net, not snapped, after each training integer.

    They are seen along the two principal axes of the codes, or of themselves if there are none.
    Where there are codes, a second panel shows how far from them longer numbers lead.

    Raises:
        UsageError: If the net does not read digits, or its state is a single number.
    """
    net, snapped = run.kept, run.net
    if not isinstance(net, Reader) or net.state < 2:
        raise UsageError(
            "This net has no states to draw.",
            expected="a net that reads digits, with a state of at least 2 numbers",
            got=type(net).__name__,
        )
    if isinstance(snapped, Snapped):
        figure = new_figure(7.2, 9.2)
        panel, below = figure.subplots(2, 1, height_ratios=(2.4, 1))
        draw_drift(below, snapped, text)
        codes, of, title = snapped.codebook, text["codes"], text["states"]
    else:
        figure = new_figure(7.2, 7.4)
        panel, codes, of, title = figure.subplots(), None, text["points"], text["raw_states"]
    points, labels = _after_training_integers(run, net)
    origin, axes, shares = _principal(points if codes is None else codes)
    handles = _points(panel, (points - origin) @ axes, labels, run.experiment.rule.names, text)
    if codes is not None:
        handles.append(_codes(panel, (codes - origin) @ axes, text))
    named = [text["axis"].format(which=text[which], of=of, share="{}") for which in AXES]
    panel.set_xlabel(named[0].format(f"{100 * shares[0]:.0f}"))
    panel.set_ylabel(named[1].format(f"{100 * shares[1]:.0f}"))
    panel.grid(color="0.92")
    shown = "" if net.state == 2 else "\n" + text["shown"].format(count=net.state, of=of)
    figure.suptitle(f"{title}\n{of_net(run, text)}{shown}")
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "borderaxespad": 0.2}
    panel.legend(handles=handles, ncols=3, **place)
    if codes is not None:
        figure.draw_without_rendering()  # lays out
        _number(panel, (codes - origin) @ axes, (points - origin) @ axes)
    return figure


def _after_training_integers(
    run: Run, net: Reader
) -> tuple[Float[Tensor, "integer state"], Int[Tensor, " integer"]]:
    """Gives the states after the training integers, and the labels that the net says there."""
    integers = run.splits.train.integers[:MAX_POINTS]
    tree = PrefixTree(torch.from_numpy(run.experiment.encoding.rows(integers)), net.base)
    with one_thread(), torch.no_grad():
        found = tree.states(net)[tree.ends]
        return found, net.scores(found).argmax(dim=1)


def _principal(
    vectors: Float[Tensor, "vector state"],
) -> tuple[Float[Tensor, " state"], Float[Tensor, "state axis"], list[float]]:
    """Gives the mean of vectors, their two principal axes and the axes' shares of the variance."""
    origin = vectors.mean(dim=0)
    _, sizes, axes = torch.linalg.svd((vectors - origin).double(), full_matrices=True)
    variance = torch.zeros(max(len(sizes), 2), dtype=torch.double)
    variance[: len(sizes)] = sizes.square()
    total = variance.sum().item() or 1.0
    axes = axes[:2]
    signs = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True)).sign()  # else they are free
    return origin, (axes * signs).T.float(), [part / total for part in variance[:2].tolist()]


def _points(
    panel: Axes,
    points: Float[Tensor, "integer axis"],
    labels: Int[Tensor, " integer"],
    names: tuple[str, ...],
    text: dict[str, str],
) -> list[Line2D]:
    handles = []
    for label in labels.unique().tolist():
        how, own = look(label), points[labels == label]
        style = {"mfc": how.fill, "mec": "black", "mew": 0.6, "ms": 5, "ls": ""}
        said = text["says"].format(word=shortened(names[label], NAME))
        handles += panel.plot(*own.T, marker=how.shape, label=said, **style)
    return handles[:MAX_NAMED]


def _codes(panel: Axes, codes: Float[Tensor, "code axis"], text: dict[str, str]) -> Line2D:
    """Draws the codes as rings, with margins for their numbers."""
    style = {"ms": RING, "mfc": "none", "mec": "black", "mew": 1.2, "zorder": 4}
    (rings,) = panel.plot(*codes.T, "o", label=text["code"], **style)
    panel.margins(0.09)
    return rings


def _number(panel: Axes, codes: Tensor, points: Tensor) -> None:
    """Writes the codes' numbers near them, where no ring, point or other number is.

    The panel must have its place already.
    """
    in_points = 72 / panel.get_figure(root=True).dpi  # type: ignore[union-attr]
    places = panel.transData.transform(codes.numpy()) * in_points
    dots = np.unique(np.round(panel.transData.transform(points.numpy()) * in_points / 4), axis=0)
    taken = [box((x, y), RING, RING) for x, y in places.tolist()]
    taken += [box((4 * x, 4 * y), 5.0, 5.0) for x, y in dots.tolist()]
    for number, (x, y) in enumerate(places.tolist()):
        size = 7.0 * len(str(number)) + 2, 11.0
        tries = [
            (x + far * math.cos(turn), y + far * math.sin(turn)) for far in FAR for turn in TURNS
        ]
        place = freest(tries, *size, taken)
        taken.append(box(place, *size))
        _write_number(panel, number, codes[number], (place[0] - x, place[1] - y))


def _write_number(panel: Axes, number: int, code: Tensor, offset: Point) -> None:
    """Writes a code's number beside it, with a line to its ring."""
    style = {"fontsize": 9, "weight": "bold", "ha": "center", "va": "center", "zorder": 5}
    line = {"arrowstyle": "-", "linewidth": 0.7, "shrinkA": 0, "shrinkB": RING / 2, "zorder": 5}
    x, y = code.tolist()
    panel.annotate(
        str(number), (x, y), offset, textcoords="offset points", arrowprops=line, **style
    )
