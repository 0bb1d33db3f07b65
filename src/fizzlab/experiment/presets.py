"""The presets: named experiments."""

from __future__ import annotations

from typing import Any

from fizzlab.configuration import Frozen


class Preset(Frozen):
    """A named experiment: what it is for, and how it differs from the defaults."""

    about: str
    settings: dict[str, Any]


DEFAULT_PRESET = "classic"
_READER: dict[str, Any] = {
    "data.validation": 0,
    "encoding.scheme": "sequence",
    "encoding.base": 2,
    "recipe.batch_size": 10_000_000,  # all prefixes at once
}
_CLOSED: dict[str, Any] = {
    "net.architecture": "bilinear",
    "net.hidden": 16,
    "recipe.loss": "squared_error",
    "recipe.snap": True,
}
PRESETS: dict[str, Preset] = {
    "td1": Preset(
        about="the lab sheet exactly: ordered batches of 128, SGD 0.05, 1000 epochs, 10-100-4, "
        "no validation split",
        settings={"data.validation": 0},
    ),
    "classic": Preset(
        about="the lab sheet with 100 integers held out of training for validation",
        settings={},
    ),
    "solid": Preset(
        about="made to get all of 1..100 right, and does on 99 of 100 seeds: 2000 hidden neurons, "
        "Adam, reshuffled batches, label smoothing (chosen without the test set, see the log)",
        settings={
            "data.validation": 0,
            "net.hidden": 2000,
            "recipe.epochs": 800,
            "recipe.order": "reshuffled",
            "recipe.optimizer": "adam",
            "recipe.learning_rate": 0.01,
            "recipe.weight_decay": 1e-4,
            "recipe.label_smoothing": 0.05,
            "recipe.schedule": "step",
            "recipe.step_epochs": 600,
            "recipe.step_factor": 0.1,
            "recipe.evaluate_every": 100,
        },
    ),
    "reader": Preset(
        about="a net that reads bits, most significant first: bilinear, squared error, and at the "
        "end snapped to an automaton, so that it can be proved right on every n ≥ 1",
        settings=_READER
        | {
            "net.architecture": "bilinear",
            "net.hidden": 16,
            "recipe.epochs": 1500,
            "recipe.loss": "squared_error",
            "recipe.zero_invariance": 1.0,
            "recipe.optimizer": "adam",
            "recipe.learning_rate": 0.02,
            "recipe.betas": (0.9, 0.99),
            "recipe.clip_norm": 1.0,
            "recipe.schedule": "cosine",
            "recipe.warmup_epochs": 50,
            "recipe.evaluate_every": 50,
            "recipe.extract_below": 0.45,
            "recipe.tries": 10,
            "recipe.snap": True,
        },
    ),
    "gru": Preset(
        about="a GRU that reads bits, trained with cross-entropy, to compare with `reader`: it "
        "fits the training integers and does not find the rule",
        settings=_READER
        | {
            "net.architecture": "gru",
            "net.hidden": 32,
            "recipe.epochs": 1500,
            "recipe.optimizer": "adam",
            "recipe.learning_rate": 0.01,
            "recipe.clip_norm": 1.0,
            "recipe.schedule": "cosine",
            "recipe.evaluate_every": 50,
        },
    ),
    "spectral": Preset(
        about="the baseline of `reader` without gradients: a weighted automaton read off the "
        "singular value decomposition of the training labels' Hankel matrix",
        settings=_READER | _CLOSED | {"recipe.method": "spectral"},
    ),
    "exact": Preset(
        about="the same in exact arithmetic: the Hankel matrix's own rows as a basis",
        settings=_READER | _CLOSED | {"recipe.method": "exact"},
    ),
}
