"""What Ctrl-C says while a study trains: the first one what it waits for, the second one ends."""

from __future__ import annotations

import contextlib
import importlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from fizzlab.runs.interruptions import Interruptions, interruptions

WAITING = (
    "Interrupted: the nets in training are finished first, and kept. "
    "Ctrl-C again stops at once, and loses only these."
)


@contextlib.contextmanager
def announced(time_budget_s: float | None, tell: Callable[[str], None]) -> Iterator[Interruptions]:
    """Listens for interruptions as `interruptions` does, and tells what the first Ctrl-C does.

    Args:
        time_budget_s: Seconds after which to end; None for no limit.
        tell: Called in the signal's handler, so between any two steps of the program.

    Raises:
        KeyboardInterrupt: At the second Ctrl-C.
    """
    # Its import puts a handler of its own in place, after which a thread that waits is no longer
    # woken by a signal: it has to come before those that are put in place here.
    importlib.import_module("polars")
    with interruptions(time_budget_s) as found:
        if threading.current_thread() is not threading.main_thread():
            yield found
            return
        noted = signal.getsignal(signal.SIGINT)

        def press(signum: int, frame: FrameType | None) -> None:
            if not found.pressed:
                tell(WAITING)
            if callable(noted):
                noted(signum, frame)

        signal.signal(signal.SIGINT, press)  # `interruptions` puts back what was there before
        yield found
