"""From experiments to the flat arrays of the kernels, and back."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np

from fizzlab.data import Split, Splits
from fizzlab.encodings import Encoding
from fizzlab.engines.cpu.functions import RELU, TANH
from fizzlab.engines.cpu.kernels import TILE, Shape
from fizzlab.engines.cpu.loop import GIVEN, PERMUTED, RESHUFFLED, Plan, Room
from fizzlab.engines.cpu.losses import Loss
from fizzlab.engines.cpu.optimizers import ADAM, ADAMW, SGD
from fizzlab.evaluation import frequency_loss
from fizzlab.experiment import Experiment, Recipe

LANES = 16
GROUP_BITS = 5  # of a group of the lookup layer, at most
ACTIVATIONS = {"relu": RELU, "tanh": TANH}
OPTIMIZERS = {"sgd": SGD, "adam": ADAM, "adamw": ADAMW}
ORDERS = {"given": GIVEN, "permuted": PERMUTED, "reshuffled": RESHUFFLED}


def padded(number: int, multiple: int = LANES) -> int:
    """Rounds up to a multiple."""
    return -(-number // multiple) * multiple


def aligned(length: int) -> np.ndarray:
    """Gives zeros, float32, that start at a cache line, so that no vector lies across two."""
    spare = np.zeros(length + LANES, dtype=np.float32)
    first = -spare.ctypes.data // spare.itemsize % LANES
    return spare[first : first + length]


@lru_cache(maxsize=64)
def shape_of(sizes: tuple[int, ...], activation: str, encoding: Encoding) -> tuple[Shape, int, int]:
    """Lays out a net.

    Args:
        sizes: Features, hidden widths, labels.
        activation: "relu" or "tanh".
        encoding: Binary or digits.

    Returns:
        The shape, the length of the flat array, and that of the work space.
    """
    widths = [padded(size) for size in sizes[1:]]
    rows = [sizes[0], *(padded(size, 4) for size in sizes[2:])]
    lengths = [rows[0] * widths[0], *(r * w for r, w in zip(rows[1:], widths, strict=False))]
    weights, biases, at = [], [], 0
    for length, width in zip(lengths, widths, strict=True):
        weights.append(at)
        biases.append(at + length)
        at += length + width
    tiles = list(itertools.accumulate((TILE * width for width in widths), initial=0))
    features, groups, counts = _groups(encoding)
    shape = Shape(
        *(np.array(part, dtype=np.int64) for part in (weights, biases, rows, widths)),
        activations=np.array(tiles[:-1], dtype=np.int64),
        deltas=np.array(tiles[:-1], dtype=np.int64) + tiles[-1],
        group_features=np.array(features, dtype=np.int64),
        group_sizes=np.array(groups, dtype=np.int64),
        group_rows=np.array([0, *itertools.accumulate(counts)], dtype=np.int64),
        stride=widths[0] + (LANES if widths[0] % 1024 == 0 else 0),
        labels=sizes[-1],
        activation=ACTIVATIONS[activation],
    )
    return shape, at, 2 * tiles[-1]


def _groups(encoding: Encoding) -> tuple[list[int], list[int], list[int]]:
    """Gives first feature, bits (0 for a one-hot digit) and number of rows of each group."""
    if encoding.scheme == "digits":
        places = range(encoding.num_digits)
        features = [encoding.base * place for place in places]
        return features, [0 for _ in places], [encoding.base for _ in places]
    number = -(-encoding.bits // GROUP_BITS)
    sizes = [len(part) for part in np.array_split(range(encoding.bits), number)]
    return [0, *itertools.accumulate(sizes)][:-1], sizes, [1 << size for size in sizes]


def table_rows(encoding: Encoding, shape: Shape, split: Split) -> np.ndarray:
    """Gives the rows of the tables that each integer of a split takes: int64, (n, groups)."""
    if encoding.scheme == "digits":
        return np.ascontiguousarray(encoding.digits(split.integers) + shape.group_rows[:-1])
    bits = encoding.digits(split.integers)
    parts = []
    for first, size in zip(shape.group_features, shape.group_sizes, strict=True):
        parts.append(bits[:, first : first + size] @ (1 << np.arange(size)))
    return np.stack(parts, axis=1).astype(np.int64) + shape.group_rows[:-1]


def pack(arrays: list[np.ndarray], shape: Shape, length: int) -> np.ndarray:
    """Lays weights and biases, as in `MLP`'s state dict, out in one flat array."""
    flat = aligned(length)
    for layer in range(len(shape.widths)):
        weight, bias = arrays[2 * layer], arrays[2 * layer + 1]
        weight = weight.T if layer == 0 else weight
        at, end, rows, width = _place_of(shape, layer)
        full = np.zeros((rows, width), dtype=np.float32)
        full[: weight.shape[0], : weight.shape[1]] = weight
        if layer:  # four rows side by side
            full = full.reshape(rows // 4, 4, width // LANES, LANES).transpose(0, 2, 1, 3)
        flat[at:end] = full.reshape(-1)
        flat[end : end + len(bias)] = bias
    return flat


def unpack(flat: np.ndarray, shape: Shape, sizes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Gives weights and biases back, as in `MLP`'s state dict."""
    arrays: list[np.ndarray] = []
    for layer in range(len(shape.widths)):
        at, end, rows, width = _place_of(shape, layer)
        weight = flat[at:end].reshape(rows, width)
        if layer:
            four = flat[at:end].reshape(rows // 4, width // LANES, 4, LANES)
            weight = four.transpose(0, 2, 1, 3).reshape(rows, width)
        weight = weight.T if layer == 0 else weight
        arrays.append(weight[: sizes[layer + 1], : sizes[layer]].copy())
        arrays.append(flat[end : end + sizes[layer + 1]].copy())
    return tuple(arrays)


def _place_of(shape: Shape, layer: int) -> tuple[int, int, int, int]:
    """Gives begin and end of a layer's weights, and their number of rows and lanes."""
    at, rows, width = shape.weights[layer], shape.rows[layer], shape.widths[max(layer - 1, 0)]
    return int(at), int(at + rows * width), int(rows), int(width)


def loss_of(recipe: Recipe, labels: np.ndarray, shape: Shape) -> Loss:
    """Gives the loss's constants; see `kernels`."""
    number, width, smoothing = shape.labels, int(shape.widths[-1]), recipe.label_smoothing
    weights = _class_weights(recipe, labels, number)
    targets = np.zeros((number + 1, width))
    targets[:number, :number] = np.diag((1 - smoothing) * weights) + smoothing / number * weights
    scales = np.append((1 - smoothing) * weights + smoothing / number * weights.sum(), 0)
    return Loss(
        np.repeat(scales, 4).astype(np.float32),
        targets.astype(np.float32).reshape(-1),
        weights.astype(np.float32),
        uniform=recipe.class_weights is None,
    )


def _class_weights(recipe: Recipe, labels: np.ndarray, number: int) -> np.ndarray:
    if recipe.class_weights is None:
        return np.ones(number)
    if recipe.class_weights == "balanced":
        counts = np.bincount(labels, minlength=number)
        return np.where(counts > 0, len(labels) / (number * np.maximum(counts, 1)), 0.0)
    return np.array(recipe.class_weights)


def plan_of(experiment: Experiment, splits: Splits) -> Plan:
    """Gives a recipe in numbers."""
    recipe, validation = experiment.recipe, splits.validation.labels
    return Plan(
        seed=experiment.stream_seed("order"),
        order=ORDERS[recipe.order],
        batch_size=recipe.batch_size,
        epochs=recipe.last_epoch,
        optimizer=OPTIMIZERS[recipe.optimizer],
        nesterov=recipe.nesterov,
        beta2=recipe.betas[1],
        decay=recipe.weight_decay,
        clip_norm=recipe.clip_norm or 0.0,
        evaluate_every=recipe.evaluate_every,
        keep_best=recipe.keep == "best",
        target=np.nan if recipe.target_accuracy is None else recipe.target_accuracy,
        patience=recipe.patience or 0,
        baseline=frequency_loss(validation) if len(validation) else np.inf,
    )


def room_of(shape: Shape, length: int, work: int, num_train: int) -> Room:
    """Makes the memory that one net needs while it is trained."""
    tables = int(shape.group_rows[-1] * shape.stride)
    buckets = 1 << max(num_train - 1, 1).bit_length()
    return Room(
        tables=aligned(tables),
        table_gradients=aligned(tables),
        work=aligned(work),
        sums=aligned(TILE + LANES),
        grad=aligned(length),
        moments=aligned(length),
        squares=aligned(length),
        samples=np.zeros((TILE, len(shape.group_sizes)), dtype=np.int64),
        sample_labels=np.zeros(TILE, dtype=np.int64),
        order=np.zeros(num_train, dtype=np.int64),
        words=np.zeros(padded(num_train, 4), dtype=np.uint32),
        ends=np.zeros(buckets, dtype=np.int64),
    )
