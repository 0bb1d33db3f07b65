"""Times of exhaustive proofs, and how careful bounds are: python benchmarks/exhaustive.py.

Nets of bits–100–4 are asked about every integer: with torch's initial weights (refuted), and with
hats in some of the units and a little noise in all weights (proved, with the bound of what changes
they bear). Then bounds stand beside the smallest attack found: all weights moved by ε against the
margin of one integer.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import nn

from fizzlab import MLP, Encoding, Rule
from fizzlab.nets.hats import fill_hats, hat_width
from fizzlab.proofs.exhaustive import FixedProof, prove_fixed

ROUNDS = {10: 9, 16: 5, 20: 3, 24: 1}


def hat_net(bits: int) -> MLP:
    net = MLP((bits, hat_width(Rule(), bits), 4))
    fill_hats(net, Rule(), bits)
    return net


def right_net(bits: int) -> MLP:
    """Gives a net of 100 units, no two weights alike, that is right on all integers."""
    hats, net = hat_net(bits), MLP((bits, 100, 4))
    with torch.no_grad():
        for value, exact in zip(net.parameters(), hats.parameters(), strict=True):
            value *= 1e-4
            value[tuple(slice(size) for size in exact.shape)] += exact
    return net


def timed(net: nn.Module, bits: int, rounds: int) -> tuple[float, FixedProof]:
    """Median seconds of a proof, and the proof."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        proof = prove_fixed(net, Encoding(bits=bits), Rule())
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), proof


def times(most: int) -> None:
    print("| bits | integers | relu, refuted (s) | tanh, refuted (s) | relu, proved (s) | ε |")
    print("| --- | --- | --- | --- | --- | --- |")
    for bits, rounds in ROUNDS.items():
        if bits > most:
            continue
        relu, _ = timed(MLP((bits, 100, 4)), bits, rounds)
        tanh, _ = timed(MLP((bits, 100, 4), "tanh"), bits, rounds)
        right, proof = timed(right_net(bits), bits, rounds)
        assert proof.verdict == "proved", proof.text
        bears = proof.perturbation.absolute if proof.perturbation else 0.0
        cells = [f"{bits}", f"{2**bits:,}", f"{relu:.3f}", f"{tanh:.3f}", f"{right:.3f}"]
        print(f"| {' | '.join(cells)} | {bears:.2g} |", flush=True)


def carefulness(bits: int, integers: int) -> None:
    """Prints bounds beside attacks on the integers of smallest margin."""
    rows = torch.from_numpy(Encoding(bits=bits).rows(range(2**bits)))
    labels = torch.from_numpy(Rule().labels(range(2**bits)))
    for name, net in {"hats": hat_net(bits), "trained": trained(rows, labels)}.items():
        proof = prove_fixed(net, Encoding(bits=bits), Rule())
        if proof.perturbation is None:
            print(f"{name}: {proof.text}")
            continue
        scores = net(rows).detach()
        right = scores.gather(1, labels[:, None])[:, 0]
        margins = right - scores.scatter(1, labels[:, None], -torch.inf).amax(dim=1)
        asked = margins.argsort()[:integers].tolist()
        attacked = min(attack(net, rows, labels, n) for n in asked)
        bound = proof.perturbation.absolute
        print(
            f"{name}, {bits} bits: margin {proof.margin:.3g}, rounding {proof.rounding or 0:.2g}, "
            f"bound {bound:.3g}, smallest attack {attacked:.3g}, ratio {attacked / bound:.1f}"
        )


def trained(rows: torch.Tensor, labels: torch.Tensor) -> MLP:
    """Gives a net of 100 hidden units, trained on all integers until it is right."""
    net = MLP((rows.shape[1], 100, 4))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(3000):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(rows), labels).backward()
        optimizer.step()
    return net


def attack(net: MLP, rows: torch.Tensor, labels: torch.Tensor, n: int) -> float:
    """Gives the smallest ε found that changes some answer: signs of the gradient at n."""
    net.zero_grad()
    scores = net(rows[n : n + 1])[0]
    mask = torch.arange(len(scores)) == labels[n]
    (scores[labels[n]] - scores.masked_fill(mask, -torch.inf).max()).backward()
    before = [value.detach().clone() for value in net.parameters()]
    signs = [-value.grad.sign() for value in net.parameters() if value.grad is not None]
    low, high = 0.0, 1.0
    with torch.no_grad():
        for _ in range(20):
            middle = (low + high) / 2
            for value, start, sign in zip(net.parameters(), before, signs, strict=True):
                value.copy_(start + middle * sign)
            right = bool((net(rows).argmax(dim=1) == labels).all())
            low, high = (middle, high) if right else (low, middle)
        for value, start in zip(net.parameters(), before, strict=True):
            value.copy_(start)
    return high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bits", type=int, default=24, help="the most bits to time")
    carefulness(10, 200)
    times(parser.parse_args().bits)


if __name__ == "__main__":
    main()
