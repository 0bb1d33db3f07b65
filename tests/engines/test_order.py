from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab.engines.cpu.order import permute
from fizzlab.randomness import STREAM_NUMBERS, permutation


def permuted(seed: int, stream: int, epoch: int, n: int, buckets: int) -> list[int]:
    words, order = np.zeros(n + 3, dtype=np.uint32), np.zeros(n, dtype=np.int64)
    permute(seed, stream, epoch, words[: (n + 3) // 4 * 4], np.zeros(buckets, np.int64), order)
    return order.tolist()


@given(st.integers(0, 2**32 - 1), st.integers(0, 10**7), st.integers(1, 700), st.integers(0, 12))
def test_the_order_is_that_of_the_streams(seed: int, epoch: int, n: int, bits: int) -> None:
    for stream in ("order", "subset"):
        expected = permutation(seed, stream, n, epoch).tolist()
        assert permuted(seed, STREAM_NUMBERS[stream], epoch, n, 1 << bits) == expected


@pytest.mark.parametrize("n", [1, 2, 923, 50_000])
def test_of_any_length(n: int) -> None:
    assert permuted(3, 3, 5, n, 1024) == permutation(3, "order", n, 5).tolist()


def test_ties_go_by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of 50,000 integers hold ties with a probability of a quarter; here one is found."""
    for seed in range(200):
        n = 60_000
        order = permuted(seed, 3, 1, n, 1 << 16)
        expected = permutation(seed, "order", n, 1)
        from fizzlab.randomness import random_words

        words = random_words(seed, "order", n, 1)
        if len(np.unique(words)) < n:
            assert order == expected.tolist()
            return
    pytest.fail("no ties found")
