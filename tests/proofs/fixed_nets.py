"""Nets of hats, and brute force over all integers of an encoding."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from fizzlab import MLP, Encoding, Rule
from fizzlab.nets.hats import fill_hats, hat_width
from fizzlab.proofs.exhaustive import FixedProof


def hat_net(rule: Rule, bits: int) -> MLP:
    net = MLP((bits, hat_width(rule, bits), rule.num_labels))
    fill_hats(net, rule, bits)
    return net


def brute(net: nn.Module, encoding: Encoding, rule: Rule) -> tuple[list[int], torch.Tensor]:
    """Integers on which the net's own forward pass is wrong, and margins in double precision."""
    integers = np.arange(encoding.capacity)
    labels, rows = (
        torch.from_numpy(rule.labels(integers)),
        torch.from_numpy(encoding.rows(integers)),
    )
    net.eval()
    with torch.no_grad():
        wrong = (net(rows).argmax(dim=1) != labels).nonzero()[:, 0].tolist()
        scores = net.double()(rows.double())
        net.float()
    margins = [
        float(row[label] - torch.cat([row[:label], row[label + 1 :]]).max())
        for row, label in zip(scores, labels.tolist(), strict=True)
    ]
    return wrong, torch.tensor(margins, dtype=torch.float64)


def agrees(
    proof: FixedProof, net: nn.Module, encoding: Encoding, rule: Rule, error: float = 1e-9
) -> None:
    wrong, margins = brute(net, encoding, rule)
    listed = [n for n, _, _ in proof.counterexamples]
    assert set(listed) <= set(wrong) <= {*listed, *proof.close_examples}
    assert proof.wrong == len(listed)
    assert proof.close == len(proof.close_examples)
    assert proof.checked == encoding.capacity
    assert proof.margin == pytest.approx(float(margins.min()), abs=error)
    assert proof.margin_at is not None
    assert float(margins[proof.margin_at]) == pytest.approx(proof.margin, abs=error)
    verdict = "refuted" if listed else "undecided" if proof.close else "proved"
    assert proof.verdict == verdict
    for n, said, right in proof.counterexamples[:50]:
        rows = torch.from_numpy(encoding.rows([n]))
        assert said == rule.word(n, int(net(rows).argmax())) != right == rule.word(n, rule.label(n))
