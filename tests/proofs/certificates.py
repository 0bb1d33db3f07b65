"""Certificates of nets made by hand, and ways to have them checked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from fizzlab import Rule
from fizzlab.nets import Snapped
from fizzlab.proofs import checker
from fizzlab.proofs.certificate import Certificate, certificate
from fizzlab.proofs.network import prove_network

CHECKER = Path(checker.__file__)


def certified(net: Snapped, rule: Rule, **options: Any) -> Certificate:
    return certificate(net, rule, prove_network(net, rule), **options)


def document_of(net: Snapped, rule: Rule) -> dict[str, Any]:
    return json.loads(certified(net, rule).model_dump_json(exclude_none=True))


def outcome(path: Path, document: Any) -> checker.Outcome:
    path.write_text(json.dumps(document), encoding="utf-8")
    return checker.check(path)


def alone(path: Path, *options: str, flags: tuple[str, ...] = ("-I",)) -> tuple[int, str, str]:
    """Runs the single file, in a Python that sees the standard library only."""
    command = [sys.executable, *flags, str(CHECKER), str(path), *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr
