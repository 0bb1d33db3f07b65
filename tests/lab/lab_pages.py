"""A lab that really listens, and pages that really talk to it, without a browser."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from websockets.sync.client import ClientConnection, connect

from fizzlab.lab.app import Lab
from fizzlab.lab.limits import Limits
from fizzlab.lab.links import from_link
from fizzlab.lab.serve import configured

FAKE = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))
WAIT_S = 15.0


class Page:
    """What a page does: says things, and waits for answers."""

    def __init__(self, address: str, **hello: Any) -> None:
        address_of_socket = f"ws://{address}/ws"
        origin: Any = f"http://{address}"
        self._opened = connect(address_of_socket, origin=origin, max_size=None, max_queue=None)
        self.socket: ClientConnection = self._opened.__enter__()
        self.seen: list[dict[str, Any]] = []
        self.run = 0  # older news are passed over
        if hello.pop("greet", True):
            self.say("hello", **hello)
            self.welcome = self.until("welcome")

    def say(self, kind: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **fields}))

    def until(
        self,
        kind: str,
        test: Callable[[dict[str, Any]], Any] = lambda message: True,
        wait_s: float = WAIT_S,
    ) -> dict[str, Any]:
        """Waits for a message of a kind that passes a test."""
        end = time.monotonic() + wait_s
        while True:
            message = json.loads(self.socket.recv(timeout=max(end - time.monotonic(), 0.001)))
            if message.get("run", self.run) is not None and message.get("run", self.run) < self.run:
                continue
            self.seen.append(message)
            if message["type"] == kind and test(message):
                return message

    def known(
        self, kind: str, test: Callable[[dict[str, Any]], Any] = lambda message: True
    ) -> dict[str, Any]:
        """Gives the latest message that passes a test; waits if there was none."""
        found = [m for m in self.seen if m["type"] == kind and test(m)]
        return found[-1] if found else self.until(kind, test)

    def fresh(self, link: str) -> dict[str, Any]:
        """Begins anew with the experiment of a link; gives its data."""
        self.say("configure", link=link)
        self.say("reset")
        self.say("ping")
        wanted = from_link(link).model_dump(mode="json")
        self.until("pong")
        data = self.known("data", lambda m: m["experiment"] == wanted)
        self.run = data["run"]
        self.seen.clear()
        return data

    def state(self, **wanted: Any) -> dict[str, Any]:
        """Waits for a state in which some fields have some values."""
        return self.until("state", lambda s: all(s[k] == v for k, v in wanted.items()))

    def reached(self, epoch: int) -> dict[str, Any]:
        """Waits until so many epochs are done."""
        return self.until("state", lambda s: s["epoch"] >= epoch)

    def problem(self, about: str) -> dict[str, Any]:
        return self.until("problem", lambda p: p["about"] == about)

    def close(self) -> None:
        self._opened.__exit__(None, None, None)


class Served:
    """A lab in a thread."""

    def __init__(self, limits: Limits | None = None, **options: Any) -> None:
        self.lab = Lab(limits, **{"command": FAKE, **options})
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(configured(self.lab))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._pages: list[Page] = []
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.005)

    def page(self, **hello: Any) -> Page:
        page = Page(self.address, **hello)
        self._pages.append(page)
        return page

    def hang_up(self) -> None:
        for page in self._pages:
            page.close()
        self._pages.clear()

    def close(self) -> None:
        self.hang_up()
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()
        assert not self._thread.is_alive()
