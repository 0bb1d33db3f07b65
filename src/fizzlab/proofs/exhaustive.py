"""Nets of fixed width: what they say of every integer that they can be asked about.

A net of 10 bits can be asked 1024 questions. All of them are asked, and then nothing is left to
estimate. An answer counts as right (or wrong) only where no order of float32 sums could change it;
where one could, it counts as close, and the net is not called proved.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import nn

from fizzlab.encodings import Encoding
from fizzlab.errors import NetError, UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.nets import logits
from fizzlab.proofs.alike import AlikeNet
from fizzlab.proofs.fixed_proof import FixedProof, duration, scope_of
from fizzlab.proofs.layers import layers_of
from fizzlab.proofs.perturbation import perturbation
from fizzlab.proofs.scores import ForeignNet, LayeredNet
from fizzlab.proofs.tally import Tally
from fizzlab.rules import Rule, as_integers
from fizzlab.runs.session import one_thread

MAX_BITS = 28  # 268 million integers, some minutes for 100 hidden units
MAX_KINDS = 1 << 20  # of integers, where there are more bits
FEW_BITS = 16  # integers of so many are always asked one by one
SAMPLE = 1 << 14  # integers at which the pace is measured where there are too many

Progress = Callable[[int, int], None]  # called with integers done, and all


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
            return _undecided(known, _too_many(known, rule, max_bits), began)
        tally = _asked(known, rule, known.total, progress)
        tally.decide_exactly(known)
        if (n := _contradicted(net, encoding, rule, tally)) is not None:
            return _undecided(known, _contradiction(net, n), began)
        proof = _proof(net, known, tally, rule, began)
        if proof.verdict != "proved" or not with_perturbation or isinstance(known, ForeignNet):
            return proof
        found = perturbation(known, rule, tally.margin_at or 0, tally.margin)
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
    if encoding.bits > min(max_bits, FEW_BITS) and encoding.scheme == "binary":
        alike = AlikeNet(layers, encoding, rule)
        if alike.total <= (MAX_KINDS if encoding.bits > max_bits else encoding.capacity // 8):
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


def _contradicted(net: nn.Module, encoding: Encoding, rule: Rule, tally: Tally) -> int | None:
    """Gives an integer that is called surely wrong, and that the module itself answers right."""
    wrong = as_integers(sorted(tally.wrong_list))
    right = wrong[predict_labels(net, encoding, wrong) == rule.labels(wrong)]
    return int(right[0]) if len(right) else None


def _contradiction(net: nn.Module, n: int) -> str:
    name = type(net).__name__
    return f"{name} does not compute what its layers say: by these, its answer on {n} is wrong."


def _proof(
    net: nn.Module, known: LayeredNet | ForeignNet, tally: Tally, rule: Rule, began: float
) -> FixedProof:
    wrong = as_integers(sorted(tally.wrong_list))
    said = predict_labels(net, known.encoding, wrong).tolist()
    return FixedProof(
        verdict="refuted" if tally.wrong else "undecided" if tally.close else "proved",
        scope=scope_of(known.encoding.capacity),
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


def _too_many(known: LayeredNet | ForeignNet, rule: Rule, max_bits: int) -> str:
    """Tells how long it would take to ask about too many integers."""
    bits, start = known.encoding.bits, time.monotonic()
    asked = _asked(known, rule, SAMPLE)
    per_integer = (time.monotonic() - start) / asked.asked
    return (
        f"there are 2^{bits} integers, more than the 2^{max_bits} that are asked; at the "
        f"pace of this machine all of them would take {duration(bits, per_integer)}."
    )


def _undecided(known: LayeredNet | ForeignNet, reason: str, began: float) -> FixedProof:
    """Leaves a net undecided, and claims nothing."""
    return FixedProof(
        verdict="undecided",
        scope=scope_of(known.encoding.capacity),
        basis="nothing that was computed",
        reason=reason,
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
