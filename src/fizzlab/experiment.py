"""`Experiment`: the one description of what is learned, how, and from which seed.

Every default of fizzlab stands in this file (and in the groups that it gathers: `Rule`, `Data`,
`Encoding`, `Streams`). Every face builds the same `Experiment`; a run keeps it as TOML.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from fizzlab.configuration import Frozen, config_error, read_text, setting_names
from fizzlab.data import Data, Splits, is_file, load_splits
from fizzlab.encodings import Encoding
from fizzlab.errors import ConfigError, NewerVersionError, UnknownNameError
from fizzlab.randomness import Seed, StreamName, Streams
from fizzlab.rules import Rule

FORMAT = (
    1  # of experiment.toml and of checkpoints; raised when an older fizzlab could not read them
)
MAX_PARAMETERS = 100_000_000
MAX_RATE = 1e18  # products and quotients of two rates still fit float32


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


class Experiment(Frozen):
    """Everything that determines a run: rule, data, encoding, net, recipe and seed.

    Raises:
        ConfigError: If a setting is wrong; all problems are listed at once.

    >>> Experiment().replaced({"recipe.epochs": 5, "net.hidden": 50}).net.hidden
    (50,)
    """

    name: str = Field(
        default="classic",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="names the run's folder",
    )
    seed: Seed = Field(default=0, description="feeds the four streams of randomness")
    rule: Rule = Rule()
    data: Data = Data()
    encoding: Encoding = Encoding()
    net: Net = Net()
    recipe: Recipe = Recipe()
    streams: Streams = Streams()

    @model_validator(mode="after")
    def _fits_together(self) -> Experiment:
        problems = []
        weights = self.recipe.class_weights
        if isinstance(weights, tuple) and len(weights) != self.rule.num_labels:
            problems.append(
                f'"recipe.class_weights": expected {self.rule.num_labels} weights, one a label, '
                f"got {len(weights)}"
            )
        needs = [name for name in ("target_accuracy", "patience") if getattr(self.recipe, name)]
        if needs and (not self.data.validation or self.data.merge_validation):
            problems.append(
                f'"recipe.{needs[0]}": needs a validation set (data.validation above 0, not merged)'
            )
        problems += self._misfits()
        if (parameters := self.num_parameters) > MAX_PARAMETERS:
            problems.append(
                f'"net.hidden": expected at most {MAX_PARAMETERS:,} parameters, got {parameters:,}'
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _misfits(self) -> list[str]:
        """Lists what does not go with the net's architecture."""
        net, recipe, problems = self.net, self.recipe, []
        if net.reads != (self.encoding.scheme == "sequence"):
            wanted = '"sequence"' if net.reads else "another one"
            problems.append(
                f'"encoding.scheme": net.architecture {net.architecture} needs {wanted}, '
                f'got "{self.encoding.scheme}"'
            )
        of_readers = {
            "zero_invariance": recipe.zero_invariance,
            "extract_below": recipe.extract_below is not None,
            "snap": recipe.snap,
        }
        if not net.reads:
            problems += [
                f'"recipe.{name}": for nets that read (net.architecture bilinear or gru)'
                for name, asked in of_readers.items()
                if asked
            ]
        makes = {"spectral": "bilinear", "exact": "bilinear", "hats": "mlp"}.get(recipe.method)
        if makes and net.architecture != makes:
            problems.append(f'"recipe.method": {recipe.method} makes a net of type {makes}')
        if recipe.method == "hats" and self.encoding.scheme != "binary":
            problems.append('"recipe.method": hats needs encoding.scheme binary')
        return problems

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Features, hidden widths and labels: (10, 100, 4) by default; of an `mlp`."""
        return (self.encoding.features, *self.net.hidden, self.rule.num_labels)

    @property
    def num_parameters(self) -> int:
        """The number of weights and biases of the net."""
        sizes = self.layer_sizes
        if self.net.reads:
            state, base, labels = self.net.hidden[0], self.encoding.base, self.rule.num_labels
            if self.net.architecture == "bilinear":
                return state * (1 + base * state + labels)
            return 3 * state * (base + state + 2) + (state + 1) * labels
        return sum((a + 1) * b for a, b in itertools.pairwise(sizes))

    def stream_seed(self, stream: StreamName) -> int:
        """Gives the seed of a stream: its pin, or the experiment's seed."""
        pinned = getattr(self.streams, stream)
        return self.seed if pinned is None else pinned

    def splits(self) -> Splits:
        """Reads and divides the data; see `load_splits` for what it raises."""
        return load_splits(
            self.data,
            self.rule,
            self.encoding,
            split_seed=self.stream_seed("split"),
            subset_seed=self.stream_seed("subset"),
        )

    def replaced(self, settings: Mapping[str, Any]) -> Experiment:
        """Gives a copy with some settings replaced.

        Args:
            settings: Values by dotted name, such as `{"recipe.epochs": 5}`.

        Raises:
            UnknownNameError: If there is no setting of a name; the nearest is suggested.
            ConfigError: If a value is wrong.
        """
        tree = self.model_dump()
        for path, value in settings.items():
            *groups, leaf = path.split(".")
            node = tree
            for group in groups:
                if not isinstance(node.get(group), dict):
                    raise UnknownNameError("setting", path, setting_names(Experiment))
                node = node[group]
            if leaf not in node:
                raise UnknownNameError("setting", path, setting_names(Experiment))
            node[leaf] = value
        return _validated(tree)

    def to_toml(self) -> str:
        """Writes every setting as TOML; settings that are None are left out (TOML has no null)."""
        import tomli_w

        settings = self.model_dump(mode="json", exclude_none=True)
        return tomli_w.dumps({"format": FORMAT, **settings})

    @classmethod
    def from_toml(
        cls, text: str, *, name: str | None = None, folder: Path | None = None
    ) -> Experiment:
        """Reads an experiment from TOML; settings left out have their defaults.

        Args:
            text: The TOML.
            name: The experiment's name where the text gives none.
            folder: Where relative paths of CSV files start; the working folder if None.

        Raises:
            ConfigError: If the text is not TOML, or a setting is wrong.
        """
        try:
            tree = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # not TOML, too many digits, too deep
            raise ConfigError(
                f"This is not TOML: {error}.", fix="see docs: configuration"
            ) from None
        written = tree.pop("format", FORMAT)
        if written != FORMAT:
            later = isinstance(written, int) and written > FORMAT
            raise (NewerVersionError if later else ConfigError)(
                f"This experiment is of format {written!r}.",
                expected=f"format {FORMAT}",
                fix="read it with a newer fizzlab" if later else "leave the format out",
            )
        if name and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
            tree.setdefault("name", name)
        experiment = _validated(tree)
        return experiment._with_files_from(folder) if folder else experiment

    def _with_files_from(self, folder: Path) -> Experiment:
        sources = {"data.train": self.data.train, "data.test": self.data.test}
        files = {key: str(folder / source) for key, source in sources.items() if is_file(source)}
        return self.replaced(files) if files else self

    @classmethod
    def read(cls, path: str | Path) -> Experiment:
        """Reads an experiment from a TOML file; CSV files are looked for beside it.

        Raises:
            ConfigError: If the file cannot be read or a setting is wrong.
        """
        path = Path(path)
        text = read_text(path)
        try:
            return cls.from_toml(text, name=path.stem, folder=path.parent)
        except (ConfigError, NewerVersionError) as error:
            raise error.in_file(path) from None

    @classmethod
    def preset(cls, name: str, seed: int = 0) -> Experiment:
        """Gives the experiment of a preset.

        Raises:
            UnknownNameError: If there is no such preset.
            ConfigError: If the seed is wrong.
        """
        if name not in PRESETS:
            raise UnknownNameError("preset", name, PRESETS)
        settings = {"name": name, "seed": seed, **PRESETS[name].settings}
        return cls().replaced(settings)


def _validated(tree: Mapping[str, Any]) -> Experiment:
    try:
        return Experiment.model_validate(tree)
    except ValidationError as error:
        raise config_error(Experiment, error) from None


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
        "end snapped to an automaton, so that it can be proved right on every natural number",
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
