"""What the weights of a trained net say, in numpy: the same as `MLP` in evaluation mode.

a_0 = rows;   a_l = activation(a_(l-1) W_l' + b_l);   logits = a_(L-1) W_L' + b_L
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fizzlab.data import Data, Split, load_splits
from fizzlab.encodings import Encoding
from fizzlab.experiment import Experiment
from fizzlab.rules import Rule

CHUNK = 1 << 14  # rows at a time
ONE_THREAD = 1 << 18  # multiplications of a product up to which OpenBLAS takes one thread
SPLITS = ("train", "validation", "test")
_PREPARED = 8  # data sets kept encoded at once

Activation = Callable[[np.ndarray], np.ndarray]


def activation(name: str) -> Activation:
    """Gives an activation on float32 arrays by its name in `Net`."""
    from scipy.special import erf, expit

    functions: dict[str, Activation] = {
        "relu": lambda z: np.maximum(z, 0),
        "tanh": np.tanh,
        "gelu": lambda z: z * np.float32(0.5) * (1 + erf(z * np.float32(0.5**0.5))),
        "sigmoid": expit,
    }
    return functions[name]


def forward(weights: Sequence[np.ndarray], rows: np.ndarray, name: str) -> np.ndarray:
    """Gives the logits of a net for encoded integers.

    Args:
        weights: For each layer the weights (outputs, inputs) and the biases (outputs,), float32.
        rows: Encoded integers, float32, shape (n, features).
        name: The activation's name.

    Returns:
        Logits, float32, shape (n, labels).
    """
    act, parts = activation(name), []
    with np.errstate(all="ignore"):  # a net that has run off gives inf or NaN, and is told so
        for start in range(0, len(rows), CHUNK):
            values = rows[start : start + CHUNK]
            for place in range(0, len(weights), 2):
                values = act(values) if place else values
                values = product(values, weights[place].T) + weights[place + 1]
            parts.append(values)
    return np.concatenate(parts) if parts else np.empty((0, len(weights[-1])), np.float32)


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Gives left @ right by parts so small that BLAS stays on this thread.

    Its own threads would fight for the processors with the nets that are in training (measured:
    10 ms for what takes 0.3 ms), and sums might depend on their number.
    """
    size = ONE_THREAD // right.size
    if len(left) <= size or size < 16:  # small, or so wide that threads pay
        return left @ right
    made = np.empty((len(left), right.shape[1]), left.dtype)
    for start in range(0, len(left), size):
        part = slice(start, start + size)
        np.matmul(left[part], right, out=made[part])
    return made


@dataclass(frozen=True)
class Encoded:
    """A split that is ready for `forward`."""

    integers: np.ndarray
    rows: np.ndarray
    labels: np.ndarray


def encoded_splits(experiment: Experiment) -> dict[str, Encoded]:
    """Gives the splits of an experiment that hold integers, encoded, by name.

    Raises:
        DataError: If the data cannot be used.
    """
    data = experiment.data
    split_seed = experiment.stream_seed("split") if data.validation else 0
    subset_seed = experiment.stream_seed("subset") if data.subset else 0
    return _prepared(data, experiment.rule, experiment.encoding, split_seed, subset_seed)


@lru_cache(maxsize=_PREPARED)
def _prepared(
    data: Data, rule: Rule, encoding: Encoding, split_seed: int, subset_seed: int
) -> dict[str, Encoded]:
    splits = load_splits(data, rule, encoding, split_seed=split_seed, subset_seed=subset_seed)
    found: dict[str, Split] = {name: getattr(splits, name) for name in SPLITS}
    return {
        name: Encoded(split.integers, encoding.rows(split.integers), split.labels)
        for name, split in found.items()
        if len(split)
    }


@dataclass(frozen=True)
class Figures:
    """What a net says of one split.

    Attributes:
        right: Number of right answers.
        total: Number of integers.
        loss: Mean cross-entropy, nats, or squared error; NaN or infinite if it overflows.
        wrong: Positions, in the split, of the integers that are wrong.
    """

    right: int
    total: int
    loss: float
    wrong: np.ndarray


def figures(experiment: Experiment, weights: Sequence[np.ndarray], split: Encoded) -> Figures:
    """Measures a net on a split.

    Args:
        experiment: What was trained.
        weights: As an engine gives them.
        split: The split.
    """
    if experiment.net.reads:
        scores = read(experiment, weights, split.rows)
    else:
        scores = forward(weights, split.rows, experiment.net.activation)
    wrong = np.flatnonzero(scores.argmax(axis=1) != split.labels)
    loss = mean_loss(scores, split.labels, experiment.recipe.loss)
    return Figures(len(split.labels) - len(wrong), len(split.labels), loss, wrong)


def mean_loss(scores: np.ndarray, labels: np.ndarray, loss: str) -> float:
    """Gives the mean squared error to the one-hot labels if `loss` is that, else cross-entropy."""
    with np.errstate(all="ignore"):
        wide = scores.astype(np.float64)
        if loss == "squared_error":
            return float(((wide - np.eye(wide.shape[1])[labels]) ** 2).sum(axis=1).mean())
        shifted = wide - wide.max(axis=1, keepdims=True)
        picked = np.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
        return float((np.log(np.exp(shifted).sum(axis=1)) - picked).mean())


def read(experiment: Experiment, weights: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Gives the scores of a net that reads, by the module itself."""
    import torch

    from fizzlab.nets import Reader, Snapped, build_net, logits

    net = build_net(experiment)
    names, arrays = list(net.state_dict()), [torch.from_numpy(array.copy()) for array in weights]
    net.load_state_dict(dict(zip(names, arrays, strict=False)))
    if len(arrays) > len(names) and isinstance(net, Reader):
        net = Snapped(net, arrays[-1])
    return logits(net, torch.from_numpy(rows)).numpy()
