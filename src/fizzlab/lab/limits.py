"""The budgets of the lab: so that no tab can starve the machine, and no message the server."""

from __future__ import annotations

from pydantic import Field

from fizzlab.configuration import Document

MAX_MESSAGE_BYTES = 64 * 1024
MAX_LINK = 4000  # characters
MAX_EXACT = 2**53 - 1  # integers that JavaScript knows exactly
MAX_MAPPED = 4096  # integers of the map: 0 … so many − 1
MAX_PICTURED = 1024  # of a neuron's picture
MAX_TILES = 256  # test integers as tiles
MAX_LUCK_NETS = 2000
MAX_VARIED = 8  # values
COVERED = 255  # in place of a label or a probability of a covered test integer


class Limits(Document):
    """What one tab may ask of the machine; `welcome` tells the page."""

    parameters: int = Field(default=1_000_000, description="weights and biases of a net")
    hidden_layers: int = Field(default=8, description="of a net")
    integers: int = Field(default=100_000, description="of training and of test, each")
    divisors: int = Field(default=7, description="of the rule: 128 labels")
    bits: int = Field(default=64, description="of the encoding; the map shows 12 of them")
    epochs: int = Field(default=100_000, description="of a run")
    seconds: float = Field(
        default=900.0, description="of training in one go; then it pauses, and can be started again"
    )
    luck_nets: int = Field(default=MAX_LUCK_NETS, description="for each value varied")
    luck_values: int = Field(default=MAX_VARIED, description="values varied")
    luck_seconds: float = Field(default=600.0, description="of one ask for luck")
    updates_per_second: float = Field(default=20.0, description="on the wire, at most")
    idle_seconds: float = Field(
        default=600.0, description="without a page, until a session ends with its net"
    )
    quiet_seconds: float = Field(
        default=3600.0, description="with a page that asks nothing and trains nothing, likewise"
    )
    workers: int = Field(default=12, description="processes in all, of all tabs")
