"""The arithmetic of a training step of a multilayer perceptron, in vectors of 16 float32.

Lookup layer. A binary row is the bits of an integer n, so the first layer is a sum over set bits,
and falls into a sum over groups of at most five bits:

    z(n) = b + Σ_i W_i bit_i(n) = Σ_g T_g[bits of group g in n],     T_g[v] = Σ_{i in v} W_i

Ten bits are two groups with 32 rows each. A step builds the tables (one addition a row), and an
integer then costs two rows instead of ten products. Backward, dz is added to the two rows of
gradient tables, and folded at the end of the batch: dW_i = Σ_{v with bit i} G_g[v]. One-hot digits
are groups too: one digit, one group, T_g[v] = W_v.

Dense layers, four samples s by four outputs o at a time, j running over inputs:

    forward    y_so = b_o + Σ_j a_sj W_oj        16 sums in registers, 8 loads for 16 products
    backward   dW_oj += Σ_s d_so a_sj            e_sj = Σ_o d_so W_oj

Layout: everything of a net is one flat array. The lookup layer has a row a feature, other layers a
row an output; rows are padded with zeros to 16 lanes, and stay zero. Four rows of a dense layer, or
of four samples' activations, lie side by side, 16 lanes of each in turn, so that one pointer serves
four: the lanes j … j + 15 of rows r … r + 3 begin at 4 j + 16 (0 … 3). Samples go through all
layers in tiles of 32, so that their activations stay in the first-level cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32

from fizzlab.engines.cpu.compiling import inlined
from fizzlab.engines.cpu.functions import activate, slope
from fizzlab.engines.cpu.simd import (
    fma,
    lane_sums,
    load,
    load_quarters,
    splat,
    store,
    store_quarters,
)

TILE = 32  # samples


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
        stride: Distance of two rows of the tables; not a multiple of 4 kB, or all rows would want
            the same few lines of the cache.
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
    """Gives where a lane of a row stands, four rows side by side."""
    return row // 4 * 4 * width + lane // 16 * 64 + row % 4 * 16 + lane % 16


@inlined
def build_tables(theta, shape, tables):
    """Fills the lookup layer's tables from its weights; the biases go into the first group's."""
    width, stride, zero = shape.widths[0], shape.stride, splat(float32(0.0))
    for group in range(len(shape.group_sizes)):
        first, size = shape.group_rows[group], shape.group_sizes[group]
        weights = shape.weights[0] + shape.group_features[group] * width
        for j in range(0, width, 16):
            bias = load(theta, shape.biases[0] + j) if group == 0 else zero
            if size == 0:
                for v in range(shape.group_rows[group + 1] - first):
                    row = load(theta, weights + v * width + j)
                    store(tables, (first + v) * stride + j, row + bias)
                continue
            store(tables, first * stride + j, bias)
            for bit in range(size):
                row = load(theta, weights + bit * width + j)
                for v in range(1 << bit):
                    known = load(tables, (first + v) * stride + j)
                    store(tables, (first + v + (1 << bit)) * stride + j, known + row)


@inlined
def fold_tables(tables, shape, grad):
    """Sums gradient tables to the gradient of the lookup layer's weights and biases.

    The rows with the highest bit set are summed, and then added to those without it: what is left
    is a table of one bit less. It leaves the tables without meaning.
    """
    width, stride, zero = shape.widths[0], shape.stride, splat(float32(0.0))
    for group in range(len(shape.group_sizes)):
        first, size = shape.group_rows[group], shape.group_sizes[group]
        weights = shape.weights[0] + shape.group_features[group] * width
        for j in range(0, width, 16):
            total = zero
            if size == 0:
                for v in range(shape.group_rows[group + 1] - first):
                    row = load(tables, (first + v) * stride + j)
                    total = total + row
                    store(grad, weights + v * width + j, row)
            for bit in range(size - 1, -1, -1):
                total, half = zero, 1 << bit
                for v in range(half):
                    row = load(tables, (first + half + v) * stride + j)
                    total = total + row
                    store(
                        tables,
                        (first + v) * stride + j,
                        load(tables, (first + v) * stride + j) + row,
                    )
                store(grad, weights + bit * width + j, total)
            if group == 0:
                if size:
                    total = load(tables, first * stride + j)
                store(grad, shape.biases[0] + j, total)


@inlined
def lookup_forward(tables, shape, samples, count, work):
    """Gives the first layer's activations of `count` samples; `samples` holds their table rows."""
    width, at, groups = shape.widths[0], shape.activations[0], samples.shape[1]
    hidden, stride = len(shape.widths) > 1, shape.stride
    for s in range(count):
        first, second = samples[s, 0] * stride, samples[s, groups - 1] * stride
        for j in range(0, width, 16):
            z = load(tables, first + j)
            for group in range(1, groups - 1):
                z = z + load(tables, samples[s, group] * stride + j)
            if groups > 1:
                z = z + load(tables, second + j)
            store(work, at + place(s, j, width), activate(z, shape.activation) if hidden else z)


@inlined
def lookup_backward(shape, samples, count, work, tables):
    """Adds the deltas of `count` samples to the gradient tables, in a net without hidden layers."""
    width, at = shape.widths[0], shape.deltas[0]
    for s in range(count):
        for j in range(0, width, 16):
            add_to_tables(tables, samples, s, j, shape.stride, load(work, at + place(s, j, width)))


@inlined
def add(row, at, value):
    """Adds a vector to row[at : at + 16]."""
    store(row, at, load(row, at) + value)


@inlined
def add_to_tables(tables, samples, s, j, stride, delta):
    """Adds a delta to the table rows of one sample."""
    for group in range(samples.shape[1]):
        add(tables, samples[s, group] * stride + j, delta)


@inlined
def load_four(row, at):
    """Loads sixteen lanes of four rows that lie side by side."""
    return load(row, at), load(row, at + 16), load(row, at + 32), load(row, at + 48)


@inlined
def store_rows(row, at, a, b, c, d):
    """Stores sixteen lanes of four rows that lie side by side."""
    store(row, at, a)
    store(row, at + 16, b)
    store(row, at + 32, c)
    store(row, at + 48, d)


@inlined
def add_four(tables, a, b, c, d, t0, t1, t2, t3):
    """Adds four vectors to the tables, each at its own place; places may be the same."""
    add(tables, a, t0)
    add(tables, b, t1)
    add(tables, c, t2)
    add(tables, d, t3)


@inlined
def store_four(row, at, values):
    """Stores a quarter each in four rows that lie side by side."""
    store_quarters(row, at, at + 16, at + 32, at + 48, values)


@inlined
def dense_forward(theta, shape, layer, count, work):
    """Gives the activations of a dense layer; those of the last one are the logits."""
    inputs, width = shape.widths[layer - 1], shape.widths[layer]
    weights, biases = shape.weights[layer], shape.biases[layer]
    hidden, zero = layer < len(shape.widths) - 1, splat(float32(0.0))
    for s in range(0, count, 4):
        a = shape.activations[layer - 1] + s * inputs
        y = shape.activations[layer] + s * width
        for o in range(0, shape.rows[layer], 4):
            w, b = weights + o * inputs, biases + o
            y00 = y01 = y02 = y03 = y10 = y11 = y12 = y13 = zero
            y20 = y21 = y22 = y23 = y30 = y31 = y32 = y33 = zero
            for j in range(0, 4 * inputs, 64):
                x0, x1, x2, x3 = load_four(work, a + j)
                w0, w1, w2, w3 = load_four(theta, w + j)
                y00, y01, y02, y03 = (
                    fma(x0, w0, y00),
                    fma(x0, w1, y01),
                    fma(x0, w2, y02),
                    fma(x0, w3, y03),
                )
                y10, y11, y12, y13 = (
                    fma(x1, w0, y10),
                    fma(x1, w1, y11),
                    fma(x1, w2, y12),
                    fma(x1, w3, y13),
                )
                y20, y21, y22, y23 = (
                    fma(x2, w0, y20),
                    fma(x2, w1, y21),
                    fma(x2, w2, y22),
                    fma(x2, w3, y23),
                )
                y30, y31, y32, y33 = (
                    fma(x3, w0, y30),
                    fma(x3, w1, y31),
                    fma(x3, w2, y32),
                    fma(x3, w3, y33),
                )
            sums = lane_sums(
                (y00, y01, y02, y03, y10, y11, y12, y13, y20, y21, y22, y23, y30, y31, y32, y33)
            )
            sums = sums + load_quarters(theta, b, b, b, b)
            if hidden:
                sums = activate(sums, shape.activation)
            store_four(work, y + place(0, o, width), sums)


@inlined
def dense_backward(theta, shape, layer, samples, count, work, grad, tables):
    """Adds to a dense layer's gradient, and gives the deltas of the layer before it.

    Where that is the lookup layer, its deltas go straight to the gradient tables; four samples
    that share a row there, as integers in order do, are added up first.
    """
    inputs, width, rows = shape.widths[layer - 1], shape.widths[layer], shape.rows[layer]
    zero = splat(float32(0.0))
    for s in range(0, count, 4):
        a, e = shape.activations[layer - 1] + s * inputs, shape.deltas[layer - 1] + s * inputs
        p0, p1 = samples[s, 0] * shape.stride, samples[s + 1, 0] * shape.stride
        p2, p3 = samples[s + 2, 0] * shape.stride, samples[s + 3, 0] * shape.stride
        pair, q0, q1, q2, q3 = samples.shape[1] == 2, 0, 0, 0, 0
        if pair:
            q0, q1 = samples[s, 1] * shape.stride, samples[s + 1, 1] * shape.stride
            q2, q3 = samples[s + 2, 1] * shape.stride, samples[s + 3, 1] * shape.stride
        shared = pair and q0 == q1 and q0 == q2 and q0 == q3
        for o in range(0, rows, 4):
            d = shape.deltas[layer] + s * width + place(0, o, width)
            d00, d01, d02, d03 = work[d], work[d + 1], work[d + 2], work[d + 3]
            d10, d11, d12, d13 = work[d + 16], work[d + 17], work[d + 18], work[d + 19]
            d20, d21, d22, d23 = work[d + 32], work[d + 33], work[d + 34], work[d + 35]
            d30, d31, d32, d33 = work[d + 48], work[d + 49], work[d + 50], work[d + 51]
            b = shape.biases[layer] + o
            grad[b] += (d00 + d10) + (d20 + d30)
            grad[b + 1] += (d01 + d11) + (d21 + d31)
            grad[b + 2] += (d02 + d12) + (d22 + d32)
            grad[b + 3] += (d03 + d13) + (d23 + d33)
            w = shape.weights[layer] + o * inputs
            s00, s01, s02, s03 = splat(d00), splat(d01), splat(d02), splat(d03)
            s10, s11, s12, s13 = splat(d10), splat(d11), splat(d12), splat(d13)
            s20, s21, s22, s23 = splat(d20), splat(d21), splat(d22), splat(d23)
            s30, s31, s32, s33 = splat(d30), splat(d31), splat(d32), splat(d33)
            first, last = o == 0, o + 4 == rows
            for j in range(0, 4 * inputs, 64):
                x0, x1, x2, x3 = load_four(work, a + j)
                g0, g1, g2, g3 = load_four(grad, w + j)
                g0 = fma(s30, x3, fma(s20, x2, fma(s10, x1, fma(s00, x0, g0))))
                g1 = fma(s31, x3, fma(s21, x2, fma(s11, x1, fma(s01, x0, g1))))
                g2 = fma(s32, x3, fma(s22, x2, fma(s12, x1, fma(s02, x0, g2))))
                g3 = fma(s33, x3, fma(s23, x2, fma(s13, x1, fma(s03, x0, g3))))
                store_rows(grad, w + j, g0, g1, g2, g3)
                w0, w1, w2, w3 = load_four(theta, w + j)
                t0 = t1 = t2 = t3 = zero
                if not first:
                    t0, t1, t2, t3 = load_four(work, e + j)
                t0 = fma(s03, w3, fma(s02, w2, fma(s01, w1, fma(s00, w0, t0))))
                t1 = fma(s13, w3, fma(s12, w2, fma(s11, w1, fma(s10, w0, t1))))
                t2 = fma(s23, w3, fma(s22, w2, fma(s21, w1, fma(s20, w0, t2))))
                t3 = fma(s33, w3, fma(s32, w2, fma(s31, w1, fma(s30, w0, t3))))
                if last:
                    t0, t1 = slope(t0, x0, shape.activation), slope(t1, x1, shape.activation)
                    t2, t3 = slope(t2, x2, shape.activation), slope(t3, x3, shape.activation)
                lane = j // 4
                if last and layer == 1 and pair:
                    add_four(tables, p0 + lane, p1 + lane, p2 + lane, p3 + lane, t0, t1, t2, t3)
                    if shared:
                        add(tables, q0 + lane, (t0 + t1) + (t2 + t3))
                    else:
                        add_four(tables, q0 + lane, q1 + lane, q2 + lane, q3 + lane, t0, t1, t2, t3)
                elif last and layer == 1:
                    add_to_tables(tables, samples, s, lane, shape.stride, t0)
                    add_to_tables(tables, samples, s + 1, lane, shape.stride, t1)
                    add_to_tables(tables, samples, s + 2, lane, shape.stride, t2)
                    add_to_tables(tables, samples, s + 3, lane, shape.stride, t3)
                else:
                    store_rows(work, e + j, t0, t1, t2, t3)
