"""`fizzlab engines`: what trains many nets at once here, and why something does not."""

from __future__ import annotations

from fizzlab.cli.options import AsJson, Quiet


def engines(as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List the engines that train many nets at once, the fastest first."""
    from fizzlab.cli import output
    from fizzlab.cli.documents import EngineState
    from fizzlab.engines import ENGINES

    found = [
        EngineState(name=name, available=reason is None, reason=reason)
        for name, reason in ((name, engine.unavailable()) for name, engine in ENGINES.items())
    ]
    if as_json:
        output.print_json([state.model_dump(mode="json") for state in found])
    if as_json or quiet:
        return
    made = output.table("engine", "available", "reason")
    for state in found:
        made.add_row(state.name, "yes" if state.available else "no", state.reason or "-")
    output.console().print(made)
    output.console().print("--engine auto takes the first that covers a study's recipe.")
