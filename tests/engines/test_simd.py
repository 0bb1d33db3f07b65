"""Vectors of sixteen against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from fizzlab.engines.cpu import functions, simd
from fizzlab.engines.cpu.functions import RELU, TANH

NUMBERS = np.random.default_rng(0).normal(0, 3, 64).astype(np.float32)


def applied(body: str, numbers: np.ndarray = NUMBERS) -> np.ndarray:
    """Runs `out = body` on the vectors x, y of the numbers; gives sixteen numbers."""
    names = {name: getattr(simd, name) for name in dir(simd) if not name.startswith("_")}
    names |= {"functions": functions, "float32": np.float32, "RELU": RELU, "TANH": TANH}
    source = f"""
def function(row, out):
    x, y = load(row, 0), load(row, 16)
    store(out, 0, {body})
"""
    exec(source, names)
    out = np.zeros(16, dtype=np.float32)
    njit(names["function"])(numbers, out)
    return out


X, Y = NUMBERS[:16], NUMBERS[16:32]
QUARTERS = X.reshape(4, 4)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x + y", X + Y),
        ("x - y", X - Y),
        ("x * y", X * Y),
        ("x / y", X / Y),
        ("fma(x, y, x)", (X.astype(float) * Y + X).astype(np.float32)),
        ("square_root(x * x)", np.abs(X)),
        ("nearest(x)", np.floor(X + np.float32(0.5))),
        ("power_of_two(nearest(x))", 2 ** np.floor(X + np.float32(0.5))),
        ("choose(x, y, x, y)", np.minimum(X, Y)),
        ("choose_equal(x, x, y, x)", Y),
        ("choose_equal(x, y, y, x)", X),
        ("splat(item(row, 40))", np.full(16, NUMBERS[40])),
        ("splat(float32(2.5))", np.full(16, 2.5)),
        ("transposed(x)", QUARTERS.T.reshape(-1)),
        (
            "load_quarters(row, 0, 20, 8, 40)",
            NUMBERS[[*range(4), *range(20, 24), *range(8, 12), *range(40, 44)]],
        ),
    ],
)
def test_operations(body: str, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(applied(body), expected.astype(np.float32))


def test_sums() -> None:
    loads = ", ".join(f"load(row, {i})" for i in range(16))
    expected = [NUMBERS[i : i + 16].sum() for i in range(16)]
    np.testing.assert_allclose(applied(f"lane_sums(({loads}))"), expected, rtol=1e-5, atol=1e-5)


def test_quarters_are_stored_where_they_belong() -> None:
    @njit
    def scatter(row, out):
        simd.store_quarters(out, 12, 0, 4, 20, simd.load(row, 0))

    out = np.zeros(24, dtype=np.float32)
    scatter(NUMBERS, out)
    for at, quarter in zip((12, 0, 4, 20), QUARTERS, strict=True):
        np.testing.assert_array_equal(out[at : at + 4], quarter)


def test_nan_is_not_hidden() -> None:
    numbers = np.full(32, np.nan, dtype=np.float32)
    assert np.isnan(applied("functions.activate(x, RELU)", numbers)).all()
    assert np.isnan(applied("functions.activate(x, TANH)", numbers)).all()


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 0.1, 1.0, 5.0, 30.0])
def test_functions_are_as_exact_as_single_precision(scale: float) -> None:
    for seed in range(40):
        numbers = np.random.default_rng(seed).normal(0, scale, 32).clip(-80, 80)
        numbers = numbers.astype(np.float32)
        x = numbers[:16].astype(float)
        np.testing.assert_allclose(applied_once("exp", numbers), np.exp(x), rtol=3e-7)
        np.testing.assert_allclose(applied_once("tanh", numbers), np.tanh(x), rtol=5e-7)


_ONCE = {}


def applied_once(name: str, numbers: np.ndarray) -> np.ndarray:
    if name not in _ONCE:
        function = getattr(functions, name)

        @njit
        def run(row, out):
            simd.store(out, 0, function(simd.load(row, 0)))

        _ONCE[name] = run
    out = np.zeros(16, dtype=np.float32)
    _ONCE[name](numbers, out)
    return out


def test_activations_and_their_slopes() -> None:
    np.testing.assert_array_equal(applied("functions.activate(x, RELU)"), np.maximum(X, 0))
    np.testing.assert_array_equal(applied("functions.slope(y, x, RELU)"), np.where(X > 0, Y, 0))
    small = NUMBERS / 9
    expected = small[16:32] * (1 - small[:16] ** 2)
    np.testing.assert_allclose(applied("functions.slope(y, x, TANH)", small), expected, rtol=1e-5)
