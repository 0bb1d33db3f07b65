"""Certificates with one thing changed, in every field, by a seed."""

from __future__ import annotations

import copy
import random
from typing import Any

FIELDS = [
    *("format", "claim", "base", "rule", "weights", "codebook", "offsets"),
    *("first", "transitions", "labels", "boxes"),
]


def mutant(document: dict[str, Any], field: str, draw: random.Random) -> dict[str, Any]:
    """Gives a copy of a certificate with something in one field changed."""
    changed = copy.deepcopy(document)
    if field == "weights":
        part = draw.choice(["start", "transitions", "readout"])
        _shake(changed[field], part, draw)
    elif field in {"codebook", "offsets", "boxes"}:
        _shake(changed, field, draw)
    elif field in {"first", "transitions", "labels"}:
        _redirect(changed, field, draw)
    else:
        SIMPLE[field](changed, draw)
    return changed


def _shake(holder: dict[str, Any], name: str, draw: random.Random) -> None:
    """Changes one number, or swaps, drops or doubles an entry of some list."""
    numbers = list(_numbers(holder[name]))
    one, other = draw.choice(numbers), draw.choice(numbers)
    ways = [
        lambda: one.__setitem__(0, one[0] + draw.choice([-1, 1, -100, 100])),
        lambda: one.__setitem__(0, one[0] + draw.randrange(-(2**20), 2**20)),
        lambda: one.__setitem__(0, -one[0]),
        lambda: one.__setitem__(1, one[1] + draw.choice([-1, 1, -20, 5])),
        lambda: one.__setitem__(slice(None), [0, 0]),
        lambda: one.__setitem__(slice(None), other),
        lambda: _reshape(draw.choice(list(_lists(holder[name]))), draw),
        lambda: one.__setitem__(draw.randrange(2), draw.choice(STRANGE)),
    ]
    draw.choice(ways)()


STRANGE: list[Any] = [None, True, "1", 1.5, [], {}, 2**70, -(2**24), float("nan")]


def _reshape(entries: list[Any], draw: random.Random) -> None:
    i, j = draw.randrange(len(entries)), draw.randrange(len(entries))
    ways = [
        lambda: entries.pop(i),
        lambda: entries.append(entries[i]),
        lambda: entries.__setitem__(slice(None), [*entries[:i], entries[j], *entries[i + 1 :]]),
        entries.reverse,
        entries.clear,
    ]
    draw.choice(ways)()


def _numbers(value: Any) -> Any:
    if len(value) == 2 and all(type(entry) is int for entry in value):
        yield value
    else:
        for entry in value:
            yield from _numbers(entry)


def _lists(value: Any) -> Any:
    yield value
    for entry in value:
        if isinstance(entry, list) and not all(type(one) is int for one in entry):
            yield from _lists(entry)


def _redirect(document: dict[str, Any], field: str, draw: random.Random) -> None:
    holder = document[field] if field != "transitions" else draw.choice(document[field])
    i = draw.randrange(len(holder))
    states = len(document["labels"])
    new = [draw.randrange(states), draw.randrange(states), -1, states, True, None, [0]]
    holder[i] = draw.choice(new)
    if draw.random() < 0.1:
        _reshape(document[field], draw)


def _format(document: dict[str, Any], draw: random.Random) -> None:
    document["format"] = draw.choice([0, 2, 99, -1, "1", True, None, [1], 1.0])


def _base(document: dict[str, Any], draw: random.Random) -> None:
    document["base"] = draw.choice([0, 1, 3, 10, -2, 10**9, "2", True, None])


def _claim(document: dict[str, Any], draw: random.Random) -> None:
    claim = document["claim"]
    name = draw.choice(list(claim))
    ways = [
        lambda: claim.__setitem__(name, claim[name].replace("n", "m", 1)),
        lambda: claim.__setitem__(name, draw.choice(["", "every integer", None, 1, True])),
        lambda: claim.pop(name),
        lambda: claim.__setitem__("more", "n = 0 too"),
        lambda: document.__setitem__("claim", draw.choice([None, [], "all", 1])),
    ]
    draw.choice(ways)()


BAD_WORDS: list[Any] = [
    *("", "f,g", "7", "a7", "٣", "a\n", " a", "a ", "a\u00a0b", "+a", "-a", "−a", ".a", "number"),
    *('a"b', "a'b", "a’b", "«a»", "`a", "a\u200bb", "a\u200db", "a\u202eb", "\u3164", "a\u115f"),
    *("a\ufe0f", "a\u034f", "\u0301a", "a \u0301", "e\u0301", "ﬁzz", "ｆizz", "a=b", "a\\b", "a;b"),
    *("a\u00adb", "a\ufeff", "🐝", "a²", "x" * 101, None, 3, ["a"]),
]


def _rule(document: dict[str, Any], draw: random.Random) -> None:
    rule = document["rule"]
    pair = draw.choice(rule)
    ways = [
        lambda: pair.__setitem__(0, draw.choice([0, 1, 2, 3, 4, 5, 6, -3, 10**15, True, "3"])),
        lambda: pair.__setitem__(1, draw.choice(BAD_WORDS)),
        rule.reverse,
        lambda: rule.append([draw.choice([3, 5, 7]), "more"]),
        lambda: rule.append(list(pair)),
        rule.pop,
        lambda: pair.append(1),
    ]
    draw.choice(ways)()


SIMPLE = {"format": _format, "base": _base, "claim": _claim, "rule": _rule}
