"""The layers of a net of which it is known exactly what it computes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from fizzlab.nets import MLP


@dataclass(frozen=True)
class Activation:
    """What the bounds need to know of an activation.

    Attributes:
        name: Its name.
        function: The function, in double precision.
        slope: Its Lipschitz constant.
        error: α: assumed error of computing it, in unit roundoffs, times `size`.
        low: Bound of its negative part, beside that of its argument; infinite if there is none.
        high: The same of its positive part, beside `at_zero` and that of its argument.
        at_zero: Its value at 0. (Between 0 and x, none of these functions moves by more than |x|.)
        grows: Whether its error is relative to its argument (else absolute).
    """

    name: str
    function: Callable[[Tensor], Tensor]
    slope: float = 1.0
    error: float = 0.0
    low: float = math.inf
    high: float = math.inf
    at_zero: float = 0.0
    grows: bool = False


ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.Identity: Activation("Identity", lambda values: values),
    nn.ReLU: Activation("ReLU", F.relu, low=0.0),
    nn.Tanh: Activation("Tanh", torch.tanh, error=8.0, low=1.0, high=1.0),
    nn.Sigmoid: Activation(
        "Sigmoid", torch.sigmoid, slope=0.25, error=8.0, low=0.0, high=1.0, at_zero=0.5
    ),
    nn.GELU: Activation("GELU", F.gelu, slope=1.13, error=32.0, low=0.17, grows=True),
}
_SKIPPED = (nn.Dropout, nn.Identity)  # do nothing to a net in evaluation mode


@dataclass(frozen=True)
class Layer:
    """A linear layer and its activation, in double precision.

    Attributes:
        weight: Shape (outputs, inputs).
        bias: Shape (outputs,).
        activation: What follows.
    """

    weight: Float[Tensor, "output input"]
    bias: Float[Tensor, " output"]
    activation: Activation

    @property
    def is_relu(self) -> bool:
        """Whether ReLU follows."""
        return self.activation is ACTIVATIONS[nn.ReLU]


def layers_of(net: nn.Module) -> list[Layer] | None:
    """Gives the layers of a net, if it is known exactly what it computes, else None.

    That is a plain `MLP` or `nn.Sequential` of `nn.Linear`, the activations above and dropout, in
    float32, unhooked (see `is_hooked`), and all weights are finite. A layer may come twice.
    """
    if type(net) not in {MLP, nn.Sequential} or any(map(is_hooked, net.modules())):
        return None
    layers: list[Layer] = []
    fresh = False  # whether the last layer still lacks an activation
    for module in cast(nn.Sequential, net):  # not children(), which leaves out what comes twice
        if type(module) is nn.Linear and _is_single(module):
            layers.append(_linear(module))
            fresh = True
        elif fresh and type(module) in ACTIVATIONS and _is_usual(module):
            if type(module) is not nn.Identity:
                known = ACTIVATIONS[type(module)]
                layers[-1], fresh = Layer(layers[-1].weight, layers[-1].bias, known), False
        elif type(module) not in _SKIPPED:
            return None
    ends_linear = bool(layers) and layers[-1].activation is ACTIVATIONS[nn.Identity]
    return layers if ends_linear and _fits_together(layers) else None


def is_hooked(module: nn.Module) -> bool:
    """Tells whether a module may compute something else than its class says.

    So it may with hooks (its own, or those of all modules), when it is compiled, or where a method
    such as `forward` is replaced on the module itself.
    """
    hooks = (
        module._forward_hooks,
        module._forward_pre_hooks,
        torch_module._global_forward_hooks,
        torch_module._global_forward_pre_hooks,
        vars(module).get("_compiled_call_impl"),
    )
    return any(hooks) or any(callable(getattr(type(module), name, None)) for name in vars(module))


def _is_usual(module: nn.Module) -> bool:
    return getattr(module, "approximate", "none") == "none"  # GELU has another form


def _is_single(module: nn.Linear) -> bool:
    tensors = [module.weight] if module.bias is None else [module.weight, module.bias]
    return all(tensor.dtype == torch.float32 for tensor in tensors)


def _linear(module: nn.Linear) -> Layer:
    weight = module.weight.detach().double().cpu()
    bias = torch.zeros(len(weight)) if module.bias is None else module.bias.detach().cpu()
    return Layer(weight, bias.double(), ACTIVATIONS[nn.Identity])


def _fits_together(layers: list[Layer]) -> bool:
    """Tells whether outputs go with inputs, and all weights are finite."""
    shapes = [layer.weight.shape for layer in layers]
    if any(one[0] != other[1] for one, other in itertools.pairwise(shapes)):
        return False
    return all(bool(t.isfinite().all()) for layer in layers for t in (layer.weight, layer.bias))
