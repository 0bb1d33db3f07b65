"""Boxes round texts: where one may stand so that it covers no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top


def box(place: Point, width: float, height: float) -> Box:
    """Gives the box of a width and height round a place."""
    (x, y), w, h = place, width / 2, height / 2
    return x - w, y - h, x + w, y + h


def overlap(one: Box, other: Box) -> float:
    """Gives the area that two boxes share.

    >>> overlap((0.0, 0.0, 2.0, 2.0), (1.0, 1.0, 3.0, 3.0))
    1.0
    """
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def freest(places: Sequence[Point], width: float, height: float, taken: Sequence[Box]) -> Point:
    """Gives the place, the first of several equal ones, where a box covers least of others."""
    return min(
        places, key=lambda place: sum(overlap(box(place, width, height), other) for other in taken)
    )
