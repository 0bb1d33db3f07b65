"""What the tests do on a page, in words."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[3] / "web"
QUICK = "preset=classic&recipe.epochs=40"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"


def missing(what: str, how: str) -> None:
    """Skips where something is missing; in CI it must be there."""
    text = f"{what} is missing, so this was not tested in a browser. To have it: {how}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


@lru_cache
def texts(language: str) -> dict[str, str]:
    """The page's dictionary."""
    return json.loads((WEB / "src" / "texts" / f"{language}.json").read_text("utf-8"))


@lru_cache
def setting_texts(language: str) -> dict[str, Any]:
    """The dictionary of the settings."""
    return json.loads((WEB / "src" / "texts" / f"settings.{language}.json").read_text("utf-8"))


@dataclass
class Walker:
    """A page in one language."""

    page: Any
    language: str
    texts: dict[str, str]
    artefacts: Path

    def part(self, name: str) -> Any:
        """A part of the page, by its test id."""
        return self.page.get_by_test_id(name)

    def click(self, name: str) -> None:
        self.part(name).click()

    def pattern(self, key: str) -> re.Pattern[str]:
        """A text of the dictionary as a pattern; values match anything."""
        pieces = re.split(r"\{\w+\}", self.texts[key])
        text = ".*".join(re.escape(piece) for piece in pieces)
        return re.compile(re.sub(r"\\?[ \u00a0]", r"\\s", text))

    def status(self, *wanted: str) -> None:
        """Waits until training stands so."""
        from playwright.sync_api import expect

        pattern = re.compile("|".join(wanted))
        expect(self.part("status")).to_have_attribute("data-status", pattern)

    def epoch(self) -> int:
        return int(self.part("epoch-number").get_attribute("data-epoch"))

    def afresh(self, link: str = QUICK) -> None:
        """A new net with an experiment, not yet trained."""
        from playwright.sync_api import expect

        if self.part("pause").is_visible():
            self.click("pause")
        before = self.part("link").input_value()
        self.page.evaluate("link => { location.hash = link }", link)
        if not before.endswith(f"#{link}"):
            expect(self.part("link")).to_have_value(re.compile(re.escape(link.split("&")[-1])))
        self.click("reset-same")
        self.status("idle")
        expect(self.part("epoch-number")).to_have_text("0")

    def trained(self, link: str = QUICK) -> None:
        """A net that is trained to its end."""
        self.afresh(link)
        self.click("start")
        self.status("finished")

    def photograph(self, name: str) -> None:
        self.artefacts.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.artefacts / f"{name}-{self.language}.png")

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA, and its best practices."""
        if not AXE.is_file():
            missing("axe-core", "cd web && npm ci")
        self.page.evaluate(f"{AXE.read_text('utf-8')}; undefined")
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
        return [
            f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
