"""What the page may ask: every message from page to server, bounded and closed.

Unknown types, unknown fields and values out of bounds are answered with a `Problem`; the socket
stays open. Sizes: one message is at most `limits.MAX_MESSAGE_BYTES`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from fizzlab.lab.limits import MAX_EXACT, MAX_LINK, MAX_LUCK_NETS, MAX_VARIED

Name = Annotated[str, Field(min_length=1, max_length=64)]
Panel = Literal["words", "map", "weights", "neurons", "confusion"]
Metric = Literal["validation", "test", "loss"]


class Ask(BaseModel):
    """The base of all messages from the page."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Hello(Ask):
    """The first message on every socket: begins a session, or comes back to one."""

    type: Literal["hello"]
    session: str | None = Field(default=None, max_length=64, description="null: a new session")
    language: Literal["en", "fr"] = "en"
    run: int | None = Field(default=None, ge=0, description="the run that the page has rows of")
    cursor: int = Field(default=0, ge=0, description="rows of it that the page has")


class Configure(Ask):
    """Changes the experiment: a preset or a link replaces it, then settings change it."""

    type: Literal["configure"]
    preset: Name | None = None
    link: str | None = Field(default=None, max_length=MAX_LINK, description="as `configured` gave")
    settings: dict[Name, JsonValue] = Field(
        default_factory=dict, max_length=100, description="values by dotted name"
    )


class Start(Ask):
    """Trains until the end, or until `pause`; after a `configure` that needs it, a new net."""

    type: Literal["start"]


class Pause(Ask):
    """Ends training after the present epoch (or batch, where epochs take long)."""

    type: Literal["pause"]


class Step(Ask):
    """Trains one batch, then pauses."""

    type: Literal["step"]


class EpochAsk(Ask):
    """Trains to the end of the present epoch, then pauses."""

    type: Literal["epoch"]


class Reset(Ask):
    """Begins anew with the experiment as it is configured now: a new run, not yet trained."""

    type: Literal["reset"]
    seed: Literal["same", "new"] = "same"


class Watch(Ask):
    """Tells which pictures of the net the page shows; only these are sent."""

    type: Literal["watch"]
    panels: tuple[Panel, ...] = Field(max_length=5)
    neurons: int = Field(default=16, ge=1, le=128, description="of a layer, the most striking")


class Explain(Ask):
    """Asks why the net is right or wrong on an integer; answered by `explanation`."""

    type: Literal["explain"]
    integer: int = Field(ge=0, le=MAX_EXACT)


class Reveal(Ask):
    """Uncovers (or covers) the results on the test integers of this run."""

    type: Literal["reveal"]
    shown: bool


class Vary(Ask):
    """One setting and its values, for `luck`."""

    name: Name
    values: tuple[JsonValue, ...] = Field(min_length=1, max_length=MAX_VARIED)


class LuckAsk(Ask):
    """Trains many nets like this one, each from a seed of its own; answered by `luck`s."""

    type: Literal["luck"]
    nets: int = Field(default=500, ge=2, le=MAX_LUCK_NETS, description="for each value")
    metric: Metric | None = Field(default=None, description="null: validation, or loss without it")
    vary: Vary | None = None


class LuckStop(Ask):
    """Ends what `luck` began; what is trained is kept."""

    type: Literal["luck_stop"]


class Prove(Ask):
    """Asks the present net about every integer, or looks for a proof; answered by `proof`.

    It tells results on test integers, so it uncovers them.
    """

    type: Literal["prove"]


class Keep(Ask):
    """Keeps the present curves as a ghost (or drops it); answered by `ghost`."""

    type: Literal["keep"]
    kept: bool = True


class Restart(Ask):
    """Asks for a new worker after `state.worker` said lost or none: a new run, not yet trained."""

    type: Literal["restart_worker"]


class Ping(Ask):
    """Answered by `pong`; also tells that the tab is alive."""

    type: Literal["ping"]


AnyAsk = Annotated[
    Hello
    | Configure
    | Start
    | Pause
    | Step
    | EpochAsk
    | Reset
    | Watch
    | Explain
    | Reveal
    | LuckAsk
    | LuckStop
    | Prove
    | Keep
    | Restart
    | Ping,
    Field(discriminator="type"),
]
ASKS: TypeAdapter[AnyAsk] = TypeAdapter(AnyAsk)
