"""The weights of the first layer: hidden neurons against input features."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import nn

from fizzlab.encodings import Encoding
from fizzlab.errors import UsageError
from fizzlab.figures.style import new_figure
from fizzlab.figures.texts import of_net
from fizzlab.runs import Run

MAX_NAMED = 24  # features, or blocks of them, that have a name along the axis


def weights(run: Run, text: dict[str, str]) -> Figure:
    """Draws the first layer's weights, neurons of largest norm at the top.

    Raises:
        UsageError: If it is not known which layer comes first, or it is not linear.
    """
    layers = layers_in_order(run.net)
    if not layers or not isinstance(first := layers[0], nn.Linear):
        raise UsageError(
            "This net has no linear first layer to draw.",
            expected="an MLP, or an nn.Sequential that begins with nn.Linear",
            got=type(run.net).__name__,
        )
    values = first.weight.detach()
    values = values[values.norm(dim=1).argsort(descending=True, stable=True)].numpy()
    figure = new_figure(6.0, 7.0)
    axes = figure.subplots()
    limit = abs(values).max()
    num_neurons, num_features = values.shape
    ranks_from_1 = (-0.5, num_features - 0.5, num_neurons + 0.5, 0.5)
    options = {"aspect": "auto", "interpolation": "nearest", "extent": ranks_from_1}
    image = axes.imshow(values, cmap="cividis", vmin=-limit, vmax=limit, **options)
    _name_features(axes, run.experiment.encoding, text)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(text["neuron"])
    figure.suptitle(f"{text['weights']}\n{of_net(run, text)}")
    figure.colorbar(image, label=text["weight"])
    return figure


def layers_in_order(net: nn.Module) -> list[nn.Module]:
    """Gives a net's layers in the order in which a row passes them; [] if that is not known.

    It is known where a net is an `nn.Sequential` with the forward pass of that class, as `MLP` is.
    """
    return list(net.children()) if type(net).forward is nn.Sequential.forward else []


def _name_features(axes: Axes, encoding: Encoding, text: dict[str, str]) -> None:
    """Names the bits, or the blocks of one-hot digits, by their place values."""
    axes.set_xlabel(text[encoding.scheme].format(last=encoding.base - 1))
    if encoding.num_digits > MAX_NAMED:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return
    block = encoding.features // encoding.num_digits
    middles = [block * place + (block - 1) / 2 for place in range(encoding.num_digits)]
    base = encoding.base if encoding.scheme == "digits" else 2
    names = [f"${base}^{{{place}}}$" for place in range(encoding.num_digits)]
    if encoding.scheme == "scaled":
        names = [f"$n\\,/\\,2^{{{encoding.bits}}}$"]
    axes.set_xticks(middles, names, fontsize=10 if len(names) <= 12 else 7)
    if block > 1:
        for place in range(1, encoding.num_digits):
            axes.axvline(block * place - 0.5, color="white", linewidth=1.5)
