from __future__ import annotations

import math

import numpy as np
import pytest
import torch

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
