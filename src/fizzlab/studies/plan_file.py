"""Plans as TOML and JSON files.

```toml
preset = "td1"                 # or an [experiment] table, as in experiment.toml, or both
seeds = 200

[vary]
"recipe.learning_rate" = [0.01, 0.05, 0.2]
"net.hidden" = [[50], [100, 100]]
```

For a random search `random = 50`, and ranges such as `{ low = 0.001, high = 1, log = true }`; for a
list `[[conditions]]` tables instead of `[vary]`. "none" stands for a setting that is not used.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fizzlab.configuration import read_text
from fizzlab.data import is_file
from fizzlab.errors import ConfigError, NewerVersionError, suggestion
from fizzlab.experiment import DEFAULT_PRESET, Experiment
from fizzlab.studies.plan import Plan

FORMAT = 1  # raised when an older fizzlab could not read a plan
NUMBERS = ("seeds", "first_seed", "random", "random_seed")
_KEYS = (*NUMBERS, "vary", "conditions")
KEYS = ("format", "preset", "experiment", *_KEYS)


def to_toml(plan: Plan) -> str:
    """Writes a plan as TOML."""
    import tomli_w

    return tomli_w.dumps({"format": FORMAT, **plan.tree()})


def read_plan(path: str | Path) -> Plan:
    """Reads a plan from a TOML or JSON file; CSV files are looked for beside it.

    Raises:
        ConfigError: If the file cannot be read or something in it is wrong.
    """
    path = Path(path)
    text = read_text(path)
    try:
        return from_tree(_parsed(text, json_text=path.suffix == ".json"), path.parent)
    except (ConfigError, NewerVersionError) as error:
        raise error.in_file(path) from None


def _parsed(text: str, *, json_text: bool) -> dict[str, Any]:
    kind = "JSON" if json_text else "TOML"
    try:
        tree = json.loads(text) if json_text else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"This is not {kind}: {error}.", expected=f"a plan as {kind}") from None
    if not isinstance(tree, dict):
        raise ConfigError("This is not a plan.", expected="a table with seeds, vary, experiment")
    return tree


def from_tree(tree: Mapping[str, Any], folder: Path | None = None) -> Plan:
    """Gives the plan that TOML or JSON describes.

    Args:
        tree: What was read.
        folder: Where relative paths of CSV files start; the working folder if None.

    Raises:
        ConfigError: If something in it is wrong.
        NewerVersionError: If a later fizzlab wrote it.
    """
    written = tree.get("format", FORMAT)
    if written != FORMAT:
        later = isinstance(written, int) and written > FORMAT
        raise (NewerVersionError if later else ConfigError)(
            f"This plan is of format {written!r}.",
            expected=f"format {FORMAT}",
            fix="read it with a newer fizzlab" if later else "leave the format out",
        )
    for name in tree:
        if name not in KEYS:
            raise ConfigError(
                f'A plan has no "{name}".{suggestion(name, KEYS)}',
                expected=f"some of {', '.join(KEYS)}",
            )
    for name, kind, words in (("vary", Mapping, "a table"), ("conditions", list, "a list")):
        if not isinstance(tree.get(name, {} if name == "vary" else []), kind):
            raise ConfigError(f'"{name}" of a plan is {words}.', got=repr(tree[name])[:80])
    numbers = {name: tree[name] for name in NUMBERS if name in tree}
    if wrong := [name for name, value in numbers.items() if type(value) is not int]:
        raise ConfigError(
            "Some numbers of this plan are wrong.",
            expected=f"integers for {', '.join(wrong)}",
            got=", ".join(repr(numbers[name])[:80] for name in wrong),
        )
    experiment = _experiment(tree, folder)
    return Plan(experiment, **{name: tree[name] for name in _KEYS if name in tree})


def _experiment(tree: Mapping[str, Any], folder: Path | None) -> Experiment:
    given = tree.get("experiment", {})
    if not isinstance(given, Mapping):
        raise ConfigError('"experiment" of a plan is a table.', got=repr(given)[:80])
    preset = tree.get("preset", None if given else DEFAULT_PRESET)
    base = Experiment() if preset is None else Experiment.preset(str(preset))
    made = base.replaced(dict(_flat(given)))
    sources = {"data.train": made.data.train, "data.test": made.data.test}
    files = {name: str(folder / path) for name, path in sources.items() if folder and is_file(path)}
    return made.replaced(files) if files else made


def _flat(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs = []
    for name, value in tree.items():
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs
