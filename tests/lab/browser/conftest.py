"""A browser, a lab that really serves, and a page of it in each language.

Every page is watched: an error on its console, or a request to anywhere but the lab, fails the test
(see `watched`). Screenshots go to `build/browser/`, or to $FIZZLAB_ARTEFACTS.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .walker import QUICK, Walker, missing, texts

ROOT = Path(__file__).parents[3]
ARTEFACTS = Path(os.environ.get("FIZZLAB_ARTEFACTS", ROOT / "build" / "browser"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium and playwright")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def playwright() -> Iterator[Any]:
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        missing("playwright", 'pip install -c constraints.txt -e ".[test]"')
        return
    expect.set_options(timeout=15_000)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium() -> str:
    path = os.environ.get("FIZZLAB_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        missing("Chromium", "apt-get install chromium (or set FIZZLAB_CHROMIUM to its path)")
    return str(path)


@pytest.fixture(scope="package")
def browser(playwright: Any, chromium: str) -> Iterator[Any]:
    started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield started
    started.close()


@contextmanager
def serving(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Runs `fizzlab lab`; gives its address and its process."""
    command = [str(Path(sys.executable).with_name("fizzlab")), "lab", "--port", "0", "--no-browser"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.terminate()


@pytest.fixture(scope="package")
def lab() -> Iterator[str]:
    with serving() as (address, _):
        yield address


@contextmanager
def watched(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """Gives a page that must neither complain nor ask anyone but the lab for anything."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    page, complaints = context.new_page(), []
    page.on("console", lambda m: m.type in {"error", "warning"} and complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    own = (address, address.replace("http:", "ws:"), f"blob:{address}", "data:")

    def asked(what: Any) -> None:
        if not what.url.startswith(own):
            complaints.append(f"asked for {what.url}")

    page.on("request", asked)
    page.on("websocket", asked)
    yield page
    context.close()
    assert not complaints


@pytest.fixture(scope="package", params=["en", "fr"])
def walker(request: pytest.FixtureRequest, browser: Any, lab: str) -> Iterator[Walker]:
    """A page in one language, with an experiment that is trained in a second."""
    language = request.param
    locale = {"en": "en-GB", "fr": "fr-FR"}[language]
    with watched(browser, lab, locale=locale, accept_downloads=True) as page:
        page.goto(f"{lab}#{QUICK}")
        yield Walker(page, language, texts(language), ARTEFACTS)
