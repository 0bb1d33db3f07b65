"""`Recipe`: how a net is trained."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from fizzlab.configuration import Frozen

MAX_RATE = 1e18  # products and quotients of two rates still fit float32


class Recipe(Frozen):
    """How a net is trained. Epochs are counted from 1; rates are per step of the optimiser."""

    epochs: int = Field(default=1000, ge=1, le=10_000_000, description="passes over the data")
    stop_after: int | None = Field(
        default=None, ge=1, description="stop after this epoch of a schedule made for all epochs"
    )
    batch_size: int = Field(default=128, ge=1, le=10_000_000, description="integers a step")
    order: Literal["given", "permuted", "reshuffled"] = Field(
        default="given",
        description="of the training integers: as given, permuted once, or anew each epoch",
    )

    method: Literal["gradient", "spectral", "exact", "hats"] = Field(
        default="gradient",
        description="descent on the loss, or weights in closed form: spectral and exact (bilinear, "
        "from the training labels), hats (mlp, from the rule itself)",
    )

    loss: Literal["cross_entropy", "nll", "squared_error"] = Field(
        default="cross_entropy",
        description="cross-entropy of the logits, log-softmax then NLL, or squared error to the "
        "one-hot labels",
    )
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="share of the target spread evenly over all labels"
    )
    class_weights: tuple[float, ...] | Literal["balanced"] | None = Field(
        default=None, description='weight of each label in the loss; "balanced": 1 / frequency'
    )

    zero_invariance: float = Field(
        default=0.0,
        ge=0,
        le=MAX_RATE,
        description="weight in the loss of |state after a leading zero - state|^2, of a reader",
    )

    optimizer: Literal["sgd", "adam", "adamw"] = Field(default="sgd", description="torch's own")
    learning_rate: float = Field(
        default=0.05, gt=0, le=MAX_RATE, description="at its height, see schedule"
    )
    momentum: float = Field(default=0.0, ge=0, lt=1, description="of SGD")
    nesterov: bool = Field(default=False, description="Nesterov's momentum, for SGD")
    betas: tuple[float, float] = Field(
        default=(0.9, 0.999), description="decay rates of Adam's moment estimates"
    )
    weight_decay: float = Field(
        default=0.0, ge=0, le=MAX_RATE, description="L2 penalty (SGD, Adam); decoupled for AdamW"
    )
    clip_norm: float | None = Field(
        default=None, gt=0, description="largest norm of a step's gradient; longer ones are scaled"
    )

    schedule: Literal["constant", "step", "cosine", "one_cycle"] = Field(
        default="constant", description="course of the learning rate, by torch's schedulers"
    )
    warmup_epochs: int = Field(
        default=0, ge=0, description="epochs of linear rise before the schedule begins"
    )
    step_epochs: int = Field(default=100, ge=1, description="step: epochs between two drops")
    step_factor: float = Field(default=0.5, gt=0, le=1, description="step: factor of each drop")
    cycle_momentum: bool = Field(
        default=False, description="one_cycle: momentum goes from 0.95 to 0.85 and back"
    )

    evaluate_every: int = Field(
        default=10, ge=1, description="epochs between two evaluations (history, stops, best net)"
    )
    keep: Literal["best", "final"] = Field(
        default="best", description="keep the net of lowest validation loss, or the last one"
    )
    target_accuracy: float | None = Field(
        default=None, gt=0, le=1, description="stop at this validation accuracy"
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        description="stop after this many epochs without a lower validation loss, counted "
        "once the loss beats the label-frequency baseline (the best that one answer for all "
        "integers can do)",
    )

    extract_below: float | None = Field(
        default=None,
        gt=0,
        description="of a reader: once the largest residual is below this, extract an automaton, "
        "and stop when it fits the training labels with no more states than any machine needs",
    )
    tries: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="begin anew, up to this many times in all, while no automaton was accepted",
    )
    snap: bool = Field(
        default=False,
        description="of a reader: at the end, let each state be replaced by the nearest of a "
        "codebook (`fizzlab snap`)",
    )

    @property
    def last_epoch(self) -> int:
        """The epoch after which training ends, if nothing stops it before."""
        return self.epochs * self.tries if self.stop_after is None else self.stop_after

    @field_validator("class_weights")
    @classmethod
    def _weights(cls, weights: Any) -> Any:
        if isinstance(weights, tuple) and not all(weight > 0 for weight in weights):
            raise ValueError(f"expected weights above 0, got {list(weights)}")
        return weights

    @field_validator("betas")
    @classmethod
    def _rates(cls, betas: tuple[float, float]) -> tuple[float, float]:
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"expected two numbers from 0 to below 1, got {list(betas)}")
        return betas

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        problems = []
        if self.optimizer != "sgd" and (self.momentum or self.nesterov):
            problems.append("momentum and nesterov are for sgd; Adam's are recipe.betas")
        if self.nesterov and not self.momentum:
            problems.append("nesterov needs a momentum above 0")
        if self.stop_after is not None and self.stop_after > self.epochs:
            problems.append(f"stop_after ({self.stop_after}) must be at most the epochs")
        if self.tries > 1 and (self.extract_below is None or self.stop_after is not None):
            problems.append("tries above 1 need extract_below, and no stop_after")
        if self.extract_below is not None and self.loss != "squared_error":
            problems.append("extract_below is about residuals: it needs the loss squared_error")
        if self.loss == "squared_error" and (self.label_smoothing or self.class_weights):
            problems.append("label_smoothing and class_weights are for cross-entropy")
        if self.warmup_epochs >= self.epochs:
            problems.append(f"warmup_epochs ({self.warmup_epochs}) must be below the epochs")
        if self.schedule == "one_cycle" and self.warmup_epochs:
            problems.append("one_cycle has a rise of its own: leave warmup_epochs at 0")
        if self.cycle_momentum and (
            self.schedule != "one_cycle" or (self.optimizer == "sgd" and not self.momentum)
        ):
            problems.append(
                "cycle_momentum needs schedule one_cycle and an optimiser with momentum"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self
