"""A worker's beginning: pipes first, torch second, then orders.

Started as `python -P -m fizzlab.lab.workers.main`. It ends when its input ends, also in the middle
of an epoch: a thread does nothing but read.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import BinaryIO

from pydantic import BaseModel

from fizzlab.lab.frames import framed, read_frame
from fizzlab.lab.orders import ORDERS, AnyOrder, Ready

NICER = 5  # so that the server and the browser stay quick

Tell = Callable[[BaseModel], None]


def main() -> None:
    """Works until the server is gone."""
    orders, tell = _pipes()
    from fizzlab.lab.workers.desk import Desk  # torch: some seconds

    desk = Desk(orders, tell)
    desk.warm_up()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICER)
    tell(Ready())
    desk.work()


def _pipes() -> tuple[SimpleQueue[AnyOrder], Tell]:
    """Gives the orders as they come in, and what writes news.

    Whatever else is printed goes to the standard error.
    """
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    orders: SimpleQueue[AnyOrder] = SimpleQueue()
    source = os.fdopen(os.dup(0), "rb")
    threading.Thread(target=_read, args=(source, orders), daemon=True).start()
    lock = threading.Lock()

    def tell(news: BaseModel) -> None:
        content = framed(news.model_dump_json().encode())
        with lock:
            _write_all(out, content)

    return orders, tell


def _read(source: BinaryIO, orders: SimpleQueue[AnyOrder]) -> None:
    while (message := read_frame(source)) is not None:
        orders.put(ORDERS.validate_json(message))
    os._exit(0)


def _write_all(out: BinaryIO, content: bytes) -> None:
    view = memoryview(content)
    try:
        while view:
            view = view[out.write(view) :]
    except OSError:  # nobody reads any more
        os._exit(0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
