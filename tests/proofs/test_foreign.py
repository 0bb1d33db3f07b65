"""Modules that may compute something else than their weights say are never proved by these."""

from __future__ import annotations

import pytest
import torch
from exact_nets import FIZZ, rule_net
from fixed_nets import agrees, hat_net
from torch import nn

from fizzlab import MLP, Encoding, Rule
from fizzlab.errors import UsageError
from fizzlab.nets import Bilinear, Snapped
from fizzlab.proofs.certificate import certificate
from fizzlab.proofs.exhaustive import prove_fixed
from fizzlab.proofs.layers import layers_of
from fizzlab.proofs.network import prove_network

# ------------------------------------------------------------------------- nets of fixed width


def even_net(*layers: nn.Module) -> nn.Sequential:
    """Puts weights into layers 4 → 1, 1 → 1 or 2, so that bit 0 alone decides."""
    linear = [layer for layer in dict.fromkeys(layers) if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer in linear:
            layer.weight.zero_()
            layer.bias.zero_()
            layer.weight[0, 0] = 1
        linear[-1].weight[:, 0] = torch.tensor([1.0, -1.0])
        linear[-1].bias[:] = torch.tensor([-0.5, 0.5])
    return nn.Sequential(*layers)


def test_a_module_that_comes_twice_is_computed_twice() -> None:
    """Behind the second ReLU all is 0; without it, the net would be right."""
    rule, encoding, relu = Rule("2=even"), Encoding(bits=4), nn.ReLU()
    net = even_net(nn.Linear(4, 1), relu, nn.Linear(1, 1), relu, nn.Linear(1, 2))
    with torch.no_grad():
        net[2].weight.fill_(-1)
        net[4].weight.neg_()
    assert [layer.is_relu for layer in layers_of(net) or []] == [True, True, False]
    proof = prove_fixed(net, encoding, rule)
    assert proof.verdict == "refuted"
    agrees(proof, net, encoding, rule)
    twice = nn.Linear(1, 1)
    net = even_net(nn.Linear(4, 1), relu, twice, relu, twice, nn.Linear(1, 2))
    with torch.no_grad():
        twice.bias.fill_(0.75)  # 0, 1 become 0.75, 1.75 and, once more, 1.5, 2.5
        net[-1].bias[:] = torch.tensor([-2.0, 2.0])
    assert len(layers_of(net) or []) == 4
    proof = prove_fixed(net, encoding, rule)
    assert proof.verdict == "proved"
    agrees(proof, net, encoding, rule)


def inverted(rows: torch.Tensor) -> torch.Tensor:
    return 1 - rows[:, :1]


def test_a_replaced_forward_makes_a_net_foreign() -> None:
    for place in (0, 1, None):
        net = even_net(nn.Linear(4, 1), nn.ReLU(), nn.Linear(1, 2))
        assert prove_fixed(net, Encoding(bits=4), Rule("2=even")).verdict == "proved"
        assert layers_of(net) is not None
        if place is None:
            net.forward = lambda rows: torch.cat([rows[:, :1] * 0 + 1, rows[:, :1] * 0], dim=1)
        else:
            net[place].forward = inverted
        assert layers_of(net) is None
        proof = prove_fixed(net, Encoding(bits=4), Rule("2=even"))
        assert proof.verdict == "refuted"
        agrees(proof, net, Encoding(bits=4), Rule("2=even"), error=1e-6)


def test_hooks_of_all_modules_count_too() -> None:
    net = hat_net(Rule(), 4)
    handle = nn.modules.module.register_module_forward_hook(lambda module, given, out: -out)
    try:
        assert layers_of(net) is None
    finally:
        handle.remove()
    assert layers_of(net) is not None


def test_layers_that_the_module_contradicts_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the layers read wrongly, no integer that the net answers right would be called wrong."""
    read = layers_of(MLP((6, 5, 4), seed=1))
    monkeypatch.setattr("fizzlab.proofs.exhaustive.layers_of", lambda net: read)
    proof = prove_fixed(hat_net(Rule(), 6), Encoding(bits=6), Rule())
    assert (proof.verdict, proof.wrong, proof.checked, proof.counterexamples) == (
        *("undecided", 0, 0),
        (),
    )
    assert proof.reason.startswith("MLP does not compute what its layers say: by these, its answer")


# ------------------------------------------------------------------------- nets that read


class OtherBilinear(Bilinear):
    def scores(self, states: torch.Tensor) -> torch.Tensor:
        return -super().scores(states)


class OtherSnapped(Snapped):
    def scores(self, states: torch.Tensor) -> torch.Tensor:
        return -super().scores(states)


def foreign_reader() -> Snapped:
    net = rule_net(FIZZ)
    other = OtherBilinear(2, 4, 2)
    other.load_state_dict(net.net.state_dict())
    return Snapped(other, net.codebook)


def foreign_snap() -> Snapped:
    net = rule_net(FIZZ)
    return OtherSnapped(net.net, net.codebook)


def hooked(inner: bool) -> Snapped:
    net = rule_net(FIZZ)
    (net.net if inner else net).register_forward_hook(lambda module, inputs, output: -output)
    return net


def replaced(name: str, inner: bool) -> Snapped:
    net = rule_net(FIZZ)
    module = net.net if inner else net
    kept = getattr(module, name)
    setattr(module, name, lambda *given: -kept(*given))
    return net


def reshaped(name: str, shape: tuple[int, ...]) -> Snapped:
    net = rule_net(FIZZ)
    holder = net.net if name in {"start", "transitions", "readout"} else net
    values = torch.zeros(shape)
    setattr(holder, name, torch.nn.Parameter(values) if holder is net.net else values)
    return net


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (foreign_reader, "OtherBilinear is a Bilinear of its own, and may compute something else"),
        (foreign_snap, "OtherSnapped is a Snapped of its own"),
        (lambda: hooked(True), "its Bilinear has hooks or replaced methods"),
        (lambda: hooked(False), "its Snapped has hooks or replaced methods"),
        *(
            (lambda name=name, inner=inner: replaced(name, inner), "hooks or replaced methods")
            for inner, names in (
                (True, ("begin", "step", "scores", "forward")),
                (False, ("begin", "step", "scores", "codes", "forward")),
            )
            for name in names
        ),
        (lambda: reshaped("start", (3,)), "net.start has the shape (3,), not (4,)"),
        (lambda: reshaped("transitions", (3, 4, 4)), "net.transitions has the shape (3, 4, 4)"),
        (lambda: reshaped("readout", (4, 3)), "net.readout has the shape (4, 3), not (4, 2)"),
        (lambda: reshaped("offsets", (1,)), "offsets has the shape (1,), not (3,)"),
        (lambda: reshaped("codebook", (3, 5)), "codebook has the shape (3, 5), not (3, 4)"),
    ],
)
def test_a_net_that_may_compute_something_else_is_undecided(make, reason: str) -> None:
    net = make()
    proof = prove_network(net, FIZZ)
    assert proof.verdict == "undecided"
    assert reason in proof.reason
    with pytest.raises(UsageError, match="no certificate for a net that is not proved") as caught:
        certificate(net, FIZZ, prove_network(rule_net(FIZZ), FIZZ))
    assert reason in str(caught.value)
