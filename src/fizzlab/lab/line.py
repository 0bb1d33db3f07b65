"""One socket's way out: what waits to be sent is bounded, and of states the latest one counts.

A page that reads slowly, or not at all, makes `send` wait; what comes meanwhile takes the place of
what was there. So a frozen tab costs no memory, and one that wakes up sees the present.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from fizzlab.lab.tab import Tab

TICK_S = 0.05  # 20 updates a second at most
BYTES_PER_S = 26_000  # of pictures, before compression; what else there is comes on top
BURST = 16_000  # bytes of pictures that may be sent at once
MAX_ANSWERS = 200
SLOTS = ("welcome", "configured", "runs", "data", "rows", "state", "ghost", "luck")

Send = Callable[[str], Awaitable[None]]


class Line:
    """What waits to be sent to one page.

    Args:
        send: Sends a text, and waits until it may send the next one.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._slots: dict[str, str] = {}
        self._pictures: dict[str, str] = {}
        self._answers: deque[str] = deque(maxlen=MAX_ANSWERS)
        self._wake = asyncio.Event()
        self._credit, self._counted = float(BURST), time.monotonic()
        self.run, self.cursor, self.generation = 0, 0, 0  # rows that the page has
        self.on_close: Callable[[int], Awaitable[None]] | None = None

    def put(self, slot: str, text: str | BaseModel) -> None:
        """Puts a message in its slot; one that waits there is forgotten."""
        self._slots[slot] = text if isinstance(text, str) else text.model_dump_json()
        self._wake.set()

    def answer(self, text: str | BaseModel) -> None:
        """Adds an answer; of too many the oldest are forgotten."""
        self._answers.append(text if isinstance(text, str) else text.model_dump_json())
        self._wake.set()

    def picture(self, key: str, text: str) -> None:
        """Puts a picture, in the place of an older one of the same."""
        self._pictures[key] = text
        self._wake.set()

    async def close(self, code: int) -> None:
        """Closes the socket."""
        if self.on_close is not None:
            with contextlib.suppress(RuntimeError, OSError):
                await self.on_close(code)

    def wake(self) -> None:
        """Lets the sender look whether there is something to do."""
        self._wake.set()

    @property
    def may_picture(self) -> bool:
        """Whether the wire has room for another picture."""
        now = time.monotonic()
        self._credit = min(BURST, self._credit + (now - self._counted) * BYTES_PER_S)
        self._counted = now
        return self._credit > 0 and not self._pictures

    async def work(self, tab: Tab) -> None:
        """Sends what there is, until the socket closes."""
        while True:
            timeout = TICK_S if tab.looks_due else None
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), timeout)
            self._wake.clear()
            await self._flush(tab)
            if self.may_picture:
                tab.look()
            await asyncio.sleep(TICK_S)

    async def _flush(self, tab: Tab) -> None:
        rows = tab.rows_for(self)
        if rows is not None:
            self._slots["rows"] = rows.model_dump_json()
        for slot in SLOTS:
            if (text := self._slots.pop(slot, None)) is not None:
                await self._send(text)
        while self._answers:
            await self._send(self._answers.popleft())
        for key in list(self._pictures):
            text = self._pictures.pop(key)
            self._credit -= len(text)
            await self._send(text)
