"""Places on a circle: in an order in which few arrows cross."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fizzlab.figures.boxes import Point
from fizzlab.readers import Automaton

ROUNDS = 8  # of moving each state once; few are needed
MAX_UPRIGHT = 20  # states; the words of more are written along the rays
CHARACTER = 0.07  # width of one of a state's word, inches
ASIDE = math.radians(58)  # between a state's word and its entry, or its loop


@dataclass(frozen=True)
class Plan:
    """Where things stand, in inches.

    Attributes:
        angles: Of each state, on the circle.
        circle: Radius of the circle.
        radius: Of a state.
        reach: Half the width and half the height of the picture.
    """

    angles: tuple[float, ...]
    circle: float
    radius: float
    reach: Point

    @classmethod
    def of(cls, found: Automaton, longest_word: int) -> Plan:
        """Plans a picture of an automaton, the longest of whose words has so many characters."""
        size = len(found)
        pairs = np.array([(q, next_) for q, row in enumerate(found.after) for next_ in row])
        order = circular_order(pairs, size)
        start = order.index(found.first[0])
        angles = [0.0] * size
        for step in range(size):
            angles[order[(start + step) % size]] = math.pi / 2 - 2 * math.pi * step / size
        circle = 0.0 if size == 1 else max(min(2.3, 0.5 + 0.3 * size), 0.52 * size / 2 / math.pi)
        radius = min(0.24, 0.34 * 2 * math.pi * circle / size) if circle else 0.24
        outer, word = circle + radius + 0.3, CHARACTER * longest_word
        reach = outer + word, outer + (0.1 if size <= MAX_UPRIGHT else word)
        return cls(tuple(angles), circle, radius, (max(reach[0], 3.2), reach[1]))

    def place(self, state: int) -> Point:
        """Gives where a state stands."""
        return at((0.0, 0.0), self.angles[state], self.circle)

    def entry(self, state: int) -> Point:
        """Gives where an arrow to a state comes from: beside its word."""
        if self.upright:
            return at(self.place(state), self.angles[state] - ASIDE, self.radius + 0.38)
        between = self.angles[state] - math.pi / len(self.angles)
        return at((0.0, 0.0), between, self.reach[1] - 0.15)

    @property
    def upright(self) -> bool:
        """Whether there is room for words that are not turned."""
        return len(self.angles) <= MAX_UPRIGHT


def at(point: Point, angle: float, distance: float) -> Point:
    """Gives the point at a distance from another one, in a direction."""
    return point[0] + distance * math.cos(angle), point[1] + distance * math.sin(angle)


def circular_order(arrows: np.ndarray, size: int) -> list[int]:
    """Gives an order of states round a circle, with few crossings; always the same one.

    From the order 0, 1, … each state in turn is moved to where least arrows cross, until no move
    helps (sifting: Baur and Brandes, "Crossing reduction in circular layouts", WG 2004).

    Args:
        arrows: Pairs of states, shape (arrow, 2).
        size: Number of states.
    """
    pairs = np.unique(np.sort(arrows, axis=1), axis=0).reshape(-1, 2)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    order = list(range(size))
    for _ in range(ROUNDS):
        before = order
        for state in range(size):
            order = _moved(order, state, pairs)
        if order == before:
            break
    return order


def _moved(order: list[int], state: int, pairs: np.ndarray) -> list[int]:
    """Moves a state to the place of fewest crossings; its own one if no other is better."""
    others = [other for other in order if other != state]
    place = order.index(state)
    places = [place, *(p for p in range(len(order)) if p != place)]
    tries = [[*others[:p], state, *others[p:]] for p in places]
    return min(tries, key=lambda tried: crossings(tried, pairs))


def crossings(order: list[int], pairs: np.ndarray) -> int:
    """Counts the pairs of chords that cross, of those without a common end.

    >>> crossings([0, 1, 2, 3], np.array([[0, 2], [1, 3]]))
    1
    >>> crossings([0, 2, 1, 3], np.array([[0, 2], [1, 3]]))
    0
    """
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    low, high = np.sort(place[pairs], axis=1).T
    inside = (low[:, None] < low) & (low < high[:, None])
    return int((inside & (high > high[:, None])).sum())
