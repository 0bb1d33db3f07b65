"""What `--json` prints, one class a command; the schemas in the docs are made from these."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from fizzlab.configuration import Document
from fizzlab.evaluation import Explanation
from fizzlab.proofs import Proof
from fizzlab.proofs.exhaustive import FixedProof
from fizzlab.proofs.identification import Identification
from fizzlab.runs.report import LossPerSplit, PerSplit, Report, Summary
from fizzlab.studies.luck import Luck
from fizzlab.studies.summary import StudySummary


class Predictions(Document):
    """What a net says: `fizzlab predict`."""

    run: str
    net: str = Field(description="which net: trained, or snapped to a codebook of states")
    predictions: tuple[tuple[int, str], ...] = Field(description="[integer, word] pairs")


class PerSplitAndOn(PerSplit):
    """A figure of each split, and of the integers asked about."""

    on: float


class LossPerSplitAndOn(LossPerSplit):
    """A loss of each split, and of the integers asked about; nats."""

    on: float | None


class EvaluatedOn(Report):
    """A report with figures for other integers: `fizzlab evaluate RUN --on`.

    `predictions` and `evaluations` are those of these integers.
    """

    on: str = Field(description="the integers, as they were asked for")
    loss: LossPerSplitAndOn  # pyright: ignore  (frozen, so a narrower type is safe)
    accuracy: PerSplitAndOn  # pyright: ignore


class Explained(Explanation):
    """Why an integer is right or wrong: `fizzlab explain`."""

    run: str


class Proved(Proof):
    """What is proved of a net: `fizzlab prove`."""

    run: str
    certificate: str | None = Field(description="path of the certificate written; null if none")


class Constructed(Document):
    """A net that is right by construction, with its proof: `fizzlab construct`."""

    run: str
    hidden: int = Field(description="number of hidden units")
    parameters: int = Field(description="number of weights and biases")
    proof: FixedProof


class SnappedRun(Document):
    """A reader with a codebook: `fizzlab snap`."""

    run: str
    states: int = Field(description="number of codes")


class Identified(Identification):
    """What training labels determine: `fizzlab identify`."""

    rule: str = Field(description="as divisor=word pairs")
    train: str = Field(description="the training integers, as the experiment gives them")


class Pictures(Document):
    """The files drawn: `fizzlab plot`."""

    run: str
    figures: tuple[str, ...] = Field(description="paths")


class Shown(Report):
    """A report with every setting: `fizzlab show`."""

    experiment: dict[str, Any] = Field(description="see `fizzlab presets --settings --json`")


class Damaged(Document):
    """A run that cannot be read."""

    run: str
    problem: str


class Listing(Document):
    """The runs below a folder: `fizzlab runs`."""

    runs: tuple[Summary, ...]
    damaged: tuple[Damaged, ...]


class Comparison(Document):
    """Two runs side by side: `fizzlab compare`."""

    runs: tuple[Report, Report]
    settings: dict[str, tuple[Any, Any]] = Field(
        description="both values of each setting in which they differ, by name"
    )
    disagree: tuple[tuple[int, str, str, str], ...] = Field(
        description="[integer, one's word, the other's, the rule's] of shared test integers"
    )


class Estimated(Document):
    """What a study would take: `fizzlab study --dry-run`."""

    nets: int
    conditions: int
    seeds: int = Field(description="nets of each condition")
    plan: str = Field(description="hash of the plan")
    nets_per_second: float = Field(description="as measured here, just now")
    share: float = Field(
        description="share of the epochs that were measured; below 1 the rest is extrapolated"
    )
    seconds: float = Field(description="time for all nets at this pace")


class Reported(Document):
    """The files of a report: `fizzlab report`."""

    study: str
    report: str = Field(description="path of the page")
    figures: tuple[str, ...] = Field(description="paths")


class Checked(Document):
    """Whether a certificate is valid: `fizzlab check`."""

    valid: bool
    claim: str | None = Field(description="the claim in words; null if it cannot be read")
    reason: str = Field(description="why it is valid or not")


class EngineState(Document):
    """One engine; `fizzlab engines` prints a list of them, the fastest first."""

    name: str
    available: bool = Field(description="whether it can run here")
    reason: str | None = Field(description="why not; null if it can")


DOCUMENTS: dict[str, type[Document]] = {
    "train": Report,
    "predict": Predictions,
    "evaluate": Report,
    "evaluate --on": EvaluatedOn,
    "explain": Explained,
    "identify": Identified,
    "check": Checked,
    "construct": Constructed,
    "plot": Pictures,
    "prove": Proved,
    "snap": SnappedRun,
    "show": Shown,
    "runs": Listing,
    "compare": Comparison,
    "study": StudySummary,
    "study --dry-run": Estimated,
    "report": Reported,
    "luck": Luck,
    "engines": EngineState,
}
