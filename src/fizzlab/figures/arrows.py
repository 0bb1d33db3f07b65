"""The arrows of an automaton's picture: one a digit, or one a pair of states with its digits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.path import Path

from fizzlab.figures.boxes import Box, Point, box, freest
from fizzlab.figures.circle import ASIDE, Plan, at
from fizzlab.figures.style import TRAIN_INK, VALIDATION_INK
from fizzlab.readers import Automaton

LINES = ((TRAIN_INK, "-"), (VALIDATION_INK, "--"), ("0.35", ":"), ("black", "-."))  # of digits
SHARES = (0.3, 0.35, 0.4, 0.25, 0.45, 0.5, 0.55, 0.6, 0.2, 0.65, 0.7)  # of an arrow: for digits


@dataclass(frozen=True)
class Arrow:
    """One arrow: from a state to a state, by digits; beside how many equal or opposite ones."""

    origin: int
    target: int
    digits: tuple[int, ...]
    rank: int  # among the arrows with the same two ends in this direction
    opposite: bool  # whether there is one in the other direction
    labelled: bool


def arrows_of(found: Automaton) -> Iterator[Arrow]:
    """Gives the arrows: one a digit where lines tell digits apart, else one a pair of states."""
    labelled = found.base > len(LINES)
    for origin, row in enumerate(found.after):
        for target in dict.fromkeys(row):
            digits = tuple(d for d, next_ in enumerate(row) if next_ == target)
            opposite = origin != target and origin in found.after[target]
            groups = [digits] if labelled else [(digit,) for digit in digits]
            for rank, group in enumerate(groups):
                yield Arrow(origin, target, group, rank, opposite, labelled)


def draw_arrow(axes: Axes, plan: Plan, nodes: list[Patch], arrow: Arrow, taken: list[Box]) -> None:
    """Draws an arrow and, where lines do not tell digits apart, writes its digits beside it."""
    ink, line = LINES[0] if arrow.labelled else LINES[arrow.digits[0]]
    style = {"arrowstyle": "-|>", "mutation_scale": 9, "linewidth": 1.1, "color": ink}
    if arrow.origin == arrow.target:
        path = _loop(plan, arrow)
        axes.add_patch(FancyArrowPatch(path=path, linestyle=line, zorder=2, **style))
        places = _beside_loop(plan, arrow)
    else:
        start, end = plan.place(arrow.origin), plan.place(arrow.target)
        bend = _bend(start, end, arrow)
        joined = {"connectionstyle": f"arc3,rad={bend}", "shrinkA": 0, "shrinkB": 1}
        ends: dict[str, Any] = {"patchA": nodes[arrow.origin], "patchB": nodes[arrow.target]}
        axes.add_patch(FancyArrowPatch(start, end, linestyle=line, **style, **joined, **ends))
        places = _along(_curve(start, end, bend))
    if arrow.labelled:
        _write_digits(axes, places, ",".join(map(str, arrow.digits)), taken)


def _loop(plan: Plan, arrow: Arrow) -> Path:
    """Gives a loop at a state, outside the circle and beside the state's word."""
    place, angle = plan.place(arrow.origin), plan.angles[arrow.origin] + ASIDE
    size = plan.radius * (2.9 + 1.3 * arrow.rank)
    points = [
        at(place, angle - 0.5, 1.05 * plan.radius),
        at(place, angle - 0.5, size),
        at(place, angle + 0.5, size),
        at(place, angle + 0.5, 1.15 * plan.radius),
    ]
    return Path(points, [Path.MOVETO, *[Path.CURVE4] * 3])


def _bend(start: Point, end: Point, arrow: Arrow) -> float:
    """Gives the curvature of an arrow, for arc3: towards the middle, and apart from its twins."""
    across, up = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, up)
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    inward = math.copysign(1.0, -(middle[0] * up - middle[1] * across))
    bend = inward * min(0.35 * math.hypot(*middle), 0.25 * length)
    aside = min(0.14 * length, 0.22) * (arrow.opposite + 2 * arrow.rank)
    return (bend + aside) / length


def _curve(start: Point, end: Point, bend: float) -> Path:
    """Gives the curve that arc3 draws."""
    across, up = end[0] - start[0], end[1] - start[1]
    middle = (start[0] + end[0]) / 2 + bend * up, (start[1] + end[1]) / 2 - bend * across
    return Path([start, middle, end], [Path.MOVETO, Path.CURVE3, Path.CURVE3])


def _write_digits(axes: Axes, places: list[Point], digits: str, taken: list[Box]) -> None:
    """Writes digits at the freest of several places, and notes it as taken."""
    size = 0.065 * len(digits) + 0.05, 0.15
    place = freest(places, *size, taken)
    taken.append(box(place, *size))
    frame = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    axes.text(*place, digits, fontsize=7.5, ha="center", va="center", bbox=frame, zorder=2.5)


def _along(path: Path) -> list[Point]:
    """Gives the points of a curve where its digits may stand, at `SHARES` of its length."""
    points = np.array(path.to_polygons(closed_only=False)[0])
    lengths = np.cumsum([0.0, *(math.dist(a, b) for a, b in pairwise(points))])
    x, y = (np.interp(np.array(SHARES) * lengths[-1], lengths, points[:, axis]) for axis in (0, 1))
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _beside_loop(plan: Plan, arrow: Arrow) -> list[Point]:
    """Gives the points outside a loop where its digits may stand."""
    place, angle = plan.place(arrow.origin), plan.angles[arrow.origin] + ASIDE
    half = 0.033 * len(",".join(map(str, arrow.digits)))
    tries = [angle + turn for turn in (0.0, 0.3, -0.3, 0.6, -0.6, 0.9)]
    return [
        at(place, turned, 2.4 * plan.radius + 0.1 + half * abs(math.cos(turned)))
        for turned in tries
    ]


def draw_entry(axes: Axes, plan: Plan, nodes: list[Patch], state: int, digits: list[int]) -> None:
    """Draws the arrow by which leading digits lead to a state."""
    place, outside = plan.place(state), plan.entry(state)
    style = {"arrowstyle": "-|>", "mutation_scale": 11, "linewidth": 2.2, "color": "black"}
    axes.add_patch(
        FancyArrowPatch(outside, place, patchB=nodes[state], shrinkA=0, shrinkB=1, **style)
    )
    text = ",".join(map(str, digits))
    angle = math.atan2(outside[1] - place[1], outside[0] - place[0])
    beyond = at(outside, angle, 0.1 + 0.04 * len(text) * abs(math.cos(angle)))
    axes.text(*beyond, text, ha="center", va="center", fontsize=9, weight="bold")
