"""An animation of the map while the net learns, from the snapshots of a run."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from fizzlab.errors import UsageError
from fizzlab.figures.maps import draw_cells, grid_shape, label_axes, right_wrong_handles
from fizzlab.figures.style import RIGHT, WRONG, new_figure
from fizzlab.runs import Run

MAX_FRAMES = 60
FRAME_MS, LAST_FRAME_MS = 120, 2500


def animation(run: Run, text: dict[str, str]) -> bytes:
    """Draws the map at each snapshot, as a GIF.

    Raises:
        UsageError: If the run has no snapshots of all integers.
    """
    rows, columns = grid_shape(run.experiment.encoding.bits)
    truth = run.experiment.rule.labels(np.arange(rows * columns))
    right = {
        epoch: (said == truth).reshape(rows, columns)
        for epoch, said in sorted(run.state.snapshots.items())
        if len(said) == len(truth)
    }
    if not right:
        raise UsageError(
            "This run holds no snapshots of all its integers.",
            expected="an encoding of at most 12 bits",
        )
    epochs = list(right)
    step = -(-len(epochs) // MAX_FRAMES)
    shown = [*epochs[:-1:step], epochs[-1]]
    first, *others = _frames({epoch: right[epoch] for epoch in shown}, text)
    buffer = io.BytesIO()
    durations = [FRAME_MS] * len(others) + [LAST_FRAME_MS]
    options = {"save_all": True, "append_images": others, "loop": 0, "optimize": False}
    first.save(buffer, "GIF", duration=durations, **options)
    return buffer.getvalue()


def _frames(right: dict[int, np.ndarray], text: dict[str, str]) -> Iterator[Image.Image]:
    """Draws the frames on one figure, laid out once; only cells and title change."""
    first = next(iter(right.values()))
    figure = new_figure(4.2, 4.9)
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    image = draw_cells(axes, first)
    label_axes(axes, first.shape[1], text)
    axes.yaxis.label.set_fontsize(7)
    figure.legend(handles=right_wrong_handles(text), loc="outside lower center", ncols=2)
    title = axes.set_title(text["animation"].format(epoch=0, correct=0, total=first.size))
    canvas.draw()
    figure.set_layout_engine("none")
    image.set_animated(True)
    title.set_animated(True)
    canvas.draw()
    empty, palette = canvas.copy_from_bbox(figure.bbox), _palette()
    for epoch, cells in right.items():
        image.set_data(cells)
        facts = {"epoch": epoch, "correct": int(cells.sum()), "total": cells.size}
        title.set_text(text["animation"].format(**facts))
        canvas.restore_region(empty)
        for artist in (image, title, *axes.spines.values()):
            axes.draw_artist(artist)
        frame = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        yield frame.quantize(palette=palette, dither=Image.Dither.NONE)


def _palette() -> Image.Image:
    """Gives greys for text and the colours of the cells: the same for all frames."""
    greys = [(17 * level,) * 3 for level in range(16)]
    cells = [tuple(round(255 * part) for part in to_rgb(color)) for color in (RIGHT, WRONG)]
    image = Image.new("P", (1, 1))
    image.putpalette([part for color in (*greys, *cells) for part in color])
    return image
