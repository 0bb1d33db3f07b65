"""What `fizzlab study` prints: an estimate, a table and sentences, or one JSON document."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from fizzlab.studies import Execution, Plan
    from fizzlab.studies.findings import Findings
    from fizzlab.studies.statistics import ConditionSummary, Estimate

MAX_ROWS = 20  # conditions in the table


def print_estimate(
    plan: Plan, engine: str, threads: int | None, *, as_json: bool, quiet: bool
) -> None:
    """Prints how many nets a plan has, and how long they would take at a measured pace."""
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
        nets_per_second=pace.nets_per_second,
        share=pace.share,
        seconds=plan.nets / pace.nets_per_second,
    )
    if as_json:
        output.print_json(found)
    elif not quiet:
        count, each = output.plural(plan.num_conditions, "condition"), " each" * (plan.nets > 1)
        how = "as measured here" if pace.share == 1 else (
            f"estimated from the first {_percent(pace.share)} of the epochs of a few nets"
        )  # fmt: skip
        output.console().print(
            f"{_nets(plan.nets)}: {count} with {output.plural(plan.seeds, 'seed')}{each}. "
            f"At {pace.nets_per_second:.3g} nets a second, {how}, "
            f"{'they take' if plan.nets != 1 else 'it takes'} {_duration(found.seconds)}"
            f"{', counting one try a net' * (plan.experiment_at(0).recipe.tries > 1)}."
        )


def _nets(count: int) -> str:
    return "1 net" if count == 1 else f"{count:,} nets"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _duration(seconds: float) -> str:
    for size, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {noun}s"
    return f"about {seconds:.0f} s"


def print_document(done: Execution) -> None:
    """Prints the results of a study as one JSON document."""
    from fizzlab.cli import output
    from fizzlab.studies.findings import Findings
    from fizzlab.studies.summary import summarize

    pace, found = done.nets_per_second, Findings(done.study)
    output.print_json(
        summarize(found, ended=done.ended, seconds=done.seconds, nets_per_second=pace)
    )


def print_results(done: Execution) -> None:
    """Prints what a study says, and what to do next."""
    from fizzlab.cli import output
    from fizzlab.studies.findings import Findings

    out = output.console()
    if done.study.trained:
        found = Findings(done.study)
        _print_table(found)
        out.print(found.how_known())
        for sentence in found.sentences():
            out.print(f"- {sentence}")
        if pace := done.nets_per_second:
            out.print(
                f"{_nets(done.trained)} trained in {done.seconds:.1f} s ({pace:.3g} a second) by "
                f"the engine {' and '.join(done.engines)}."
            )
    else:
        out.print("No net is trained yet.")
    out.print(_next_step(done))


def _print_table(found: Findings) -> None:
    """Prints the conditions, best first, with as many columns as fit."""
    from fizzlab.cli import output

    out, ranking = output.console(), found.statistics.ranking
    for dropped in range(len(_OPTIONAL) + 1):
        made = _table(found, set(_OPTIONAL[:dropped]))
        if out.measure(made, options=out.options.update(max_width=1000)).maximum <= out.width:
            break
    out.print(made)
    if len(ranking) > MAX_ROWS:
        out.print(f"… and {len(ranking) - MAX_ROWS} more (--json lists all)")


_OPTIONAL = (
    "train_loss",
    "test interval",
    "nets",
    "perfect",
    "interval",
)  # columns, the first to go first


def _table(found: Findings, dropped: set[str]) -> Table:
    """Makes the table of conditions without some columns."""
    from rich import box

    from fizzlab.cli import output

    ranking, frame = found.statistics.ranking, found.statistics.frame
    ranked, metric = found.statistics.ranked_by, found.statistics.metric
    columns = [name for name in dict.fromkeys((ranked, metric, "test_accuracy"))
               if frame[name].count() and name not in dropped]  # fmt: skip
    counts = [name for name in ("nets", "diverged", "perfect") if _is_told(found, name, dropped)]
    headers = ["condition", *(_SHORT[name] for name in (*counts, *columns))]
    title = f"Conditions, best first by {found.words[ranked]}"
    right = tuple(range(1, len(headers)))
    made = output.table(*headers, title=title if len(ranking) > 1 else None, right=right)
    made.box = box.SIMPLE_HEAD
    for one in ranking[:MAX_ROWS]:
        numbers = [str(getattr(one, name)) for name in counts]
        cells = [_cell(one, name, found, dropped) for name in columns]
        made.add_row(found.in_lines(one), *numbers, *cells)
    return made


_SHORT = {
    "nets": "nets",
    "diverged": "diverged",
    "perfect": "all right",
    "train_loss": "training loss",
    "train_accuracy": "training",
    "validation_accuracy": "validation",
    "test_accuracy": "test accuracy",
}


def _is_told(found: Findings, name: str, dropped: set[str]) -> bool:
    """Tells whether a count is worth a column: not where it is none, or no net diverged."""
    if name in dropped:
        return False
    values = [getattr(one, name) for one in found.statistics.conditions]
    return any(values) if name == "diverged" else None not in values


def _cell(one: ConditionSummary, name: str, found: Findings, dropped: set[str]) -> str:
    e: Estimate | None = one.estimates.get(name)
    if e is None:
        return "-"
    second = name == "test_accuracy" and found.statistics.metric != name
    plain = "interval" in dropped or (second and "test interval" in dropped)
    return f"{e.mean:.3f}" if plain else f"{e.mean:.3f} ({e.low:.3f} to {e.high:.3f})"


def _next_step(done: Execution) -> str:
    path = done.study.path
    if done.ended == "done":
        return f"Next: fizzlab report {path} (a page with pictures, tables and how to reproduce it)"
    why = "The time is up" if done.ended == "time" else "Interrupted"
    left = done.study.plan.nets - done.study.trained
    again = f"fizzlab study --plan {path}/plan.toml --out {path}"
    return f"{why}; {_nets(left)} {'is' if left == 1 else 'are'} left. Go on with: {again}"
