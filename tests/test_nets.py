from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch import nn

from fizzlab import MLP, Experiment, summary
from fizzlab.errors import NetError
from fizzlab.nets import build_net, check_net, logits

sizes = st.lists(st.integers(1, 40), min_size=2, max_size=5)


def plain(layer_sizes: list[int], seed: int) -> nn.Sequential:
    """The net as a student builds it, under torch.manual_seed."""
    before = torch.get_rng_state()
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(layer_sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    torch.set_rng_state(before)
    return nn.Sequential(*layers[:-1])


@hypothesis_settings(deadline=None)
@given(sizes, st.integers(0, 2**32 - 1))
def test_initial_weights_are_torchs_own(layer_sizes: list[int], seed: int) -> None:
    before = torch.get_rng_state()
    mine, theirs = MLP(layer_sizes, seed=seed), plain(layer_sizes, seed)
    assert torch.equal(torch.get_rng_state(), before)
    assert mine.state_dict().keys() == theirs.state_dict().keys()
    for name, value in theirs.state_dict().items():
        assert torch.equal(mine.state_dict()[name], value)
    theirs.load_state_dict(mine.state_dict())


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sigmoid"])
def test_activations_and_dropout(activation: str) -> None:
    net = MLP((10, 8, 6, 4), activation, dropout=0.5)
    kinds = [type(layer).__name__.lower() for layer in net]
    assert kinds == ["linear", activation, "dropout"] * 2 + ["linear"]
    rows = torch.ones(3, 10)
    assert torch.equal(logits(net, rows), logits(net, rows))
    assert net.training


def test_no_hidden_layer_is_softmax_regression() -> None:
    net = build_net(Experiment().replaced({"net.hidden": []}))
    assert [type(layer) for layer in net] == [nn.Linear]


def test_the_summary_counts_parameters() -> None:
    layers = summary(MLP(), 10)
    assert [(layer.kind, layer.parameters) for layer in layers] == [
        ("Linear", 1100),
        ("ReLU", 0),
        ("Linear", 404),
    ]
    assert layers[0].shape == "batch × 100"


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (nn.Linear(9, 4), "does not take this experiment's rows"),
        (nn.Linear(10, 3), "does not give one logit a label"),
        (nn.Linear(10, 4).requires_grad_(False), "has nothing to train"),
    ],
)
def test_nets_that_do_not_fit(net: nn.Module, expected: str) -> None:
    with pytest.raises(NetError, match=expected):
        check_net(net, Experiment())
