"""Worker processes: hired by tabs, dismissed when they are done, never more than there may be.

One that is not hired yet is kept ready, for importing torch takes seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from typing import Any

from pydantic import BaseModel

from fizzlab.errors import UsageError
from fizzlab.lab.frames import framed, receive_frame

COMMAND = (sys.executable, "-P", "-m", "fizzlab.lab.workers.main")
MAX_WAITING = 4 * 1024 * 1024  # bytes of orders that a worker has not taken yet
PATIENCE_S = 0.5  # until a worker that does not end is killed
SPARE_AFTER_S = 2.0  # until the next spare one is begun, so that it does not slow the first


class Worker:
    """A process that trains."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.dismissed = False

    @classmethod
    async def begin(cls, command: tuple[str, ...] = COMMAND) -> Worker:
        """Starts a process; it may take seconds until it answers."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
            start_new_session=True,  # Ctrl-C is for the server, which ends it
            env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be given orders."""
        return not self.dismissed and self._process.returncode is None

    def order(self, order: BaseModel) -> None:
        """Gives an order, which waits until the worker takes it.

        Raises:
            UsageError: If it has too many to do already.
        """
        pipe = self._process.stdin
        if pipe is None or not self.alive:
            return
        if pipe.transport.get_write_buffer_size() > MAX_WAITING:
            raise UsageError("The net is busy.", fix="wait for it, or reset it")
        with contextlib.suppress(OSError, RuntimeError):
            pipe.write(framed(order.model_dump_json().encode()))

    async def news(self) -> tuple[bytes, dict[str, Any]] | None:
        """Waits for what it tells: the text, and the same read; None when it is gone."""
        assert self._process.stdout is not None
        text = await receive_frame(self._process.stdout)
        return None if text is None else (text, json.loads(text))

    async def dismiss(self) -> None:
        """Ends the process."""
        self.dismissed = True
        if self._process.stdin is not None:
            self._process.stdin.close()  # at the end of its input it ends
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def kill(self) -> None:
        """Ends the process at once."""
        self.dismissed = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


class Staff:
    """All workers.

    Args:
        most: How many there may be.
        command: What starts one; tests have their own.
    """

    def __init__(self, most: int, command: tuple[str, ...] = COMMAND) -> None:
        self.most, self._command = most, command
        self.workers: set[Worker] = set()
        self._spare: asyncio.Task[Worker] | None = None
        self._later: set[asyncio.Task[Any]] = set()
        self._hired = 0
        self._closed = False

    def prepare(self) -> None:
        """Begins a worker that waits to be hired, if there may be one more."""
        if self._spare is None and self._hired < self.most and not self._closed:
            self._spare = asyncio.create_task(self._begin())

    async def _begin(self) -> Worker:
        worker = await Worker.begin(self._command)
        self.workers.add(worker)
        if self._closed:
            worker.kill()
        return worker

    async def hire(self) -> Worker:
        """Gives a worker.

        Raises:
            UsageError: If there may be no more.
        """
        if self._hired >= self.most:
            raise UsageError(
                f"All {self.most} workers of this lab are busy with other tabs.",
                expected="a free worker",
                fix="close a tab of the lab, or wait until one has been idle for some minutes",
            )
        self._hired += 1
        spare, self._spare = self._spare, None
        try:
            worker = await (spare or self._begin())
            if not worker.alive:  # a spare one that was killed while it waited
                self.workers.discard(worker)
                worker = await self._begin()
        except BaseException:
            self._hired -= 1
            raise
        self._do_later(self._prepare_soon())
        return worker

    async def _prepare_soon(self) -> None:
        await asyncio.sleep(SPARE_AFTER_S)
        self.prepare()

    def _do_later(self, task: Any) -> None:
        made = asyncio.create_task(task)
        self._later.add(made)
        made.add_done_callback(self._later.discard)

    def release(self, worker: Worker) -> None:
        """Takes a worker back, and ends it."""
        if worker in self.workers:
            self.workers.discard(worker)
            self._hired -= 1
            worker.dismissed = True
            self._do_later(worker.dismiss())

    async def close(self) -> None:
        """Ends all workers."""
        self._closed = True
        if self._spare is not None:
            with contextlib.suppress(Exception):
                await self._spare
        gone = [worker.dismiss() for worker in self.workers]
        await asyncio.gather(*gone, *self._later_dismissals(), return_exceptions=True)

    def _later_dismissals(self) -> list[asyncio.Task[Any]]:
        for task in list(self._later):
            if task.get_coro().__name__ == "_prepare_soon":  # type: ignore[union-attr]
                task.cancel()
        return list(self._later)
