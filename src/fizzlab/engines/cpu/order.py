"""The batch order of an epoch: Philox 4x32-10 words, and the stable argsort of them.

The same as `randomness.permutation`, which is tested against; compiled, as a reshuffled training
draws one an epoch. Sorting: the words fall into buckets by their leading bits (a counting sort, so
in the order of their index), and each bucket, which holds about one word, is sorted by insertion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint32, uint64

from fizzlab.engines.cpu.compiling import compiled, inlined

_LOW = uint64(0xFFFFFFFF)


@inlined
def philox(c0: int, c1: int, c2: int, key0: int, key1: int) -> Any:
    """Gives the four words of the counter (c0, c1, c2, 0) under a key."""
    a, b, c, d = uint64(c0), uint64(c1), uint64(c2), uint64(0)
    k0, k1 = uint64(key0), uint64(key1)
    for _ in range(10):
        left, right = a * uint64(0xD2511F53), c * uint64(0xCD9E8D57)
        a, b, c, d = (
            (right >> uint64(32)) ^ b ^ k0,
            right & _LOW,
            (left >> uint64(32)) ^ d ^ k1,
            left & _LOW,
        )
        k0, k1 = (k0 + uint64(0x9E3779B9)) & _LOW, (k1 + uint64(0xBB67AE85)) & _LOW
    return uint32(a), uint32(b), uint32(c), uint32(d)


@compiled
def permute(
    seed: int, stream: int, epoch: int, words: np.ndarray, ends: np.ndarray, order: np.ndarray
) -> None:
    """Writes the permutation of an epoch into `order`.

    Args:
        seed: Seed of the stream.
        stream: Number of the stream.
        epoch: From 1; 0 for what is drawn once.
        words: Room for the words, uint32, as long as `order` rounded up to a multiple of 4.
        ends: Room for the buckets, int64; a power of two of them.
        order: The permutation, int64, shape (n,).
    """
    n, buckets = len(order), len(ends)
    for j in range(0, n, 4):
        words[j], words[j + 1], words[j + 2], words[j + 3] = philox(j // 4, epoch, 0, seed, stream)
    shift = 32
    while 1 << (32 - shift) < buckets:
        shift -= 1
    ends[:] = 0
    for j in range(n):
        ends[words[j] >> shift] += 1
    total = 0
    for bucket in range(buckets):
        total += ends[bucket]
        ends[bucket] = total
    for j in range(n - 1, -1, -1):
        bucket = words[j] >> shift
        ends[bucket] -= 1
        order[ends[bucket]] = j
    for place in range(1, n):  # only words of one bucket can be out of order
        j = order[place]
        word, at = words[j], place
        while at > 0 and words[order[at - 1]] > word:
            order[at] = order[at - 1]
            at -= 1
        order[at] = j
