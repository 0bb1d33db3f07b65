"""Writes the pages of the reference from the code: python docs/generate.py [--check]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import typer
from pydantic.json_schema import models_json_schema

from fizzlab import Experiment, errors
from fizzlab.cli.app import app
from fizzlab.cli.documents import DOCUMENTS
from fizzlab.configuration import accepted, settings
from fizzlab.experiment import PRESETS
from fizzlab.proofs import Certificate

DOCS = Path(__file__).parent
ERRORS = """
# Errors

Every error says what was expected, what came, and what to do. All problems of a configuration come
at once, and unknown names suggest the nearest.

| exit code | meaning |
| --- | --- |
| 0 | fine |
| 1 | failed: a damaged run, a full disk, a net that does not fit, a diverged training |
| 2 | wrong usage: a setting, an integer, a file, an option |
| 130 | interrupted by Ctrl-C; the run can be resumed (a `--time-budget` that runs out is 0) |

In Python, all errors raised on purpose derive from `fizzlab.FizzlabError`, and stand in
`fizzlab.errors`:
"""


def commands() -> str:
    group = typer.main.get_command(app)
    parts = [
        "# Commands\n\nEvery command takes `--help`; `fizzlab --version` prints the version.\n"
    ]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        lines = [f"## fizzlab {name}\n", f"{command.help}\n", "| argument | default | meaning |"]
        lines += ["| --- | --- | --- |"]
        for parameter in command.params:
            if parameter.name != "help":
                cells = [_names(parameter), _default(parameter), _meaning(parameter)]
                lines.append(f"| {' | '.join(cells)} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    texts = [*parameter.opts, *parameter.secondary_opts]
    if not getattr(parameter, "is_flag", False):
        texts[-1] += f" {parameter.metavar or texts[0].strip('-').upper()}"
    return " / ".join(f"`{text}`" for text in texts)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if getattr(parameter, "is_flag", False):
        return f"`{parameter.opts[0]}`" if parameter.default else ""
    value = parameter.default
    return "" if value in (None, False, (), []) or callable(value) else f"`{value}`"


def _meaning(parameter: Any) -> str:
    several = " May be given several times." if getattr(parameter, "multiple", False) else ""
    return _cell(parameter.help or "") + several


def configuration() -> str:
    lines = [
        "# Configuration\n",
        "Every setting of an experiment, as in `experiment.toml` and `--set NAME=VALUE`. Where the",
        "default is -, the setting is not used unless it is given.\n",
        "| setting | default | values | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name, field in settings(Experiment):
        value = "-" if field.default is None else f"`{json.dumps(field.default)}`"
        values = _cell(accepted(Experiment, name))
        lines.append(f"| `{name}` | {value} | {values} | {_cell(str(field.description))} |")
    lines += ["", "## Presets\n", "| preset | what it is | differs in |", "| --- | --- | --- |"]
    for name, preset in PRESETS.items():
        changes = ", ".join(f"`{path} = {json.dumps(v)}`" for path, v in preset.settings.items())
        lines.append(f"| `{name}` | {preset.about} | {changes or '-'} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def documents() -> str:
    lines = [
        "# JSON\n",
        "Each command prints one JSON document with `--json`, and nothing else on stdout. The JSON",
        "Schemas of all of them are in [schemas.json](schemas.json); a test validates what is printed.",
        "`fizzlab presets` gives the presets by name (`about`, `settings`); with a name, that",
        "experiment; with `--settings`, the JSON Schema of all settings.\n",
        "| command | document |",
        "| --- | --- |",
    ]
    lines += [
        f"| `fizzlab {name}` | {_link(model.__name__)} |" for name, model in DOCUMENTS.items()
    ]
    for name, schema in _definitions().items():
        lines += [f"\n## {name}\n", f"{schema['description'].partition(chr(10))[0]}\n"]
        lines += ["| field | values | meaning |", "| --- | --- | --- |"]
        for field, values in schema["properties"].items():
            meaning = _cell(values.get("description", ""))
            lines.append(f"| `{field}` | {_values(values)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _definitions() -> dict[str, Any]:
    models = [(model, "serialization") for model in dict.fromkeys(DOCUMENTS.values())]
    return models_json_schema(models)[1]["$defs"]  # type: ignore[arg-type]


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _values(schema: dict[str, Any]) -> str:
    """Tells in words which values a JSON Schema of a document allows."""
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(map(_values, schema["anyOf"]))
    if "prefixItems" in schema:
        return f"[{', '.join(map(_values, schema['prefixItems']))}]"
    if "items" in schema:
        return f"list of {_values(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{_values(schema['additionalProperties'])} by name"
    return schema.get("type", "any")


def schemas() -> str:
    named = {name: {"$ref": f"#/$defs/{model.__name__}"} for name, model in DOCUMENTS.items()}
    document = {"properties": named, "$defs": _definitions()}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def certificate_schema() -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= Certificate.model_json_schema(mode="serialization")
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def error_page() -> str:
    tree = str(errors.__doc__).split("```")[1]
    return f"{ERRORS.lstrip()}\n```text{tree}```\n"


PAGES = {
    "commands.md": commands,
    "configuration.md": configuration,
    "json.md": documents,
    "schemas.json": schemas,
    "certificate.schema.json": certificate_schema,
    "errors.md": error_page,
}


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
