"""What all pictures share: size, colours that survive grey printing, and rendering to bytes."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

DPI = 120
RIGHT, WRONG = "#e3eef7", "#dd7755"  # light and mid: told apart in grey, black marks show on both
TRAIN_INK, VALIDATION_INK = "#1f5a8c", "#c2410c"
SETTINGS: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.grid": False,
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "fizzlab",
    "svg.fonttype": "path",
}


def new_figure(width: float = 7.0, height: float = 5.0) -> Figure:
    """Gives an empty figure, in inches."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def render(figure: Figure, kind: str) -> bytes:
    """Renders a figure as "png" or "svg"; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context(SETTINGS):
        figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()
