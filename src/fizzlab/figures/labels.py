"""How a label looks in pictures of readers: a shape and a fill, told apart in grey."""

from __future__ import annotations

from dataclasses import dataclass

FILLS = ("white", "#cfe1f2", "#85b5da", "#123f68")  # each much darker than the one before
SHAPES = ("o", "s", "D", "h")  # circle, square, diamond, hexagon


@dataclass(frozen=True)
class Look:
    """Shape (a marker of matplotlib), fill, and the ink of what is written on it."""

    shape: str
    fill: str

    @property
    def ink(self) -> str:
        """The colour of text on the fill."""
        return "white" if self.fill == FILLS[-1] else "black"


def look(label: int) -> Look:
    """Gives the look of a label; 16 are different, then they repeat.

    >>> look(0), look(1).shape, look(4).shape
    (Look(shape='o', fill='white'), 's', 'o')
    """
    return Look(SHAPES[label % 4], FILLS[(label + label // 4) % 4])
