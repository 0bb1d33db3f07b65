"""The protocol as TypeScript: `python -m fizzlab.lab.protocol web/src/protocol.ts` writes it.

A test compares the file in `web/` with what this gives, so the page cannot drift from the server.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fizzlab.lab.asks import ASKS
from fizzlab.lab.limits import COVERED
from fizzlab.lab.messages import MESSAGES

HEAD = """\
// Generated from src/fizzlab/lab/asks.py and messages.py: do not edit.
// python -m fizzlab.lab.protocol web/src/protocol.ts

/** In place of a label or a probability of a test integer that is covered. */
"""
KINDS = {
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "null": "null",
}
JSON_VALUE = """\
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [name: string]: JsonValue };"""


def typescript() -> str:
    """Gives the whole protocol as a TypeScript module."""
    asks, messages = ASKS.json_schema(), MESSAGES.json_schema(mode="serialization")
    parts = [f"{HEAD}export const COVERED = {COVERED};", JSON_VALUE]
    for schema, given in ((asks, False), (messages, True)):
        definitions = schema["$defs"]
        parts += [
            _interface(n, s, given=given) for n, s in definitions.items() if "properties" in s
        ]
    parts.append(_union("Ask", asks, "Everything that the page may ask."))
    parts.append(_union("Message", messages, "Everything that the server tells."))
    return "\n\n".join(parts) + "\n"


def _union(name: str, schema: dict[str, Any], about: str) -> str:
    members = "\n".join(f"  | {_reference(member)}" for member in schema["oneOf"])
    return f"/** {about} */\nexport type {name} =\n{members};"


def _interface(name: str, schema: dict[str, Any], *, given: bool) -> str:
    """Writes one message; fields with a default may be left out of an ask (`given` is false)."""
    required, lines = set(schema.get("required", ())), []
    for field, inner in schema["properties"].items():
        optional = "" if given or field in required else "?"
        about = inner.get("description")
        lines += [f"  /** {about} */"] if about else []
        lines.append(f"  {field}{optional}: {_type(inner)};")
    about = schema.get("description", "").replace("\n\n", "\n").replace("\n", "\n * ")
    return f"/** {about} */\nexport interface {_renamed(name)} {{\n" + "\n".join(lines) + "\n}"


def _type(schema: dict[str, Any]) -> str:
    """Writes the type of a value."""
    if "$ref" in schema:
        return _reference(schema)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "const" in schema or "enum" in schema:
        choices = schema.get("enum", [schema.get("const")])
        return " | ".join(json.dumps(choice) for choice in choices)
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(map(_type, schema['prefixItems']))}]"
        return f"Array<{_type(schema.get('items', {}))}>"
    if schema.get("type") == "object":
        return _object(schema)
    return KINDS.get(schema.get("type", ""), "JsonValue")


def _object(schema: dict[str, Any]) -> str:
    inner = schema.get("additionalProperties")
    value = _type(inner) if isinstance(inner, dict) else "JsonValue"
    names = schema.get("propertyNames", {})
    if "enum" in names:
        return f"Partial<Record<{_type(names)}, {value}>>"
    return f"Record<string, {value}>"


def _reference(schema: dict[str, Any]) -> str:
    return _renamed(schema["$ref"].rpartition("/")[2])


def _renamed(name: str) -> str:
    return {"Data": "DataMessage", "Map": "MapMessage"}.get(name, name)  # Map is JavaScript's own


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(typescript(), encoding="utf-8")
