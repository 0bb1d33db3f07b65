from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fizzlab import MLP, Experiment
from fizzlab.nets import build_net
from fizzlab.randomness import permutation
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
    assert once.tolist() == permutation(0, "order", 50).tolist()
    assert first.tolist() == permutation(0, "order", 50, 1).tolist()
    assert second.tolist() == permutation(0, "order", 50, 2).tolist()


def bare_script(seed: int, epochs: int) -> list[float]:
    """The lab sheet, as a student writes it: the loss of each epoch's last batch."""
    integers = range(101, 1024)
    x = torch.tensor([[n >> i & 1 for i in range(10)] for n in integers], dtype=torch.float32)
    y = torch.tensor([(n % 3 == 0) + 2 * (n % 5 == 0) for n in integers])
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(10, 100), nn.ReLU(), nn.Linear(100, 4))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    losses = []
    for _ in range(epochs):
        for start in range(0, len(x), 128):
            loss = F.cross_entropy(net(x[start : start + 128]), y[start : start + 128])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_td1_is_the_bare_script_bit_for_bit(seed: int) -> None:
    experiment = Experiment.preset("td1", seed).replaced({"recipe.epochs": 30})
    net = build_net(experiment)
    rows, labels = tensors(experiment, experiment.splits().train)
    optimizer = build_optimizer(net, experiment.recipe)
    found = list(train_epochs(net, optimizer, rows, labels, experiment))
    with torch.random.fork_rng():
        expected = bare_script(seed, 30)
    assert [epoch.loss for epoch in found] == expected
    assert [epoch.number for epoch in found] == list(range(1, 31))
    assert {epoch.learning_rate for epoch in found} == {0.05}


@pytest.mark.parametrize("done", [1, 3, 5])
def test_resuming_gives_the_same_weights(done: int) -> None:
    recipe = {"epochs": 6, "optimizer": "adam", "schedule": "cosine", "order": "reshuffled"}
    settings = {"net.dropout": 0.3} | {f"recipe.{name}": value for name, value in recipe.items()}
    experiment = Experiment().replaced(settings)
    rows, labels = tensors(experiment, experiment.splits().train)
    net = build_net(experiment)
    optimizer = build_optimizer(net, experiment.recipe)
    for epoch in train_epochs(net, optimizer, rows, labels, experiment):
        if epoch.number == done:
            break
    with torch.random.fork_rng():
        torch.manual_seed(17)  # what the global generator holds changes nothing
        rest = list(train_epochs(net, optimizer, rows, labels, experiment, done))
    assert [epoch.number for epoch in rest] == list(range(done + 1, 7))
    cosine = [0.025 * (1 + np.cos(np.pi * (7 * e.number - 1) / 42)) for e in rest]  # 7 steps each
    assert [epoch.learning_rate for epoch in rest] == pytest.approx(cosine)
    before, uninterrupted = torch.get_rng_state(), trained(experiment)
    assert torch.equal(torch.get_rng_state(), before)
    for name, expected in uninterrupted.items():
        assert (net.state_dict()[name].numpy() == expected).all()


class Noisy(MLP):
    """A net that fizzlab does not know, though it is made from one it knows."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return super().forward(F.dropout(rows, 0.5, self.training))


def test_noise_of_unknown_nets_is_seeded_too() -> None:
    experiment = Experiment().replaced({"recipe.epochs": 1})
    rows, labels = tensors(experiment, experiment.splits().train)
    net, before = Noisy((10, 100, 4)), torch.get_rng_state()
    list(train_epochs(net, build_optimizer(net, experiment.recipe), rows, labels, experiment))
    assert torch.equal(torch.get_rng_state(), before)
