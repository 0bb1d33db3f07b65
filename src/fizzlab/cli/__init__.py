"""The command line: one file a command, each thin: parse, call, print."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line; errors become one clear message and an exit code.

    0 fine, 1 failed, 2 wrong usage, 130 interrupted.
    """
    import click

    from fizzlab.cli.app import app
    from fizzlab.errors import FizzlabError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = app(standalone_mode=False)
    except FizzlabError as error:
        print(f"fizzlab: {error}", file=sys.stderr)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("fizzlab: interrupted", file=sys.stderr)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    sys.exit(code or 0)
