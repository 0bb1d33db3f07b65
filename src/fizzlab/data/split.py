"""`Split`: integers with their labels, which nobody can change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    """Integers with their labels.

    Attributes:
        integers: shape (n,), int64 (dtype object where they do not fit).
        labels: int64, shape (n,).
    """

    integers: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        for name in ("integers", "labels"):
            view = getattr(self, name).view()  # so that the caller's own array stays writeable
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.integers)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Gives each integer with its label."""
        return zip(self.integers.tolist(), self.labels.tolist(), strict=True)

    def take(self, positions: np.ndarray) -> Split:
        """Gives the integers at these positions, as a new split."""
        return Split(self.integers[positions], self.labels[positions])


@dataclass(frozen=True)
class Splits:
    """What is trained on, what chooses the net, and what is only looked at in the end."""

    train: Split
    validation: Split
    test: Split
