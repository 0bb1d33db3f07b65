"""A page from elsewhere cannot reach the lab; the lab's own page comes back by itself."""

from __future__ import annotations

import http.server
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import FLAGS, serving, watched
from .walker import QUICK, texts

KNOCK = """address => new Promise(done => {
  const socket = new WebSocket(address);
  socket.onopen = () => { socket.send('{"type":"hello"}'); };
  socket.onmessage = event => done(JSON.parse(event.data).type);
  socket.onerror = () => done("refused");
})"""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A page that another server on this machine serves."""

    class Hostile(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>elsewhere</title>")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_page_from_another_port_cannot_open_the_socket(browser: Any, lab: str, elsewhere: str):
    page, socket = browser.new_page(), lab.replace("http:", "ws:") + "ws"
    page.goto(elsewhere)
    assert page.title() == "elsewhere"
    assert page.evaluate(KNOCK, socket) == "refused"
    page.goto(f"{lab}api/presets")  # the same words, said from the lab's own origin
    assert page.evaluate(KNOCK, socket) == "welcome"
    page.close()


def test_rebinding_is_refused(playwright: Any, chromium: str, lab: str):
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    started = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, rules])
    page = started.new_page()
    there = lab.replace("127.0.0.1", "evil.example")
    answer = page.goto(there)
    assert answer.status == 421
    assert page.evaluate(KNOCK, there.replace("http:", "ws:") + "ws") == "refused"
    assert page.goto(lab).status == 200  # that browser does reach the lab under its own name
    started.close()


def test_the_page_allows_nothing_inline(browser: Any, lab: str):
    page = browser.new_page()
    policy = page.goto(lab).headers["content-security-policy"]
    page.close()
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_reload_and_cut_in_mid_training(browser: Any, lab: str):
    from playwright.sync_api import expect

    with watched(browser, lab, locale="en-GB") as page:
        page.add_init_script(
            "window.sockets = [];"
            "window.WebSocket = class extends WebSocket {"
            "  constructor(...args) { super(...args); window.sockets.push(this); } };"
        )
        page.goto(f"{lab}#preset=classic&recipe.epochs=100000")
        status, epoch = page.get_by_test_id("status"), page.get_by_test_id("epoch-number")
        expect(status).to_have_attribute("data-status", "idle")
        page.get_by_test_id("start").click()
        expect(epoch).not_to_have_text("0")
        first = int(epoch.get_attribute("data-epoch"))
        page.reload()
        expect(status).to_have_attribute("data-status", "running")
        expect(page.get_by_test_id("chart-loss").get_by_text(re.compile("at epoch"))).to_have_count(
            1
        )
        second = int(epoch.get_attribute("data-epoch"))
        assert second >= first
        page.evaluate("sockets.at(-1).close()")
        expect(status).to_have_text(texts("en")["cut"])
        expect(status).to_have_text(texts("en")["statusRunning"] + " ")
        expect(epoch).not_to_have_attribute("data-epoch", str(second))
        assert page.evaluate("sockets.length") == 2
        page.get_by_test_id("pause").click()
        expect(status).to_have_attribute("data-status", "paused")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes under /proc")
def test_a_killed_worker_is_told_and_can_be_restarted(browser: Any):
    from playwright.sync_api import expect

    with serving() as (address, process), watched(browser, address, locale="en-GB") as page:
        page.goto(f"{address}#{QUICK}")
        status = page.get_by_test_id("status")
        expect(status).to_have_attribute("data-status", "idle")
        page.get_by_test_id("start").click()
        expect(status).to_have_attribute("data-status", "finished")
        for child in _children(process.pid):
            os.kill(child, signal.SIGKILL)
        expect(page.get_by_test_id("worker-lost")).to_be_visible()
        page.get_by_test_id("worker-lost").get_by_role("button").click()
        expect(status).to_have_attribute("data-status", "idle")
        page.get_by_test_id("start").click()
        expect(status).to_have_attribute("data-status", "finished")


def test_a_copied_tab_takes_the_session_over_and_the_first_can_begin_its_own(
    browser: Any, lab: str
):
    from playwright.sync_api import expect

    with watched(browser, lab, locale="en-GB") as page:
        page.goto(lab)
        expect(page.get_by_test_id("status")).to_have_attribute("data-status", "idle")
        session = page.evaluate("sessionStorage['fizzlab-session']")
        copy = page.context.new_page()
        copy.goto(f"{lab}api/presets")
        copy.evaluate("session => { sessionStorage['fizzlab-session'] = session }", session)
        copy.goto(lab)
        expect(copy.get_by_test_id("status")).to_have_attribute("data-status", "idle")
        expect(page.get_by_test_id("taken")).to_be_visible()
        page.get_by_test_id("taken").get_by_role("button").click()
        expect(page.get_by_test_id("taken")).to_have_count(0)
        assert page.evaluate("sessionStorage['fizzlab-session']") != session
