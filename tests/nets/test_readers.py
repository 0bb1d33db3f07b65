"""Nets that read digits, against the slow way: one integer, one digit after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab.encodings import Encoding, digits_of
from fizzlab.experiment import Experiment
from fizzlab.nets import GRU, Bilinear, PrefixTree, Reader, Snapped, build_net, logits, summary


def rows_of(integers: list[int], base: int) -> torch.Tensor:
    return torch.from_numpy(Encoding(scheme="sequence", base=base).rows(integers))


def read_slowly(net: Reader, n: int) -> torch.Tensor:
    state = net.begin()
    for digit in digits_of(n, net.base):
        state = net.step(state[None])[0, digit]
    return net.scores(state[None])[0]


READERS = [Bilinear(2, 5, 4, seed=1), GRU(2, 6, 4, seed=2), Bilinear(10, 3, 2, seed=3)]


@pytest.mark.parametrize("net", READERS, ids=["bilinear", "gru", "decimal"])
@given(integers=st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True))
@settings(max_examples=30)
def test_many_integers_at_once_are_read_as_one_at_a_time(net: Reader, integers: list[int]) -> None:
    many = logits(net, rows_of(integers, net.base))
    with torch.no_grad():
        one = torch.stack([read_slowly(net, n) for n in integers])
    torch.testing.assert_close(many, one, rtol=1e-4, atol=1e-5)


def test_a_bilinear_step_is_the_product_with_the_digits_matrix() -> None:
    net = Bilinear(3, 4, 2, seed=5)
    state = torch.randn(7, 4)
    for digit in range(3):
        expected = state @ net.transitions[digit]
        torch.testing.assert_close(net.step(state)[:, digit], expected)
    torch.testing.assert_close(net.scores(state), state @ net.readout)


def test_a_gru_step_is_torchs_cell_on_a_one_hot_digit() -> None:
    net = GRU(3, 4, 2, seed=5)
    state = torch.randn(7, 4)
    for digit in range(3):
        one_hot = torch.eye(3)[digit].expand(7, 3)
        torch.testing.assert_close(net.step(state)[:, digit], net.cell(one_hot, state))


def test_the_tree_has_every_prefix_once() -> None:
    tree = PrefixTree(rows_of(list(range(101, 1024)), 2), 2)
    net = Bilinear(2, 3, 4)
    assert len(tree.states(net)) == 1024  # the empty one, and the prefixes 1 … 1023
    assert len(set(tree.ends.tolist())) == 923


def test_the_order_of_rows_is_kept_and_lengths_may_differ() -> None:
    net, integers = Bilinear(2, 5, 4, seed=4), [1, 1023, 0, 2, 512, 3]
    forth = logits(net, rows_of(integers, 2))
    back = logits(net, rows_of(integers[::-1], 2))
    torch.testing.assert_close(forth, back.flip(0))


def test_integers_of_ten_thousand_bits_can_be_read() -> None:
    assert logits(Bilinear(2, 3, 4, seed=1), rows_of([2**10_000 + 1, 5], 2)).shape == (2, 4)


def test_initial_weights_depend_on_the_seed_alone() -> None:
    for made in (Bilinear, GRU):
        torch.manual_seed(0)
        one = made(2, 4, 4, 7).state_dict()
        torch.manual_seed(1)
        two, other = made(2, 4, 4, 7).state_dict(), made(2, 4, 4, 8).state_dict()
        assert all(torch.equal(one[name], two[name]) for name in one)
        assert not any(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("preset", ["reader", "gru"])
def test_the_number_of_parameters_is_foreseen(preset: str) -> None:
    experiment = Experiment.preset(preset)
    net = build_net(experiment)
    assert sum(p.numel() for p in net.parameters()) == experiment.num_parameters
    assert sum(layer.parameters for layer in summary(net, 10)) == experiment.num_parameters


def test_snapped_states_are_the_nearest_codes() -> None:
    net, codes = Bilinear(2, 4, 4, seed=3), torch.randn(6, 4)
    snapped = Snapped(net, codes)
    states = torch.randn(50, 4)
    with torch.no_grad():
        after = net.step(states)
        nearest = torch.cdist(after, codes.expand(50, 6, 4)).argmin(dim=-1)
        assert torch.equal(snapped.step(states), codes[nearest])
        assert torch.equal(snapped.scores(states), net.scores(states))
    assert summary(snapped, 10)[1].type == "nearest of 6"


def test_sequences_are_decoded_to_what_was_encoded() -> None:
    encoding = Encoding(scheme="sequence", base=7)
    integers = np.array([0, 6, 7, 342, 343])
    rows = encoding.rows(integers)
    assert rows[0].tolist() == [-1, -1, -1, 0]
    assert rows[4].tolist() == [1, 0, 0, 0]
    assert encoding.decode(rows).tolist() == integers.tolist()
