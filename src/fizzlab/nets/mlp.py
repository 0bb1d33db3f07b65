"""The multilayer perceptron, with initial weights that depend on its seed alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fizzlab.experiment import Net
from fizzlab.randomness import generator

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "sigmoid": nn.Sigmoid,
}
_DEFAULTS = Net()


class MLP(nn.Sequential):
    """Linear – activation (– dropout) for each hidden layer, then Linear; float32.

    The initial weights are those of `torch.nn.Linear` after `torch.manual_seed(seed)`, bit for
    bit, and torch's global generator is left alone. Its state dict loads into a plain
    `nn.Sequential` of the same layers.

    Args:
        sizes: Number of features, widths of the hidden layers, number of labels.
        activation: One of `ACTIVATIONS`.
        dropout: Probability with which a hidden unit is zeroed in training.
        seed: 0 to 2^32 − 1.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = _DEFAULTS.activation,
        dropout: float = _DEFAULTS.dropout,
        seed: int = 0,
    ) -> None:
        source = generator(seed)
        layers: list[nn.Module] = [_linear(sizes[0], sizes[1], source)]
        for inputs, outputs in itertools.pairwise(sizes[1:]):
            layers.append(ACTIVATIONS[activation]())
            layers += [nn.Dropout(dropout)] if dropout else []
            layers.append(_linear(inputs, outputs, source))
        super().__init__(*layers)


def _linear(inputs: int, outputs: int, source: torch.Generator) -> nn.Linear:
    """Makes what `nn.Linear(inputs, outputs)` makes, drawing from `source`."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)  # type: ignore[assignment]
    _draw(layer.weight, layer.bias, source)
    return layer


def _draw(weight: Tensor, bias: Tensor, source: torch.Generator) -> None:
    """Draws what `nn.Linear.reset_parameters` draws.

    That is uniform in ±1/sqrt(inputs), for the weights through Kaiming's formula; the calls are
    repeated here as they stand there, for the last bit depends on them.
    """
    bound = weight.shape[1] ** -0.5
    nn.init.kaiming_uniform_(weight, a=5**0.5, generator=source)
    nn.init.uniform_(bias, -bound, bound, generator=source)


def initial_parameters(sizes: Sequence[int], seed: int) -> list[Tensor]:
    """Gives the initial weights and biases of an `MLP`, in order, without making the modules."""
    source, parameters = generator(seed), []
    for inputs, outputs in itertools.pairwise(sizes):
        parameters += [torch.empty(outputs, inputs), torch.empty(outputs)]
        _draw(parameters[-2], parameters[-1], source)
    return parameters
