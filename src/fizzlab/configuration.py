"""The base of everything that is configured: frozen, hashable, validated, and clear when wrong.

Pydantic finds the problems; this file tells them in fizzlab's words, all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError
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


class _TellsProblems(_ModelMetaclass):
    """Lets a user build a model directly: arguments in order, and problems as `ConfigError`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        try:
            fields = cls.model_fields  # type: ignore[attr-defined]
            return super().__call__(**dict(zip(fields, args, strict=False)), **kwargs)
        except ValidationError as error:
            raise config_error(cls, error) from None  # type: ignore[arg-type]


class Frozen(BaseModel, metaclass=_TellsProblems):
    """A frozen, hashable group of settings that refuses unknown names and infinite numbers."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )


def config_error(model: type[BaseModel], error: ValidationError) -> ConfigError:
    """Gives one `ConfigError` that lists every problem of a validation."""
    problems = list(dict.fromkeys(_problem(model, details) for details in error.errors()))
    count = "A setting is" if len(problems) == 1 else f"{len(problems)} settings are"
    return ConfigError(
        f"{count} wrong:\n" + "\n".join(f"  - {text}" for text in problems),
        fix="all settings, their bounds and defaults: `fizzlab presets --settings`",
    )


def _problem(model: type[BaseModel], details: ErrorDetails) -> str:
    path = ".".join(str(part) for part in details["loc"] if not _is_union_tag(part))
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        near = suggestion(path, setting_names(model))
        return f'"{path}": there is no setting of this name.{near}'
    if kind == "value_error":
        text = str(context["error"])
        return f'"{path}": {text}' if path else text
    expected = _EXPECTED.get(kind)
    expected = expected.format(**context) if expected else details["msg"]
    return f'"{path}": expected {expected}, got {_short(details["input"])}'


def _is_union_tag(part: object) -> bool:
    return isinstance(part, str) and ("[" in part or part in {"int", "float", "str", "constrained"})


def _short(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


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
