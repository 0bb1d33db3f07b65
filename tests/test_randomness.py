from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import Experiment, Streams
from fizzlab.errors import ConfigError
from fizzlab.randomness import generator, noise, permutation, philox4x32, random_words

MASK = 0xFFFFFFFF
seeds = st.integers(0, MASK)


def slow_philox(counter: list[int], key: tuple[int, int]) -> list[int]:
    """Salmon et al. 2011, written with Python integers."""
    c, (k0, k1) = list(counter), key
    for _ in range(10):
        left, right = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            (right >> 32) ^ c[1] ^ k0,
            right & MASK,
            (left >> 32) ^ c[3] ^ k1,
            left & MASK,
        ]
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ([0] * 4, (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([MASK] * 4, (MASK, MASK), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            (0xA4093822, 0x299F31D0),
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_known_answers_of_random123(counter: list, key: tuple, expected: list) -> None:
    assert philox4x32(np.array([counter], dtype=np.uint32), key)[0].tolist() == expected
    assert slow_philox(counter, key) == expected


@given(seeds, st.sampled_from(["split", "subset", "order"]), st.integers(0, 50), seeds)
def test_words_and_permutations_follow_their_definition(
    seed: int, stream: str, n: int, epoch: int
) -> None:
    number = {"split": 1, "subset": 2, "order": 3}[stream]
    words = [slow_philox([j // 4, epoch, 0, 0], (seed, number))[j % 4] for j in range(n)]
    assert random_words(seed, stream, n, epoch).tolist() == words
    expected = [j for _, j in sorted((word, j) for j, word in enumerate(words))]
    assert permutation(seed, stream, n, epoch).tolist() == expected


def test_permutations_never_change() -> None:
    assert permutation(0, "split", 10).tolist() == PINNED_SPLIT
    assert permutation(7, "order", 8, epoch=3).tolist() == PINNED_ORDER


PINNED_SPLIT = [2, 9, 5, 8, 6, 4, 3, 7, 1, 0]
PINNED_ORDER = [5, 3, 2, 7, 4, 6, 1, 0]


def test_noise_depends_on_seed_and_epoch_and_leaves_torch_alone() -> None:
    before = torch.get_rng_state()
    drawn = []
    for seed, epoch in [(0, 1), (0, 1), (0, 2), (1, 1)]:
        with noise(seed, epoch):
            drawn.append(torch.rand(3).tolist())
    assert drawn[0] == drawn[1]
    assert len({tuple(values) for values in drawn}) == 3
    assert torch.equal(torch.get_rng_state(), before)


def test_the_generator_is_in_the_state_of_manual_seed() -> None:
    before = torch.get_rng_state()
    mine = torch.rand(5, generator=generator(3))
    torch.manual_seed(3)
    assert torch.equal(mine, torch.rand(5))
    torch.set_rng_state(before)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, "1"])
def test_seeds_out_of_bounds_are_refused(seed: object) -> None:
    with pytest.raises(ConfigError, match='"seed": expected'):
        Experiment(seed=seed)  # type: ignore[arg-type]


def test_each_stream_can_be_pinned_alone() -> None:
    experiment = Experiment(seed=5, streams=Streams(split=9))
    found = [experiment.stream_seed(name) for name in ("init", "split", "subset", "order")]
    assert found == [5, 9, 5, 5]


words = st.lists(seeds, min_size=4, max_size=4)


@given(st.lists(words, min_size=1, max_size=5), seeds, seeds)
def test_philox_agrees_with_a_scalar_oracle(counters: list, k0: int, k1: int) -> None:
    found = philox4x32(np.array(counters, dtype=np.uint32), (k0, k1))
    assert found.dtype == np.uint32
    assert found.tolist() == [slow_philox(counter, (k0, k1)) for counter in counters]


@given(seeds, st.integers(0, 40), st.integers(0, 40))
def test_more_words_begin_with_fewer(seed: int, few: int, more: int) -> None:
    words = random_words(seed, "order", few + more, 1)
    assert words[:few].tolist() == random_words(seed, "order", few, 1).tolist()


def test_streams_epochs_and_seeds_draw_apart() -> None:
    drawn = [permutation(0, name, 50).tolist() for name in ("split", "subset", "order")]
    drawn += [permutation(0, "order", 50, 1).tolist(), permutation(1, "order", 50).tolist()]
    assert len({tuple(order) for order in drawn}) == 5
    assert all(sorted(order) == list(range(50)) for order in drawn)


@pytest.mark.parametrize("stream", ["init", "split", "subset", "order"])
@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True])
def test_pins_out_of_bounds_are_refused(stream: str, seed: object) -> None:
    with pytest.raises(ConfigError, match=f'"{stream}": expected'):
        Streams(**{stream: seed})  # type: ignore[arg-type]
