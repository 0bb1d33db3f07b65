"""`fizzlab study`: trains the nets of a plan, and tells what can be said from them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli import INTERRUPTED
from fizzlab.cli.options import AsJson, Quiet, asked_experiment
from fizzlab.errors import UsageError

if TYPE_CHECKING:
    from fizzlab.studies import Plan

Engine = Annotated[str, typer.Option(help="See `fizzlab engines`.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Nets trained at once; by default one a processor.")
]


def study(
    preset: Annotated[
        str | None, typer.Option(help="Named experiment; `fizzlab presets` lists them.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Experiment as a TOML file.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change one setting of all nets."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Nets of each condition.")] = None,
    first_seed: Annotated[int | None, typer.Option(help="The first of their seeds.")] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="Vary a setting: recipe.learning_rate=0.01,0.05 or 'net.hidden=[[50],[9,9]]'; "
            "a range, for --random: 'recipe.momentum={low=0,high=0.9}'.",
        ),
    ] = None,
    random: Annotated[
        int | None, typer.Option(help="Draw this many conditions, instead of the full grid.")
    ] = None,
    random_seed: Annotated[int | None, typer.Option(help="Seed of that draw.")] = None,
    question: Annotated[
        str | None,
        typer.Option(
            help="A ready-made plan: learning-rate, optimizer, schedule, hidden, subset, epochs "
            "or order."
        ),
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="Plan as a TOML or JSON file.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the study; by default studies/NAME-HASH.")
    ] = None,
    engine: Engine = "auto",
    threads: Threads = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print the number of nets and the time.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Train more than ten million nets, if it must be.")
    ] = False,
    time_budget: Annotated[
        float | None, typer.Option(min=0, help="Interrupt after this many seconds.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train many nets, and tell with intervals what can be said from them.

    The same command again goes on where it was cut short, and never trains a net twice.
    """
    from fizzlab.cli.study_output import print_document, print_estimate, print_results
    from fizzlab.studies import execute
    from fizzlab.studies.study_folder import STUDIES

    asked = {"--preset": preset, "--config": config, "--set": settings, "--vary": vary}
    asked |= {"--random": random, "--question": question, "--random-seed": random_seed}
    _check(asked, plan, settings)
    made = _plan(asked, plan, seeds, first_seed)
    made.check(yes=yes)
    if dry_run:
        print_estimate(made, engine, threads, as_json=as_json, quiet=quiet)
        return
    loud = not (as_json or quiet)
    path = out or STUDIES / f"{made.experiment.name}-{made.hash[:8]}"
    with at_once():
        done = execute(
            made,
            path,
            engine=engine,
            threads=threads,
            progress=loud,
            time_budget_s=time_budget,
            yes=yes,
            tell=(lambda note: None) if quiet else tell,
        )
    if as_json:
        print_document(done)
    elif loud:
        print_results(done)
    if done.ended == "interrupted":
        raise typer.Exit(INTERRUPTED)


def tell(note: str) -> None:
    """Prints a note on stderr, above the bar; from a signal's handler too."""
    from tqdm.auto import tqdm

    try:
        tqdm.write(note, file=sys.stderr)
    except RuntimeError:  # the handler came while something was being written there
        os.write(2, f"\n{note}\n".encode())


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Ends the process at a Ctrl-C that is not waited for: a net in training does not hold it up.

    Raises:
        typer.Exit: If nothing is in training any more.
    """
    try:
        yield
    except KeyboardInterrupt:
        print(
            "fizzlab: stopped at once. What was trained before is kept; the same command again "
            "goes on.",
            file=sys.stderr,
        )
        main = threading.main_thread()
        if any(one is not main and not one.daemon for one in threading.enumerate()):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)  # an orderly end would wait for the engine's threads
        raise typer.Exit(INTERRUPTED) from None


def _check(asked: dict[str, object], plan: Path | None, settings: list[str] | None) -> None:
    given = [name for name, value in asked.items() if value is not None]
    if plan and given:
        raise UsageError(
            f"{', '.join(given)} cannot change a plan that is read from a file.",
            expected="--plan FILE alone, or with --seeds and --first-seed",
            fix="change the file",
        )
    clash = [name for name in ("--vary", "--random") if asked[name] is not None]
    if asked["--question"] and clash:
        raise UsageError(
            f"--question and {' and '.join(clash)} exclude each other.",
            fix="leave one of them out; a question varies what it asks about",
        )
    if any(text.partition("=")[0].strip() == "seed" for text in settings or []):
        raise UsageError(
            "--set seed does nothing in a study: every condition gets the same seeds.",
            fix="say --first-seed N --seeds M",
        )


def _plan(
    asked: dict[str, object], path: Path | None, seeds: int | None, first_seed: int | None
) -> Plan:
    """Gives the plan that a command line asks for."""
    import dataclasses

    from fizzlab.studies import Plan, parse_vary, read_plan
    from fizzlab.studies.questions import question_plan

    numbers = {"seeds": seeds, "first_seed": first_seed}
    numbers = {name: value for name, value in numbers.items() if value is not None}
    if path:
        read = read_plan(path)
        return dataclasses.replace(read, **numbers) if numbers else read  # pyright: ignore
    preset, config, settings = (asked[name] for name in ("--preset", "--config", "--set"))
    base = None
    if preset or config or not asked["--question"] or settings:
        if asked["--question"] and not (preset or config):
            preset = "td1"
        base = asked_experiment(preset, config, settings)  # type: ignore[arg-type]
    if asked["--question"]:
        return question_plan(str(asked["--question"]), experiment=base, **numbers)
    pairs = [parse_vary(text) for text in asked["--vary"] or []]  # type: ignore[attr-defined]
    twice = [name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place])]
    if twice:
        raise UsageError(
            f"--vary {twice[0]} is given twice.", expected="all its values in one --vary"
        )
    options = {"random": asked["--random"], "random_seed": asked["--random-seed"]}
    options = {name: value for name, value in options.items() if value is not None}
    return Plan(base, vary=dict(pairs), **numbers, **options)  # type: ignore[arg-type]
