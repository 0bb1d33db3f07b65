"""The WebSocket: one page, its asks in order, its line out beside them."""

from __future__ import annotations

import asyncio
import contextlib
import time

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from fizzlab.errors import FizzlabError
from fizzlab.lab.asks import ASKS, AnyAsk, Hello
from fizzlab.lab.limits import MAX_MESSAGE_BYTES
from fizzlab.lab.line import Line
from fizzlab.lab.messages import Problem
from fizzlab.lab.problems import problem
from fizzlab.lab.service import serve
from fizzlab.lab.tab import Tab
from fizzlab.lab.tabs import Tabs

ASKS_PER_S, ASKS_AT_ONCE = 200.0, 400.0  # of more, the page has to wait
TAKEN_OVER = 4001


async def attend(socket: WebSocket, tabs: Tabs) -> None:
    """Serves one socket until it closes."""
    await socket.accept()
    talk = Talk(socket, tabs)
    try:
        await talk.listen()
    except (WebSocketDisconnect, RuntimeError):  # closed, by the page or by us
        pass
    finally:
        await talk.close()


class Talk:
    """What is said on one socket.

    Args:
        socket: The socket, accepted.
        tabs: All sessions.
    """

    def __init__(self, socket: WebSocket, tabs: Tabs) -> None:
        self._socket, self._tabs = socket, tabs
        self._line = Line(socket.send_text)
        self._tab: Tab | None = None
        self._sending: asyncio.Task[None] | None = None
        self._credit, self._counted = ASKS_AT_ONCE, time.monotonic()

    async def listen(self) -> None:
        """Takes one message after the other.

        Raises:
            WebSocketDisconnect: When the socket closes.
        """
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code") or 1000)
            await self._wait_for_credit()
            ask = _read(message.get("text"))
            if isinstance(ask, Problem):
                await self._reply(ask)
            elif self._tab is not None:
                await serve(self._tab, ask)
            elif isinstance(ask, Hello):
                await self._hello(ask)
            else:
                await self._reply(_wrong("This socket has not said hello yet.", "hello first"))

    async def _wait_for_credit(self) -> None:
        now = time.monotonic()
        self._credit = min(ASKS_AT_ONCE, self._credit + (now - self._counted) * ASKS_PER_S)
        self._counted = now
        self._credit -= 1
        if self._credit < 0:
            await asyncio.sleep(-self._credit / ASKS_PER_S)

    async def _reply(self, said: Problem) -> None:
        if self._tab is not None:
            self._line.answer(said)
        else:
            await self._socket.send_text(said.model_dump_json())

    async def _hello(self, ask: Hello) -> None:
        try:
            tab, resumed = self._tabs.open(ask.session)
        except FizzlabError as error:
            await self._reply(problem("hello", error, "busy"))
            return
        if tab.line is not None:
            await tab.line.close(TAKEN_OVER)
        self._tab, tab.language = tab, ask.language
        if ask.run == tab.run and tab.history.generation == 0:
            self._line.run, self._line.cursor = tab.run, ask.cursor
        self._line.on_close = self._socket.close
        tab.attach(self._line, resumed=resumed)
        self._sending = asyncio.create_task(self._send(tab))
        try:
            await tab.employ()
        except FizzlabError as error:
            tab.say(problem("hello", error, "busy"))

    async def _send(self, tab: Tab) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._line.work(tab)

    async def close(self) -> None:
        """Ends what was begun for this socket; the session waits for its page to come back."""
        if self._tab is not None:
            self._tab.detach(self._line)
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending


def _read(text: str | None) -> AnyAsk | Problem:
    """Reads a message; what is none is told, and nothing more happens."""
    if text is None:
        return _wrong("A message of bytes.", "a JSON text")
    if len(text) > MAX_MESSAGE_BYTES or len(text.encode(errors="replace")) > MAX_MESSAGE_BYTES:
        return _wrong("This message is too long.", f"at most {MAX_MESSAGE_BYTES} bytes")
    try:
        return ASKS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"])
        return _wrong(f"{first['msg'][:200]}" + (f" at {place}" if place else "") + ".")
    except (ValueError, RecursionError):  # a text that is no Unicode, or nested too deep
        return _wrong("This message cannot be read.")


def _wrong(text: str, expected: str = "a message of the lab's protocol") -> Problem:
    return Problem(
        about="message",
        code="invalid",
        problem=text,
        expected=expected,
        got=None,
        fix="docs/concepts/lab-server.md lists all messages",
        settings=(),
    )
