"""What hidden neurons answer, and which of them are worth a look."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from fizzlab.nets import ACTIVATIONS, PrefixTree, Reader

BETTER = 1.5  # times as striking a neuron must be to take another one's place


def linears(net: nn.Module) -> list[nn.Linear]:
    """Gives the linear layers of a perceptron in order; none of a reader."""
    if not isinstance(net, nn.Sequential):
        return []
    return [layer for layer in net if isinstance(layer, nn.Linear)]


@torch.no_grad()
def answers_of(
    net: nn.Module, rows: Float[Tensor, "integer feature"]
) -> list[Float[Tensor, "integer neuron"]]:
    """Gives what each hidden layer answers; of a reader, its state after the last digit."""
    if isinstance(net, Reader):
        tree = PrefixTree(rows, net.base)
        return [tree.states(net)[tree.ends]]
    found: list[Tensor] = []
    if isinstance(net, nn.Sequential):
        values = rows
        for layer in net:
            if isinstance(layer, nn.Dropout):
                continue
            values = layer(values)
            if type(layer) in ACTIVATIONS.values():
                found.append(values)
    return found


def striking(
    answers: Float[Tensor, "integer neuron"],
    outgoing: Float[Tensor, "output neuron"] | None,
    before: np.ndarray | None,
    count: int,
) -> np.ndarray:
    """Picks neurons whose answers vary most, weighted by the norm of their outgoing weights.

    Neurons that were picked before stay in their places as long as none is much more striking:
    a picture that jumps cannot be watched.

    Args:
        answers: Of all neurons.
        outgoing: The next layer's weights; None for none.
        before: Which neurons were picked last time.
        count: How many to pick.

    Returns:
        Their indices, at most `count`.
    """
    strength = answers.std(dim=0)
    if outgoing is not None:
        strength = strength * outgoing.detach().norm(dim=0)
    values = strength.nan_to_num().numpy()
    count = min(count, len(values))
    if before is None or len(before) != count:
        return np.sort((-values).argsort(kind="stable")[:count])
    others = np.setdiff1d(np.arange(len(values)), before)
    if not len(others):
        return before
    best, weakest = others[values[others].argmax()], values[before].argmin()
    if values[best] > BETTER * values[before[weakest]]:
        before = before.copy()
        before[weakest] = best
    return before
