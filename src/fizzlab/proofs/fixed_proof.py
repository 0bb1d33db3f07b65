"""What is found out about a net of fixed width, and how it is told."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from fizzlab.configuration import Document
from fizzlab.proofs.perturbation import Perturbation
from fizzlab.proofs.tally import LISTED


class FixedProof(Document):
    """What a net says of every integer that its encoding covers."""

    verdict: Literal["proved", "refuted", "undecided"] = Field(
        description="right on all; surely wrong on some; or neither is sure"
    )
    scope: str = Field(description="which integers it is about, in words")
    basis: str = Field(description="what it is about and rests on: which arithmetic, in words")
    reason: str = Field(description="why, in one sentence")
    checked: int = Field(
        description="number of integers that the answers hold for; where one stands for all of its "
        "kind, more than were asked"
    )
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
        return f"{words} This is about {self.basis}." if self.checked else words


def scope_of(capacity: int) -> str:
    """Tells which integers an encoding covers."""
    if capacity <= 1 << 64:
        return f"every integer from 0 to {capacity - 1}"
    return f"every integer from 0 to 2^{capacity.bit_length() - 1} - 1"


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
