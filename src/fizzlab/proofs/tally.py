"""The count of right, wrong and close answers, and a second, exact look at the close ones."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from fizzlab.proofs.exact_layers import ExactLayers
from fizzlab.proofs.scores import ForeignNet, LayeredNet, Settled
from fizzlab.rules import Rule

LISTED = 10_000  # integers of a kind that are listed
EXACT_WORK = 20_000_000  # products of weights, in exact arithmetic: some seconds


class Tally:
    """Counts answers.

    Args:
        rule: What is right.

    Attributes:
        asked: Number of integers asked.
        checked: Number of integers that these stand for.
        wrong: Number of surely wrong answers.
        wrong_list: Their integers, the first `LISTED`.
        close: Number of answers that rounding might turn.
        close_list: Their integers, the first `LISTED`.
        not_finite: Number of integers whose scores are not finite; they are close too.
        margin: The smallest margin.
        margin_at: The smallest integer that has it.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.asked = self.checked = self.wrong = self.close = self.not_finite = 0
        self.wrong_list: list[int] = []
        self.close_list: list[int] = []
        self.margin, self.margin_at = math.inf, cast("int | None", None)
        self._exactly = ""

    def add(self, integers: np.ndarray, settled: Settled, counts: np.ndarray) -> None:
        """Counts a batch; each integer stands for as many as `counts` says."""
        answers, margins = settled.answers.numpy(), settled.margins.numpy()
        wrong, close, unknown = answers < 0, answers == 0, np.isnan(margins)
        self.asked += len(integers)
        self.checked += int(counts.sum())
        self.wrong += int(counts[wrong].sum())
        self.close += int(counts[close].sum())
        self.not_finite += int(counts[unknown].sum())
        self.wrong_list += integers[wrong][: LISTED - len(self.wrong_list)].tolist()
        self.close_list += integers[close][: LISTED - len(self.close_list)].tolist()
        known = np.where(unknown, math.inf, margins)
        least = known.min()
        if least <= self.margin and least < math.inf:
            place = min(integers[known == least].tolist())
            before = self.margin_at
            here = place if least < self.margin or before is None else min(place, before)
            self.margin, self.margin_at = float(least), here

    def decide_exactly(self, net: LayeredNet | ForeignNet) -> None:
        """Looks at close answers again: some float32 sums do not round, whatever their order."""
        if not self.close or isinstance(net, ForeignNet):
            return
        if not all(layer.is_relu for layer in net.layers[:-1]):
            return
        exact, ties, right, seen = ExactLayers(net.layers), 0, 0, self.close_list
        looked_at = seen[: max(1, EXACT_WORK // exact.cost)]
        rows, still = net.encoding.rows(looked_at), []
        for n, row in zip(looked_at, rows, strict=True):
            scores = exact.scores(row)
            margin = scores.margin(self.rule.label(n))
            if scores.free_of_order and margin:
                count = int(net.counts(np.array([n], dtype=object))[0])
                self.close -= count
                if margin < 0:
                    self.wrong += count
                    self.wrong_list = sorted([*self.wrong_list, n])[:LISTED]
            else:
                still.append(n)
                ties, right = ties + (margin == 0), right + (margin > 0)
        self.close_list = still + seen[len(looked_at) :]
        if still:
            self._exactly = (
                f" (of {len(still)} of them, exact arithmetic says: {right} right, "
                f"{len(still) - right - ties} wrong, {ties} tied)"
            )

    def reason(self) -> str:
        """Tells in one sentence what came out."""
        close = f"{_answers(self.close)} closer than rounding{self._exactly}"
        if self.not_finite:
            close = f"{_answers(self.not_finite)} not finite"
        if self.wrong:
            text = f"{self.wrong:,} of {self.checked:,} answers are wrong"
            return f"{text}, and {close}." if self.close else f"{text}."
        if self.close:
            return f"no answer is surely wrong, but {close}."
        return f"all {self.checked:,} answers are right."


def _answers(count: int) -> str:
    return f"{count:,} {'answer is' if count == 1 else 'answers are'}"
