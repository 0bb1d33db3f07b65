"""The cross-entropy of a tile of samples, and its gradient.

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
from fizzlab.engines.cpu.kernels import place, store_four
from fizzlab.engines.cpu.simd import (
    choose,
    load_quarters,
    quarter_lanes,
    quarter_max,
    quarter_sum,
    splat,
    store,
)

NO_LOGIT = np.float32(-1e30)  # logit of padding, so that its softmax is 0


class Loss(NamedTuple):
    """The loss's constants, float32; one label more than there are, all 0, for padding samples.

    Attributes:
        scales: α_y, four times each, shape (4 (labels + 1),).
        targets: t_yc, shape ((labels + 1) × width of the last layer,), flat.
        weights: w_y, shape (labels,).
        uniform: Whether all w_y are 1.
    """

    scales: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    uniform: bool


@inlined
def log_sums(shape, count, work, sums):
    """Gives log Σ_c exp z_sc of each sample s in `sums`, which has 16 places more than samples."""
    last, scratch = len(shape.widths) - 1, len(sums) - 16
    width, rows = shape.widths[last], (shape.labels + 3) // 4 * 4
    z = shape.activations[last]
    for s in range(0, count, 4):
        z0, largest = z + s * width, splat(NO_LOGIT)
        for o in range(0, rows, 4):
            x = masked_logits(work, z0 + place(0, o, width), shape.labels - o)
            largest = choose(largest, x, x, largest)
        largest, total = quarter_max(largest), splat(float32(0.0))
        for o in range(0, rows, 4):
            x = masked_logits(work, z0 + place(0, o, width), shape.labels - o)
            total = total + exp(x - largest)
        store(sums, scratch, largest)
        for i in range(4):
            sums[s + i] = sums[scratch + 4 * i]
        store(sums, scratch, quarter_sum(total))
        for i in range(4):
            sums[s + i] += np.log(sums[scratch + 4 * i])


@inlined
def masked_logits(work, at, left):
    """Loads four logits of four samples; of the four labels only `left` are real."""
    x = load_quarters(work, at, at + 16, at + 32, at + 48)
    if left >= 4:
        return x
    lane = quarter_lanes()
    return choose(lane, splat(float32(left)), x, splat(NO_LOGIT))


@inlined
def softmax_backward(shape, loss, labels, count, scale, work):
    """Gives the last layer's deltas: the gradient of the loss with respect to the logits."""
    last = len(shape.widths) - 1
    width, rows = shape.widths[last], (shape.labels + 3) // 4 * 4
    z, d = shape.activations[last], shape.deltas[last]
    for s in range(0, count, 4):
        z0, d0 = z + s * width, d + s * width
        y0, y1, y2, y3 = labels[s], labels[s + 1], labels[s + 2], labels[s + 3]
        largest = splat(NO_LOGIT)
        for o in range(0, rows, 4):
            x = masked_logits(work, z0 + place(0, o, width), shape.labels - o)
            largest = choose(largest, x, x, largest)
        largest, total = quarter_max(largest), splat(float32(0.0))
        for o in range(0, rows, 4):
            x = exp(masked_logits(work, z0 + place(0, o, width), shape.labels - o) - largest)
            total = total + x
            store_four(work, d0 + place(0, o, width), x)
        factor = load_quarters(loss.scales, 4 * y0, 4 * y1, 4 * y2, 4 * y3) / quarter_sum(total)
        for o in range(0, rows, 4):
            there = d0 + place(0, o, width)
            x = load_quarters(work, there, there + 16, there + 32, there + 48)
            t = load_quarters(
                loss.targets, y0 * width + o, y1 * width + o, y2 * width + o, y3 * width + o
            )
            x = (x * factor - t) * splat(scale)
            store_four(work, there, x)
