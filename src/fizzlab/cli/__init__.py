"""The command line: one file a command, each thin: parse, call, print."""

from __future__ import annotations

import sys

from fizzlab.errors import FizzlabError

INTERRUPTED = 130


def main() -> None:
    """Runs the command line; errors become one clear message and an exit code.

    0 fine, 1 failed, 2 wrong usage, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        from fizzlab.cli.app import app

        app()
    except FizzlabError as error:
        print(f"fizzlab: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("fizzlab: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
