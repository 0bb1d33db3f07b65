"""Proof that a snapped net, in float32 as it runs, follows a rule on every integer n ≥ 1.

1. Exact arithmetic gives the automaton that the net means to be, and a box for each of its codes
   into which float32 leads (`snapping.py`, `rounding.py`).
2. Every point of every box snaps to the box's code, and the code's label scores most, whatever
   rounding does: then the net is that automaton in any float32 arithmetic.
3. Automaton and rule are walked through side by side, over all pairs of a state and a residue that
   some n reaches: they agree, or the smallest n on which they differ is a counterexample.

Boxes around the states of a trained second-order net: Omlin and Giles, "Constructing deterministic
finite-state automata in recurrent neural networks", J. ACM 43, 1996, who keep a net's states apart;
here the snap does, and what remains to be bounded is one step.

0 is no integer here: it is written with the one digit that no other integer begins with. What the
net says of it is told, and not claimed.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from fizzlab.configuration import Document
from fizzlab.encodings import digits_of
from fizzlab.errors import UsageError
from fizzlab.nets import Snapped
from fizzlab.proofs.rounding import LARGEST, Dyadic, Exact, dyadic, number
from fizzlab.proofs.snapping import START, ExactReader, Lead, problem_with, smallest
from fizzlab.readers.automata import Automaton
from fizzlab.rules import Rule, decimal

Box: TypeAlias = tuple[tuple[Dyadic, Dyadic], ...]
MAX_SHOWN = 1 << 100  # larger counterexamples are told by their number of bits


class NetworkProof(Document):
    """What is known of a snapped net on every n ≥ 1, as float32 computes it."""

    verdict: Literal["proved", "refuted", "undecided"]
    reason: str = Field(description="the verdict in words")
    counterexample: int | None = Field(
        default=None, description="an n ≥ 1 on which net and rule differ; null if none is known"
    )
    states: int = Field(default=0, description="codes that some n ≥ 1 leads to")
    snap_gap: float | None = Field(
        default=None,
        description="lead of a code's score over the next one's, anywhere in its box, where "
        "rounding comes nearest to undoing it; null if there is one code",
    )
    snap_gap_in_roundings: float | None = Field(
        default=None, description="the same as a multiple of what rounding can change"
    )
    margin: float | None = Field(
        default=None,
        description="lead of a label's score over the next one's, on a code, where rounding comes "
        "nearest to undoing it",
    )
    margin_in_roundings: float | None = Field(
        default=None, description="the same as a multiple of what rounding can change"
    )
    zero: int | None = Field(
        default=None, description="label that the net gives to 0, for which nothing is claimed"
    )
    codes: tuple[int, ...] = Field(default=(), description="number of each state's code")
    automaton: Automaton | None = Field(default=None, description="null where there is none")
    boxes: tuple[Box, ...] = Field(
        default=(), description="of each state [lower, upper] for each coordinate, as [m, e]: m 2^e"
    )


def prove_network(net: Snapped, rule: Rule) -> NetworkProof:
    """Tells whether a snapped net follows a rule on every n ≥ 1, in any float32 arithmetic.

    Args:
        net: A snapped bilinear net.
        rule: The rule, with as many labels as the net.

    Returns:
        Proved, with the automaton and the boxes of the proof; refuted, with a counterexample; or
        undecided, with the reason.

    Raises:
        UsageError: If net and rule have not the same number of labels.
    """
    if net.labels != rule.num_labels:
        raise UsageError(
            "This net is not for this rule.",
            expected=f"a net of {rule.num_labels} labels",
            got=f"one of {net.labels}",
            fix="give the rule that the net was trained on",
        )
    if problem := problem_with(net):
        return NetworkProof(
            verdict="undecided", reason=f"Nothing is proved of this net: {problem}."
        )
    exact = ExactReader(net)
    codes = exact.reached()
    boxes = [exact.box(code, codes) for code in codes]
    leads = [exact.lead(code, *box) for code, box in zip(codes, boxes, strict=True)]
    gap = smallest([lead for lead in leads if lead])
    margin = smallest([lead for code in codes if (lead := exact.margin(code))])
    automaton = exact.automaton(codes)
    doubt = _doubt(exact, codes, boxes, gap, margin)
    verdict, reason, n = _compared(exact, automaton, rule, doubt)
    return NetworkProof(
        verdict=verdict,
        reason=reason if verdict != "proved" else _proved(automaton, rule, gap, margin),
        counterexample=n,
        states=len(codes),
        snap_gap=gap and number(gap.exact),
        snap_gap_in_roundings=gap and gap.roundings,
        margin=margin and number(margin.exact),
        margin_in_roundings=margin and margin.roundings,
        zero=_label_of_zero(exact),
        codes=tuple(codes),
        automaton=automaton,
        boxes=tuple(map(_box, boxes)),
    )


def _compared(
    exact: ExactReader, automaton: Automaton, rule: Rule, doubt: str | None
) -> tuple[Literal["proved", "refuted", "undecided"], str, int | None]:
    """Compares the automaton of exact arithmetic with the rule; gives verdict, reason and n."""
    try:
        n = automaton.difference(rule)
    except UsageError as error:
        return "undecided", error.one_line + ".", None
    if n is not None and _surely(exact, n):
        return "refuted", _refuted(automaton, rule, n, doubt), n
    if n is not None:
        told = f"In exact arithmetic it would be wrong on n = {shown(n)}. "
        return "undecided", told + str(doubt), None
    return ("undecided", doubt, None) if doubt else ("proved", "", None)


def _surely(exact: ExactReader, n: int) -> bool:
    """Tells whether float32 surely reads n, and labels it, as exact arithmetic does."""
    origin, steps = START, set()
    for digit in digits_of(n, len(exact.transitions)):
        steps.add((origin, digit))
        origin = int(exact.targets[origin, digit])
    margin = exact.margin(origin)
    return (margin is None or margin.sure) and all(exact.sure(*step) for step in steps)


def _label_of_zero(exact: ExactReader) -> int | None:
    """Gives the label of the one digit 0; None if rounding may decide."""
    code = int(exact.targets[START, 0])
    margin = exact.margin(code)
    sure = exact.sure(START, 0) and (margin is None or margin.sure)
    return exact.label(code) if sure else None


def _doubt(
    exact: ExactReader,
    codes: list[int],
    boxes: list[tuple[Exact, Exact]],
    gap: Lead | None,
    margin: Lead | None,
) -> str | None:
    """Tells which step of the proof fails, where, and by how much; None if none does."""
    if any((abs(bound) > LARGEST).any() for box in boxes for bound in box):
        return "The states grow above 2^20, and larger ones are not dealt with."
    if gap and not gap.sure:
        moves = exact.moves_to(gap.place, codes)
        from_, digit = min(moves, key=lambda move: _own_lead(exact, move))
        origin = "the start" if from_ == START else f"code {from_}"
        return (
            f"From {origin} the digit {digit} leads near code {gap.place}, but float32 may snap to "
            f"code {gap.rival}: where these states lie, {_by_how_much(gap)}."
        )
    if margin and not margin.sure:
        return (
            f"On code {margin.place} float32 may say label {margin.rival}, where exact arithmetic "
            f"says label {exact.label(margin.place)}: {_by_how_much(margin)}."
        )
    return None


def _own_lead(exact: ExactReader, move: tuple[int, int]) -> float:
    """Gives the lead with which one step alone snaps, as a multiple of its rounding."""
    lead = exact.lead(int(exact.targets[move]), exact.low[move], exact.high[move])
    return lead.roundings if lead else 0.0


def _by_how_much(lead: Lead) -> str:
    least, rounding = number(lead.exact), number(lead.rounding)
    return (
        f"the scores differ by {least:.3g} at least, and rounding can change that by {rounding:.3g}"
    )


def _proved(automaton: Automaton, rule: Rule, gap: Lead | None, margin: Lead | None) -> str:
    states = "1 state" if len(automaton) == 1 else f"{len(automaton)} states"
    leads = [
        f"{what} at least {lead.roundings:,.0f} times what rounding can change"
        for what, lead in (("each snap has a lead of", gap), ("each label", margin))
        if lead
    ]
    return (
        f"The net says the right words of every integer n ≥ 1 ({rule}), written in "
        f"base {automaton.base} without leading zeros, in float32 arithmetic with sums in any "
        f"order. It is an automaton of {states}: {', '.join(leads)}. Of n = 0 nothing is claimed."
    )


def _refuted(automaton: Automaton, rule: Rule, n: int, doubt: str | None) -> str:
    says, right = rule.names[automaton.label(n)], rule.names[rule.label(n)]
    first = "" if doubt else " No smaller n ≥ 1 is wrong."
    return f'Of n = {shown(n)} the net says "{says}", where the rule says "{right}".{first}'


def shown(n: int) -> str:
    """Gives an integer in decimal, a very large one by its number of bits."""
    return decimal(n) if n < MAX_SHOWN else f"an integer of {n.bit_length():,} bits"


def _box(box: tuple[Exact, Exact]) -> Box:
    low, high = box
    return tuple((dyadic(a), dyadic(b)) for a, b in zip(low, high, strict=True))
