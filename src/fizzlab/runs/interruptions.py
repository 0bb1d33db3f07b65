"""What cuts a training short without being part of its configuration: Ctrl-C, a time budget."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interruptions:
    """Tells whether a training is to end after the current epoch.

    Attributes:
        time_budget_s: Seconds after which to end; None for no limit.
        pressed: Whether Ctrl-C was pressed.
    """

    time_budget_s: float | None = None
    pressed: bool = False

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    @property
    def reason(self) -> str | None:
        """Why to end: interrupted, time; None while there is no reason."""
        if self.pressed:
            return "interrupted"
        if self.time_budget_s is not None and time.monotonic() - self._began >= self.time_budget_s:
            return "time"
        return None


@contextlib.contextmanager
def interruptions(time_budget_s: float | None = None) -> Iterator[Interruptions]:
    """Listens for interruptions: the first Ctrl-C is noted, a second one raises at once.

    Beside the main thread, where signals cannot be listened to, only the time counts.

    Args:
        time_budget_s: Seconds after which to end; None for no limit.

    Raises:
        KeyboardInterrupt: At the second Ctrl-C.
    """
    found = Interruptions(time_budget_s)
    if threading.current_thread() is not threading.main_thread():
        yield found
        return

    def press(signum: int, frame: FrameType | None) -> None:
        if found.pressed:
            raise KeyboardInterrupt
        found.pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield found
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
