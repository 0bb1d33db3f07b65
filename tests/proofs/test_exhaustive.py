from __future__ import annotations

import numpy as np
import pytest
import torch
from fixed_nets import agrees, brute, hat_net
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fizzlab import MLP, Encoding, Rule
from fizzlab.errors import NetError, UsageError
from fizzlab.proofs.alike import AlikeNet
from fizzlab.proofs.exhaustive import prove_fixed
from fizzlab.proofs.layers import layers_of
from fizzlab.proofs.scores import LayeredNet

ACTIVATIONS = ["relu", "tanh", "gelu", "sigmoid"]
RULES = [Rule(), Rule("2=a"), Rule("3=a,4=b,7=c"), Rule("1023=x")]


@settings(max_examples=30)
@given(
    st.integers(1, 9),
    st.lists(st.integers(1, 30), max_size=3),
    st.sampled_from(ACTIVATIONS),
    st.sampled_from(RULES),
    st.integers(0, 2**32 - 1),
)
def test_random_nets_against_brute_force(
    bits: int, hidden: list[int], activation: str, rule: Rule, seed: int
) -> None:
    net = MLP((bits, *hidden, rule.num_labels), activation, seed=seed) if hidden else None
    plain = net or nn.Sequential(nn.Linear(bits, rule.num_labels))
    agrees(prove_fixed(plain, Encoding(bits=bits), rule), plain, Encoding(bits=bits), rule)


def shaken(net: MLP, noise: float, seed: int) -> MLP:
    """Moves all weights at random, by up to `noise`."""
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in net.parameters():
            value += noise * (2 * torch.rand(value.shape, generator=source) - 1)
    return net


@pytest.mark.parametrize("text", ["3=fizz,5=buzz", "7=x", "2=a,3=b"])
def test_hats_with_noise_against_brute_force(text: str) -> None:
    """Some are proved, some refuted; where noise just begins to matter, either."""
    rule, encoding, verdicts = Rule(text), Encoding(bits=8), []
    for power in range(-14, 1):
        net = shaken(hat_net(rule, 8), 2.0**power, seed=power + 99)
        proof = prove_fixed(net, encoding, rule, with_perturbation=False)
        agrees(proof, net, encoding, rule)
        verdicts.append(proof.verdict)
    assert verdicts[:5] == ["proved"] * 5
    assert verdicts[-1] == "refuted"


def trained(rule: Rule, bits: int, activation: str, steps: int) -> MLP:
    net = MLP((bits, 24, rule.num_labels), activation, seed=1)
    rows = torch.from_numpy(Encoding(bits=bits).rows(range(2**bits)))
    labels = torch.from_numpy(rule.labels(range(2**bits)))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(rows), labels).backward()
        optimizer.step()
    return net


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_trained_nets_against_brute_force(activation: str) -> None:
    rule, encoding = Rule("3=a"), Encoding(bits=5)
    verdicts = []
    for steps in (5, 400):
        net = trained(rule, 5, activation, steps)
        proof = prove_fixed(net, encoding, rule)
        agrees(proof, net, encoding, rule)
        verdicts.append(proof.verdict)
        for said in answers_in_many_orders(net, encoding, steps):
            right = (said == torch.from_numpy(rule.labels(range(32)))).numpy()
            assert right.all() == (proof.verdict == "proved")
    assert verdicts == ["refuted", "proved"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    "encoding",
    [
        Encoding(bits=13),
        Encoding(scheme="digits", bits=10),
        Encoding(scheme="digits", bits=8, base=3),
        Encoding(scheme="scaled", bits=11),
    ],
    ids=lambda found: f"{found.scheme}{found.base}",
)
def test_encodings_and_activations_against_brute_force(activation: str, encoding: Encoding) -> None:
    net = MLP((encoding.features, 50, 20, 4), activation, dropout=0.5, seed=3)
    proof = prove_fixed(net.train(), encoding, Rule())
    assert net.training
    agrees(proof, net, encoding, Rule())
    assert ("is assumed" in proof.basis) == (activation != "relu")
    assert "in any order" in proof.basis


@pytest.mark.parametrize("bits", [1, 4, 12, 15])
def test_the_shared_sums_give_the_scores_of_all_rows_in_order(bits: int) -> None:
    net = MLP((bits, 33, 17, 4), "tanh", seed=bits)
    layered = LayeredNet(layers_of(net) or [], Encoding(bits=bits))
    batches = list(layered.batches())
    assert np.array_equal(np.concatenate([batch[0] for batch in batches]), np.arange(2**bits))
    rows = torch.from_numpy(Encoding(bits=bits).rows(range(2**bits)))
    expected = net.double()(rows.double()).detach()
    torch.testing.assert_close(torch.cat([b[1] for b in batches]), expected, rtol=0, atol=1e-12)


def test_wide_nets_are_asked_in_small_batches() -> None:
    for width, low_bits in {10: 12, 1000: 9, 100_000: 2, 600_000: 0}.items():
        net = nn.Sequential(nn.Linear(12, width), nn.ReLU(), nn.Linear(width, 2))
        assert LayeredNet(layers_of(net) or [], Encoding(bits=12)).low_bits == low_bits


@pytest.mark.parametrize("text", ["3=fizz,5=buzz", "7=x", "2=a,3=b,4=c"])
def test_nets_of_hats_are_proved_and_one_weight_refutes_them(text: str) -> None:
    rule, encoding = Rule(text), Encoding(bits=11)
    net = hat_net(rule, 11)
    proof = prove_fixed(net, encoding, rule)
    assert (proof.verdict, proof.wrong, proof.close, proof.margin) == ("proved", 0, 0, 2)
    assert proof.reason == "all 2,048 answers are right."
    assert "none of them rounds" in proof.basis
    agrees(proof, net, encoding, rule)
    with torch.no_grad():
        net[0].weight[0, 10] += 3
    proof = prove_fixed(net, encoding, rule)
    assert proof.verdict == "refuted"
    assert proof.perturbation is None
    agrees(proof, net, encoding, rule)


def test_equal_scores_are_never_proved() -> None:
    net, rule = MLP((6, 8, 4)), Rule()
    for value in net.parameters():
        nn.init.zeros_(value)
    proof = prove_fixed(net, Encoding(bits=6), rule)
    assert (proof.verdict, proof.close, proof.wrong, proof.margin) == ("undecided", 64, 0, 0)
    assert proof.reason == (
        "no answer is surely wrong, but 64 answers are closer than rounding (of 64 of them, exact "
        "arithmetic says: 0 right, 0 wrong, 64 tied)."
    )
    foreign = prove_fixed(Wrapped(net), Encoding(bits=6), rule)
    assert (foreign.verdict, foreign.close) == ("undecided", 64)


@pytest.mark.parametrize("twin", [0, 1, 2, 3])
def test_a_net_that_ties_on_one_label_is_undecided(twin: int) -> None:
    """One label's scores are made those of another: what is said is then a matter of chance."""
    net, rule = hat_net(Rule(), 8), Rule()
    with torch.no_grad():
        other = (twin + 1) % 4
        net[-1].weight[other] = net[-1].weight[twin]
        net[-1].bias[other] = net[-1].bias[twin]
    proof = prove_fixed(net, Encoding(bits=8), rule)
    _, margins = brute(net, Encoding(bits=8), rule)
    assert proof.close == (margins == 0).sum() > 0
    assert proof.wrong == (margins < 0).sum()
    assert proof.verdict != "proved"


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(0, 255), st.floats(-26, -8), st.booleans())
def test_near_ties_are_decided_as_no_order_of_sums_can_turn_them(
    seed: int, place: int, power: float, above: bool
) -> None:
    """A margin is made tiny; float32 sums in many orders agree with what is called sure."""
    net, rule, encoding = MLP((8, 20, 2), seed=seed), Rule("3=a"), Encoding(bits=8)
    rows = torch.from_numpy(encoding.rows([place]))
    with torch.no_grad():
        scores = net(rows)[0]
        net[-1].bias[0] += scores[1] - scores[0] + (1 if above else -1) * 2.0**power
    proof = prove_fixed(net, encoding, rule)
    surely = np.ones(256, dtype=int)
    surely[[n for n, _, _ in proof.counterexamples]] = -1
    surely[list(proof.close_examples)] = 0
    labels = torch.from_numpy(rule.labels(range(256)))
    for said in answers_in_many_orders(net, encoding, seed):
        right = (said == labels).numpy()
        assert right[surely == 1].all()
        assert not right[surely == -1].any()


def answers_in_many_orders(net: MLP, encoding: Encoding, seed: int) -> list[torch.Tensor]:
    """Answers by one float32 sum after the other, with the terms in random orders."""
    rows = torch.from_numpy(encoding.rows(range(encoding.capacity)))
    first, second = net[0], net[-1]
    generator = torch.Generator().manual_seed(seed % 2**31)
    found = []
    for _ in range(8):
        hidden = net[1](sequential(rows, first, generator))
        found.append(sequential(hidden, second, generator).argmax(dim=1))
    return found


def sequential(values: torch.Tensor, layer: nn.Linear, generator: torch.Generator) -> torch.Tensor:
    """A linear layer in float32, each sum taken term by term in one random order."""
    terms = values[:, None, :] * layer.weight.detach()[None]
    bias = layer.bias.detach()[None, :, None].expand(len(values), -1, 1)
    terms = torch.cat([terms, bias], dim=2)
    total = torch.zeros(terms.shape[:2])
    for index in torch.randperm(terms.shape[2], generator=generator).tolist():
        total = total + terms[:, :, index]
    return total


class Wrapped(nn.Module):
    """A net of one's own: fizzlab does not know what it computes."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.net(rows)


def test_a_foreign_net_is_taken_as_it_computes_here() -> None:
    net = Wrapped(hat_net(Rule(), 10))
    proof = prove_fixed(net, Encoding(), Rule())
    assert (proof.verdict, proof.margin, proof.rounding) == ("proved", 2, None)
    assert proof.perturbation is None
    assert proof.basis == (
        "the answers as they are computed here: the rounding of Wrapped is not bounded, and "
        "another machine may round otherwise"
    )
    random = Wrapped(MLP((13, 20, 4), "tanh"))
    proof = prove_fixed(random, Encoding(bits=13), Rule())
    agrees(proof, random, Encoding(bits=13), Rule(), error=1e-6)


def test_hooks_and_other_forms_make_a_net_foreign() -> None:
    hooked = MLP((4, 5, 4))
    hooked[1].register_forward_hook(lambda module, inputs, output: output + 1)
    assert layers_of(hooked) is None
    for inner in [nn.GELU("tanh"), nn.LeakyReLU(), nn.BatchNorm1d(5), nn.Softmax(dim=1)]:
        assert layers_of(nn.Sequential(nn.Linear(4, 5), inner, nn.Linear(5, 4))) is None
    assert layers_of(nn.Sequential(nn.Linear(4, 5), nn.ReLU())) is None
    assert layers_of(nn.Sequential(nn.ReLU(), nn.Linear(4, 5))) is None
    assert layers_of(nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(6, 4))) is None
    assert layers_of(MLP((4, 5, 4)).double()) is None
    plain = nn.Sequential(nn.Linear(4, 5, bias=False), nn.Identity(), nn.ReLU(), nn.Linear(5, 4))
    assert len(layers_of(plain) or []) == 2
    assert len(layers_of(nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 4))) or []) == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_not_finite_are_undecided(value: float) -> None:
    net = hat_net(Rule(), 6)
    with torch.no_grad():
        net[-1].bias[3] = value
    for asked in (net, Wrapped(net)):
        proof = prove_fixed(asked, Encoding(bits=6), Rule())
        assert (proof.verdict, proof.close) == ("undecided", 64)
        assert proof.reason == "no answer is surely wrong, but 64 answers are not finite."
        assert proof.margin is None


def test_sums_that_may_overflow_are_not_proved() -> None:
    net = hat_net(Rule(), 6)
    with torch.no_grad():
        for value in net[-1].parameters():
            value *= 2.0**122
    proof = prove_fixed(net, Encoding(bits=6), Rule())
    assert proof.verdict == "undecided"
    assert proof.close == 64


def test_sums_that_may_overflow_before_tanh_are_not_proved() -> None:
    """inf − inf is NaN, and tanh does not bring it back."""
    net = MLP((3, 4, 2), "tanh")
    with torch.no_grad():
        net[0].weight[:] = torch.tensor([3e38, 3e38, -3e38])
        net[0].bias.zero_()
        net[-1].bias[:] = torch.tensor([-50.0, 50.0])
    proof = prove_fixed(net, Encoding(bits=3), Rule("2=a"))
    assert (proof.verdict, proof.wrong) == ("undecided", 0)
    assert proof.close > 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tied", [1, 2, 3])
def test_asking_one_integer_of_each_kind_finds_what_asking_all_does(seed: int, tied: int) -> None:
    rule, encoding = Rule(), Encoding(bits=9)
    net = MLP((9, 12, 4), seed=seed)
    with torch.no_grad():
        columns = net[0].weight
        for bit in range(9):
            columns[:, bit] = columns[:, bit % (4 * tied)]  # 2^i and 2^(i+4) are alike modulo 15
    full = prove_fixed(net, encoding, rule)
    alike = prove_fixed(net, encoding, rule, max_bits=2)
    kinds = AlikeNet(layers_of(net) or [], encoding, rule)
    assert kinds.total < 512 or tied == 3
    assert kinds.counts(np.concatenate([b[0] for b in kinds.batches()])).sum() == 512
    keys = ("verdict", "scope", "checked", "wrong", "close", "margin_at", "rounding")
    assert {key: getattr(alike, key) for key in keys} == {key: getattr(full, key) for key in keys}
    assert alike.margin == pytest.approx(full.margin, abs=1e-12)
    assert set(alike.counterexamples) <= set(full.counterexamples)
    assert f"one integer of each of {kinds.total} kinds" in alike.basis


def test_from_seventeen_bits_on_one_integer_stands_for_its_kind() -> None:
    proof = prove_fixed(hat_net(Rule(), 24), Encoding(bits=24), Rule())
    assert (proof.verdict, proof.checked, proof.seconds < 60) == ("proved", 2**24, True)
    assert "one integer of each of 2,401 kinds" in proof.basis


def test_bits_of_one_column_but_other_residues_are_not_alike() -> None:
    net = MLP((9, 5, 4))
    with torch.no_grad():
        net[0].weight[:] = 1.0
    assert AlikeNet(layers_of(net) or [], Encoding(bits=9), Rule()).classes == [
        [0, 4, 8],
        [1, 5],
        [2, 6],
        [3, 7],
    ]


def test_a_net_of_hats_is_proved_on_sixty_four_bits() -> None:
    proof = prove_fixed(hat_net(Rule("5=x"), 64), Encoding(bits=64), Rule("5=x"))
    assert (proof.verdict, proof.checked) == ("proved", 2**64)
    assert proof.scope == "every integer from 0 to 18446744073709551615"


def test_too_many_bits_are_undecided_and_the_time_is_told() -> None:
    proof = prove_fixed(MLP((40, 10, 4)), Encoding(bits=40), Rule())
    assert (proof.verdict, proof.checked, proof.margin) == ("undecided", 0, None)
    assert proof.reason.startswith(
        "there are 2^40 integers, more than the 2^28 that are asked; at the pace of this machine "
        "all of them would take about "
    )
    huge = prove_fixed(Wrapped(MLP((1000, 4, 4))), Encoding(bits=1000), Rule())
    assert huge.scope == "every integer from 0 to 2^1000 - 1"
    assert "years" in huge.reason


def test_lists_are_cut_and_counts_are_not() -> None:
    net = MLP((15, 4, 2), seed=1)
    with torch.no_grad():
        net[-1].weight[:] = 0
        net[-1].bias[:] = torch.tensor([0.0, 1.0])
    proof = prove_fixed(net, Encoding(bits=15), Rule("3=a"))
    assert proof.wrong == sum(n % 3 > 0 for n in range(2**15))
    assert len(proof.counterexamples) == 10_000
    assert proof.counterexamples[:2] == ((1, "a", "1"), (2, "a", "2"))
    assert proof.reason == "21,845 of 32,768 answers are wrong."


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    prove_fixed(MLP((14, 500, 4)), Encoding(bits=14), Rule(), progress=lambda *at: told.append(at))
    assert told[-1] == (2**14, 2**14)
    assert len(told) > 4


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        prove_fixed(MLP((4, 4, 4)), Encoding(scheme="sequence"), Rule())
    assert str(caught.value) == (
        "A net that reads sequences cannot be asked about all integers: there is no last one.\n"
        "  expected: an encoding of fixed width: binary, digits or scaled"
    )
    with pytest.raises(NetError) as wrong:
        prove_fixed(MLP((10, 4, 3)), Encoding(), Rule())
    assert str(wrong.value) == (
        "MLP does not give one logit a label.\n"
        "  expected: rows of shape (batch, 10) → logits of shape (batch, 4)\n"
        "  got:      for 2 rows: shape (2, 3)"
    )
    with pytest.raises(NetError, match="MLP does not take rows of this encoding"):
        prove_fixed(MLP((9, 4, 4)), Encoding(), Rule())


def test_the_proof_in_words() -> None:
    text = prove_fixed(hat_net(Rule(), 10), Encoding(), Rule()).text
    assert text.startswith(
        "Proved for every integer from 0 to 1023: all 1,024 answers are right. The smallest margin "
        "is 2, at 0. All weights may be changed by up to 0.0023, or by up to 0.0014 of their "
        "values, and no answer changes. This is about the net in float32 (IEEE 754, to nearest), "
        "its sums taken in any order; none of them rounds."
    )
