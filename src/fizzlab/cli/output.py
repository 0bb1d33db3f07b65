"""What commands print: plain words and tables on stdout, JSON where asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from fizzlab.evaluation import Evaluation
    from fizzlab.runs import Run

COLUMNS, MAX_SHOWN = 10, 200  # of the table of predictions
MAX_CONFUSION = 8  # labels


def print_json(document: Any) -> None:
    """Prints one JSON document; NaN becomes null."""
    print(json.dumps(document, ensure_ascii=False))


def console() -> Console:
    """Gives the console for results on stdout."""
    return Console(highlight=False, soft_wrap=True)


def table(*headers: str, title: str | None = None, right: tuple[int, ...] = ()) -> Table:
    """Makes an empty table; the columns numbered in `right` are aligned to the right."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for number, header in enumerate(headers):
        made.add_column(header, justify="right" if number in right else "left")
    return made


def print_net(run: Run) -> None:
    """Prints the layers of a run's net."""
    from fizzlab.nets import summary

    layers = summary(run.net, run.experiment.encoding.features)
    made = table("layer", "kind", "output", "parameters", title="Net", right=(3,))
    for layer in layers:
        made.add_row(layer.name, layer.kind, layer.shape, f"{layer.parameters:,}")
    made.add_row("", "", "all", f"{sum(layer.parameters for layer in layers):,}")
    console().print(made)


def print_predictions(run: Run) -> None:
    """Prints what the net says of the test integers: as a table, and as one Python list."""
    predictions = run.report.predictions
    if not predictions:
        return
    out = console()
    wrong = set(run.wrong)
    words = [f"[bold red]{word}*[/]" if n in wrong else word for n, word in predictions]
    made = Table.grid(padding=(0, 1))
    for start in range(0, min(len(words), MAX_SHOWN), COLUMNS):
        made.add_row(*words[start : start + COLUMNS])
    out.print("[bold]What the net says of the test integers[/] (* is wrong):")
    out.print(made)
    out.print("[bold]The same as one Python list:[/]")
    print([word for _, word in predictions])


def print_results(run: Run) -> None:
    """Prints accuracies with their baselines, and the figures of each label."""
    report, out = run.report, console()
    made = table("set", "accuracy", "loss (nats)", "majority label", "chance", title="Results")
    for name, found in report.evaluations.items():
        made.add_row(
            name, found.text, loss_text(found), f"{found.majority:.2f}", f"{found.chance:.2f}"
        )
    out.print(made)
    last = list(report.evaluations)[-1]
    print_classes(report.evaluations[last], last)
    if report.unseen_kinds:
        listed = ", ".join(map(str, report.unseen_kinds[:20]))
        out.print(f"Of kinds that training never saw: {listed} (see `fizzlab explain`).")
    kept = "lowest validation loss" if report.kept == "best" else "last epoch"
    out.print(
        f"Seed {report.seed}, {report.epochs} epochs in {report.seconds:.1f} s, stopped by "
        f"{report.stopped}; the net is that of epoch {report.kept_epoch} ({kept})."
    )


def loss_text(found: Evaluation) -> str:
    """Gives a loss to four decimals."""
    return "overflow" if found.loss is None else f"{found.loss:.4f}"


def print_classes(found: Evaluation, name: str) -> None:
    """Prints precision and recall of each label, and the confusion matrix."""
    shares = table("label", "integers", "precision", "recall", title=f"Labels ({name})")
    confusion = table("true label", title=f"Confusion ({name}): rows true, columns said")
    for figures in found.classes:
        confusion.add_column(figures.word, justify="right")
        shares.add_row(
            figures.word, str(figures.support), _share(figures.precision), _share(figures.recall)
        )
    for figures, row in zip(found.classes, found.confusion, strict=True):
        confusion.add_row(figures.word, *map(str, row))
    console().print(shares)
    if len(found.classes) <= MAX_CONFUSION:
        console().print(confusion)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
