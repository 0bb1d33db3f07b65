"""`Net`: which net is trained."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from fizzlab.configuration import Frozen


class Net(Frozen):
    """A multilayer perceptron, or a net that reads digits.

    `mlp`: Linear – activation (– dropout) for each hidden layer – Linear. `bilinear` and `gru` have
    one state vector instead, whose length is the one width in `hidden`.
    """

    architecture: Literal["mlp", "bilinear", "gru"] = Field(
        default="mlp",
        description="multilayer perceptron, or a reader: bilinear (h ← h · A[digit]) or GRU",
    )
    hidden: tuple[int, ...] = Field(
        default=(100,),
        max_length=16,
        description="widths of the hidden layers; of a reader, the length of its state",
    )
    activation: Literal["relu", "tanh", "gelu", "sigmoid"] = Field(
        default="relu", description="what follows each hidden layer"
    )
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="share of hidden units set to 0 in training"
    )

    @field_validator("hidden", mode="before")
    @classmethod
    def _one_width(cls, hidden: Any) -> Any:
        return (hidden,) if isinstance(hidden, int) else hidden

    @field_validator("hidden")
    @classmethod
    def _widths(cls, hidden: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= width <= 1_000_000 for width in hidden):
            raise ValueError(f"expected widths from 1 to 1,000,000, got {list(hidden)}")
        return hidden

    @property
    def reads(self) -> bool:
        """Whether the net reads digits one after the other."""
        return self.architecture != "mlp"

    @model_validator(mode="after")
    def _fits_together(self) -> Net:
        if self.reads and len(self.hidden) != 1:
            raise ValueError(
                f"hidden: {self.architecture} has one state vector: expected one width, "
                f"got {list(self.hidden)}"
            )
        if self.reads and self.dropout:
            raise ValueError(f"dropout is for mlp, not for {self.architecture}")
        return self
