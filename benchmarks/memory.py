"""Resident memory of a study, from its first net to its report: python benchmarks/memory.py [NETS].

Runs `fizzlab study` and then `fizzlab report`, each in a process of its own, and prints how much
memory each holds as it goes on, and at most. The nets are small and trained for few epochs, so that
100,000 of them take minutes; what is kept of each does not depend on its size. Options after the
number go to `fizzlab study`, such as --set recipe.epochs=100 or --vary data.subset=400,800.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUICK = ["--preset", "td1", "--set", "recipe.epochs=2", "--set", "net.hidden=8"]
COMMAND = "from fizzlab.cli import main; main()"
SHOWN = 10  # times at which memory is told


def resident_mb(pid: int) -> list[int]:
    """Gives the memory that a process holds now; nothing of one that is about to end."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return [int(part) // 1024 for part in status.partition("VmRSS:")[2].split()[:1]]


def watched(*arguments: str) -> tuple[float, list[int], int]:
    """Runs a command of fizzlab; gives its seconds, its memory every half second, and its peak."""
    began, seen = time.monotonic(), list[int]()
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments])
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        seen += resident_mb(process.pid)
        time.sleep(0.5)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"fizzlab {arguments[0]} failed")
    return time.monotonic() - began, seen, usage.ru_maxrss // 1024


def main() -> None:
    nets, more = (sys.argv[1:2] or ["100000"])[0], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        study = [*QUICK, "--seeds", nets, *more, "--out", f"{folder}/study", "--quiet"]
        for arguments in (["study", *study], ["report", f"{folder}/study", "--quiet"]):
            seconds, seen, peak = watched(*arguments)
            shown = seen[:: max(1, len(seen) // SHOWN)]
            print(f"{arguments[0]}: {seconds:.0f} s, at most {peak} MB; on the way {shown} MB")
        size = sum(path.stat().st_size for path in Path(folder).rglob("nets-*"))
        print(f"on disk: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
