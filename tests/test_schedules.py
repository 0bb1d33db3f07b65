from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch import nn
from torch.optim import lr_scheduler

from fizzlab import Recipe
from fizzlab.schedules import schedule

STEPS = 8


def rates(**settings: object) -> tuple[np.ndarray, np.ndarray]:
    made = schedule(Recipe(epochs=20, learning_rate=0.1, **settings), STEPS)
    return made.learning_rate, made.momentum


def test_constant_takes_no_memory() -> None:
    learning_rate, momentum = rates(momentum=0.9)
    assert set(learning_rate) == {0.1}
    assert set(momentum) == {0.9}
    assert learning_rate.shape == (160,)
    assert schedule(Recipe(epochs=10**7), STEPS).learning_rate.strides == (0,)


def test_cosine_has_its_closed_form() -> None:
    expected = [0.05 * (1 + math.cos(math.pi * step / 160)) for step in range(160)]
    np.testing.assert_allclose(rates(schedule="cosine")[0], expected, rtol=1e-9, atol=1e-15)


def test_step_halves() -> None:
    expected = [0.1 * 0.5 ** (step // (5 * STEPS)) for step in range(160)]
    np.testing.assert_allclose(rates(schedule="step", step_epochs=5)[0], expected)


def test_warm_up_rises_to_the_full_rate() -> None:
    found = rates(schedule="cosine", warmup_epochs=4)[0]
    assert found[0] == pytest.approx(0.1 / 33)
    assert (np.diff(found[: 4 * STEPS + 1]) > 0).all()
    assert found[4 * STEPS] == pytest.approx(0.1)
    assert (np.diff(found[4 * STEPS :]) < 0).all()


@pytest.mark.parametrize("cycle", [False, True])
def test_one_cycle_is_torchs_and_touches_momentum_only_when_told(cycle: bool) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=160, cycle_momentum=cycle
    )
    expected = []
    for _ in range(160):
        expected.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        optimizer.step()
        if len(expected) < 160:
            scheduler.step()
    found = rates(schedule="one_cycle", momentum=0.9, cycle_momentum=cycle)
    np.testing.assert_array_equal(np.array(expected).T, np.array(found))
    assert (set(found[1]) == {0.9}) is not cycle


def test_adams_momentum_is_its_first_beta() -> None:
    assert set(rates(optimizer="adam", betas=(0.8, 0.99))[1]) == {0.8}


def slow_rates(recipe: Recipe, steps_per_epoch: int) -> list[float]:
    """The closed forms, step by step."""
    warmup, drop = recipe.warmup_epochs * steps_per_epoch, recipe.step_epochs * steps_per_epoch
    rest, expected = recipe.epochs * steps_per_epoch - warmup, []
    for step in range(warmup + rest):
        done = step - warmup
        factor = 1.0
        if done < 0:
            factor = (step + 1) / (warmup + 1)
        elif recipe.schedule == "step":
            factor = recipe.step_factor ** (done // drop)
        elif recipe.schedule == "cosine":
            factor = (1 + math.cos(math.pi * done / rest)) / 2
        expected.append(recipe.learning_rate * factor)
    return expected


@hypothesis_settings(max_examples=60)
@given(
    st.sampled_from(["constant", "step", "cosine"]),
    st.integers(1, 12),
    st.integers(0, 11),
    st.integers(1, 9),
    st.integers(1, 6),
)
def test_closed_forms_with_warm_up(kind: str, epochs: int, warmup: int, every: int, n: int) -> None:
    recipe = Recipe(
        epochs=epochs,
        warmup_epochs=min(warmup, epochs - 1),
        schedule=kind,  # type: ignore[arg-type]
        step_epochs=every,
        learning_rate=0.3,
        momentum=0.7,
    )
    made = schedule(recipe, n)
    np.testing.assert_allclose(made.learning_rate, slow_rates(recipe, n), rtol=1e-9, atol=1e-15)
    assert set(made.momentum) == {0.7}


@pytest.mark.parametrize("kind", ["step", "cosine", "one_cycle"])
def test_torchs_schedulers_on_a_real_optimiser_go_the_same_way(kind: str) -> None:
    recipe = Recipe(epochs=6, learning_rate=0.1, schedule=kind, step_epochs=2)  # type: ignore[arg-type]
    net = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    made = {
        "step": lambda: lr_scheduler.StepLR(optimizer, 2 * STEPS, 0.5),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, 6 * STEPS),
        "one_cycle": lambda: lr_scheduler.OneCycleLR(
            optimizer, 0.1, total_steps=6 * STEPS, cycle_momentum=False
        ),
    }[kind]()
    expected = []
    for _ in range(6 * STEPS):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.zero_grad()
        net(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        made.step()
    assert schedule(recipe, STEPS).learning_rate.tolist() == expected


@pytest.mark.parametrize("kind", ["constant", "step", "cosine", "one_cycle"])
def test_a_single_step_has_a_rate(kind: str) -> None:
    made = schedule(Recipe(epochs=1, schedule=kind), 1)  # type: ignore[arg-type]
    assert made.learning_rate.shape == made.momentum.shape == (1,)
    assert 0 < made.learning_rate[0] <= 0.05


def test_one_cycle_moves_adams_first_beta_when_told() -> None:
    momentum = rates(optimizer="adam", schedule="one_cycle", cycle_momentum=True)[1]
    assert momentum.max() == pytest.approx(0.95)
    assert momentum.min() == pytest.approx(0.85)
