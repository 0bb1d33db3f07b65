"""The forward pass in numpy says what torch's says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fizzlab import Experiment, train
from fizzlab.engines.sequential import train_one
from fizzlab.evaluation import measure
from fizzlab.nets import ACTIVATIONS, build_net, logits
from fizzlab.studies.forward import CHUNK, encoded_splits, figures, forward


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [[], [7], [30, 20]], ids=str)
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_it_equals_torch(activation: str, hidden: list[int], scale: float) -> None:
    settings = {"net.activation": activation, "net.hidden": hidden, "net.dropout": 0.3}
    experiment = Experiment(seed=4).replaced(settings)
    net = build_net(experiment)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(scale)
    weights = [value.numpy() for value in net.state_dict().values()]
    splits = experiment.splits()
    for name, split in encoded_splits(experiment).items():
        rows, labels = torch.from_numpy(split.rows), torch.tensor(split.labels)
        expected = logits(net, rows).numpy()
        said = forward(weights, split.rows, activation)
        assert said.dtype == np.float32
        np.testing.assert_allclose(
            said, expected, rtol=2e-5, atol=2e-5 * scale ** (len(hidden) + 1)
        )
        found, true = figures(experiment, weights, split), measure(net, rows, labels)
        assert found.right / found.total == true.accuracy
        assert found.total == len(getattr(splits, name))
        assert found.loss == pytest.approx(true.loss, rel=1e-4)
        wrong = split.integers[found.wrong]
        assert set(wrong) == set(split.integers[expected.argmax(1) != split.labels])


def test_many_rows_are_taken_in_parts() -> None:
    chance = np.random.default_rng(0)
    rows = chance.random((CHUNK + 3, 5), dtype=np.float32)
    weights = [chance.random((4, 5), dtype=np.float32), np.zeros(4, np.float32)]
    np.testing.assert_allclose(forward(weights, rows, "relu"), rows @ weights[0].T, rtol=1e-6)
    assert forward(weights, rows[:0], "relu").shape == (0, 4)


def test_a_net_that_has_run_off_is_told_without_a_warning() -> None:
    experiment = Experiment().replaced({"net.hidden": [4]})
    split = encoded_splits(experiment)["test"]
    huge = [np.full((4, 10), 3e38, np.float32), np.zeros(4, np.float32)]
    huge += [np.full((4, 4), 3e38, np.float32), np.zeros(4, np.float32)]
    assert not np.isfinite(figures(experiment, huge, split).loss)


@pytest.mark.parametrize("preset", ["reader", "gru", "exact"])
def test_a_net_that_reads_says_what_its_run_says(preset: str) -> None:
    experiment = Experiment.preset(preset, seed=3)
    if preset == "gru":
        experiment = experiment.replaced({"recipe.epochs": 5})
    trained, run = train_one(0, experiment), train(experiment, progress=False)
    for name, split in encoded_splits(experiment).items():
        found, true = figures(experiment, trained.weights, split), run.report.evaluations[name]
        assert (found.right, found.total) == (true.correct, true.total)
        assert found.loss == pytest.approx(true.loss, rel=1e-4)
    assert (trained.stopped, trained.epochs) == (run.stopped, run.state.epoch)
