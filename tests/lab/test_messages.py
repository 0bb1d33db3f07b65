"""What page and server may say: examples of the docs, the TypeScript, the bounds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from fizzlab.lab import asks, messages
from fizzlab.lab.asks import ASKS
from fizzlab.lab.limits import Limits
from fizzlab.lab.messages import MESSAGES
from fizzlab.lab.protocol import typescript

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "concepts" / "lab-server.md"


def kinds(union: object) -> set[str]:
    members = get_args(get_args(union)[0])
    return {get_args(member.model_fields["type"].annotation)[0] for member in members}


def examples(heading: str) -> list[str]:
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return [
        line
        for block in re.findall(r"```json\n(.*?)```", section, re.S)
        for line in block.splitlines()
    ]


def test_the_page_has_the_protocol_of_the_server() -> None:
    written = (ROOT / "web" / "src" / "protocol.ts").read_text(encoding="utf-8")
    assert written == typescript(), "run: python -m fizzlab.lab.protocol web/src/protocol.ts"


def test_every_ask_has_an_example() -> None:
    lines = examples("From the page")
    assert {ASKS.validate_json(line).type for line in lines} == kinds(asks.AnyAsk)


def test_every_message_has_an_example() -> None:
    found = set()
    for line in examples("From the server"):
        example = json.loads(line)
        found.add(MESSAGES.validate_python(example).type)
    assert found == kinds(messages.AnyMessage)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type": "train"}',
        '{"type": "start", "now": true}',
        '{"type": "explain", "integer": -1}',
        '{"type": "explain", "integer": 9007199254740992}',
        '{"type": "explain", "integer": "15"}',
        '{"type": "explain", "integer": 1.5}',
        '{"type": "explain", "integer": true}',
        '{"type": "watch", "panels": ["words", "words", "words", "words", "words", "words"]}',
        '{"type": "luck", "nets": 1000000}',
        '{"type": "luck", "vary": {"name": "seed", "values": []}}',
        '{"type": "reset", "seed": 7}',
        '{"type": "reveal", "shown": 1}',
        '{"type": "configure", "settings": {"": 1}}',
        '{"type": "configure", "link": "' + "x" * 4001 + '"}',
    ],
)
def test_what_is_no_ask_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ASKS.validate_json(text)


def test_the_limits_are_told_to_the_page() -> None:
    assert all(field.description for field in Limits.model_fields.values())
    assert "export interface Limits" in typescript()
