"""`fizzlab study`: trains the nets of a plan, and tells what can be said from them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli import INTERRUPTED
from fizzlab.cli.options import AsJson, Quiet, asked_experiment
from fizzlab.errors import UsageError

if TYPE_CHECKING:
    from fizzlab.studies import Execution, Plan
    from fizzlab.studies.findings import Findings

MAX_ROWS = 20  # conditions in the table

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
    from fizzlab.cli import output
    from fizzlab.studies import execute
    from fizzlab.studies.study_folder import STUDIES

    asked = {"--preset": preset, "--config": config, "--set": settings, "--vary": vary}
    asked |= {"--random": random, "--question": question, "--random-seed": random_seed}
    _check(asked, plan, settings)
    made = _plan(asked, plan, seeds, first_seed)
    made.check(yes=yes)
    if dry_run:
        _print_estimate(made, engine, threads, as_json=as_json, quiet=quiet)
        return
    loud = not (as_json or quiet)
    path = out or STUDIES / f"{made.experiment.name}-{made.hash[:8]}"
    done = execute(
        made,
        path,
        engine=engine,
        threads=threads,
        progress=loud,
        time_budget_s=time_budget,
        yes=yes,
        tell=(lambda note: None) if quiet else _tell,
    )
    if done.study.trained or as_json:
        _print(done, as_json=as_json, quiet=quiet)
    elif loud:
        output.console().print("No net is trained yet.")
    if loud:
        output.console().print(_next_step(done))
    if done.ended == "interrupted":
        raise typer.Exit(INTERRUPTED)


def _tell(note: str) -> None:
    from tqdm.auto import tqdm

    tqdm.write(note, file=sys.stderr)  # above the bar


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


def _print_estimate(
    plan: Plan, engine: str, threads: int | None, *, as_json: bool, quiet: bool
) -> None:
    from fizzlab.cli import output
    from fizzlab.cli.documents import Estimated
    from fizzlab.engines import pick
    from fizzlab.studies import measured_pace

    if not (as_json or quiet):
        note = pick(engine, [plan.experiment_at(0)])[0].first_use()
        print(f"{note} …" if note else "measuring the pace …", file=sys.stderr)
    pace = measured_pace(plan, engine=engine, threads=threads)
    found = Estimated(
        nets=plan.nets,
        conditions=plan.num_conditions,
        seeds=plan.seeds,
        plan=plan.hash,
        nets_per_second=pace,
        seconds=plan.nets / pace,
    )
    if as_json:
        output.print_json(found)
    elif not quiet:
        conditions = output.plural(plan.num_conditions, "condition")
        output.console().print(
            f"{plan.nets:,} nets: {conditions} with {output.plural(plan.seeds, 'seed')} each. "
            f"At {pace:.3g} nets a second, as measured here, they take {_duration(found.seconds)}."
        )


def _duration(seconds: float) -> str:
    for size, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {noun}s"
    return f"about {seconds:.0f} s"


def _print(done: Execution, *, as_json: bool, quiet: bool) -> None:
    from fizzlab.cli import output
    from fizzlab.studies.findings import Findings
    from fizzlab.studies.summary import summarize

    found = Findings(done.study)
    if as_json:
        pace = done.nets_per_second
        output.print_json(
            summarize(found, ended=done.ended, seconds=done.seconds, nets_per_second=pace)
        )
    elif not quiet:
        _print_table(found)
        out = output.console()
        out.print(found.how_known())
        for sentence in found.sentences():
            out.print(f"- {sentence}")
        if pace := done.nets_per_second:
            engines = " and ".join(done.engines)
            out.print(
                f"{output.plural(done.trained, 'net')} trained in {done.seconds:.1f} s "
                f"({pace:.3g} a second) by the engine {engines}."
            )


def _print_table(found: Findings) -> None:
    from fizzlab.cli import output
    from fizzlab.studies.statistics import Estimate

    def cell(e: Estimate | None) -> str:
        return f"{e.mean:.3f} ({e.low:.3f} to {e.high:.3f})" if e else "-"

    ranking = found.statistics.ranking
    headers = ("condition", "nets", "diverged", "all right", "validation accuracy", "test accuracy")
    title = f"Conditions, best first by {found.words[found.statistics.ranked_by]}"
    made = output.table(*headers, title=title if len(ranking) > 1 else None, right=(1, 2, 3))
    for one in ranking[:MAX_ROWS]:
        columns = [one.estimates.get(f"{split}_accuracy") for split in ("validation", "test")]
        perfect = "-" if one.perfect is None else str(one.perfect)
        made.add_row(one.label, str(one.nets), str(one.diverged), perfect, *map(cell, columns))
    output.console().print(made)
    if len(ranking) > MAX_ROWS:
        output.console().print(f"… and {len(ranking) - MAX_ROWS} more (--json lists all)")


def _next_step(done: Execution) -> str:
    path = done.study.path
    if done.ended == "done":
        return f"Next: fizzlab report {path} (a page with pictures, tables and how to reproduce it)"
    why = "The time is up" if done.ended == "time" else "Interrupted"
    left = done.study.plan.nets - done.study.trained
    again = f"fizzlab study --plan {path}/plan.toml --out {path}"
    return f"{why}; {left:,} nets are left. Go on with: {again}"
