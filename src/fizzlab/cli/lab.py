"""`fizzlab lab`: train in the browser and watch it learn."""

from __future__ import annotations

from typing import Annotated

import typer


def lab(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free.")] = 8010,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. On any but this machine's own, a token is needed."
        ),
    ] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Further name of this lab, such as a proxy's."),
    ] = None,
) -> None:
    """Train in the browser: press a button, and see a net learn FizzBuzz.

    Prints the address once it answers, and serves until Ctrl-C. Nothing leaves this machine.
    """
    from fizzlab.lab.serve import serve

    serve(host=host, port=port, browser=not no_browser, allowed_hosts=allowed_host or ())
