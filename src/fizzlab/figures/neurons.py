"""What single hidden neurons answer, each as a map of all integers of the encoding."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from fizzlab.errors import UsageError
from fizzlab.figures.maps import grid_shape, power_ticks
from fizzlab.figures.style import new_figure
from fizzlab.figures.texts import of_net
from fizzlab.figures.weights import layers_in_order
from fizzlab.nets import ACTIVATIONS, logits
from fizzlab.runs import Run

ACROSS, MOST = 4, 16  # maps in a row, and in all


def neurons(run: Run, text: dict[str, str]) -> Figure:
    """Draws what the most striking neurons of the first hidden layer answer over the map.

    Striking are those whose answers vary most, weighted by the norm of their outgoing weights.

    Raises:
        UsageError: If the net has no hidden layer of a known kind, or the map would be too large.
    """
    shape = grid_shape(run.experiment.encoding.bits)
    answers, strength = _answers(run, shape[0] * shape[1])
    chosen = (-strength).argsort(kind="stable")[:MOST]
    down = -(-len(chosen) // ACROSS)
    figure = new_figure(7.2, 1.4 + 1.6 * down)
    grid = figure.subplots(down, ACROSS, squeeze=False)
    for place, axes in np.ndenumerate(grid):
        index = place[0] * ACROSS + place[1]
        if index >= len(chosen):
            axes.set_axis_off()
            continue
        axes.imshow(answers[:, chosen[index]].reshape(shape), cmap="Greys", aspect="auto")
        axes.set_title(text["one_neuron"].format(index=chosen[index]), fontsize=8, pad=2)
        _outer_ticks(axes, shape, left=place[1] == 0, bottom=index + ACROSS >= len(chosen))
    columns = shape[1]
    figure.suptitle(f"{text['neurons'].format(count=len(chosen))}\n{of_net(run, text)}")
    figure.supxlabel(f"{text['low'].format(columns=columns)}\n({text['activation']})", fontsize=9)
    figure.supylabel(text["high"].format(columns=columns), fontsize=9)
    return figure


def _outer_ticks(axes: Axes, shape: tuple[int, int], *, left: bool, bottom: bool) -> None:
    """Gives ticks to the outer sides only: ticks are what takes time to draw."""
    rows, columns = shape
    axes.set_xticks(power_ticks(columns, 4) if bottom else [])
    axes.set_yticks(power_ticks(rows, 4) if left else [])
    axes.tick_params(labelsize=7)


def _answers(run: Run, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gives the answers of the first hidden layer, (integer, neuron), and how striking each is.

    Raises:
        UsageError: If the net has no hidden layer of a known kind.
    """
    layers = [layer for layer in layers_in_order(run.net) if not isinstance(layer, nn.Dropout)]
    kinds = [type(layer) for layer in layers[:3]]
    if len(kinds) < 3 or kinds[::2] != [nn.Linear] * 2 or kinds[1] not in ACTIVATIONS.values():
        raise UsageError(
            "This net has no hidden layer to look into.",
            expected="an MLP, or an nn.Sequential of nn.Linear, an activation "
            f"({', '.join(kind.__name__ for kind in ACTIVATIONS.values())}), nn.Linear, …",
            got=type(run.net).__name__,
        )
    encoded = torch.from_numpy(run.experiment.encoding.rows(np.arange(count)))
    answers = logits(nn.Sequential(*layers[:2]), encoded).numpy()
    outgoing: torch.Tensor = layers[2].weight  # type: ignore[assignment]
    return answers, answers.std(axis=0) * outgoing.detach().norm(dim=0).numpy()
