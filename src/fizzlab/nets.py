"""The `nn.Module`s, with initial weights that depend on the stream `init` alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fizzlab.errors import NetError
from fizzlab.experiment import Experiment, Net
from fizzlab.randomness import generator

CHUNK = 1 << 16  # rows evaluated at once
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


def build_net(experiment: Experiment) -> MLP:
    """Builds the net of an experiment, with its initial weights."""
    return MLP(
        experiment.layer_sizes,
        experiment.net.activation,
        experiment.net.dropout,
        experiment.stream_seed("init"),
    )


def logits(net: nn.Module, rows: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch label"]:
    """Gives a net's logits, in evaluation mode and without gradients, by chunks of rows."""
    training = [module for module in net.modules() if module.training]
    net.eval()
    try:
        with torch.no_grad():
            if len(rows) <= CHUNK:
                return net(rows)
            return torch.cat([net(chunk) for chunk in rows.split(CHUNK)])
    finally:
        for module in training:
            module.training = True


def check_net(net: nn.Module, experiment: Experiment) -> None:
    """Makes sure that a net takes the experiment's rows and gives one logit a label.

    Raises:
        NetError: If it does not; the text holds both shapes.
    """
    features, labels = experiment.encoding.features, experiment.rule.num_labels
    expected = f"rows of shape (batch, {features}) → logits of shape (batch, {labels}), float32"
    try:
        output = logits(net, torch.zeros(2, features))
    except Exception as error:
        raise NetError(
            f"{type(net).__name__} does not take this experiment's rows.",
            expected=expected,
            got=f"{type(error).__name__}: {error}".partition("\n")[0],
        ) from error
    if output.shape != (2, labels) or output.dtype != torch.float32:
        raise NetError(
            f"{type(net).__name__} does not give one logit a label.",
            expected=expected,
            got=f"for 2 rows: shape {tuple(output.shape)}, {output.dtype}",
        )
    if not any(parameter.requires_grad for parameter in net.parameters()):
        raise NetError(f"{type(net).__name__} has nothing to train.", expected="parameters")


@dataclass(frozen=True)
class Layer:
    """One row of a summary.

    Attributes:
        name: Its place in the state dict.
        type: Its class.
        shape: Shape of its output for a batch, "batch × 100".
        parameters: Number of its weights and biases.
    """

    name: str
    type: str
    shape: str
    parameters: int


def summary(net: nn.Module, features: int) -> list[Layer]:
    """Lists the leaf layers of a net in the order in which a row passes them.

    Args:
        net: Any module that takes rows of shape (batch, features).
        features: Number of features of a row.
    """
    layers: list[Layer] = []

    def note(name: str, module: nn.Module, output: object) -> None:
        shape = output.shape[1:] if isinstance(output, Tensor) else ()
        size = sum(parameter.numel() for parameter in module.parameters())
        text = " × ".join(["batch", *map(str, shape)])
        layers.append(Layer(name, type(module).__name__, text, size))

    hooks = [
        module.register_forward_hook(lambda m, _, output, name=name: note(name, m, output))
        for name, module in net.named_modules()
        if not any(module.children())
    ]
    try:
        logits(net, torch.zeros(1, features))
    finally:
        for hook in hooks:
            hook.remove()
    return layers
