"""The `nn.Module`s: multilayer perceptrons, which see a row, and readers, which read digits."""

from fizzlab.nets.build import build_net, check_net, logits, summary
from fizzlab.nets.mlp import ACTIVATIONS, MLP, initial_parameters
from fizzlab.nets.readers import GRU, Bilinear, PrefixTree, Reader
from fizzlab.nets.snapped import Snapped

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "MLP",
    "Bilinear",
    "PrefixTree",
    "Reader",
    "Snapped",
    "build_net",
    "check_net",
    "initial_parameters",
    "logits",
    "summary",
]
