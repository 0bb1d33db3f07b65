"""A net's scores on every integer of its encoding, and which answers rounding cannot change.

Scores are computed in double precision, from the float32 weights. For binary rows the first layer
costs one addition a unit: with n = 2^k a + b its sums are those of a's bits plus those of b's, and
the latter are the same for each a.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fizzlab.encodings import Encoding
from fizzlab.nets import logits
from fizzlab.proofs.bounds import Change, Step, deviations, hull, is_exact
from fizzlab.proofs.float32 import DOUBLE, SINGLE
from fizzlab.proofs.layers import Layer

CELLS = 1 << 19  # numbers in the widest layer's matrix: it stays in the cache
NEAR = 2.0**-12  # of a foreign net: margins below this share of its largest score are close

Batch = tuple[np.ndarray, Float[Tensor, "batch label"]]  # integers, and their scores


@dataclass(frozen=True)
class Settled:
    """What is known of the answers to a batch of integers.

    Attributes:
        margins: Score of the right label minus the largest other one; NaN if one is not finite.
        answers: 1 surely right, −1 surely wrong, 0 too close to tell.
    """

    margins: Float[Tensor, " batch"]
    answers: Int[Tensor, " batch"]


def margins(
    scores: Float[Tensor, "batch label"], labels: Int[Tensor, " batch"]
) -> Float[Tensor, " batch"]:
    """Gives the score of the right label minus the largest other one, for each integer."""
    right = scores.gather(1, labels[:, None])[:, 0]
    return right - scores.scatter(1, labels[:, None], -math.inf).amax(dim=1)


def sure_answers(
    scores: Float[Tensor, "batch label"],
    labels: Int[Tensor, " batch"],
    radius: Float[Tensor, "any label"],
) -> Int[Tensor, " batch"]:
    """Tells which answers are right (1) or wrong (−1) whatever each score ± its radius is.

    (Radii hold at least 2^-24 of their scores, and a slack of 2^-20 of that: rounding in the lines
    below is less.)
    """
    sure_right = margins(_right_first(scores, labels, -radius, radius), labels) > 0
    sure_wrong = margins(_right_first(scores, labels, radius, -radius), labels) < 0
    return sure_right.long() - sure_wrong.long()


def _right_first(
    scores: Float[Tensor, "batch label"],
    labels: Int[Tensor, " batch"],
    right: Float[Tensor, "any label"],
    others: Float[Tensor, "any label"],
) -> Float[Tensor, "batch label"]:
    """Moves the score of the right label by `right`, and the other ones by `others`."""
    column = labels[:, None]
    moved = (scores + right).gather(1, column)
    return (scores + others).scatter(1, column, moved)


class LayeredNet:
    """A net whose layers are known, so that rounding can be bounded.

    Args:
        layers: Its layers.
        encoding: What it sees; all rows are of numbers from 0 to 1.

    Attributes:
        exact: Whether float32 computes it without any rounding.
        rounding: Bound of what rounding can change of the difference of two scores.
    """

    def __init__(self, layers: list[Layer], encoding: Encoding) -> None:
        self.layers, self.encoding = layers, encoding
        self.hull = hull(layers)
        self.exact = encoding.scheme != "scaled" and is_exact(layers)
        self.change = Change(0.0 if self.exact else SINGLE)
        self.double = deviations(layers, self.hull, Change(0.0 if self.exact else DOUBLE))
        self.rounding = self.spread_under(self.change)
        widest = max(layer.weight.shape[0] for layer in layers)
        wished = int(math.log2(max(1, CELLS // max(widest, encoding.features))))
        self.low_bits = min(wished, encoding.bits)

    @property
    def total(self) -> int:
        """The number of integers asked."""
        return self.encoding.capacity

    def counts(self, integers: np.ndarray) -> np.ndarray:
        """Gives for how many integers each one stands: itself alone."""
        return np.ones(len(integers), dtype=np.int64)

    def spread_under(self, change: Change) -> float:
        """Bounds how far any difference of two scores is from the one computed here."""
        radius = deviations(self.layers, self.hull, change)[-1].sums + self.double[-1].sums
        return float(radius[0].topk(2).values.sum())

    def batches(self) -> Iterator[Batch]:
        """Gives all integers in order, with their scores."""
        size, first = 1 << self.low_bits, self.layers[0]
        shared = self.encoding.scheme == "binary"
        low = self._rows(np.arange(size)) @ first.weight.T if shared else torch.empty(0)
        sums = torch.empty_like(low)
        for start in range(0, self.encoding.capacity, size):
            integers = np.arange(start, start + size)
            if shared:
                high = self._rows(integers[:1]) @ first.weight.T + first.bias
                torch.add(low, high, out=sums)
            else:
                sums = self._rows(integers) @ first.weight.T + first.bias
            yield integers, self._scores(sums)

    def _rows(self, integers: np.ndarray) -> Float[Tensor, "batch feature"]:
        return torch.from_numpy(self.encoding.rows(integers)).double()

    def _scores(self, sums: Float[Tensor, "batch unit"]) -> Float[Tensor, "batch label"]:
        """Goes on from the sums of the first layer, whose memory it uses."""
        for layer, after in zip(self.layers, self.layers[1:], strict=False):
            hidden = sums.clamp_(min=0) if layer.is_relu else layer.activation.function(sums)
            sums = torch.addmm(after.bias, hidden, after.weight.T)
        return sums.clone() if len(self.layers) == 1 else sums

    def trace(self, integers: np.ndarray) -> tuple[list[Step], Float[Tensor, "batch label"]]:
        """Gives what is known of every layer's numbers for some integers, and their scores."""
        steps, outputs, slack = [], self._rows(integers), torch.zeros(1).double()
        sums = outputs
        for layer, off, most in zip(self.layers, self.double, self.hull, strict=True):
            sums = torch.addmm(layer.bias, outputs, layer.weight.T)
            inputs = torch.minimum(outputs.abs() + slack, most.inputs)
            steps.append(Step(inputs, torch.minimum(sums + off.sums, most.upper)))
            outputs, slack = layer.activation.function(sums), off.outputs
        return steps, sums

    def settle(self, batch: Batch, labels: Int[Tensor, " batch"]) -> Settled:
        """Tells what is sure: by one bound for all integers, and by their own where that fails."""
        integers, scores = batch
        found = margins(scores, labels)
        answers = found.sign().long() * (found.abs() > self.rounding)
        open_ones = torch.nonzero(answers == 0)[:, 0]
        if len(open_ones) and not self.exact:
            change, own = self.change, integers[open_ones.numpy()]
            answers[open_ones] = self.answers_under(change, own, labels[open_ones])
        return Settled(found, answers)

    def answers_under(
        self, change: Change, integers: np.ndarray, labels: Int[Tensor, " batch"]
    ) -> Int[Tensor, " batch"]:
        """Gives what is sure (1 right, −1 wrong, 0 neither) under a change, by own bounds."""
        steps, scores = self.trace(integers)
        radius = deviations(self.layers, steps, change)[-1].sums + self.double[-1].sums
        return sure_answers(scores, labels, radius)


class ForeignNet:
    """A net that is only known by what it answers here.

    Args:
        net: Any module that gives logits.
        encoding: What it sees.
    """

    exact, rounding = False, None

    def __init__(self, net: nn.Module, encoding: Encoding) -> None:
        self.net, self.encoding = net, encoding
        self.low_bits, self.total = min(12, encoding.bits), encoding.capacity

    def counts(self, integers: np.ndarray) -> np.ndarray:
        """Gives for how many integers each one stands: itself alone."""
        return np.ones(len(integers), dtype=np.int64)

    def batches(self) -> Iterator[Batch]:
        """Gives all integers in order, with their scores."""
        size = 1 << self.low_bits
        for start in range(0, self.encoding.capacity, size):
            integers = np.arange(start, start + size)
            rows = torch.from_numpy(self.encoding.rows(integers))
            yield integers, logits(self.net, rows).double()

    def settle(self, batch: Batch, labels: Int[Tensor, " batch"]) -> Settled:
        """Takes the answers as they are, where margins are no matter of rounding."""
        scores = batch[1]
        found = margins(scores, labels)
        found[~scores.isfinite().all(dim=1)] = math.nan
        clear = found.abs() > NEAR * scores.abs().amax(dim=1)
        return Settled(found, torch.where(clear, found.sign(), 0).nan_to_num(0).long())
