"""The weights of the first layer: hidden neurons against input features."""

from __future__ import annotations

from matplotlib.figure import Figure
from torch import nn

from fizzlab.errors import UsageError
from fizzlab.figures.style import new_figure
from fizzlab.runs import Run


def weights(run: Run, text: dict[str, str]) -> Figure:
    """Draws the first layer's weights, neurons of largest norm at the top.

    Raises:
        UsageError: If the net's first layer is not linear.
    """
    first = next(iter(run.net.children()), None)
    if not isinstance(first, nn.Linear):
        raise UsageError("This net has no linear first layer.", expected="an MLP")
    values = first.weight.detach()
    values = values[values.norm(dim=1).argsort(descending=True)].numpy()
    figure = new_figure(6.0, 7.0)
    axes = figure.subplots()
    limit = abs(values).max()
    image = axes.imshow(
        values, cmap="cividis", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
    )
    encoding = run.experiment.encoding
    if encoding.kind == "binary" and encoding.bits <= 24:
        names = [f"$2^{{{bit}}}$" for bit in range(encoding.bits)]
        axes.set_xticks(range(encoding.bits), names, fontsize=10 if encoding.bits <= 12 else 7)
    axes.set_xlabel(text["feature" if encoding.kind == "binary" else "other_feature"])
    axes.set_ylabel(text["neuron"])
    axes.set_title(text["weights"])
    figure.colorbar(image, label=text["weight"])
    return figure
