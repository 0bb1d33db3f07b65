from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fizzlab import Experiment
from fizzlab.nets import build_net
from fizzlab.runs.session import tensors
from fizzlab.training import batch_order, build_loss, build_optimizer, train_epochs


def trained(experiment: Experiment, epochs: int | None = None) -> dict[str, np.ndarray]:
    net = build_net(experiment)
    optimizer = build_optimizer(net, experiment.recipe)
    rows, labels = tensors(experiment, experiment.splits().train)
    for epoch in train_epochs(net, optimizer, rows, labels, experiment):
        if epoch.number == epochs:
            break
    return {name: value.numpy().astype(float) for name, value in net.state_dict().items()}


def gradients(net: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Backpropagation through Linear – ReLU – Linear – mean cross-entropy, by hand."""
    z = x @ net["0.weight"].T + net["0.bias"]
    h = np.maximum(z, 0)
    scores = h @ net["2.weight"].T + net["2.bias"]
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    dz = (p @ net["2.weight"]) * (z > 0)
    return {
        "0.weight": dz.T @ x,
        "0.bias": dz.sum(0),
        "2.weight": p.T @ h,
        "2.bias": p.sum(0),
    }


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"recipe.momentum": 0.9},
        {"recipe.momentum": 0.9, "recipe.nesterov": True, "recipe.weight_decay": 0.01},
        {"recipe.clip_norm": 0.05},
        {"recipe.optimizer": "adam", "recipe.weight_decay": 0.01, "recipe.learning_rate": 0.01},
        {"recipe.optimizer": "adamw", "recipe.weight_decay": 0.1, "recipe.learning_rate": 0.01},
    ],
)
def test_two_steps_are_those_of_the_textbook(settings: dict) -> None:
    experiment = Experiment().replaced(
        {"recipe.epochs": 2, "recipe.batch_size": 1000, "net.hidden": 7, **settings}
    )
    recipe, split = experiment.recipe, experiment.splits().train
    x, y = experiment.encoding.rows(split.integers).astype(float), split.labels
    net = {k: v.numpy().astype(float) for k, v in build_net(experiment).state_dict().items()}
    first = {k: np.zeros_like(v) for k, v in net.items()}
    second = {k: np.zeros_like(v) for k, v in net.items()}
    for step in (1, 2):
        grads = gradients(net, x, y)
        norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
        scale = min(1.0, recipe.clip_norm / norm) if recipe.clip_norm else 1.0
        for k, g in grads.items():
            g = g * scale
            if recipe.optimizer == "adamw":
                net[k] = net[k] * (1 - recipe.learning_rate * recipe.weight_decay)
            else:
                g = g + recipe.weight_decay * net[k]
            if recipe.optimizer == "sgd":
                first[k] = recipe.momentum * first[k] + g if step > 1 else g
                g = g + recipe.momentum * first[k] if recipe.nesterov else first[k]
            else:
                first[k] = 0.9 * first[k] + 0.1 * g
                second[k] = 0.999 * second[k] + 0.001 * g**2
                root = np.sqrt(second[k] / (1 - 0.999**step)) + 1e-8
                g = first[k] / (1 - 0.9**step) / root
            net[k] = net[k] - recipe.learning_rate * g
    found = trained(experiment)
    for k, expected in net.items():
        np.testing.assert_allclose(found[k], expected, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, "balanced", (1.0, 2.0, 0.5, 4.0)])
def test_nll_of_log_softmax_is_cross_entropy(smoothing: float, weights: object) -> None:
    settings = {"recipe.label_smoothing": smoothing, "recipe.class_weights": weights}
    recipe = Experiment().replaced(settings).recipe
    scores = torch.randn(200, 4, generator=torch.Generator().manual_seed(0)) * 5
    labels = torch.arange(200) % 3
    one = build_loss(recipe, labels, 4)(scores, labels)
    other = build_loss(recipe.model_copy(update={"loss": "nll"}), labels, 4)(scores, labels)
    torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


def test_the_fused_form_is_stable_where_the_naive_one_is_not() -> None:
    scores, label = torch.tensor([[1000.0, 0.0, -1000.0, 0.0]]), torch.tensor([2])
    naive = -torch.log(torch.exp(scores) / torch.exp(scores).sum())[0, 2]
    assert not torch.isfinite(naive)
    assert not torch.isfinite(-torch.log(scores.softmax(1))[0, 2])
    assert F.cross_entropy(scores, label).item() == 2000.0
    assert F.nll_loss(scores.log_softmax(1), label).item() == 2000.0


def test_balanced_weights_give_each_label_the_same_say() -> None:
    labels = torch.tensor([0] * 6 + [1] * 2)
    recipe = Experiment().replaced({"recipe.class_weights": "balanced"}).recipe
    loss = build_loss(recipe, labels, 4)
    assert isinstance(loss, nn.CrossEntropyLoss)
    assert loss.weight is not None
    assert (loss.weight[0] * 6).item() == (loss.weight[1] * 2).item() == 2.0


def test_orders() -> None:
    recipe = Experiment().recipe
    assert batch_order(recipe, 0, 5, 10) == slice(None)
    permuted = recipe.model_copy(update={"order": "permuted"})
    shuffled = recipe.model_copy(update={"order": "reshuffled"})
    orders = [batch_order(r, 0, e, 50) for r in (permuted, shuffled) for e in (1, 2)]
    once, again, first, second = (torch.as_tensor(order) for order in orders)
    assert torch.equal(once, again)
    assert not torch.equal(first, second)
    assert sorted(first.tolist()) == list(range(50))


def test_dropout_leaves_torchs_global_state_alone() -> None:
    experiment = Experiment().replaced({"recipe.epochs": 2, "net.dropout": 0.5})
    before = torch.get_rng_state()
    one, two = trained(experiment), trained(experiment)
    assert torch.equal(torch.get_rng_state(), before)
    assert all((one[k] == two[k]).all() for k in one)
