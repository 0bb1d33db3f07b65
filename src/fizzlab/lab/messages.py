"""What the server tells the page: every message, as closed documents.

Arrays are little-endian and base64: labels and probabilities as uint8 (255: covered until asked
for), weights as float32. `run` counts the nets of a session, so that late news of an older net can
be told from news of this one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from fizzlab.configuration import Document
from fizzlab.lab.asks import Metric
from fizzlab.lab.limits import MAX_TILES, Limits

Base64 = Annotated[str, Field(description="base64 of little-endian bytes")]
Status = Literal["idle", "running", "paused", "finished", "diverged", "lost"]
Columns = Literal[
    "epoch",
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
]
COLUMNS: tuple[Columns, ...] = (
    "epoch",
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)
Row = tuple[float | None, ...]


class PresetName(Document):
    """A preset that `configure` takes."""

    name: str
    about: str


class Welcome(Document):
    """Answers `hello`: `configured`, `data`, `state`, `runs` and all rows follow."""

    type: Literal["welcome"] = "welcome"
    session: str = Field(description="keep it (sessionStorage) and say it in the next hello")
    resumed: bool = Field(description="false: a new session, or the old one had ended")
    version: str
    limits: Limits
    presets: tuple[PresetName, ...]
    live_settings: tuple[str, ...] = Field(description="settings that act on a net in training")


class Configured(Document):
    """The experiment as it stands: after `hello`, and answers every `configure` that was right."""

    type: Literal["configured"] = "configured"
    experiment: dict[str, Any] = Field(description="all settings, in groups, as /api/schema says")
    preset: str = Field(description="the preset that it is told from")
    changes: dict[str, Any] = Field(description="settings in which it differs, by dotted name")
    needs_reset: tuple[str, ...] = Field(
        description="settings in which it differs from the net at hand, which need a reset"
    )
    link: str = Field(description="the whole of it, for the part of the URL after #")
    parameters: int = Field(description="weights and biases of its net")


class Data(Document):
    """The integers of a run and what is true of them; once for each run."""

    type: Literal["data"] = "data"
    run: int
    experiment: dict[str, Any] = Field(description="of this run's net")
    mapped: int = Field(description="integers 0 … mapped − 1 are on the map")
    splits: Base64 = Field(description="of each: 0 none, 1 train, 2 validation, 3 test")
    truth: Base64 = Field(description="label of each, uint8")
    names: tuple[str, ...] = Field(description="of the labels")
    tiles: tuple[int, ...] = Field(description=f"the first {MAX_TILES} test integers")
    tiles_truth: Base64 = Field(description="label of each tile")
    sizes: dict[Literal["train", "validation", "test"], int]
    majority: dict[Literal["train", "validation", "test"], float] = Field(
        description="accuracy of always saying the most frequent training label, by split"
    )
    layers: tuple[int, ...] = Field(description="features, hidden widths, labels; readers: state")
    features: tuple[str, ...] = Field(description="name of each feature: 2^0, …; the first 64")


class Figure(Document):
    """How well a net does on a split."""

    correct: int
    total: int
    low: float | None = Field(description="95 % interval of a sample (validation); else null")
    high: float | None


class Change(Document):
    """A setting that was changed while a net was in training."""

    epoch: int = Field(description="from the epoch after this one on")
    name: str
    before: Any
    after: Any


class State(Document):
    """Where training stands; the latest one counts, older ones may never be sent."""

    type: Literal["state"] = "state"
    run: int
    status: Status
    worker: Literal["none", "starting", "ready", "lost"]
    epoch: int = Field(description="epochs done")
    step: int = Field(description="batches done of the next epoch")
    steps: int = Field(description="batches of an epoch")
    epochs: int = Field(description="epochs planned")
    seed: int
    seconds: float = Field(description="spent training")
    pace: float | None = Field(description="epochs a second, at present")
    batch_loss: float | None = Field(description="of the last batch")
    train: Figure | None = Field(description="at the last evaluation")
    validation: Figure | None = Field(description="at the last evaluation; null without it")
    test: Figure | None = Field(description="of the net shown; null while it is covered")
    shown: Literal["live", "kept"] = Field(
        description="which net the pictures show: in training, or at the end the one it keeps"
    )
    shown_epoch: int = Field(description="epoch that it is from")
    stopped: str | None = Field(description="epochs, target, patience, accepted, diverged, …")
    revealed: bool = Field(description="whether test results are uncovered")
    changes: tuple[Change, ...] = Field(description="made to this net while it trained")


class Rows(Document):
    """New rows of the history, at most some thousand in all; null where there is no value."""

    type: Literal["rows"] = "rows"
    run: int
    columns: tuple[Columns, ...]
    rows: tuple[Row, ...]
    cursor: int = Field(description="rows that the page has with these")
    replace: bool = Field(description="true: these are all rows, thinned; forget the ones before")


class Words(Document):
    """What the net says; panel `words`."""

    type: Literal["words"] = "words"
    run: int
    epoch: int
    labels: Base64 = Field(description="label said of each integer of the map, or 255: covered")
    tiles: Base64 = Field(description="label said of each tile, or 255: covered")


class Map(Document):
    """How probable the net finds some labels; panel `map`. Messages take labels in turn."""

    type: Literal["map"] = "map"
    run: int
    epoch: int
    labels: tuple[int, ...] = Field(description="the labels that this message is about")
    probabilities: Base64 = Field(
        description="(label, integer of the map): 0 … 254 for 0 … 1, or 255: covered"
    )


class LayerWeights(Document):
    """The weights between the shown nodes of two layers."""

    inputs: tuple[int, ...] = Field(description="indices of the nodes shown below")
    outputs: tuple[int, ...] = Field(description="and above")
    weights: Base64 = Field(description="float32 (output, input)")
    biases: Base64 = Field(description="float32 (output,)")


class Weights(Document):
    """The weights between the most striking neurons; panel `weights`. None for readers."""

    type: Literal["weights"] = "weights"
    run: int
    epoch: int
    layers: tuple[LayerWeights, ...]


class Neurons(Document):
    """What some hidden neurons answer; panel `neurons`. Messages take neurons in turn."""

    type: Literal["neurons"] = "neurons"
    run: int
    epoch: int
    layer: int = Field(description="hidden layer, from 0")
    neurons: tuple[int, ...] = Field(description="the neurons that this message is about")
    shown: tuple[int, ...] = Field(description="all that are shown of the layer")
    pictured: int = Field(description="integers 0 … pictured − 1")
    lows: tuple[float, ...] = Field(description="answer that 0 stands for, one a neuron")
    highs: tuple[float, ...] = Field(description="answer that 255 stands for")
    pictures: Base64 = Field(description="uint8 (neuron, integer)")


class Confusion(Document):
    """Counts of said (columns) against true (rows) labels; panel `confusion`."""

    type: Literal["confusion"] = "confusion"
    run: int
    epoch: int
    splits: dict[Literal["train", "validation", "test"], tuple[tuple[int, ...], ...]] = Field(
        description="test only where uncovered; none at all beyond 16 labels"
    )


class Explanation(Document):
    """Answers `explain`: why the shown net is right or wrong."""

    type: Literal["explanation"] = "explanation"
    run: int
    epoch: int
    integer: int
    covered: bool = Field(description="true: a test integer, whose results are covered")
    split: Literal["train", "validation", "test", "none"]
    digits: tuple[int, ...] | None = Field(description="least significant first")
    kind_text: str = Field(description="its kind in words")
    kind_seen: int | None = Field(description="training integers of its kind")
    kind_examples: tuple[int, ...]
    word: str | None = Field(description="what the net says; null if covered, as what follows")
    expected: str
    right: bool | None
    logits: tuple[float, ...] | None
    probabilities: tuple[float, ...] | None
    margin: float | None
    why: str | None = Field(description="one sentence, in English")


class LuckRow(Document):
    """The nets of one value."""

    value: Any = Field(description="null where nothing is varied")
    nets: int = Field(description="finished so far")
    diverged: int
    counts: tuple[int, ...] = Field(description="nets in each bin")
    median: float | None
    perfect: int | None = Field(description="nets without a mistake; null for a loss")
    percentile: float | None = Field(description="share of nets that this run beats, in %")
    low: float | None = Field(description="its 95 % interval")
    high: float | None


class Luck(Document):
    """Nets that `luck` trained so far; the latest one counts."""

    type: Literal["luck"] = "luck"
    run: int
    metric: Metric
    score: float | None = Field(description="of the net shown; null before it trained")
    name: str | None = Field(description="the setting varied")
    total: int = Field(description="nets asked for, for each value")
    edges: tuple[float, ...] = Field(description="of the bins, one more than there are")
    rows: tuple[LuckRow, ...]
    seconds: float
    engine: str | None
    ended: Literal["done", "stopped", "time", "failed"] | None = Field(description="null: at work")


class Proof(Document):
    """Answers `prove`."""

    type: Literal["proof"] = "proof"
    run: int
    epoch: int
    verdict: Literal["proved", "refuted", "undecided"]
    scope: str
    reason: str
    text: str = Field(description="the same in one paragraph, in English")
    checked: int | None = Field(description="integers asked; null for readers")
    wrong: int | None = Field(description="wrong answers among them")
    close: int | None = Field(description="answers that rounding might turn")
    margin: float | None
    margin_at: int | None
    counterexamples: tuple[tuple[str, str, str], ...] = Field(
        description="(integer, what the net says, what is right), the first 1000"
    )
    seconds: float


class RunRow(Document):
    """One net of this visit."""

    run: int
    name: str
    seed: int
    status: Status
    epochs: int
    seconds: float
    parameters: int
    train_accuracy: float | None
    validation_accuracy: float | None
    test_accuracy: float | None = Field(description="null unless it was uncovered")
    changes: dict[str, Any] = Field(description="settings in which it differs from its preset")
    altered: bool = Field(description="whether settings were changed while it trained")
    link: str


class Runs(Document):
    """The nets of this visit, the present one last, the latest 50."""

    type: Literal["runs"] = "runs"
    runs: tuple[RunRow, ...]


class Ghost(Document):
    """The curves kept to compare with; no rows: there is none."""

    type: Literal["ghost"] = "ghost"
    run: int | None
    columns: tuple[Columns, ...]
    rows: tuple[Row, ...]


class Problem(Document):
    """Why something asked for was not done; `about` is the type of the ask, or "message"."""

    type: Literal["problem"] = "problem"
    about: str
    code: Literal["invalid", "refused", "budget", "busy", "lost", "diverged", "failed"]
    problem: str = Field(description="one sentence")
    expected: str | None
    got: str | None
    fix: str | None
    settings: tuple[str, ...] = Field(description="the settings that it is about, if any")


class Pong(Document):
    """Answers `ping`."""

    type: Literal["pong"] = "pong"


AnyMessage = Annotated[
    Welcome
    | Configured
    | Data
    | State
    | Rows
    | Words
    | Map
    | Weights
    | Neurons
    | Confusion
    | Explanation
    | Luck
    | Proof
    | Runs
    | Ghost
    | Problem
    | Pong,
    Field(discriminator="type"),
]
MESSAGES: TypeAdapter[AnyMessage] = TypeAdapter(AnyMessage)
