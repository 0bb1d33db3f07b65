"""What the server tells a worker to do, and what only the server is told by it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from fizzlab.configuration import Document
from fizzlab.lab.asks import Metric, Panel
from fizzlab.lab.messages import Row


class Build(Document):
    """Begin anew: a net with its initial weights."""

    order: Literal["build"] = "build"
    run: int
    experiment: dict[str, Any]


class Go(Document):
    """Train, for some seconds at most."""

    order: Literal["go"] = "go"
    mode: Literal["run", "pause", "step", "epoch"]
    seconds: float = 0.0


class Alter(Document):
    """Go on under other settings, from the next epoch on."""

    order: Literal["alter"] = "alter"
    run: int
    experiment: dict[str, Any]


class Look(Document):
    """Give a picture of the net; ends with `looked`."""

    order: Literal["look"] = "look"
    panel: Panel
    neurons: int


class Uncover(Document):
    """Tell results on test integers from now on, or no more."""

    order: Literal["uncover"] = "uncover"
    shown: bool


class Why(Document):
    """Explain an integer."""

    order: Literal["why"] = "why"
    integer: int


class ProveOrder(Document):
    """Prove the net that is shown."""

    order: Literal["prove"] = "prove"


class Make(Document):
    """Make a file to download; answered by `made` with the same number."""

    order: Literal["make"] = "make"
    number: int
    file: str
    language: str


class LuckOrder(Document):
    """Train many nets; ends with a `luck` that has ended."""

    order: Literal["luck"] = "luck"
    run: int
    experiment: dict[str, Any]
    nets: int
    metric: Metric
    score: float | None
    name: str | None
    values: tuple[Any, ...]
    seconds: float


class LuckEnd(Document):
    """Begin no further net."""

    order: Literal["luck_end"] = "luck_end"


AnyOrder = Annotated[
    Build | Go | Alter | Look | Uncover | Why | ProveOrder | Make | LuckOrder | LuckEnd,
    Field(discriminator="order"),
]
ORDERS: TypeAdapter[AnyOrder] = TypeAdapter(AnyOrder)


class Ready(Document):
    """The worker has loaded what it needs."""

    type: Literal["ready"] = "ready"


class NewRows(Document):
    """New rows of the history."""

    type: Literal["new_rows"] = "new_rows"
    run: int
    rows: tuple[Row, ...]


class Looked(Document):
    """A `look` is answered."""

    type: Literal["looked"] = "looked"
    run: int
    panel: Panel
    complete: bool = Field(description="whether all parts of the picture were of this very net")


class Made(Document):
    """A file to download, or why there is none."""

    type: Literal["made"] = "made"
    number: int
    content: str | None = Field(description="base64")
    problem: str | None
