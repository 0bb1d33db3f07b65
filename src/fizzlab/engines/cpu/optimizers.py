"""One step of torch's optimisers over a whole net, which is one flat array.

SGD: g ← g + λW; u ← μu + g; W ← W − ηu, with Nesterov W ← W − η(g + μu).
Adam (Kingma and Ba, ICLR 2015): m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
W ← W − η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + 1e-8), g with λW added.
AdamW (Loshchilov and Hutter, ICLR 2019): W ← (1 − ηλ)W first, and nothing added to g.
"""

from __future__ import annotations

import numpy as np
from numba import float32

from fizzlab.engines.cpu.compiling import inlined
from fizzlab.engines.cpu.simd import fma, load, splat, square_root, store

SGD, ADAM, ADAMW = 0, 1, 2


@inlined
def step_sgd(theta, grad, moments, learning_rate, momentum, nesterov, decay):
    """W ← W − η u;  g ← g + λW, u ← μu + g (Nesterov: η (g + μu)), as torch.optim.SGD."""
    rate, mu, wd = splat(float32(-learning_rate)), splat(float32(momentum)), splat(float32(decay))
    for i in range(0, len(theta), 16):
        w = load(theta, i)
        g = fma(wd, w, load(grad, i))
        if momentum != 0:
            u = fma(mu, load(moments, i), g)
            store(moments, i, u)
            g = fma(mu, u, g) if nesterov else u
        store(theta, i, fma(rate, g, w))


@inlined
def step_adam(theta, grad, moments, squares, learning_rate, beta1, beta2, step, decay, decoupled):
    """Adam (Kingma and Ba 2015), AdamW where `decoupled` (Loshchilov and Hutter 2019).

    m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², W ← W − η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + 1e-8).
    """
    keep, fresh = splat(float32(beta2)), splat(float32(1 - beta2))
    blend = splat(float32(1 - beta1))
    rate = splat(float32(-learning_rate / (1 - beta1**step)))
    correction = splat(float32(1 / np.sqrt(1 - beta2**step)))
    l2 = splat(float32(0.0 if decoupled else decay))
    shrink = splat(float32(1 - learning_rate * decay if decoupled else 1.0))
    epsilon = splat(float32(1e-8))
    for i in range(0, len(theta), 16):
        w = load(theta, i) * shrink
        g = fma(l2, w, load(grad, i))
        m = load(moments, i)
        m = fma(blend, g - m, m)
        v = fma(fresh * g, g, keep * load(squares, i))
        store(moments, i, m)
        store(squares, i, v)
        store(theta, i, fma(rate, m / fma(square_root(v), correction, epsilon), w))


@inlined
def clip(grad, largest):
    """Scales the gradient to a norm of at most `largest`, as torch's clip_grad_norm_."""
    total = 0.0
    for g in grad:
        total += float(g) * float(g)
    factor = largest / (np.sqrt(total) + 1e-6)
    if factor < 1:
        for i in range(len(grad)):
            grad[i] *= float32(factor)
