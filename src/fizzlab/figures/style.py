"""What all pictures share: size, colours that survive grey printing, and rendering to bytes.

Never pyplot: it keeps figures alive, looks for a screen and takes long to import. Each figure is
drawn by its canvases, without `savefig`, which would draw everything twice.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

DPI = 120
RIGHT, WRONG = "#e3eef7", "#dd7755"  # light and mid: told apart in grey, black marks show on both
TRAIN_INK, VALIDATION_INK, BASELINE_INK = "#123f68", "#e0803f", "0.35"
SETTINGS: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "figure.titlesize": 11,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "svg.hashsalt": "fizzlab",
    "svg.fonttype": "path",
}


@contextmanager
def settings() -> Iterator[None]:
    """Draws by matplotlib's defaults and `SETTINGS`, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        yield


def new_figure(width: float = 7.0, height: float = 5.0) -> Figure:
    """Gives an empty figure, in inches."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def render(figure: Figure) -> dict[str, bytes]:
    """Renders a figure as PNG and SVG, laid out once; the same figure gives the same bytes."""
    png, svg = io.BytesIO(), io.BytesIO()
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
    figure.set_layout_engine("none")  # as the PNG has it
    FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})
    return {"png": png.getvalue(), "svg": svg.getvalue()}
