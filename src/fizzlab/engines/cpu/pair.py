"""The kernels of the net that is trained most: one hidden layer of relus, looked up in two tables.

What a sample's hidden layer is can be made faster than it can be kept: sixteen lanes are a row of
the first table plus a row of the second, and a relu. So it is made twice,

    forward     a = max(0, T_0[p] + T_1[q]),     y_k = Σ_j a_j D_kj
    backward    a again, e = Σ_k d_k D_k where a > 0, added to rows p and q of the gradients

and of a batch only tables, weights and logits are in memory, which fit into the first-level cache.
Integers in order share the row q; where four do, their e are summed before they are added. With
four labels there are three differences of rows D_k, see `kernels`.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import float32

from fizzlab.engines.cpu.compiling import compiled, inlined
from fizzlab.engines.cpu.functions import RELU, activate, slope
from fizzlab.engines.cpu.kernels import (
    TILE,
    add,
    add_products,
    four_products,
    hold,
    items,
    load_four,
    sixteen_zeros,
    store_four,
    store_logits,
)
from fizzlab.engines.cpu.simd import (
    item,
    lane_sums,
    load,
    load_quarters,
    splat,
    transposed,
)


@inlined
def is_pair(shape):
    """Tells whether a net is of this kind."""
    dense = len(shape.widths) == 2 and shape.rows[len(shape.rows) - 1] == 4
    return dense and len(shape.group_sizes) == 2 and shape.activation == RELU


class Places(NamedTuple):
    """Where the parts of such a net stand, and its number of labels; see `kernels.Shape`."""

    width: int
    weights: int
    biases: int
    logits: int
    deltas: int
    labels: int


@inlined
def places_of(shape):
    """Gives what of a shape these kernels need."""
    return Places(
        shape.widths[0],
        shape.weights[1],
        shape.biases[1],
        shape.activations[1],
        shape.deltas[1],
        shape.labels,
    )


@compiled
def pair_forward(heads, places, samples, first, count, work, tables):
    """Gives the logits of `count` samples, from the differences of the last layer's rows."""
    if places.labels == 4:
        tile_forward(heads, places, samples, first, count, work, tables, False)
    else:
        tile_forward(heads, places, samples, first, count, work, tables, True)


@compiled
def pair_backward(heads, places, samples, shared, first, count, work, grad, tables, gradients):
    """Adds to the gradient of the last layer's weights, and to the tables' gradients."""
    for j in range(0, places.width, 16):
        if places.labels == 4:
            lanes_backward(
                heads,
                places,
                j,
                samples,
                shared,
                first,
                count,
                work,
                grad,
                tables,
                gradients,
                False,
            )
        else:
            lanes_backward(
                heads, places, j, samples, shared, first, count, work, grad, tables, gradients, True
            )


@inlined
def looked_up(tables, p, q):
    """Gives sixteen activations, from the places of two rows."""
    return activate(load(tables, p) + load(tables, q), RELU)


@inlined
def tile_forward(heads, places, samples, first, count, work, tables, four):
    """Is `pair_forward`; if not `four`, the fourth logit is 0."""
    b, z = places.biases, places.logits
    bias = transposed(load_quarters(heads, b, b, b, b))
    for s in range(0, count, 4):
        p0, p1, p2, p3 = items(samples, 2 * (first + s), 2)
        q0, q1, q2, q3 = items(samples, 2 * (first + s) + 1, 2)
        y, w = sixteen_zeros(), places.weights
        for j in range(0, places.width, 16):
            x0, x1 = looked_up(tables, p0 + j, q0 + j), looked_up(tables, p1 + j, q1 + j)
            x2, x3 = looked_up(tables, p2 + j, q2 + j), looked_up(tables, p3 + j, q3 + j)
            y = add_products(y, (x0, x1, x2, x3), load_four(heads, w + 4 * j), four)
        store_logits(work, z + s, lane_sums(y) + bias)


@inlined
def lanes_backward(
    heads, places, j, samples, shared, first, count, work, grad, tables, gradients, four
):
    """Does the backward pass of sixteen hidden neurons; if not `four`, of three outputs.

    What a row of the second table's gradients is to get is held until another row's turn comes.
    """
    at, d = places.weights + 4 * j, places.deltas
    held, total = item(samples, 2 * first + 1) + j, splat(float32(0.0))
    w, (g0, g1, g2, g3) = load_four(heads, at), load_four(grad, at)
    for s in range(0, count, 4):
        p0, p1, p2, p3 = items(samples, 2 * (first + s), 2)
        row = item(shared, (first + s) // 4) + j
        if row >= 0:
            q0 = q1 = q2 = q3 = row
        else:
            q0, q1, q2, q3 = items(samples, 2 * (first + s) + 1, 2)
            q0, q1, q2, q3 = q0 + j, q1 + j, q2 + j, q3 + j
        x0, x1 = looked_up(tables, p0 + j, q0), looked_up(tables, p1 + j, q1)
        x2, x3 = looked_up(tables, p2 + j, q2), looked_up(tables, p3 + j, q3)
        c0, c1, c2, c3, t0, t1, t2, t3 = four_products(
            work, d + s, 1, TILE, (x0, x1, x2, x3), w, four
        )
        g0, g1, g2, g3 = g0 + c0, g1 + c1, g2 + c2, g3 + c3
        t0, t1, t2, t3 = (
            slope(t0, x0, RELU),
            slope(t1, x1, RELU),
            slope(t2, x2, RELU),
            slope(t3, x3, RELU),
        )
        add(gradients, p0 + j, t0)
        add(gradients, p1 + j, t1)
        add(gradients, p2 + j, t2)
        add(gradients, p3 + j, t3)
        if row >= 0:
            held, total = hold(gradients, held, total, row, (t0 + t1) + (t2 + t3))
        else:
            held, total = hold(gradients, held, total, q0, t0)
            held, total = hold(gradients, held, total, q1, t1)
            held, total = hold(gradients, held, total, q2, t2)
            held, total = hold(gradients, held, total, q3, t3)
    store_four(grad, at, g0, g1, g2, g3)
    add(gradients, held, total)
