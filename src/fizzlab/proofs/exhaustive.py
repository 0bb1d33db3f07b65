"""Nets of fixed width: what they say of every integer that they can be asked about.

A net of 10 bits can be asked 1024 questions. All of them are asked, and then nothing is left to
estimate. An answer counts as right (or wrong) only where no order of float32 sums could change it;
where one could, it counts as close, and the net is not called proved.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from fizzlab.configuration import Document
from fizzlab.encodings import Encoding
from fizzlab.errors import NetError, UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.nets import logits
from fizzlab.proofs.alike import AlikeNet
from fizzlab.proofs.bounds import layers_of
from fizzlab.proofs.perturbation import Perturbation, perturbation
from fizzlab.proofs.scores import ForeignNet, LayeredNet
from fizzlab.proofs.tally import LISTED, Tally
from fizzlab.rules import Rule, as_integers
from fizzlab.runs.session import one_thread

MAX_BITS = 28  # 268 million integers, some minutes for 100 hidden units
MAX_KINDS = 1 << 20  # of integers, where there are more bits
SAMPLE = 1 << 14  # integers at which the pace is measured where there are too many

Progress = Callable[[int, int], None]  # called with integers done, and all


class FixedProof(Document):
    """What a net says of every integer that its encoding covers."""

    verdict: Literal["proved", "refuted", "undecided"] = Field(
        description="right on all; surely wrong on some; or neither is sure"
    )
    scope: str = Field(description="which integers it is about, in words")
    basis: str = Field(description="what it is about and rests on: which arithmetic, in words")
    reason: str = Field(description="why, in one sentence")
    checked: int = Field(description="number of integers asked")
    wrong: int = Field(description="number of surely wrong answers, in any order of sums")
    counterexamples: tuple[tuple[int, str, str], ...] = Field(
        description=f"[integer, what the net says, what is right], the first {LISTED:,}"
    )
    close: int = Field(description="number of answers that rounding might turn")
    close_examples: tuple[int, ...] = Field(description=f"their integers, the first {LISTED:,}")
    margin: float | None = Field(
        description="smallest margin: score of the right label minus the largest other one, in "
        "double precision (of a net of unknown layers, in its own); below 0: an answer is wrong"
    )
    margin_at: int | None = Field(description="the smallest integer that has this margin")
    rounding: float | None = Field(
        description="most that float32 can change of a difference of two scores; null: no bound"
    )
    perturbation: Perturbation | None = Field(
        description="how far the weights may be changed; null where the net is not proved right"
    )
    seconds: float

    @property
    def text(self) -> str:
        """The proof in plain words, one paragraph."""
        words = f"{self.verdict.capitalize()} for {self.scope}: {self.reason}"
        if self.margin is not None:
            words += f" The smallest margin is {self.margin:.4g}, at {self.margin_at}."
        if self.perturbation:
            words += (
                f" All weights may be changed by up to {self.perturbation.absolute:.2g}, or by up "
                f"to {self.perturbation.relative:.2g} of their values, and no answer changes."
            )
        return f"{words} This is about {self.basis}."


def prove_fixed(
    net: nn.Module,
    encoding: Encoding,
    rule: Rule,
    *,
    with_perturbation: bool = True,
    max_bits: int = MAX_BITS,
    progress: Progress | None = None,
) -> FixedProof:
    """Asks a net about every integer of its encoding, and tells whether it is right on all.

    Args:
        net: Takes rows of the encoding and gives a logit a label. Of an `MLP`, and any plain
            `nn.Sequential` of linear layers and activations, the rounding is bounded; of another
            module the answers are taken as they are computed here.
        encoding: What the net sees; `binary`, `digits` or `scaled`.
        rule: What is right.
        with_perturbation: Also tell how far the weights of a proved net may be changed.
        max_bits: Encodings of more bits are left undecided.
        progress: Called with the number of integers done and that of all.

    Raises:
        UsageError: If the encoding is a sequence, which has no fixed width.
        NetError: If the net does not take its rows, or does not give a logit a label.
    """
    began = time.monotonic()
    _check(net, encoding, rule)
    with one_thread():
        known = _known(net, encoding, rule, max_bits)
        if encoding.bits > max_bits and not isinstance(known, AlikeNet):
            return _refused(known, rule, max_bits, began)
        tally = _asked(known, rule, known.total, progress)
        tally.decide_exactly(known)
        proof = _proof(net, known, tally, rule, began)
        if proof.verdict != "proved" or not with_perturbation or isinstance(known, ForeignNet):
            return proof
        found = perturbation(known, rule, int(tally.margin_at or 0))
    seconds = time.monotonic() - began
    return proof.model_copy(update={"perturbation": found, "seconds": seconds})


def _check(net: nn.Module, encoding: Encoding, rule: Rule) -> None:
    if encoding.scheme == "sequence":
        raise UsageError(
            "A net that reads sequences cannot be asked about all integers: there is no last one.",
            expected="an encoding of fixed width: binary, digits or scaled",
        )
    expected = (
        f"rows of shape (batch, {encoding.features}) → logits of shape (batch, {rule.num_labels})"
    )
    name = type(net).__name__
    try:
        shape = tuple(logits(net, torch.zeros(2, encoding.features)).shape)
    except Exception as error:
        told = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise NetError(
            f"{name} does not take rows of this encoding.", expected=expected, got=told
        ) from error
    if shape != (2, rule.num_labels):
        raise NetError(
            f"{name} does not give one logit a label.",
            expected=expected,
            got=f"for 2 rows: shape {shape}",
        )


def _known(
    net: nn.Module, encoding: Encoding, rule: Rule, max_bits: int
) -> LayeredNet | ForeignNet:
    """Finds out what is known of a net, and whether one integer can stand for many."""
    layers = layers_of(net)
    if layers is None:
        return ForeignNet(net, encoding)
    if encoding.bits > max_bits and encoding.scheme == "binary":
        alike = AlikeNet(layers, encoding, rule)
        if alike.total <= MAX_KINDS:
            return alike
    return LayeredNet(layers, encoding)


def _asked(
    known: LayeredNet | ForeignNet, rule: Rule, total: int, progress: Progress | None = None
) -> Tally:
    """Asks about the first `total` integers, or a few more."""
    tally = Tally(rule)
    for integers, scores in known.batches():
        labels = torch.from_numpy(rule.labels(integers))
        tally.add(integers, known.settle((integers, scores), labels), known.counts(integers))
        if progress:
            progress(tally.asked, total)
        if tally.asked >= total:
            break
    return tally


def _proof(
    net: nn.Module, known: LayeredNet | ForeignNet, tally: Tally, rule: Rule, began: float
) -> FixedProof:
    wrong = as_integers(sorted(tally.wrong_list))
    said = predict_labels(net, known.encoding, wrong).tolist()
    return FixedProof(
        verdict="refuted" if tally.wrong else "undecided" if tally.close else "proved",
        scope=_scope(known.encoding.capacity),
        basis=_basis(net, known),
        reason=tally.reason(),
        checked=tally.checked,
        wrong=tally.wrong,
        counterexamples=tuple(
            (n, rule.word(n, label), rule.word(n, rule.label(n)))
            for n, label in zip(wrong.tolist(), said, strict=True)
        ),
        close=tally.close,
        close_examples=tuple(sorted(tally.close_list)),
        margin=tally.margin if math.isfinite(tally.margin) else None,
        margin_at=tally.margin_at,
        rounding=known.rounding if known.rounding and math.isfinite(known.rounding) else None,
        perturbation=None,
        seconds=time.monotonic() - began,
    )


def _scope(capacity: int) -> str:
    if capacity <= 1 << 64:
        return f"every integer from 0 to {capacity - 1}"
    return f"every integer from 0 to 2^{capacity.bit_length() - 1} - 1"


def _basis(net: nn.Module, known: LayeredNet | ForeignNet) -> str:
    if isinstance(known, ForeignNet):
        return (
            f"the answers as they are computed here: the rounding of {type(net).__name__} is not "
            "bounded, and another machine may round otherwise"
        )
    text = "the net in float32 (IEEE 754, to nearest), its sums taken in any order"
    if isinstance(known, AlikeNet):
        text += (
            f", asked about one integer of each of {known.total:,} kinds that it cannot tell apart"
        )
    if known.exact:
        return f"{text}; none of them rounds"
    assumed = sorted({layer.activation.name for layer in known.layers if layer.activation.error})
    return text + (f"; the error of {' and '.join(assumed)} is assumed" if assumed else "")


def _refused(known: LayeredNet | ForeignNet, rule: Rule, max_bits: int, began: float) -> FixedProof:
    """Leaves a net of too many bits undecided, and tells how long it would take."""
    bits, start = known.encoding.bits, time.monotonic()
    asked = _asked(known, rule, SAMPLE)
    per_integer = (time.monotonic() - start) / asked.asked
    return FixedProof(
        verdict="undecided",
        scope=_scope(known.encoding.capacity),
        basis="nothing that was computed",
        reason=f"there are 2^{bits} integers, more than the 2^{max_bits} that are asked; at the "
        f"pace of this machine all of them would take {duration(bits, per_integer)}.",
        checked=0,
        wrong=0,
        counterexamples=(),
        close=0,
        close_examples=(),
        margin=None,
        margin_at=None,
        rounding=None,
        perturbation=None,
        seconds=time.monotonic() - began,
    )


def duration(bits: int, seconds_each: float) -> str:
    """Tells how long 2^bits steps take.

    >>> duration(30, 1e-7), duration(40, 1e-7), duration(200, 1e-7)
    ('about 107 seconds', 'about 31 hours', 'about 10^46 years')
    """
    power = bits * math.log10(2) + math.log10(seconds_each)
    if power > 11:
        return f"about 10^{power - math.log10(3.156e7):.0f} years"
    seconds = 10**power
    for unit, size in {"years": 3.156e7, "days": 86400, "hours": 3600, "minutes": 60}.items():
        if seconds >= 2 * size:
            return f"about {seconds / size:,.0f} {unit}"
    return f"about {seconds:.0f} seconds"
