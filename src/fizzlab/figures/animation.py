"""An animation of the map while the net learns, from the snapshots of a run."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from fizzlab.errors import UsageError
from fizzlab.figures.maps import draw_cells, grid_shape, label_axes
from fizzlab.figures.style import new_figure
from fizzlab.runs import Run

MAX_FRAMES = 60
FRAME_MS, LAST_FRAME_MS = 120, 2500


def animation(run: Run, text: dict[str, str]) -> bytes:
    """Draws the map at each snapshot, as a GIF.

    Raises:
        UsageError: If the run has no snapshots of all integers.
    """
    frames = _frames(run, text)
    buffer = io.BytesIO()
    durations = [FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS]
    frames[0].save(
        buffer, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0
    )
    return buffer.getvalue()


def _frames(run: Run, text: dict[str, str]) -> list[Image.Image]:
    rows, columns = grid_shape(run.experiment.encoding.bits)
    truth = run.experiment.rule.labels(np.arange(rows * columns))
    snapshots = {e: said for e, said in run.state.snapshots.items() if len(said) == len(truth)}
    if not snapshots:
        raise UsageError(
            "This run holds no snapshots of all its integers.",
            expected="an encoding of at most 12 bits",
        )
    epochs = sorted(snapshots)
    step = -(-len(epochs) // MAX_FRAMES)
    shown = [*epochs[:-1:step], epochs[-1]]
    figure = new_figure(4.2, 4.4)
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    draw_cells(axes, (snapshots[shown[0]] == truth).reshape(rows, columns))
    label_axes(axes, columns, text)
    axes.yaxis.label.set_fontsize(7)
    frames = []
    for epoch in shown:
        right = snapshots[epoch] == truth
        axes.images[0].set_data(right.reshape(rows, columns))
        facts = {"epoch": epoch, "correct": int(right.sum()), "total": len(right)}
        axes.set_title(text["animation"].format(**facts))
        canvas.draw()
        figure.set_layout_engine("none")  # laid out once, the rest stays in place
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba()))
        frames.append(picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=32))
    return frames
