"""Writes the pages of the reference from the code: python docs/generate.py [--check]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import typer

from fizzlab import Experiment, Explanation, Report
from fizzlab.cli.app import app
from fizzlab.configuration import settings
from fizzlab.experiment import PRESETS

DOCS = Path(__file__).parent
OTHER_DOCUMENTS = """
| command | document |
| --- | --- |
| `predict` | `run`, `predictions`: [integer, word] pairs |
| `evaluate` | as `train`; with `--on` also `on`, `accuracy.on`, `loss.on`, `evaluations.on`, and the predictions for those integers |
| `explain` | `run`, `why` (one sentence), and the fields below |
| `plot` | `run`, `figures`: paths |
| `show` | as `train`, and `experiment`: every setting |
| `runs` | `runs`: as `train` without predictions and evaluations; `damaged`: `run`, `problem` |
| `compare` | `runs`: two as `train`; `settings`: [one, other] by name where they differ; `disagree`: [integer, word, other word, the rule's word] |
| `presets` | by name: `about`, `settings`; with a name: that experiment; with `--settings`: the JSON Schema of all settings |
"""


def commands() -> str:
    group = typer.main.get_command(app)
    parts = ["# Commands\n\nEvery command takes `--help`.\n"]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        lines = [f"## fizzlab {name}\n", f"{command.help}\n", "| argument | default | meaning |"]
        lines += ["| --- | --- | --- |"]
        for parameter in command.params:
            if parameter.name == "help":
                continue
            names = " / ".join(f"`{text}`" for text in [*parameter.opts, *parameter.secondary_opts])
            if parameter.param_type_name == "argument":
                names = f"`{parameter.metavar or parameter.name.upper()}`"
            lines.append(f"| {names} | {_default(parameter)} | {_cell(parameter.help or '')} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    return "" if value in (None, False, (), []) or callable(value) else f"`{value}`"


def configuration() -> str:
    lines = [
        "# Configuration\n",
        "Every setting of an experiment, as in `experiment.toml` and `--set NAME=VALUE`.\n",
        "| setting | default | bounds | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name, field in settings(Experiment):
        value = json.dumps(field.default) if field.default is not None else "-"
        bounds = ", ".join(map(_bound, field.metadata)) or "-"
        cells = [f"`{name}`", f"`{value}`", bounds, _cell(str(field.description))]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Presets\n", "| preset | what it is | differs in |", "| --- | --- | --- |"]
    for name, preset in PRESETS.items():
        changes = ", ".join(f"`{path} = {json.dumps(v)}`" for path, v in preset.settings.items())
        lines.append(f"| `{name}` | {preset.about} | {changes or '-'} |")
    return "\n".join(lines) + "\n"


def _bound(limit: Any) -> str:
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    found = [f"{text} {getattr(limit, k)}" for k, text in signs.items() if hasattr(limit, k)]
    lengths = {"min_length": "at least", "max_length": "at most"}
    found += [
        f"{text} {getattr(limit, k)} entries" for k, text in lengths.items() if hasattr(limit, k)
    ]
    return ", ".join(found) or "-"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def documents() -> str:
    parts = [
        "# JSON\n",
        "Each command prints one JSON document with `--json`, and nothing else on stdout.\n",
        "## fizzlab train\n",
        _schema(Report.model_json_schema()),
        "## The others",
        OTHER_DOCUMENTS,
        "## fizzlab explain\n",
        _schema(Explanation.model_json_schema()),
    ]
    return "\n".join(parts)


def _schema(schema: dict[str, Any]) -> str:
    return f"```json\n{json.dumps(schema, indent=2, ensure_ascii=False)}\n```\n"


PAGES = {"commands.md": commands, "configuration.md": configuration, "json.md": documents}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a page is out of date")
    check = parser.parse_args().check
    for name, make in PAGES.items():
        page = DOCS / name
        if not check:
            page.write_text(make(), encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != make():
            sys.exit(f"docs/{name} is out of date: run `make docs-reference`")


if __name__ == "__main__":
    main()
