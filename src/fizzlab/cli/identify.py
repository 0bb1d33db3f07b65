"""`fizzlab identify`: what training labels alone determine, before any training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, asked_experiment

if TYPE_CHECKING:
    from fizzlab.cli.documents import Identified
    from fizzlab.proofs.alternatives import Machine
    from fizzlab.rules import Rule

MAX_STATES, MAX_BASE = 40, 12  # of a machine that is printed as a table


def identify(
    preset: Annotated[
        str | None, typer.Option(help="Experiment whose data it is about; by default reader.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Experiment as a TOML file.")] = None,
    rule: Annotated[
        str | None, typer.Option(help="Short for --set rule.pairs=…: 3=fizz,5=buzz.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one setting.")
    ] = None,
    states: Annotated[
        int | None,
        typer.Option(help="States allowed; by default as many as the rule needs in this base."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="Time for a search, where arguments do not decide; else 20."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tell whether the training labels determine the rule, or print another machine that fits.

    Machines are automata that read digits (encoding.base), most significant first. Nothing is
    trained, and the test integers are used only to choose among machines that fit.
    """
    from fizzlab.cli import output
    from fizzlab.cli.documents import Identified
    from fizzlab.proofs import identification

    chosen = preset or (None if config else "reader")
    experiment = asked_experiment(chosen, config, settings, rule=rule)
    splits = experiment.splits()
    found = identification.identify(
        experiment.rule,
        experiment.encoding.radix,
        splits.train.integers,
        splits.train.labels,
        states,
        test=splits.test.integers,
        seconds=identification.SECONDS if seconds is None else seconds,
    )
    about = {"rule": str(experiment.rule), "train": experiment.data.train}
    document = Identified(**about, **dict(found))
    if as_json:
        output.print_json(document)
    elif not quiet:
        _print(document, experiment.rule)


def _print(found: Identified, rule: Rule) -> None:
    from fizzlab.cli.output import console, listed, plural

    out = console()
    among = f"automata of at most {plural(found.states, 'state')} (after the first digit)"
    heads = {
        "determined": f"determined among {among}",
        "not determined": f"not determined among {among}",
        "no machine": f"fitted by none of the {among}",
        "open": f"whether it is determined among {among} is open",
    }
    out.print(
        f"{found.rule} from the labels of {plural(found.integers, 'integer')} ({found.train}), "
        f"read in base {found.base}: {heads[found.verdict]}. {found.reason}"
    )
    if found.open_integers:
        out.print(f"Machines that fit disagree on: {listed(found.open_integers)}.")
    if found.machine is not None:
        _print_machine(found.machine, rule)


def _print_machine(machine: Machine, rule: Rule) -> None:
    from fizzlab.cli.output import console, table

    out = console()
    right, of = machine.right_on_test
    beyond, all_beyond = machine.right_beyond
    out.print(
        f"Another machine fits all training labels. It first differs from the rule at "
        f'{machine.differs_at}, where it says "{machine.says}" and the rule "{machine.rule_says}"; '
        f"it is right on {right} of {of} test integers, and on {beyond} of {all_beyond} "
        f"({100 * beyond / all_beyond:.2f} %) from {machine.beyond[0]} to {machine.beyond[1]}:"
    )
    if len(machine.labels) > MAX_STATES or len(machine.first) >= MAX_BASE:
        out.print(f"({len(machine.labels)} states; --json gives them all.)")
        return
    digits = range(len(machine.first) + 1)
    made = table("state", "label", *map(str, digits), title="Its state after each next digit")
    made.add_row("start", "", "-", *map(str, machine.first))
    for state, (label, after) in enumerate(zip(machine.labels, machine.after, strict=True)):
        made.add_row(str(state), rule.names[label], *map(str, after))
    out.print(made)
