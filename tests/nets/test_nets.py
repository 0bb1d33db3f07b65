from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from fizzlab import MLP, Experiment, summary
from fizzlab.errors import NetError
from fizzlab.nets import build_net, check_net, initial_parameters, logits

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
    layers = summary(MLP((10, 100, 4)), 10)
    assert [(layer.type, layer.parameters) for layer in layers] == [
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


class Silent(nn.Linear):
    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        raise ValueError


class Pair(nn.Linear):
    def forward(self, rows: torch.Tensor) -> tuple:  # type: ignore[override]
        return super().forward(rows), rows


@pytest.mark.parametrize("net", [Silent(10, 4), Pair(10, 4), nn.Linear(10, 4).double()])
def test_nets_that_fail_are_told_as_net_errors(net: nn.Module) -> None:
    with pytest.raises(NetError, match="does not take this experiment's rows"):
        check_net(net, Experiment())


def test_a_net_that_does_not_fit_is_told_both_shapes() -> None:
    with pytest.raises(NetError) as caught:
        check_net(nn.Linear(10, 3), Experiment())
    assert str(caught.value) == (
        "Linear does not give one logit a label.\n"
        "  expected: rows of shape (batch, 10) → logits of shape (batch, 4), float32\n"
        "  got:      for 2 rows: shape (2, 3), torch.float32"
    )


def test_nets_that_fit_are_left_as_they_were() -> None:
    net = nn.Sequential(nn.Linear(10, 4), nn.Dropout()).eval()
    before = torch.get_rng_state()
    check_net(net, Experiment())
    check_net(MLP((10, 100, 4)), Experiment())
    assert not net.training
    assert torch.equal(torch.get_rng_state(), before)


def test_logits_by_chunks_are_those_of_all_rows() -> None:
    net, rows = MLP((3, 5, 2)), torch.rand(70_000, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(logits(net, rows), net(rows).detach())
    assert logits(net, rows[:0]).shape == (0, 2)
    assert not logits(net, rows).requires_grad


def test_streams_of_an_experiment_seed_its_net() -> None:
    pinned = Experiment().replaced({"seed": 9, "streams.init": 3})
    for name, value in build_net(pinned).state_dict().items():
        assert torch.equal(value, plain([10, 100, 4], 3).state_dict()[name])


def test_layers_frozen_in_evaluation_mode_stay_there() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout())
    net[1].eval()
    logits(net, torch.rand(5, 3))
    assert [module.training for module in net] == [True, False, True]


@given(sizes, st.integers(0, 2**32 - 1))
def test_initial_parameters_are_those_of_the_modules(layer_sizes: list[int], seed: int) -> None:
    drawn = initial_parameters(layer_sizes, seed)
    for one, other in zip(drawn, MLP(layer_sizes, seed=seed).parameters(), strict=True):
        assert torch.equal(one, other)
