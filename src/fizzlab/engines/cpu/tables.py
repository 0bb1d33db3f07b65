"""The tables of the lookup layer, and the way back from their gradients to the weights'.

Of a group of bits, T[v] = Σ_{i in v} W_i is made for eight rows at a time: what the three low bits
give is kept in registers, and the sum of the others is added. Back, dW_i = Σ_{v with bit i} G[v];
again eight rows are taken at once, and what they sum to stands for the other bits. Biases are in
all rows of the first group. A group of one or two bits has eight rows too. One-hot digits are
groups too: T[v] = W_v.

A batch of integers in order has few values of the high bits, so eights of rows that it does not
need are left out: bit 4 g + i of `used` tells whether rows 8 i … 8 i + 7 of group g are needed.
"""

from __future__ import annotations

from numba import float32

from fizzlab.engines.cpu.compiling import inlined
from fizzlab.engines.cpu.simd import load, splat, store

MOST_BITS = 5  # of a group
LEAST_ROWS = 8  # of a group


@inlined
def build_tables(theta, shape, used, tables):
    """Fills the lookup layer's tables from its weights; the biases go into the first group's."""
    width, stride, zero = shape.widths[0], shape.stride, splat(float32(0.0))
    for group in range(len(shape.group_sizes)):
        first, size = shape.group_rows[group] * stride, shape.group_sizes[group]
        weights = shape.weights[0] + shape.group_features[group] * width
        eights = max(1, 1 << size >> 3)
        for j in range(0, width, 16):
            bias = load(theta, shape.biases[0] + j) if group == 0 else zero
            if size == 0:
                for v in range(shape.group_rows[group + 1] - shape.group_rows[group]):
                    row = load(theta, weights + v * width + j)
                    store(tables, first + v * stride + j, row + bias)
                continue
            w = weights + j
            r0, r1 = bias, bias + load(theta, w)
            w1 = load(theta, w + width) if size > 1 else zero
            w2 = load(theta, w + 2 * width) if size > 2 else zero
            r2, r3 = r0 + w1, r1 + w1
            r4, r5, r6, r7 = r0 + w2, r1 + w2, r2 + w2, r3 + w2
            w3 = load(theta, w + 3 * width) if size > 3 else zero
            w4 = load(theta, w + 4 * width) if size > 4 else zero
            for eight in range(eights):
                more = w3 if eight & 1 else zero
                if eight & 2:
                    more = more + w4
                at = first + j + 8 * eight * stride
                if not used >> (4 * group + eight) & 1:
                    continue
                store(tables, at, r0 + more)
                store(tables, at + stride, r1 + more)
                store(tables, at + 2 * stride, r2 + more)
                store(tables, at + 3 * stride, r3 + more)
                store(tables, at + 4 * stride, r4 + more)
                store(tables, at + 5 * stride, r5 + more)
                store(tables, at + 6 * stride, r6 + more)
                store(tables, at + 7 * stride, r7 + more)


@inlined
def fold_tables(tables, shape, used, grad):
    """Sums gradient tables to the gradient of the lookup layer's weights and biases.

    It leaves the tables full of zeros.
    """
    width, stride, zero = shape.widths[0], shape.stride, splat(float32(0.0))
    for group in range(len(shape.group_sizes)):
        first, size = shape.group_rows[group] * stride, shape.group_sizes[group]
        weights = shape.weights[0] + shape.group_features[group] * width
        eights = max(1, 1 << size >> 3)
        for j in range(0, width, 16):
            total, w, at = zero, weights + j, first + j
            if size == 0:
                for _ in range(shape.group_rows[group + 1] - shape.group_rows[group]):
                    row = take(tables, at)
                    total = total + row
                    store(grad, w, row)
                    w, at = w + width, at + stride
            else:
                b0 = b1 = b2 = b3 = b4 = zero
                for eight in range(eights):
                    if not used >> (4 * group + eight) & 1:
                        continue
                    at = first + j + 8 * eight * stride
                    c, r1 = take(tables, at), take(tables, at + stride)
                    r2, r3 = take(tables, at + 2 * stride), take(tables, at + 3 * stride)
                    r4, r5 = take(tables, at + 4 * stride), take(tables, at + 5 * stride)
                    r6, r7 = take(tables, at + 6 * stride), take(tables, at + 7 * stride)
                    r23, r45, r67 = r2 + r3, r4 + r5, r6 + r7
                    b0 = b0 + ((r1 + r3) + (r5 + r7))
                    b1 = b1 + (r23 + r67)
                    b2 = b2 + (r45 + r67)
                    c = (c + r1 + r23) + (r45 + r67)
                    total = total + c
                    if eight & 1:
                        b3 = b3 + c
                    if eight & 2:
                        b4 = b4 + c
                store_some(grad, w, width, size, b0, b1, b2, b3, b4)
            if group == 0:
                store(grad, shape.biases[0] + j, total)


@inlined
def take(row, at):
    """Gives sixteen numbers, and leaves zeros in their place."""
    value = load(row, at)
    store(row, at, splat(float32(0.0)))
    return value


@inlined
def store_some(row, at, width, number, a, b, c, d, e):
    """Stores the first `number` of five vectors, `width` apart."""
    store(row, at, a)
    if number > 1:
        store(row, at + width, b)
    if number > 2:
        store(row, at + 2 * width, c)
    if number > 3:
        store(row, at + 3 * width, d)
    if number > 4:
        store(row, at + 4 * width, e)
