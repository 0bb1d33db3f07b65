"""The base of everything that is configured: frozen, hashable, validated, and clear when wrong.

(And that of results, which are documents and no settings.)

Pydantic finds the problems; this file tells them in fizzlab's words, all of them at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic.fields import FieldInfo

from fizzlab.errors import ConfigError, suggestion

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _ModelMetaclass
    from pydantic_core import ErrorDetails
else:
    _ModelMetaclass = type(BaseModel)

_EXPECTED = {
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "finite_number": "a finite number",
    "literal_error": "one of {expected}",
    "missing": "a value",
    "int_parsing": "an integer",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text",
    "tuple_type": "a list",
    "model_type": "a table of settings",
    "model_attributes_type": "a table of settings",
    "too_long": "at most {max_length} entries",
    "too_short": "at least {min_length} entries",
    "string_pattern_mismatch": "a text like {pattern}",
}

_KINDS = {"integer": "integer", "number": "number", "string": "text", "array": "list"}
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minItems": "at least {} long",
    "maxItems": "at most {} long",
    "pattern": "like `{}`",
}


class _TellsProblems(_ModelMetaclass):
    """Lets a user build a model directly: arguments in order, and problems as `ConfigError`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        fields = cls.model_fields  # type: ignore[attr-defined]
        if len(args) > len(fields):
            raise TypeError(f"{cls.__name__} has {len(fields)} settings, got {len(args)} values")
        try:
            return super().__call__(**dict(zip(fields, args, strict=False)), **kwargs)
        except ValidationError as error:
            raise config_error(cls, error) from None  # type: ignore[arg-type]


class Frozen(BaseModel, metaclass=_TellsProblems):
    """A frozen, hashable group of settings that refuses unknown names and infinite numbers."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    if TYPE_CHECKING:  # pydantic adds it to frozen models

        def __hash__(self) -> int: ...

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: Any) -> Any:
        if (
            isinstance(value, bool)
            and cls.model_fields[str(info.field_name)].annotation is not bool
        ):
            raise ValueError(f"expected anything but true or false, got {value}")
        return value


class Document(BaseModel):
    """The base of everything that is a result: frozen, and written as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def config_error(model: type[BaseModel], error: ValidationError) -> ConfigError:
    """Gives one `ConfigError` that lists every problem of a validation, each mistake once."""
    found: dict[tuple[object, ...], list[ErrorDetails]] = {}
    for details in error.errors():
        path = tuple(part for part in details["loc"] if not _is_union_tag(part))
        found.setdefault(path, []).append(details)
    deepest = [
        path
        for path in found
        if not any(len(p) > len(path) and p[: len(path)] == path for p in found)
    ]
    problems = [_problem(model, ".".join(map(str, path)), found[path]) for path in deepest]
    count = "A setting is" if len(problems) == 1 else f"{len(problems)} settings are"
    return ConfigError(
        f"{count} wrong:\n" + "\n".join(f"  - {text}" for text in problems),
        fix="all settings, their bounds and defaults: `fizzlab presets --settings`",
    )


def _problem(model: type[BaseModel], path: str, alternatives: list[ErrorDetails]) -> str:
    """Tells what is wrong with one setting; a union gives what each of its members expected."""
    first = alternatives[0]
    if first["type"] == "extra_forbidden":
        near = suggestion(path, setting_names(model))
        return f'"{path}": there is no setting of this name.{near}'
    if first["type"] == "value_error":
        text = str(first.get("ctx", {})["error"])
        return f'"{path}": {text}' if path else text
    expected = " or ".join(dict.fromkeys(map(_expected, alternatives)))
    return f'"{path}": expected {expected}, got {_short(first["input"])}'


def _expected(details: ErrorDetails) -> str:
    text = _EXPECTED.get(details["type"])
    return text.format(**details.get("ctx", {})) if text else details["msg"]


def _is_union_tag(part: object) -> bool:
    return isinstance(part, str) and ("[" in part or part in {"int", "float", "str", "constrained"})


def _short(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def read_text(path: Path) -> str:
    """Gives the text of a file of settings, with or without a byte-order mark.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{path} cannot be read: {reason}.", expected="a TOML file") from None


def setting_names(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Lists the dotted names of all settings of a model, groups flattened: "recipe.epochs"."""
    return [name for name, _ in settings(model, prefix)]


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Gives the dotted name and the pydantic field of every setting of a model."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def accepted(model: type[BaseModel], name: str) -> str:
    """Tells in words which values a setting takes: "number, above 0", by its dotted name."""
    schema = node = model.model_json_schema()
    *groups, leaf = name.split(".")
    for group in groups:
        node = schema["$defs"][node["properties"][group]["$ref"].rpartition("/")[2]]
    return _values(node["properties"][leaf])


def _values(schema: dict[str, Any]) -> str:
    """Tells in words which values a JSON Schema allows."""
    if "anyOf" in schema:
        kinds = [_values(kind) for kind in schema["anyOf"] if kind.get("type") != "null"]
        return " or ".join(kinds)
    if "enum" in schema or "const" in schema:
        choices = schema.get("enum", [schema.get("const")])
        return ", ".join(f"`{json.dumps(choice)}`" for choice in choices)
    if schema["type"] == "boolean":
        return "`true`, `false`"
    limits = [text.format(_number(schema[k])) for k, text in _LIMITS.items() if k in schema]
    return ", ".join([_KINDS[schema["type"]], *limits])


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def differences(one: Frozen, other: Frozen) -> dict[str, tuple[Any, Any]]:
    """Gives both values of every setting in which two models differ, by its dotted name."""
    return dict(_differences(one.model_dump(mode="json"), other.model_dump(mode="json")))


def _differences(
    one: dict[str, Any], other: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, before in one.items():
        after = other[name]
        if isinstance(before, dict):
            yield from _differences(before, after, f"{prefix}{name}.")
        elif before != after:
            yield f"{prefix}{name}", (before, after)
