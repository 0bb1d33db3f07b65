"""From experiments to the flat arrays of the kernels, and back."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np

from fizzlab.data import Split, Splits
from fizzlab.encodings import Encoding
from fizzlab.engines.cpu.functions import RELU, TANH
from fizzlab.engines.cpu.kernels import PITCH, Shape
from fizzlab.engines.cpu.loop import GIVEN, PERMUTED, RESHUFFLED, Plan, Room
from fizzlab.engines.cpu.losses import Loss
from fizzlab.engines.cpu.optimizers import ADAM, ADAMW, SGD
from fizzlab.engines.cpu.tables import LEAST_ROWS, MOST_BITS
from fizzlab.evaluation import frequency_loss
from fizzlab.experiment import Experiment, Recipe

LANES = 16
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
    tiles = list(itertools.accumulate((PITCH * width // LANES for width in widths), initial=0))
    features, groups, counts = _groups(encoding)
    shape = Shape(
        *(np.array(part, dtype=np.int64) for part in (weights, biases, rows, widths)),
        activations=np.array(tiles[:-1], dtype=np.int64),
        deltas=np.array(tiles[:-1], dtype=np.int64) + tiles[-1],
        group_features=np.array(features, dtype=np.int64),
        group_sizes=np.array(groups, dtype=np.int64),
        group_rows=np.array([0, *itertools.accumulate(counts)], dtype=np.int64),
        stride=widths[0] + (0 if widths[0] // LANES % 2 else LANES),
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
    number = -(-encoding.bits // MOST_BITS)
    sizes = [len(part) for part in np.array_split(range(encoding.bits), number)]
    return (
        [0, *itertools.accumulate(sizes)][:-1],
        sizes,
        [max(1 << size, LEAST_ROWS) for size in sizes],
    )


def numbers_of(
    encoding: Encoding, shape: Shape, split: Split
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Gives a split as the kernels want it.

    Returns:
        Where the table rows of each integer begin, int64 and flat, a group after the other; the
        first integer's are repeated until the number of integers is a multiple of 4. Labels,
        float32, with room for 16 more. Which rows of the tables each integer needs, see `tables`,
        int64. The number of integers.
    """
    rows, used = encoding.digits(split.integers), np.zeros(len(split.integers), dtype=np.int64)
    if encoding.scheme == "binary":
        groups = zip(shape.group_features, shape.group_sizes, strict=True)
        parts = [rows[:, at : at + size] @ (1 << np.arange(size)) for at, size in groups]
        rows = np.stack(parts, axis=1)
        used = (1 << (rows // 8 + 4 * np.arange(rows.shape[1]))).sum(axis=1)
    rows = (rows + shape.group_rows[:-1]) * shape.stride
    rows = np.concatenate([rows, np.repeat(rows[:1], -len(rows) % 4, axis=0)])
    labels = np.pad(split.labels.astype(np.float32), (0, LANES))
    return rows.reshape(-1), labels, used, len(used)


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
    """Gives the loss's constants."""
    smoothing, number = recipe.label_smoothing, shape.labels
    weights = _class_weights(recipe, labels, number)
    sharp, smooth = (1 - smoothing) * weights, smoothing / number * weights
    return Loss(
        *(part.astype(np.float32) for part in (sharp + smooth.sum(), sharp, smooth, weights)),
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


def room_of(shape: Shape, length: int, work: int, num_train: int, batch_size: int) -> Room:
    """Makes the memory that one net needs while it is trained."""
    tables = int(shape.group_rows[-1] * shape.stride)
    batches = -(-num_train // batch_size)
    samples = num_train + 3 * batches
    buckets = 1 << max(num_train - 1, 1).bit_length()
    return Room(
        tables=aligned(tables),
        table_gradients=aligned(tables),
        heads=aligned(length),
        work=aligned(work),
        spare=aligned(3 * LANES),
        grad=aligned(length),
        moments=aligned(length),
        squares=aligned(length),
        samples=np.zeros(samples * len(shape.group_sizes), dtype=np.int64),
        sample_labels=aligned(samples + LANES),
        sample_scales=aligned(samples + LANES),
        sample_sharp=aligned(samples + LANES),
        shared=np.zeros(samples // 4 + 1, dtype=np.int64),
        used=np.zeros(batches, dtype=np.int64),
        order=np.arange(num_train, dtype=np.int64),
        words=np.zeros(padded(num_train, 4), dtype=np.uint32),
        ends=np.zeros(buckets, dtype=np.int64),
    )
