"""`Experiment`: the one description of what is learned, how, and from which seed.

Every default of fizzlab stands in the groups that it gathers: `Rule`, `Data`, `Encoding`, `Net`,
`Recipe`, `Streams`. Every face builds the same `Experiment`; a run keeps it as TOML.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from fizzlab.configuration import Frozen, config_error, read_text, setting_names
from fizzlab.data import Data, Splits, is_file, load_splits
from fizzlab.encodings import Encoding
from fizzlab.errors import ConfigError, NewerVersionError, UnknownNameError
from fizzlab.experiment.net import Net
from fizzlab.experiment.presets import PRESETS
from fizzlab.experiment.recipe import Recipe
from fizzlab.randomness import Seed, StreamName, Streams
from fizzlab.rules import Rule

FORMAT = (
    1  # of experiment.toml and of checkpoints; raised when an older fizzlab could not read them
)
MAX_PARAMETERS = 100_000_000


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
