"""The arithmetic of a training step of a multilayer perceptron, in vectors of 16 float32.

Lookup layer. A binary row is the bits of an integer n, so the first layer is a sum over set bits,
and falls into a sum over groups of at most five bits:

    z(n) = b + Σ_i W_i bit_i(n) = Σ_g T_g[bits of group g in n],     T_g[v] = Σ_{i in v} W_i

Ten bits are two groups with 32 rows each; see `tables.py`. An integer costs two rows instead of ten
products, and backward dz is added to two rows of gradients.

Dense layers, four samples s by four outputs o at a time, j running over inputs:

    forward    y_so = b_o + Σ_j a_sj W_oj        16 sums in registers, 8 loads for 16 products
    backward   dW_oj += Σ_s d_so a_sj            e_sj = Σ_o d_so W_oj

Last layer. A softmax stays the same if all logits move by the same, and their gradients sum to
zero. So with K labels the differences D_k = W_k − W_K of its rows suffice, and K − 1 products:

    y_k = a D_k + b_k − b_K,  y_K = 0        e = Σ_{k<K} d_k D_k        dW_K = − Σ_{k<K} dW_k

Layout: everything of a net is one flat array. The lookup layer has a row a feature, other layers a
row an output; rows are padded with zeros to 16 lanes, and stay zero. Four rows of a dense layer lie
side by side, 16 lanes of each in turn, so that one pointer serves four: the lanes j … j + 15 of
rows r … r + 3 begin at 4 j + 16 (0 … 3). Samples go through all layers in tiles; there 16 lanes of
all samples lie side by side, and logits and their deltas lie label by label.

An index of numba's own is asked whether it is negative; `simd.item` does not ask.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32

from fizzlab.engines.cpu.compiling import inlined
from fizzlab.engines.cpu.functions import activate, slope
from fizzlab.engines.cpu.simd import (
    fma,
    item,
    lane_sums,
    load,
    load_quarters,
    splat,
    store,
    store_quarters,
    transposed,
)

TILE = 128  # samples
PITCH = 16 * (TILE + 1)  # from sixteen lanes of a tile to the next; odd, so that caches spread it


class Shape(NamedTuple):
    """Where what stands; made by `layout.py`. All int64 arrays but the scalars.

    Attributes:
        weights: Place of each layer's weights in the flat array.
        biases: Place of each layer's biases.
        rows: Number of rows of each layer's weights (features for the lookup layer).
        widths: Length of each layer's row of activations, a multiple of 16.
        activations: Place of each layer's activations in the work space.
        deltas: Place of each layer's deltas in the work space.
        group_features: First feature of each group of the lookup layer.
        group_sizes: Bits of each group; 0 if it is a one-hot digit.
        group_rows: First row of each group in the tables; one more entry for the end.
        stride: Distance of two rows of the tables; an odd number of vectors, or many rows would
            want the same few lines of the cache.
        labels: Number of labels.
        activation: RELU or TANH.
    """

    weights: np.ndarray
    biases: np.ndarray
    rows: np.ndarray
    widths: np.ndarray
    activations: np.ndarray
    deltas: np.ndarray
    group_features: np.ndarray
    group_sizes: np.ndarray
    group_rows: np.ndarray
    stride: int
    labels: int
    activation: int


@inlined
def place(row, lane, width):
    """Gives where a lane of a row of weights stands, four rows side by side."""
    return row // 4 * 4 * width + lane // 16 * 64 + row % 4 * 16 + lane % 16


@inlined
def place_of_logit(shape, s, label):
    """Gives where a logit of a tile's sample stands in the work space."""
    return shape.activations[len(shape.widths) - 1] + label * TILE + s


@inlined
def load_four(row, at):
    """Loads sixteen lanes of four rows that lie side by side."""
    return load(row, at), load(row, at + 16), load(row, at + 32), load(row, at + 48)


@inlined
def store_four(row, at, a, b, c, d):
    """Stores sixteen lanes of four rows that lie side by side."""
    store(row, at, a)
    store(row, at + 16, b)
    store(row, at + 32, c)
    store(row, at + 48, d)


@inlined
def items(row, at, gap):
    """Gives four numbers that lie `gap` apart."""
    return item(row, at), item(row, at + gap), item(row, at + 2 * gap), item(row, at + 3 * gap)


@inlined
def splats(row, at, gap):
    """Gives four vectors, each full of one of the numbers that lie `gap` apart."""
    a, b, c, d = items(row, at, gap)
    return splat(a), splat(b), splat(c), splat(d)


@inlined
def add(row, at, value):
    """Adds a vector to row[at : at + 16]."""
    store(row, at, load(row, at) + value)


@inlined
def differences(theta, shape, heads):
    """Writes the last layer with its last row taken from all others to `heads`."""
    last, label = len(shape.widths) - 1, shape.labels - 1
    inputs, w, b = shape.widths[last - 1], shape.weights[last], shape.biases[last]
    for j in range(0, inputs, 16):
        base = load(theta, w + place(label, j, inputs))
        for k in range(shape.labels):
            at = w + place(k, j, inputs)
            store(heads, at, load(theta, at) - base)
    for k in range(shape.labels):
        heads[b + k] = theta[b + k] - theta[b + label]


@inlined
def complete_gradient(shape, grad):
    """Gives the last label's row of the gradient, so that all rows sum to zero."""
    last, label = len(shape.widths) - 1, shape.labels - 1
    inputs, w, b = shape.widths[last - 1], shape.weights[last], shape.biases[last]
    for j in range(0, inputs, 16):
        total = splat(float32(0.0))
        for k in range(label):
            total = total - load(grad, w + place(k, j, inputs))
        store(grad, w + place(label, j, inputs), total)
    grad[b + label] = float32(0.0)
    for k in range(label):
        grad[b + label] -= grad[b + k]


@inlined
def four_products(work, d, gap, step, x, w, four):
    """Multiplies four deltas of four samples with their inputs and with the weights.

    Args:
        work: The work space.
        d: Where the first sample's first delta stands.
        gap: Distance to the next sample's.
        step: Distance to the next output's.
        x: Inputs of the four samples.
        w: Weights of the four outputs.
        four: Whether there are four outputs; else three.

    Returns:
        What is to be added to the gradients of the weights, and the deltas of the inputs.
    """
    x0, x1, x2, x3 = x
    w0, w1, w2, w3 = w
    d0, d1, d2, d3 = splats(work, d, gap)
    g0 = fma(d3, x3, fma(d2, x2, fma(d1, x1, d0 * x0)))
    t0, t1, t2, t3 = d0 * w0, d1 * w0, d2 * w0, d3 * w0
    d0, d1, d2, d3 = splats(work, d + step, gap)
    g1 = fma(d3, x3, fma(d2, x2, fma(d1, x1, d0 * x0)))
    t0, t1, t2, t3 = fma(d0, w1, t0), fma(d1, w1, t1), fma(d2, w1, t2), fma(d3, w1, t3)
    d0, d1, d2, d3 = splats(work, d + 2 * step, gap)
    g2 = fma(d3, x3, fma(d2, x2, fma(d1, x1, d0 * x0)))
    t0, t1, t2, t3 = fma(d0, w2, t0), fma(d1, w2, t1), fma(d2, w2, t2), fma(d3, w2, t3)
    g3 = splat(float32(0.0))
    if four:
        d0, d1, d2, d3 = splats(work, d + 3 * step, gap)
        g3 = fma(d3, x3, fma(d2, x2, fma(d1, x1, d0 * x0)))
        t0, t1, t2, t3 = fma(d0, w3, t0), fma(d1, w3, t1), fma(d2, w3, t2), fma(d3, w3, t3)
    return g0, g1, g2, g3, t0, t1, t2, t3


@inlined
def add_products(y, x, w, four):
    """Adds to sixteen sums, a row of four for each output, the products of inputs and weights."""
    y00, y10, y20, y30, y01, y11, y21, y31, y02, y12, y22, y32, y03, y13, y23, y33 = y
    x0, x1, x2, x3 = x
    w0, w1, w2, w3 = w
    y00, y10, y20, y30 = fma(x0, w0, y00), fma(x1, w0, y10), fma(x2, w0, y20), fma(x3, w0, y30)
    y01, y11, y21, y31 = fma(x0, w1, y01), fma(x1, w1, y11), fma(x2, w1, y21), fma(x3, w1, y31)
    y02, y12, y22, y32 = fma(x0, w2, y02), fma(x1, w2, y12), fma(x2, w2, y22), fma(x3, w2, y32)
    if four:
        y03, y13, y23, y33 = fma(x0, w3, y03), fma(x1, w3, y13), fma(x2, w3, y23), fma(x3, w3, y33)
    return y00, y10, y20, y30, y01, y11, y21, y31, y02, y12, y22, y32, y03, y13, y23, y33


@inlined
def sixteen_zeros():
    """Gives sixteen vectors of zeros."""
    z = splat(float32(0.0))
    return z, z, z, z, z, z, z, z, z, z, z, z, z, z, z, z


@inlined
def store_logits(work, at, y):
    """Stores the logits of four samples: a quarter of y is those of one label."""
    store_quarters(work, at, at + TILE, at + 2 * TILE, at + 3 * TILE, y)


@inlined
def lookup_forward(tables, shape, samples, first, count, work):
    """Gives the first layer's activations of `count` samples; `samples` holds their table rows."""
    width, at, groups = shape.widths[0], shape.activations[0], len(shape.group_sizes)
    hidden, spare = len(shape.widths) > 1, shape.deltas[0]
    for s in range(count):
        row = (first + s) * groups
        for j in range(0, width, 16):
            z = load(tables, item(samples, row) + j)
            for group in range(1, groups):
                z = z + load(tables, item(samples, row + group) + j)
            if hidden:
                store(work, at + j // 16 * PITCH + s * 16, activate(z, shape.activation))
            else:
                store(work, spare, z)
                for label in range(j, min(j + 16, shape.labels)):
                    work[at + label * TILE + s] = work[spare + label - j]


@inlined
def lookup_backward(shape, samples, first, count, work, tables):
    """Adds the deltas of `count` samples to the gradient tables, in a net without hidden layers."""
    spare, groups = shape.activations[0], len(shape.group_sizes)
    for s in range(count):
        for j in range(0, shape.widths[0], 16):
            store(work, spare, splat(float32(0.0)))
            for label in range(j, min(j + 16, shape.labels)):
                work[spare + label - j] = work[shape.deltas[0] + label * TILE + s]
            for group in range(groups):
                at = item(samples, (first + s) * groups + group) + j
                add(tables, at, load(work, spare))


@inlined
def dense_forward(weights, shape, layer, count, work):
    """Gives the activations of a dense layer; those of the last one are the logits."""
    inputs, b = shape.widths[layer - 1], shape.biases[layer]
    for s in range(0, count, 4):
        for o in range(0, shape.rows[layer], 4):
            x, w = shape.activations[layer - 1] + s * 16, shape.weights[layer] + o * inputs
            y = sixteen_zeros()
            for _ in range(0, inputs, 16):
                y = add_products(y, load_four(work, x), load_four(weights, w), True)
                x, w = x + PITCH, w + 64
            sums = lane_sums(y) + transposed(load_quarters(weights, b + o, b + o, b + o, b + o))
            if layer == len(shape.widths) - 1:
                store_logits(work, shape.activations[layer] + o * TILE + s, sums)
            else:
                at = shape.activations[layer] + o // 16 * PITCH + s * 16 + o % 16
                sums = activate(transposed(sums), shape.activation)
                store_quarters(work, at, at + 16, at + 32, at + 48, sums)


@inlined
def dense_backward(weights, shape, layer, samples, first, count, work, grad, tables):
    """Adds to a dense layer's gradient, and gives the deltas of the layer before it.

    Where that is the lookup layer, its deltas go straight to the gradient tables.
    """
    for j in range(0, shape.widths[layer - 1], 16):
        a = shape.activations[layer - 1] + j // 16 * PITCH
        e = shape.deltas[layer - 1] + j // 16 * PITCH
        block_backward(weights, shape, layer, 0, j, count, work, grad, True)
        for o in range(4, shape.rows[layer], 4):
            block_backward(weights, shape, layer, o, j, count, work, grad, False)
        if layer == 1:
            lanes_to_tables(shape, j, samples, first, count, work, tables)
            continue
        for s in range(count):
            delta = slope(load(work, e + 16 * s), load(work, a + 16 * s), shape.activation)
            store(work, e + 16 * s, delta)


@inlined
def lanes_to_tables(shape, j, samples, first, count, work, tables):
    """Adds the deltas of sixteen neurons of the lookup layer to the tables' gradients."""
    last, pitches, number = len(shape.group_sizes) - 1, j // 16 * PITCH, len(shape.group_sizes)
    a, e = shape.activations[0] + pitches, shape.deltas[0] + pitches
    held, total = item(samples, first * number + last) + j, splat(float32(0.0))
    for s in range(count):
        delta = slope(load(work, e + 16 * s), load(work, a + 16 * s), shape.activation)
        rows = (first + s) * number
        for group in range(last):
            add(tables, item(samples, rows + group) + j, delta)
        held, total = hold(tables, held, total, item(samples, rows + last) + j, delta)
    add(tables, held, total)


@inlined
def hold(tables, held, total, row, delta):
    """Adds a delta to the total of the row that is held; of another row, which is then held.

    Integers in order share the row of the last table; to add to it in memory one after the other
    would take each the time of a store and a load.
    """
    if row == held:
        return held, total + delta
    add(tables, held, total)
    return row, delta


@inlined
def add_to_biases(shape, layer, count, work, grad):
    """Adds the deltas of a layer to the gradient of its biases."""
    d, b = shape.deltas[layer], shape.biases[layer]
    if layer == len(shape.widths) - 1:
        for o in range(0, shape.rows[layer], 4):
            t0 = t1 = t2 = t3 = splat(float32(0.0))
            for s in range(0, count, 16):
                at = d + o * TILE + s
                t0, t1 = t0 + load(work, at), t1 + load(work, at + TILE)
                t2, t3 = t2 + load(work, at + 2 * TILE), t3 + load(work, at + 3 * TILE)
            sums = lane_sums((t0, t1, t2, t3, t0, t1, t2, t3, t0, t1, t2, t3, t0, t1, t2, t3))
            sums = sums + load_quarters(grad, b + o, b + o, b + o, b + o)
            store_quarters(grad, b + o, b + o, b + o, b + o, sums)
        return
    for j in range(0, shape.widths[layer], 16):
        total = splat(float32(0.0))
        for s in range(count):
            total = total + load(work, d + j // 16 * PITCH + s * 16)
        add(grad, b + j, total)


@inlined
def block_backward(weights, shape, layer, o, j, count, work, grad, begins):
    """Adds what four outputs give to the gradient of their weights and to deltas of 16 inputs.

    If it `begins`, there are no such deltas yet.
    """
    at, pitches = shape.weights[layer] + o * shape.widths[layer - 1] + 4 * j, j // 16 * PITCH
    a, e = shape.activations[layer - 1] + pitches, shape.deltas[layer - 1] + pitches
    d, gap, step = shape.deltas[layer] + o // 16 * PITCH + o % 16, 16, 1
    if layer == len(shape.widths) - 1:
        d, gap, step = shape.deltas[layer] + o * TILE, 1, TILE
    w, (g0, g1, g2, g3) = load_four(weights, at), load_four(grad, at)
    for s in range(0, count, 4):
        c0, c1, c2, c3, t0, t1, t2, t3 = four_products(
            work, d + s * gap, gap, step, load_four(work, a + 16 * s), w, True
        )
        g0, g1, g2, g3 = g0 + c0, g1 + c1, g2 + c2, g3 + c3
        if not begins:
            e0, e1, e2, e3 = load_four(work, e + 16 * s)
            t0, t1, t2, t3 = e0 + t0, e1 + t1, e2 + t2, e3 + t3
        store_four(work, e + 16 * s, t0, t1, t2, t3)
    store_four(grad, at, g0, g1, g2, g3)
