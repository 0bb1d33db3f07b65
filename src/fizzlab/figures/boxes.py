"""Boxes round texts: where one may stand so that it covers no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top


def box(place: Point, width: float, height: float) -> Box:
    """Gives the box of a width and height round a place."""
    (x, y), w, h = place, width / 2, height / 2
    return x - w, y - h, x + w, y + h


def freest(places: Sequence[Point], width: float, height: float, taken: Sequence[Box]) -> Point:
    """Gives the place, the first of several equal ones, where a box covers least of others."""
    half, own, others = np.array([width, height]) / 2, np.array(places), np.array(taken)
    if not len(others):
        return places[0]
    low = np.maximum((own - half)[:, None], others[None, :, :2])
    high = np.minimum((own + half)[:, None], others[None, :, 2:])
    covered = (high - low).clip(min=0.0).prod(axis=2).sum(axis=1)
    return places[int(covered.argmin())]
