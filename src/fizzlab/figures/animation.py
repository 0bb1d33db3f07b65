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
from fizzlab.figures.texts import of_net
from fizzlab.runs import Run

MAX_FRAMES = 40  # more make a student wait and show no more
FRAME_MS, LAST_FRAME_MS = 160, 2500


def animation(run: Run, text: dict[str, str]) -> bytes:
    """Draws the map at each snapshot, as a GIF.

    Raises:
        UsageError: If the run has no snapshots of all integers, or was not trained step by step.
    """
    if run.experiment.recipe.method != "gradient":
        raise UsageError(
            "There is nothing to animate: this net's weights were computed in closed form.",
            expected='a run with recipe.method = "gradient"',
            got=f'"{run.experiment.recipe.method}"',
        )
    rows, columns = grid_shape(run.experiment.encoding.bits)
    truth = run.truth(np.arange(rows * columns))
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
    titles = {epoch: _title(run, epoch, right[epoch], text) for epoch in shown}
    first, *others = _frames([(titles[epoch], right[epoch]) for epoch in shown], text)
    buffer = io.BytesIO()
    durations = [FRAME_MS] * len(others) + [LAST_FRAME_MS]
    options = {"save_all": True, "append_images": others, "loop": 0, "optimize": False}
    first.save(buffer, "GIF", duration=durations, **options)
    return buffer.getvalue()


def _title(run: Run, epoch: int, right: np.ndarray, text: dict[str, str]) -> str:
    facts = {"correct": int(right.sum()), "total": right.size}
    return f"{of_net(run, text, epoch)}\n{text['animation'].format(**facts)}"


def _frames(shown: list[tuple[str, np.ndarray]], text: dict[str, str]) -> Iterator[Image.Image]:
    """Draws the frames on one figure, laid out once; only title and cells change."""
    figure = new_figure(4.4, 5.2)
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    image, title = draw_cells(axes, shown[0][1]), axes.set_title(shown[-1][0], fontsize=9)
    label_axes(axes, shown[0][1].shape, text)
    figure.legend(handles=right_wrong_handles(text), loc="outside lower center", ncols=2)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    image.set_animated(True)
    title.set_animated(True)
    canvas.draw()
    empty, palette = canvas.copy_from_bbox(figure.bbox), _palette()
    for words, cells in shown:
        image.set_data(cells)
        title.set_text(words)
        canvas.restore_region(empty)
        for artist in (image, title, *axes.spines.values()):
            axes.draw_artist(artist)
        frame = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        yield frame.quantize(palette=palette, dither=Image.Dither.NONE)


def _palette() -> Image.Image:
    """Gives greys for text and the colours of the cells: the same for all frames."""
    greys = [(17 * level,) * 3 for level in range(16)]
    cells = [tuple(round(255 * part) for part in to_rgb(color)) for color in (RIGHT, WRONG)]
    image = Image.new("P", (1, 1))
    image.putpalette([part for color in (*greys, *cells) for part in color])
    return image
