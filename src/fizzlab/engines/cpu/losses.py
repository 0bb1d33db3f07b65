"""The cross-entropy of a tile of samples, and its gradient, sixteen samples at a time.

With class weights w, smoothing ε and K labels, the gradient of torch's cross-entropy with
respect to the logits of a sample with label y is

    (α_y softmax(z) − t_y) / Σ_batch w,     α_y = (1 − ε) w_y + ε/K Σ_c w_c
                                            t_yc = (1 − ε) w_y [c = y] + ε/K w_c
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32

from fizzlab.engines.cpu.compiling import inlined
from fizzlab.engines.cpu.functions import exp
from fizzlab.engines.cpu.kernels import TILE
from fizzlab.engines.cpu.simd import choose, choose_equal, item, load, splat, store


class Loss(NamedTuple):
    """The loss's constants, float32, one a label.

    Attributes:
        scales: α_y.
        sharp: (1 − ε) w_y.
        smooth: ε/K w_c.
        weights: w_y.
        uniform: Whether all w_y are 1.
    """

    scales: np.ndarray
    sharp: np.ndarray
    smooth: np.ndarray
    weights: np.ndarray
    uniform: bool


@inlined
def softmax_backward(shape, loss, room, first, count, weight):
    """Gives the last layer's deltas: the gradient of the loss with respect to the logits.

    Args:
        shape: The net's.
        loss: The loss's constants.
        room: See `loop.Room`.
        first: Where the tile's samples begin.
        count: How many there are; deltas of those that fill up to a multiple of 16 are 0.
        weight: Σ_batch w.
    """
    if shape.labels == 4:  # compiled without loops over labels
        deltas(shape, loss, room, first, count, weight, 4)
    else:
        deltas(shape, loss, room, first, count, weight, shape.labels)


@inlined
def deltas(shape, loss, room, first, count, weight, labels):
    """Is `softmax_backward`, for so many labels."""
    last, work, one = len(shape.widths) - 1, room.work, float32(1.0) / weight
    for s in range(0, count, 16):
        z, d, total = shape.activations[last] + s, shape.deltas[last] + s, splat(float32(0.0))
        largest, y = load(work, z), load(room.sample_labels, first + s)
        for label in range(1, labels):
            x = load(work, z + label * TILE)
            largest = choose(largest, x, x, largest)
        for label in range(labels):
            x = exp(load(work, z + label * TILE) - largest)
            total = total + x
            store(work, d + label * TILE, x)
        factor = load(room.sample_scales, first + s) * splat(one) / total
        sharp = load(room.sample_sharp, first + s) * splat(one)
        for label in range(labels):
            smooth = splat(item(loss.smooth, label) * one)
            t = choose_equal(y, splat(float32(label)), smooth + sharp, smooth)
            store(work, d + label * TILE, load(work, d + label * TILE) * factor - t)
    for s in range(count, (count + 15) // 16 * 16):
        for label in range(labels):
            work[shape.deltas[last] + label * TILE + s] = 0


@inlined
def cross_entropy(shape, labels, first, count, work, spare):
    """Gives the sum of log Σ_c exp z_c − z_y over a tile, and how many of its labels are right.

    Args:
        shape: The net's.
        labels: Labels, float32.
        first: Which of them is the tile's first.
        count: Number of samples.
        work: The work space, with their logits.
        spare: Room for 48 numbers.
    """
    z0, entropy, right = shape.activations[len(shape.widths) - 1], 0.0, 0
    for s in range(0, count, 16):
        z, y, zero = z0 + s, load(labels, first + s), splat(float32(0.0))
        largest = load(work, z)
        chosen, said, total = largest, zero, zero
        for label in range(1, shape.labels):
            x, c = load(work, z + label * TILE), splat(float32(label))
            said = choose(largest, x, c, said)
            largest = choose(largest, x, x, largest)
            chosen = choose_equal(y, c, x, chosen)
        for label in range(shape.labels):
            total = total + exp(load(work, z + label * TILE) - largest)
        store(spare, 0, total)
        store(spare, 16, largest - chosen)
        store(spare, 32, choose_equal(y, said, splat(float32(1.0)), zero))
        product = 1.0  # of sixteen sums between 1 and the number of labels: one logarithm for all
        for i in range(min(16, count - s)):
            product *= float(spare[i])
            entropy += float(spare[16 + i])
            right += int(spare[32 + i])
        entropy += np.log(product)
    return entropy, right
