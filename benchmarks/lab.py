"""What the lab costs: times to start, bytes on the wire, the server's share, the worker's pace.

python benchmarks/lab.py                   all of it, about two minutes
python benchmarks/lab.py soak --minutes 10 memory of the server under ten tabs
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from fizzlab import Experiment, train

FIZZLAB = Path(sys.executable).with_name("fizzlab")
PANELS = ["words", "map", "weights", "neurons", "confusion"]
TICKS_PER_S = 100  # of /proc


class Counting(socket.socket):
    """A socket that counts what it receives: bytes as they are on the wire."""

    received = 0

    def recv(self, *arguments: int) -> bytes:
        """Receives, and counts."""
        content = super().recv(*arguments)
        self.received += len(content)
        return content


@dataclass
class Page:
    """A page without a browser."""

    socket: ClientConnection
    wire: Counting
    messages: int = 0
    rates: dict[str, int] = field(default_factory=dict)

    def say(self, kind: str, **fields: Any) -> None:
        """Sends a message."""
        self.socket.send(json.dumps({"type": kind, **fields}))

    def until(self, kind: str, wait_s: float = 120, **wanted: Any) -> dict[str, Any]:
        """Waits for a message of a kind in which some fields have some values."""
        end = time.monotonic() + wait_s
        while True:
            message = json.loads(self.socket.recv(timeout=max(0.001, end - time.monotonic())))
            self.messages += 1
            self.rates[message["type"]] = self.rates.get(message["type"], 0) + 1
            if message["type"] == kind and all(message[k] == v for k, v in wanted.items()):
                return message

    def listen(self, seconds: float) -> None:
        """Reads for some time."""
        with contextlib.suppress(TimeoutError):
            self.until("nothing", seconds)


@dataclass
class Server:
    """The command, running."""

    process: subprocess.Popen[str]
    address: str
    answered_s: float

    def cpu_s(self) -> float:
        """Processor time of the server alone."""
        return cpu_s(self.process.pid)

    def workers_cpu_s(self) -> float:
        """Processor time of its workers, all together."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return sum(cpu_s(int(pid)) for pid in children.split())

    def memory_mb(self) -> float:
        """Resident memory of the server."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Gives the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


@contextlib.contextmanager
def lab() -> Iterator[Server]:
    began = time.monotonic()
    process = subprocess.Popen(
        [FIZZLAB, "lab", "--port", "0", "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip().removeprefix("http://").removesuffix("/")
    try:
        yield Server(process, address, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def page(server: Server) -> Iterator[Page]:
    host, _, port = server.address.partition(":")
    wire = Counting(socket.AF_INET, socket.SOCK_STREAM)
    wire.connect((host, int(port)))
    origin: Any = f"http://{server.address}"
    with connect(f"ws://{server.address}/ws", origin=origin, sock=wire, max_size=None) as opened:
        made = Page(opened, wire)
        made.say("hello")
        made.until("welcome")
        yield made


def starts(times: int) -> None:
    answers, learns = [], []
    for _ in range(times):
        began = time.monotonic()
        with lab() as server, page(server) as one:
            one.say("start")
            while one.until("state")["epoch"] == 0:
                pass
            learns.append(time.monotonic() - began)
            answers.append(server.answered_s)
    print(f"answers after {least(answers)} s, first net learning after {least(learns)} s")


def least(values: list[float]) -> str:
    return f"{min(values):.2f} (median {statistics.median(values):.2f}, of {len(values)})"


LONG = "recipe.epochs=50000"


def wire(seconds: float) -> None:
    """Bytes on the wire and the server's share of a core, with a net in training."""
    for tabs in (1, 3):
        with lab() as server, contextlib.ExitStack() as stack:
            pages = [stack.enter_context(page(server)) for _ in range(tabs)]
            for one in pages:
                one.say("configure", link=LONG)
                one.say("watch", panels=PANELS)
                one.say("start")
            for one in pages:
                one.until("state", status="running")
            before = [(one.wire.received, one.messages) for one in pages]
            for one in pages:
                one.rates.clear()
            cpu, began = server.cpu_s(), time.monotonic()
            while time.monotonic() - began < seconds:
                for one in pages:
                    one.listen(0.05)
            passed = time.monotonic() - began
            received = (pages[0].wire.received - before[0][0]) / passed / 1000
            rate = {kind: round(count / passed, 1) for kind, count in pages[0].rates.items()}
            share = (server.cpu_s() - cpu) / passed
            print(f"{tabs} tab(s): {received:.1f} KB/s a tab, server {share:.1%} of a core, {rate}")


def pace(epochs: int, times: int) -> None:
    """Processor time of the worker with and without pictures, against `train` alone, in turns.

    Time by the clock says nothing on a machine that others use too.
    """
    experiment = Experiment().replaced({"recipe.epochs": epochs})
    alone, watched, unwatched = [], [], []
    train(experiment, progress=False)
    with lab() as server, page(server) as one:
        one.say("configure", link=f"recipe.epochs={epochs}")
        one.listen(15)  # until the spare worker has begun
        for _ in range(times):
            began = time.process_time()
            train(experiment, progress=False)
            alone.append(time.process_time() - began)
            for panels, found in ((PANELS, watched), ([], unwatched)):
                one.say("watch", panels=panels)
                one.say("reset")
                run = one.until("data")["run"]
                before = server.workers_cpu_s()
                one.say("start")
                one.until("state", status="finished", run=run)
                found.append(server.workers_cpu_s() - before)
    for name, found in (("all pictures watched", watched), ("no picture watched", unwatched)):
        ratio = statistics.median(alone) / statistics.median(found)
        print(f"{name}: {ratio:.0%} of the speed of train, by processor time ({times} runs each)")


def soak(minutes: float, tabs: int) -> None:
    """Memory of the server while tabs train, are reset, look at everything, and one is frozen."""
    with lab() as server, contextlib.ExitStack() as stack:
        pages = [stack.enter_context(page(server)) for _ in range(tabs)]
        for one in pages:
            one.say("configure", link=LONG)
            one.say("watch", panels=PANELS)
            one.say("start")
        began, told, memory = time.monotonic(), 0.0, []
        while (passed := time.monotonic() - began) < minutes * 60:
            for number, one in enumerate(pages[1:]):  # the first one never reads: frozen
                one.listen(0.05)
                if int(passed) % 30 == 3 * number:
                    one.say("reset", seed="new")
                    one.say("start")
            if passed >= told:
                memory.append(server.memory_mb())
                print(f"{passed:5.0f} s: server {memory[-1]:.1f} MB", flush=True)
                told += minutes * 6
        alive = [one.until("state", status="running")["epoch"] for one in pages[1:]]
        print(f"{tabs} tabs, all alive (epochs {alive}); {server.cpu_s() / passed:.1%} of a core")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "start", "wire", "pace", "soak"])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--tabs", type=int, default=10)
    given = parser.parse_args()
    what = given.what or "all"
    if what in {"all", "start"}:
        starts(5)
    if what in {"all", "wire"}:
        wire(15)
    if what in {"all", "pace"}:
        pace(1000, 5)
    if what in {"all", "soak"}:
        soak(given.minutes, given.tabs)


if __name__ == "__main__":
    main()
