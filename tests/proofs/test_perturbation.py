from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fizzlab import MLP, Encoding, Rule
from fizzlab.nets.hats import fill_hats, hat_width
from fizzlab.proofs.exhaustive import prove_fixed
from fizzlab.proofs.layers import layers_of
from fizzlab.proofs.perturbation import Perturbation, largest, perturbation
from fizzlab.proofs.scores import LayeredNet

KINDS = ["absolute", "relative"]


def hat_net(rule: Rule, bits: int) -> MLP:
    net = MLP((bits, hat_width(rule, bits), rule.num_labels))
    fill_hats(net, rule, bits)
    return net


def trained_net(rule: Rule, bits: int, activation: str, hidden: list[int], seed: int) -> MLP:
    """A net trained until it is right on all integers of a few bits."""
    net = MLP((bits, *hidden, rule.num_labels), activation, seed=seed)
    rows, labels = task(rule, bits)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(600):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(rows), labels).backward()
        optimizer.step()
    return net


def task(rule: Rule, bits: int) -> tuple[torch.Tensor, torch.Tensor]:
    integers = range(2**bits)
    return torch.from_numpy(Encoding(bits=bits).rows(integers)), torch.from_numpy(
        rule.labels(integers)
    )


def bound(net: nn.Module, rule: Rule, bits: int) -> Perturbation:
    proof = prove_fixed(net, Encoding(bits=bits), rule)
    assert proof.verdict == "proved"
    assert proof.perturbation is not None
    return proof.perturbation


def changed(net: MLP, signs: list[torch.Tensor], size: float, kind: str) -> MLP:
    """Each weight and bias moved by size times its sign (−1 to 1), or that times its own value."""
    parameters = list(net.parameters())
    other = MLP([net[0].weight.shape[1], *(len(p) for p in parameters[1::2])], name_of(net))
    with torch.no_grad():
        for mine, value, sign in zip(other.parameters(), parameters, signs, strict=True):
            scale = value.abs() if kind == "relative" else 1.0
            mine.copy_(value + size * sign * scale)
    return other


def name_of(net: MLP) -> str:
    return type(net[1]).__name__.lower()


def right_everywhere(net: nn.Module, rule: Rule, bits: int) -> bool:
    rows, labels = task(rule, bits)
    return bool((net(rows).argmax(dim=1) == labels).all())


def attack(net: MLP, rule: Rule, bits: int, integer: int) -> list[torch.Tensor]:
    """The signs that lower an integer's margin fastest."""
    rows, labels = task(rule, bits)
    net.zero_grad()
    scores = net(rows)[integer]
    others = scores.masked_fill(torch.arange(len(scores)) == labels[integer], -torch.inf)
    (scores[labels[integer]] - others.max()).backward()
    return [-value.grad.sign() for value in net.parameters()]  # type: ignore[union-attr]


def weakest(net: MLP, rule: Rule, count: int) -> list[int]:
    """The integers of the smallest margins: changes that matter are found on these."""
    rows, labels = task(rule, 6)
    with torch.no_grad():
        scores = net(rows)
    right = scores.gather(1, labels[:, None])
    others = scores.scatter(1, labels[:, None], -torch.inf).amax(dim=1, keepdim=True)
    return (right - others)[:, 0].argsort()[:count].tolist()


NETS = {
    "hats": lambda: hat_net(Rule(), 6),
    "hats of 7": lambda: hat_net(Rule("7=x"), 6),
    "relu": lambda: trained_net(Rule(), 6, "relu", [40], 0),
    "tanh": lambda: trained_net(Rule("3=a"), 6, "tanh", [20], 1),
    "gelu": lambda: trained_net(Rule("3=a"), 6, "gelu", [20], 1),
    "deep": lambda: trained_net(Rule("3=a"), 6, "relu", [20, 15], 1),
    "sigmoid": lambda: trained_net(Rule("2=a"), 6, "sigmoid", [5], 2),
}
RULES = {"hats of 7": Rule("7=x"), "hats": Rule(), "relu": Rule(), "sigmoid": Rule("2=a")}


@pytest.fixture(scope="module", params=NETS)
def case(request: pytest.FixtureRequest) -> tuple[MLP, Rule]:
    return NETS[request.param](), RULES.get(request.param, Rule("3=a"))


@pytest.mark.parametrize("kind", KINDS)
def test_no_change_within_the_bound_changes_an_answer(case: tuple[MLP, Rule], kind: str) -> None:
    net, rule = case
    size = getattr(bound(net, rule, 6), kind)
    assert 0 < size < 1
    generator = torch.Generator().manual_seed(0)
    for trial in range(40):
        signs = [torch.rand(p.shape, generator=generator) * 2 - 1 for p in net.parameters()]
        corner = [sign.sign() for sign in signs] if trial % 2 else signs
        assert right_everywhere(changed(net, corner, size, kind), rule, 6)
    for integer in weakest(net, rule, 16):
        signs = attack(net, rule, 6, integer)
        assert right_everywhere(changed(net, signs, size, kind), rule, 6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_is_not_far_below_what_changes_an_answer(
    case: tuple[MLP, Rule], kind: str
) -> None:
    net, rule = case
    size = getattr(bound(net, rule, 6), kind)
    attacks = [attack(net, rule, 6, integer) for integer in weakest(net, rule, 64)]
    assert any(
        not right_everywhere(changed(net, signs, 24 * size, kind), rule, 6) for signs in attacks
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_how_far_below_it_is(case: tuple[MLP, Rule], kind: str) -> None:
    net, rule = case
    size = getattr(bound(net, rule, 6), kind)
    found = min(smallest_attack(net, rule, kind, integer, size) for integer in range(64))
    print(f"{kind}: bound {size:.3g}, smallest attack {found:.3g}, ratio {found / size:.1f}")
    assert 1 < found / size < 25


def smallest_attack(net: MLP, rule: Rule, kind: str, integer: int, size: float) -> float:
    signs, low, high = attack(net, rule, 6, integer), size, 100 * size
    if right_everywhere(changed(net, signs, high, kind), rule, 6):
        return high
    for _ in range(12):
        middle = (low + high) / 2
        right = right_everywhere(changed(net, signs, middle, kind), rule, 6)
        low, high = (middle, high) if right else (low, middle)
    return high


def test_the_bound_is_that_of_the_worst_integer() -> None:
    """Asked one integer at a time, the smallest bound is that of all."""
    net, rule = trained_net(Rule("3=a"), 5, "relu", [20], 3), Rule("3=a")
    layered = LayeredNet(layers_of(net) or [], Encoding(bits=5))
    margin = prove_fixed(net, Encoding(bits=5), rule).margin
    found = perturbation(layered, rule, 0, margin)
    for start in (7, 31):
        again = perturbation(layered, rule, start, margin)
        assert again.absolute == pytest.approx(found.absolute, rel=2**-9)
        assert again.relative == pytest.approx(found.relative, rel=2**-9)


def test_one_bound_for_all_integers_is_smaller_and_not_by_much(
    case: tuple[MLP, Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    net, rule = case
    own = bound(net, rule, 6)
    monkeypatch.setattr("fizzlab.proofs.perturbation.LOOKED_AT", 0)
    same = bound(net, rule, 6)
    assert own.absolute / 30 < same.absolute <= own.absolute
    assert own.relative / 30 < same.relative <= own.relative


def test_wrong_and_tied_nets_have_no_bound() -> None:
    assert prove_fixed(MLP((6, 5, 4)), Encoding(bits=6), Rule()).perturbation is None
    net = hat_net(Rule("2=a"), 4)
    with torch.no_grad():
        net[-1].weight[1], net[-1].bias[1] = net[-1].weight[0], net[-1].bias[0]
    proof = prove_fixed(net, Encoding(bits=4), Rule("2=a"))
    assert (proof.verdict, proof.perturbation) == ("undecided", None)


def test_a_net_that_only_exact_sums_keep_right_bears_no_change() -> None:
    """Eight units of 1024 cancel exactly; changed a little, their sums of 2^23 would round."""
    small, net = hat_net(Rule("3=x"), 6), MLP((6, hat_width(Rule("3=x"), 6) + 8, 2))
    with torch.no_grad():
        for mine, theirs in zip(net.parameters(), small.parameters(), strict=True):
            mine.zero_()
            mine[tuple(slice(size) for size in theirs.shape)] = theirs
        net[0].bias[-8:] = 1024
        net[-1].weight[:, -8:] = 1024 * torch.tensor([1, -1] * 4)
    assert bound(net, Rule("3=x"), 6) == Perturbation(absolute=0.0, relative=0.0)
    assert bound(small, Rule("3=x"), 6).absolute > 0.005


def test_it_can_be_left_out() -> None:
    proof = prove_fixed(hat_net(Rule(), 6), Encoding(bits=6), Rule(), with_perturbation=False)
    assert (proof.verdict, proof.perturbation) == ("proved", None)


@settings(max_examples=30)
@given(st.floats(1e-30, 0.999))
def test_the_largest_size_that_holds(limit: float) -> None:
    found = largest(lambda size: size <= limit, 1.0)
    assert limit * (1 - 2**-11) <= found <= limit


def test_nothing_holds() -> None:
    assert largest(lambda size: False, 1.0) == 0.0
