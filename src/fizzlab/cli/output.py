"""What commands print: plain words and tables on stdout, JSON where asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fizzlab.configuration import Document
from fizzlab.rules import decimal

if TYPE_CHECKING:
    from fizzlab.evaluation import Evaluation
    from fizzlab.runs import Report, Run

COLUMNS, MAX_SHOWN = 10, 200  # of the table of predictions
MAX_CONFUSION = 8  # labels
ENDS = {
    "epochs": "as planned",
    "target": "ended by recipe.target_accuracy",
    "patience": "ended by recipe.patience",
    "accepted": "when a small automaton that fits was found in the net",
    "fitted": "its weights computed in closed form",
    "time": "cut short by --time-budget",
    "interrupted": "cut short",
}


def print_json(document: Document | Any) -> None:
    """Prints one JSON document, as strict JSON: a figure that there is none of is null."""
    plain = document.model_dump(mode="json") if isinstance(document, Document) else document
    print(json.dumps(plain, ensure_ascii=False, allow_nan=False))


def console() -> Console:
    """Gives the console for results on stdout; names and words are printed as they are."""
    return Console(highlight=False, markup=False, soft_wrap=True)


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
    made = table("layer", "type", "output", "parameters", title="Net", right=(3,))
    for layer in layers:
        made.add_row(layer.name, layer.type, layer.shape, f"{layer.parameters:,}")
    made.add_row("", "", "all", f"{sum(layer.parameters for layer in layers):,}")
    console().print(made)


def print_predictions(run: Run) -> None:
    """Prints what the net says of the test integers: as a table, and as one Python list."""
    predictions = run.report.predictions
    if not predictions:
        return
    out = console()
    wrong = set(run.wrong)
    words = [Text(f"{word}*", "bold red") if n in wrong else Text(word) for n, word in predictions]
    made = Table.grid(padding=(0, 1))
    for start in range(0, min(len(words), MAX_SHOWN), COLUMNS):
        made.add_row(*words[start : start + COLUMNS])
    out.print("What the net says of the test integers (* is wrong):", style="bold")
    out.print(made)
    out.print("The same as one Python list:", style="bold")
    print([word for _, word in predictions])


def print_results(run: Run) -> None:
    """Prints accuracies with their baselines, and the figures of each label."""
    report, out = run.report, console()
    loss = f"loss ({loss_unit(run)})"
    made = table("split", "accuracy", loss, "majority label", "chance", title="Results")
    for name, found in report.evaluations.items():
        made.add_row(
            name, found.text, loss_text(found), f"{found.majority:.3f}", f"{found.chance:.3f}"
        )
    out.print(made)
    last = list(report.evaluations)[-1]
    print_classes(report.evaluations[last], last)
    if report.unseen_kinds:
        text = f"Test integers of kinds that training never saw: {listed(report.unseen_kinds)}"
        out.print(f"{text} (see `fizzlab explain`).")
    if warning := one_answer(report):
        out.print(warning)
    if warning := not_accepted(run):
        out.print(warning)
    out.print(
        f"Seed {report.seed}, {plural(report.epochs, 'epoch')} in {report.seconds:.1f} s, "
        f"{ENDS[report.stopped]}; the net is that of epoch {report.kept_epoch} ({_kept(report)})."
    )
    if run.state.codebook is not None:
        out.print(f"It answers snapped to a codebook of {len(run.state.codebook)} states.")


def not_accepted(run: Run) -> str | None:
    """Gives a warning where no automaton was found in a net that was to have one."""
    recipe = run.experiment.recipe
    if recipe.extract_below is None or run.stopped != "epochs":
        return None
    return (
        f"No automaton that fits with as few states as can be was found in it, in "
        f"{plural(recipe.tries, 'try').replace('trys', 'tries')}: it is not snapped. Whether the "
        "training labels determine the rule at all: fizzlab identify --config "
        f"{run.path}/experiment.toml"
    )


def _kept(report: Report) -> str:
    return "lowest validation loss" if report.kept == "best" else "the last one"


def one_answer(report: Report) -> str | None:
    """Gives a warning where a net says the same of every training integer."""
    classes = report.evaluations["train"].classes
    said = [found.word for found in classes if found.predicted]
    if len(said) > 1:
        return None
    return (
        f'The net gives every training integer the one label "{said[0]}": it has learned nothing '
        "of the rule yet. Try more epochs, another learning rate, or --preset solid."
    )


def print_before_refit(run: Run) -> None:
    """Prints what a run has chosen, before its recipe is trained once more."""
    report = run.report
    chosen = report.evaluations["validation"].text
    console().print(
        f"{run.path}: epoch {report.kept_epoch} of {report.epochs} ({_kept(report)}), validation "
        f"{chosen}. Now the same for {plural(report.kept_epoch, 'epoch')} on training and "
        "validation integers together:"
    )


def listed(values: Sequence[object], most: int = 20) -> str:
    """Lists values in words; of a long list the first ones, and how many there are."""
    text = ", ".join(map(str, values[:most]))
    return text if len(values) <= most else f"{text}, … ({len(values)} in all)"


def plural(count: int, noun: str) -> str:
    """Counts things in words: "1 epoch", "2 epochs"."""
    return f"{count} {noun}" + "s" * (count != 1)


def shortened(text: object, most: int = 60) -> str:
    """Gives a text or an integer, the middle of a long one left out: 2^10000 has 3,011 digits."""
    whole = decimal(text) if isinstance(text, int) else str(text)
    if len(whole) <= most:
        return whole
    return f"{whole[:20]}…{whole[-20:]} ({len(whole):,} digits)"


def loss_unit(run: Run) -> str:
    """Gives the unit of a run's loss."""
    return "squared error" if run.has_scores else "nats"


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
