"""From errors to what the page is told."""

from __future__ import annotations

import re
from typing import Literal

from fizzlab.errors import ConfigError, DivergedError, FizzlabError, UnknownNameError, UsageError
from fizzlab.lab.messages import Problem

Code = Literal["invalid", "refused", "budget", "busy", "lost", "diverged", "failed"]
MAX_TEXT = 2000  # characters
_NAMED = re.compile(r'"([a-z_]+(?:\.[a-z_0-9]+)*)"')


def problem(about: str, error: FizzlabError, code: Code | None = None) -> Problem:
    """Gives the message for an error, with the settings that its text names.

    Args:
        about: Type of the ask that it answers.
        error: The error.
        code: Its kind, where the class of the error does not tell.
    """
    text = _short(error.problem) or ""
    return Problem(
        about=about,
        code=code or _code(error),
        problem=text,
        expected=_short(error.expected),
        got=_short(error.got),
        fix=_short(error.fix),
        settings=tuple(dict.fromkeys(_NAMED.findall(text)))[:20],
    )


def _code(error: FizzlabError) -> Code:
    if isinstance(error, DivergedError):
        return "diverged"
    if isinstance(error, ConfigError | UnknownNameError):
        return "invalid"
    return "refused" if isinstance(error, UsageError) else "failed"


def _short(text: str | None) -> str | None:
    if text is None or len(text) <= MAX_TEXT:
        return text
    return text[: MAX_TEXT - 1] + "…"
