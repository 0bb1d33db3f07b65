"""From an experiment to its net, and what is asked of any net: logits, fit, a summary."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fizzlab.errors import NetError
from fizzlab.experiment import Experiment
from fizzlab.nets.mlp import MLP
from fizzlab.nets.readers import READERS, Reader
from fizzlab.nets.snapped import Snapped

CHUNK = 1 << 16  # rows evaluated at once


def build_net(experiment: Experiment) -> MLP | Reader:
    """Builds the net of an experiment, with its initial weights."""
    net, seed = experiment.net, experiment.stream_seed("init")
    if net.architecture == "mlp":
        return MLP(experiment.layer_sizes, net.activation, net.dropout, seed)
    reader = READERS[net.architecture]
    return reader(experiment.encoding.radix, net.hidden[0], experiment.rule.num_labels, seed)


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
    if isinstance(net, Reader):
        return _summary_of_reader(net)
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


def _summary_of_reader(net: Reader) -> list[Layer]:
    """Lists a reader's parts: what it does with each digit, its codebook, its scores."""
    own = net.net if isinstance(net, Snapped) else net
    size = sum(parameter.numel() for parameter in own.parameters())
    readout = sum(p.numel() for name, p in own.named_parameters() if "readout" in name)
    state = Layer("state", type(own).__name__, f"batch × {net.state}", size - readout)
    labels = Layer("scores", "linear", f"batch × {net.labels}", readout)
    if not isinstance(net, Snapped):
        return [state, labels]
    codes = Layer("codebook", f"nearest of {len(net.codebook)}", f"batch × {net.state}", 0)
    return [state, codes, labels]
