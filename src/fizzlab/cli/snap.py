"""`fizzlab snap`: lets a reader be the finite automaton that it is near to."""

from __future__ import annotations

from fizzlab.cli.options import AsJson, Quiet, RunPath


def snap(run: RunPath, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Replace a reader's state, after each digit, by the nearest of a codebook.

    The run then answers with the snapped net, whose errors do not grow with the number of digits.
    """
    from fizzlab.cli.documents import SnappedRun
    from fizzlab.cli.output import print_json
    from fizzlab.runs import open_run

    opened = open_run(run)
    opened.snap()
    codes = opened.state.codebook
    states = 0 if codes is None else len(codes)
    if as_json:
        print_json(SnappedRun(run=str(run), states=states))
    elif not quiet:
        print(f"{run}: snapped to {states} states; predict, evaluate and prove now use them.")
        print(f"Next: fizzlab prove {run}")
