"""Every text of a study's findings and report, in English and in French, and its numbers.

A text of two forms, as `net|nets`, is for one thing and for several, see `counted`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fizzlab.errors import UnknownNameError
from fizzlab.studies.texts_en import ENGLISH
from fizzlab.studies.texts_fr import FRENCH

Texts = Mapping[str, str]
TEXTS: dict[str, Texts] = {"en": ENGLISH, "fr": FRENCH}


def texts(language: str) -> Texts:
    """Gives the texts in a language.

    Raises:
        UnknownNameError: If there is no such language.
    """
    if language not in TEXTS:
        raise UnknownNameError("language", language, TEXTS)
    return TEXTS[language]


def number(value: float | None, words: Texts, digits: int = 3) -> str:
    """Gives a number to some decimals, with the language's decimal mark."""
    return "–" if value is None else marked(f"{value:.{digits}f}", words)


def marked(shown: str, words: Texts) -> str:
    """Gives a number that Python wrote with the language's decimal mark and a minus sign.

    >>> marked("-0.25", texts("fr"))
    '−0,25'
    """
    if shown.startswith("-"):
        shown = "\N{MINUS SIGN}" + shown[1:]
    return shown.replace(".", words["decimal"])


def whole(count: int, words: Texts) -> str:
    """Gives a whole number with the language's mark between thousands.

    >>> whole(12_000, texts("en"))
    '12,000'
    """
    return f"{count:,}".replace(",", words["thousands"])


def counted(key: str, count: int, words: Texts) -> str:
    """Counts things in words; in French nought is singular too.

    >>> counted("n_nets", 1, texts("en")), counted("n_nets", 2000, texts("en"))
    ('1 net', '2,000 nets')
    """
    one, many = words[key].split("|")
    form = one if count == 1 or (count == 0 and words["language"] == "fr") else many
    return form.format(n=whole(count, words))
