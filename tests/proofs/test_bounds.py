"""Bounds of rounding, against float32 itself and against exact arithmetic by fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fizzlab import MLP, Encoding, Rule
from fizzlab.nets.hats import fill_hats, hat_width
from fizzlab.proofs.bounds import MAX_SIZE, Change, deviations, grid, hull, is_exact
from fizzlab.proofs.exact_layers import ExactLayers
from fizzlab.proofs.float32 import DOUBLE, SINGLE, gamma
from fizzlab.proofs.layers import ACTIVATIONS, layers_of
from fizzlab.proofs.scores import LayeredNet

KINDS = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


@settings(max_examples=50)
@given(
    st.integers(1, 7),
    st.lists(st.integers(1, 40), min_size=1, max_size=3),
    st.sampled_from(["relu", *KINDS]),
    st.floats(-3, 3),
    st.integers(0, 2**32 - 1),
)
def test_float32_stays_within_both_bounds(
    bits: int, hidden: list[int], activation: str, scale: float, seed: int
) -> None:
    net, encoding = MLP((bits, *hidden, 3), activation, seed=seed), Encoding(bits=bits)
    with torch.no_grad():
        for value in net.parameters():
            value *= 10**scale
    layered = LayeredNet(layers_of(net) or [], encoding)
    integers = np.arange(2**bits)
    steps, scores = layered.trace(integers)
    own = deviations(layered.layers, steps, Change(SINGLE))[-1].sums
    every = deviations(layered.layers, layered.hull, Change(SINGLE))[-1].sums
    off = (net(torch.from_numpy(encoding.rows(integers))).double() - scores).abs()
    assert (off <= own + layered.double[-1].sums).all()
    assert (own <= every * (1 + 1e-9)).all()
    sizes = zip(steps, layered.hull, strict=True)
    assert all((step.inputs <= most.inputs * (1 + 1e-9)).all() for step, most in sizes)


@settings(max_examples=30)
@given(st.integers(1, 6), st.lists(st.integers(1, 9), max_size=2), st.integers(0, 2**32 - 1))
def test_exact_scores_are_those_of_fractions(bits: int, hidden: list[int], seed: int) -> None:
    sizes, encoding = (bits, *hidden, 2), Encoding(bits=bits)
    net = MLP(sizes, seed=seed) if hidden else nn.Sequential(nn.Linear(bits, 2))
    layers = layers_of(net) or []
    exact = ExactLayers(layers)
    layered = LayeredNet(layers, encoding)
    for n in range(0, 2**bits, 3):
        row = encoding.rows([n])[0]
        scores = exact.scores(row).scores
        assert scores == by_fractions(net, row)
        doubles = layered.trace(np.array([n]))[1][0]
        for score, double, bound in zip(scores, doubles, layered.double[-1].sums[0], strict=True):
            assert abs(score - Fraction(float(double))) <= Fraction(float(bound))


def by_fractions(net: nn.Module, row: np.ndarray) -> tuple[Fraction, ...]:
    values = [Fraction(float(value)) for value in row]
    for layer in net.children():
        if isinstance(layer, nn.ReLU):
            values = [max(value, Fraction(0)) for value in values]
        elif isinstance(layer, nn.Linear):
            values = [
                sum((Fraction(w) * v for w, v in zip(weights, values, strict=True)), Fraction(bias))
                for weights, bias in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
            ]
    return tuple(values)


def test_sums_that_do_not_round_are_known_as_such() -> None:
    net = MLP((3, 2, 2))
    with torch.no_grad():
        for value in net.parameters():
            value.copy_((value * 100).round())
    exact = ExactLayers(layers_of(net) or [])
    assert all(exact.scores(row).free_of_order for row in Encoding(bits=3).rows(range(8)))
    assert is_exact(layers_of(net) or [])
    with torch.no_grad():
        net[0].weight[0, 0] = 2.0**-30
    free = [exact_free(net, n) for n in range(8)]
    assert free == [n % 2 == 0 for n in range(8)]  # the fine weight is that of bit 0
    assert not is_exact(layers_of(net) or [])


def exact_free(net: nn.Module, n: int) -> bool:
    return ExactLayers(layers_of(net) or []).scores(Encoding(bits=3).rows([n])[0]).free_of_order


@pytest.mark.parametrize("bits", [3, 10, 20])
def test_nets_of_hats_do_not_round_and_trained_ones_do(bits: int) -> None:
    net = MLP((bits, hat_width(Rule(), bits), 4))
    fill_hats(net, Rule(), bits)
    assert is_exact(layers_of(net) or [])
    assert LayeredNet(layers_of(net) or [], Encoding(bits=bits)).rounding == 0
    assert not is_exact(layers_of(MLP((bits, 5, 4))) or [])
    assert not is_exact(layers_of(MLP((bits, 5, 4), "tanh")) or [])


@pytest.mark.parametrize("activation", ["relu", *KINDS])
def test_the_hull_holds_of_all_hidden_numbers(activation: str) -> None:
    for seed in range(20):
        net = MLP((5, 3, 3, 2), activation, seed=seed)
        with torch.no_grad():
            for value in net.parameters():
                value *= [0.01, 1, 100][seed % 3]
        layers = layers_of(net) or []
        values = torch.from_numpy(Encoding(bits=5).rows(range(32))).double()
        for layer, step in zip(layers, hull(layers), strict=True):
            assert (values.abs() <= step.inputs).all()
            values = values @ layer.weight.T + layer.bias
            assert (values <= step.upper).all()
            values = layer.activation.function(values)


@pytest.mark.parametrize("name", KINDS)
def test_the_assumed_errors_of_activations_hold_here(name: str) -> None:
    """Every 4093rd float32 there is, and all around 0; the log has all of them."""
    patterns = np.arange(0, 2**32, 4093, dtype=np.uint64).astype(np.uint32)
    values = torch.from_numpy(patterns.view(np.float32).copy())
    values = torch.cat([values[values.abs() < MAX_SIZE], torch.linspace(-12, 12, 1_000_001)])
    known = ACTIVATIONS[KINDS[name]]
    for unit, dtype in ((SINGLE, torch.float32), (DOUBLE, torch.float64)):
        if dtype is torch.float64:
            values = values[values.abs() < 30]
        computed = KINDS[name]()(values.to(dtype)).double()
        true = (
            in_more_digits(name, values)
            if dtype is torch.float64
            else known.function(values.double())
        )
        size = values.double().abs() if known.grows else torch.ones(1).double()
        allowed = known.error * unit * size + 2.0**-122
        assert ((computed - true).abs() <= allowed / 4 + 2.0**-122).all()


def in_more_digits(name: str, values: torch.Tensor) -> torch.Tensor:
    """The function in extended precision, rounded to double."""
    x = values.numpy().astype(np.longdouble)
    if name == "gelu":
        return F.gelu(values.double())  # there is no erf of more digits here
    found = np.tanh(x) if name == "tanh" else 1 / (1 + np.exp(-x))
    return torch.from_numpy(found.astype(np.float64))


def test_gamma_and_grids() -> None:
    assert gamma(100, SINGLE) == 100 * 2**-24 / (1 - 100 * 2**-24)
    assert gamma(2**23, SINGLE) == float("inf")
    assert grid(np.array([0.0])) == 1.0
    assert grid(np.array([6.0, 2.0**-149])) == 2.0**-149
    assert grid(np.array([8.0, 3 * 2.0**-20])) == 2.0**-20
    assert grid(np.array([2.0**100])) == 1.0


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_the_grid_divides_all_values_and_twice_the_grid_does_not(values: list[float]) -> None:
    unit = Fraction(grid(np.array(values)))
    assert all((Fraction(value) / unit).denominator == 1 for value in values)
    doubled = [(Fraction(value) / (2 * unit)).denominator for value in values]
    assert unit == 1 or max(doubled) == 2


def test_the_hull_is_sharp_for_one_layer() -> None:
    net = nn.Sequential(nn.Linear(6, 5))
    step = hull(layers_of(net) or [])[0]
    rows = torch.from_numpy(Encoding(bits=6).rows(range(64))).double()
    largest = (rows @ net[0].weight.double().T + net[0].bias.double()).amax(dim=0)
    torch.testing.assert_close(step.upper[0], largest.detach(), rtol=0, atol=1e-5)
