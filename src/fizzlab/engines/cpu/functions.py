"""Functions of 16 float32 at a time: the exponential, and the activations with their slopes."""

from __future__ import annotations

from numba import float32

from fizzlab.engines.cpu.compiling import inlined
from fizzlab.engines.cpu.simd import choose, fma, nearest, power_of_two, splat

RELU, TANH = 0, 1


@inlined
def exp(x):
    """e^x of 16 numbers, to 2e-7 relative (Cephes expf, S. Moshier 1992)."""
    x = choose(x, splat(float32(-87.3)), splat(float32(-87.3)), x)
    x = choose(splat(float32(88.3)), x, splat(float32(88.3)), x)
    n = nearest(x * splat(float32(1.44269504088896341)))
    r = fma(n, splat(float32(-0.693359375)), x)
    r = fma(n, splat(float32(2.12194440e-4)), r)
    p = fma(splat(float32(1.9875691500e-4)), r, splat(float32(1.3981999507e-3)))
    p = fma(p, r, splat(float32(8.3334519073e-3)))
    p = fma(p, r, splat(float32(4.1665795894e-2)))
    p = fma(p, r, splat(float32(1.6666665459e-1)))
    p = fma(p, r, splat(float32(5.0000001201e-1)))
    return (fma(p, r * r, r) + splat(float32(1.0))) * power_of_two(n)


@inlined
def tanh(x):
    """Tanh of 16 numbers, to a few units in the last place: a quotient of odd and even polynomials.

    The coefficients are those of Eigen's `ptanh` (degrees 13 and 6, clamped at ±7.9).
    """
    bound = float32(7.90531110763549805)
    x = choose(x, splat(-bound), splat(-bound), x)
    x = choose(splat(bound), x, splat(bound), x)
    y = x * x
    p = fma(splat(float32(-2.76076847742355e-16)), y, splat(float32(2.00018790482477e-13)))
    p = fma(p, y, splat(float32(-8.60467152213735e-11)))
    p = fma(p, y, splat(float32(5.12229709037114e-08)))
    p = fma(p, y, splat(float32(1.48572235717979e-05)))
    p = fma(p, y, splat(float32(6.37261928875436e-04)))
    p = fma(p, y, splat(float32(4.89352455891786e-03)))
    q = fma(splat(float32(1.19825839466702e-06)), y, splat(float32(1.18534705686654e-04)))
    q = fma(q, y, splat(float32(2.26843463243900e-03)))
    q = fma(q, y, splat(float32(4.89352518554385e-03)))
    return x * p / q


@inlined
def activate(x, activation):
    """Relu or tanh of 16 numbers; NaN stays NaN."""
    if activation == RELU:
        return choose(x, splat(float32(0.0)), splat(float32(0.0)), x)
    return tanh(x)


@inlined
def slope(delta, a, activation):
    """Delta times the activation's derivative, from the activation a itself."""
    if activation == RELU:
        return choose(splat(float32(0.0)), a, delta, splat(float32(0.0)))
    return delta * (splat(float32(1.0)) - a * a)
