"""The four named streams of a seed, and the generator behind three of them.

`init` gives the initial weights: torch's own generator, seeded as `torch.manual_seed` would.
`split`, `subset` and `order` come from Philox 4x32-10, a counter-based generator that any engine,
on any processor, computes for itself without state:

    key     = (seed, number of the stream)
    counter = (j // 4, epoch, purpose, 0)         word j % 4 belongs to element j
    permutation of n elements = argsort of their n words, ties by index

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from fizzlab.configuration import Frozen

if TYPE_CHECKING:
    import torch

MAX_SEED = 2**32 - 1  # torch silently folds larger seeds
Seed = Annotated[int, Field(ge=0, le=MAX_SEED, strict=True)]
StreamName = Literal["init", "split", "subset", "order"]
STREAM_NUMBERS: dict[StreamName, int] = {"init": 0, "split": 1, "subset": 2, "order": 3}
PERMUTATION, NOISE, SAMPLE, TRY = 0, 1, 2, 3  # purposes: what a stream's words are drawn for


class Streams(Frozen):
    """Seeds that pin single streams; a stream that is not pinned uses the experiment's seed."""

    init: Seed | None = Field(default=None, description="pins the initial weights")
    split: Seed | None = Field(default=None, description="pins which integers are held out")
    subset: Seed | None = Field(default=None, description="pins which training integers are used")
    order: Seed | None = Field(default=None, description="pins the order of batches, and dropout")


def philox4x32(counter: np.ndarray, key: tuple[int, int], rounds: int = 10) -> np.ndarray:
    """Philox 4x32: scrambles 128-bit counters under a 64-bit key.

    Args:
        counter: uint32 words, shape (n, 4).
        key: Two 32-bit words.
        rounds: Number of rounds; 10 is the standard.

    Returns:
        Random uint32 words, shape (n, 4).
    """
    c0, c1, c2, c3 = (counter[:, i].astype(np.uint64) for i in range(4))
    k0, k1 = key
    low = np.uint64(0xFFFFFFFF)
    for _ in range(rounds):
        left, right = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (right >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            right & low,
            (left >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            left & low,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def random_words(
    seed: int, stream: StreamName, n: int, epoch: int = 0, purpose: int = PERMUTATION
) -> np.ndarray:
    """Gives the first n words of a stream in an epoch: uint32, shape (n,)."""
    counter = np.zeros((-(-n // 4), 4), dtype=np.uint32)
    counter[:, 0] = np.arange(len(counter))
    counter[:, 1], counter[:, 2] = epoch, purpose
    return philox4x32(counter, (seed, STREAM_NUMBERS[stream])).reshape(-1)[:n]


def permutation(
    seed: int, stream: StreamName, n: int, epoch: int = 0, purpose: int = PERMUTATION
) -> np.ndarray:
    """Gives a random permutation of 0 … n − 1.

    Args:
        seed: 0 to 2^32 − 1.
        stream: The stream it is drawn from.
        n: Number of elements.
        epoch: Epochs are counted from 1; 0 stands for what is drawn once.
        purpose: What it is drawn for: `PERMUTATION` in training, `SAMPLE` in an evaluation.

    Returns:
        The permutation, int64, shape (n,).
    """
    return np.argsort(random_words(seed, stream, n, epoch, purpose), kind="stable")


@contextlib.contextmanager
def noise(seed: int, epoch: int) -> Iterator[None]:
    """Makes torch's random layers (dropout) depend on (seed, epoch) alone, for one block of code.

    The noise belongs to the stream `order`. Torch's global state is as before afterwards, and an
    epoch draws the same noise whether training was interrupted before it or not.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(random_words(seed, "order", 1, epoch, NOISE)[0]))
        yield


def generator(seed: int) -> torch.Generator:
    """Gives torch's CPU generator in the state that `torch.manual_seed(seed)` would give it."""
    import torch

    return torch.Generator().manual_seed(seed)
