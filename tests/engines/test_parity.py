"""The engine `cpu` trains the nets that the plain loop trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab import Experiment, train
from fizzlab.engines import Trained, train_many
from fizzlab.engines.contract import HISTORY
from fizzlab.nets import build_net
from fizzlab.runs.session import tensors
from fizzlab.training import build_loss

BASE = {"recipe.epochs": 12, "recipe.evaluate_every": 4, "net.hidden": 20}
RECIPES: dict[str, dict[str, Any]] = {
    "sheet": {"data.validation": 0},
    "held out": {},
    "momentum": {"recipe.momentum": 0.9, "recipe.order": "reshuffled", "recipe.schedule": "cosine"},
    "nesterov": {"recipe.momentum": 0.8, "recipe.nesterov": True, "recipe.order": "permuted"},
    "cycle": {
        "recipe.momentum": 0.9,
        "recipe.schedule": "one_cycle",
        "recipe.cycle_momentum": True,
    },
    "adam": {
        "recipe.optimizer": "adam",
        "recipe.learning_rate": 0.003,
        "recipe.weight_decay": 1e-3,
    },
    "adamw": {
        "recipe.optimizer": "adamw",
        "recipe.learning_rate": 0.003,
        "recipe.weight_decay": 0.1,
        "recipe.warmup_epochs": 3,
    },
    "decay": {"recipe.weight_decay": 0.01, "recipe.schedule": "step", "recipe.step_epochs": 3},
    "weights": {"recipe.class_weights": "balanced", "recipe.label_smoothing": 0.1},
    "own weights": {"recipe.class_weights": [0.5, 1.0, 2.0, 4.0]},
    "nll": {"recipe.loss": "nll", "recipe.label_smoothing": 0.2},
    "clipped": {"recipe.clip_norm": 0.05},
    "deep": {"net.hidden": [17, 9, 30]},
    "deep tanh": {"net.hidden": [33, 16], "net.activation": "tanh", "recipe.learning_rate": 0.2},
    "no hidden layer": {"net.hidden": []},
    "wide": {"net.hidden": 700, "recipe.learning_rate": 0.02},
    "digits": {"encoding.scheme": "digits"},
    "base 3": {"encoding.scheme": "digits", "encoding.base": 3},
    "few bits": {
        "encoding.bits": 4,
        "data.train": "6..15",
        "data.test": "1..5",
        "data.validation": 2,
    },
    "many bits": {"encoding.bits": 33, "data.train": "4294967296..4294967500"},
    "eight labels": {"rule.pairs": "3=fizz,5=buzz,7=bazz"},
    "sixteen labels": {"rule.pairs": "2=pop,3=fizz,5=buzz,7=bazz"},
    "two labels": {"rule.pairs": "2=even"},
    "one batch": {"recipe.batch_size": 5000},
    "small batches": {"recipe.batch_size": 7, "recipe.learning_rate": 0.01},
    "one integer": {"data.train": "200..206", "data.validation": 6},
    "subset": {"data.subset": 111, "recipe.order": "reshuffled"},
    "last row off the grid": {"recipe.evaluate_every": 5},
    "stop after": {"recipe.stop_after": 7, "recipe.schedule": "cosine"},
    "keep the last": {"recipe.keep": "final"},
    "pinned streams": {"streams.init": 7, "streams.order": 8, "recipe.order": "reshuffled"},
}


def both(experiment: Experiment) -> tuple[Trained, Trained]:
    return tuple(  # type: ignore[return-value]
        next(train_many([experiment], engine=name, threads=1)) for name in ("sequential", "cpu")
    )


@pytest.mark.parametrize("name", RECIPES)
def test_a_dozen_epochs(name: str) -> None:
    oracle, fast = both(Experiment(seed=3).replaced({**BASE, **RECIPES[name]}))
    assert (fast.epochs, fast.stopped, fast.kept_epoch, fast.diverged) == (
        oracle.epochs,
        oracle.stopped,
        oracle.kept_epoch,
        oracle.diverged,
    )
    for column in HISTORY:
        np.testing.assert_allclose(
            fast.history[column], oracle.history[column], rtol=1e-4, atol=1e-4, err_msg=column
        )
    assert [array.shape for array in fast.weights] == [array.shape for array in oracle.weights]
    for a, b in zip(fast.weights, oracle.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3 * max(np.abs(b).max(), 0.1))


@st.composite
def recipes(draw: st.DrawFn) -> dict[str, Any]:
    optimizer = draw(st.sampled_from(["sgd", "adam", "adamw"]))
    chosen = {
        "recipe.optimizer": optimizer,
        "recipe.learning_rate": draw(st.floats(1e-4, 0.5)),
        "recipe.weight_decay": draw(st.sampled_from([0.0, 1e-3, 0.1])),
        "recipe.label_smoothing": draw(st.sampled_from([0.0, 0.1])),
        "recipe.class_weights": draw(st.sampled_from([None, "balanced", (1.0, 2.0, 3.0, 4.0)])),
        "recipe.clip_norm": draw(st.sampled_from([None, 0.1, 10.0])),
        "net.activation": draw(st.sampled_from(["relu", "tanh"])),
        "net.hidden": tuple(draw(st.lists(st.integers(1, 50), min_size=0, max_size=3))),
    }
    if optimizer == "sgd":
        chosen["recipe.momentum"] = draw(st.sampled_from([0.0, 0.9]))
        chosen["recipe.nesterov"] = chosen["recipe.momentum"] > 0 and draw(st.booleans())
    return chosen


@settings(max_examples=40)
@given(recipes(), st.integers(0, 2**32 - 1))
def test_one_step_from_the_same_weights(recipe: dict[str, Any], seed: int) -> None:
    """All training integers in one batch, so that an epoch is a step of the optimiser.

    Adam divides by the gradient's size: where a gradient is 0 up to rounding, its step has any
    sign. So its weights are compared where the oracle's own direction is well above rounding.
    """
    one = {"recipe.epochs": 1, "recipe.batch_size": 2000, "data.validation": 0}
    experiment = Experiment(seed=seed).replaced({**one, **recipe})
    oracle, fast = both(experiment)
    directions = directions_at_start(experiment)
    for a, b, direction in zip(fast.weights, oracle.weights, directions, strict=True):
        certain = np.abs(direction) > 1e-5
        if recipe["recipe.optimizer"] == "sgd":
            certain |= True
        scale = np.abs(b).max()
        np.testing.assert_allclose(a[certain], b[certain], rtol=1e-5, atol=1e-5 * scale)


def directions_at_start(experiment: Experiment) -> list[np.ndarray]:
    """The gradients that Adam divides by their size: clipped, and with the L2 penalty's."""
    net, (rows, labels) = build_net(experiment), tensors(experiment, experiment.splits().train)
    build_loss(experiment.recipe, labels, 4)(net(rows), labels).backward()
    if experiment.recipe.clip_norm:
        torch.nn.utils.clip_grad_norm_(net.parameters(), experiment.recipe.clip_norm)
    decay = experiment.recipe.weight_decay if experiment.recipe.optimizer == "adam" else 0.0
    with torch.no_grad():
        return [(p.grad + decay * p).numpy() for p in net.parameters() if p.grad is not None]


def test_initial_weights_are_the_same_bits() -> None:
    tiny = {"recipe.epochs": 1, "recipe.learning_rate": 1e-45, "recipe.keep": "final"}
    for seed in range(5):
        oracle, fast = both(Experiment(seed=seed).replaced({**BASE, **tiny}))
        for a, b in zip(fast.weights, oracle.weights, strict=True):
            np.testing.assert_array_equal(a, b)
        assert fast.history["train_loss"][0] == pytest.approx(oracle.history["train_loss"][0], 1e-6)


def in_double_precision(experiment: Experiment) -> np.ndarray:
    """The losses of the sheet's loop in float64, every ten epochs."""
    net, (rows, labels) = (
        build_net(experiment).double(),
        tensors(experiment, experiment.splits().train),
    )
    rows, loss_fn = rows.double(), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    losses = [loss_fn(net(rows), labels).item()]
    for epoch in range(1, experiment.recipe.epochs + 1):
        for start in range(0, len(rows), 128):
            loss = loss_fn(net(rows[start : start + 128]), labels[start : start + 128])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 == 0:
            losses.append(loss_fn(net(rows), labels).item())
    return np.array(losses)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_td1_follows_the_oracle_as_far_as_the_oracle_follows_itself(seed: int) -> None:
    """The oracle's float32 and float64 curves part by 1e-4 at epochs 180 to 350, seed by seed."""
    experiment = Experiment.preset("td1", seed).replaced({"recipe.epochs": 400})
    oracle, fast = (one.history["train_loss"] for one in both(experiment))
    apart = np.abs(oracle - in_double_precision(experiment)) > 5e-5
    horizon = int(apart.argmax()) if apart.any() else len(oracle)
    assert horizon >= 15  # evaluations: 150 epochs
    np.testing.assert_allclose(fast[:horizon], oracle[:horizon], rtol=0, atol=1e-4)
    np.testing.assert_allclose(fast, oracle, rtol=0, atol=0.03)


@pytest.mark.parametrize(
    "stop",
    [
        {"recipe.target_accuracy": 0.6, "recipe.momentum": 0.9, "net.hidden": 100},
        {"recipe.patience": 8, "recipe.optimizer": "adam", "recipe.learning_rate": 0.03},
    ],
)
def test_stops_and_the_best_net_by_validation(stop: dict[str, Any]) -> None:
    recipe = {"recipe.epochs": 150, "recipe.evaluate_every": 2, "recipe.order": "reshuffled"}
    experiment = Experiment(seed=2).replaced({**BASE, **recipe, **stop})
    oracle, fast = both(experiment)
    assert oracle.stopped in {"target", "patience"}
    assert (fast.stopped, fast.epochs, fast.kept_epoch) == (
        oracle.stopped,
        oracle.epochs,
        oracle.kept_epoch,
    )
    best = fast.history["validation_loss"][1:].argmin() + 1
    assert fast.kept_epoch == fast.history["epoch"][best]


@pytest.mark.parametrize("rate", [1e10, 1e18])
def test_divergence_is_a_result(rate: float) -> None:
    wild = {"recipe.learning_rate": rate, "net.hidden": [8, 8, 8], "recipe.momentum": 0.9}
    oracle, fast = both(Experiment().replaced({**BASE, **wild}))
    assert oracle.diverged is not None
    assert (fast.stopped, fast.diverged) == ("diverged", oracle.diverged)
    assert len(fast.history["epoch"]) == len(oracle.history["epoch"])
    assert np.isfinite(fast.history["train_loss"]).all()


def test_the_sequential_engine_is_train() -> None:
    experiment = Experiment(seed=4).replaced(BASE)
    run, one = train(experiment, progress=False), both(experiment)[0]
    assert one.history["train_loss"].tolist() == run.state.history["train_loss"]
    for a, b in zip(one.weights, run.net.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a, b.numpy())
