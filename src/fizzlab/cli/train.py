"""`fizzlab train`: trains an experiment, and keeps it as a run."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fizzlab.cli import INTERRUPTED
from fizzlab.cli.options import AsJson, Quiet, asked_experiment
from fizzlab.errors import RunExistsError, UsageError

if TYPE_CHECKING:
    from fizzlab.experiment import Experiment
    from fizzlab.runs import Run, Update
    from fizzlab.runs.session import Watcher

Language = Annotated[str, typer.Option("--lang", help="Language of the pictures: en or fr.")]


def train(
    preset: Annotated[
        str | None, typer.Option(help="Named experiment; `fizzlab presets` lists them.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Experiment as a TOML file.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, 0 to 2^32 - 1.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Short for --set recipe.epochs=N.")] = None,
    rule: Annotated[
        str | None, typer.Option(help="Short for --set rule.pairs=…: 3=fizz,5=buzz.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one setting.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the run; by default runs/NAME-seedN.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the run that stands there.")] = False,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")
    ] = None,
    refit: Annotated[
        bool, typer.Option(help="Then train once more, on training and validation integers.")
    ] = False,
    time_budget: Annotated[
        float | None, typer.Option(min=0, help="Interrupt after this many seconds.")
    ] = None,
    predictions_at: Annotated[
        str | None, typer.Option(metavar="EPOCHS", help="Print predictions at: 1,100,1000.")
    ] = None,
    figures: Annotated[bool, typer.Option(help="Draw the pictures of the run.")] = True,
    language: Language = "en",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a net, watch it, and keep it as a run.

    Ctrl-C ends training after the current epoch and keeps what is trained; a second one quits.
    """
    from fizzlab import runs
    from fizzlab.cli import output

    asked = {"--preset": preset, "--config": config, "--seed": seed, "--set": settings}
    asked |= {"--rule": rule, "--out": out, "--overwrite": overwrite or None}
    _check_options(asked, resume)
    loud = not (as_json or quiet)
    _check_language(language)
    options: dict[str, Any] = {"progress": loud, "time_budget_s": time_budget}
    if resume:
        experiment = _before(resume, epochs, loud, options)
    else:
        experiment = asked_experiment(preset, config, settings, seed=seed, epochs=epochs, rule=rule)
    _check_refit(refit, experiment)
    if predictions_at is not None:
        options["watch"] = _prediction_watcher(predictions_at, experiment.recipe.last_epoch)
    if resume:
        run = runs.resume(resume, epochs=epochs, **options)
    else:
        run = _trained(experiment, out, overwrite, options)
    if refit and run.state.stopped is not None:
        if loud:
            output.print_before_refit(run)
        run = _refitted(run, loud, time_budget)
    _print(run, as_json=as_json, quiet=quiet)
    _draw(run, figures, language, loud)
    if loud:
        output.console().print(_next_step(run, refit))
    if run.stopped == "interrupted":
        raise typer.Exit(INTERRUPTED)


def _check_options(asked: dict[str, object], resume: Path | None) -> None:
    extra = [name for name, value in asked.items() if value is not None]
    if resume and extra:
        raise UsageError(
            f"{', '.join(extra)} cannot change a run that is resumed.",
            expected="--resume RUN alone, or with --epochs, --time-budget, --refit",
            fix="train a new run from it: --config RUN/experiment.toml",
        )


def _check_refit(refit: bool, experiment: Experiment) -> None:
    data = experiment.data
    if refit and (not data.validation or data.merge_validation):
        raise UsageError(
            "--refit needs a validation set: without one, nothing was held out.",
            expected="data.validation above 0",
            fix="leave --refit out, or say --set data.validation=100",
        )


def _trained(
    experiment: Experiment, out: Path | None, overwrite: bool, options: dict[str, Any]
) -> Run:
    from fizzlab import runs
    from fizzlab.runs.folder import RUNS, run_name

    if out is None and overwrite:
        out = RUNS / run_name(experiment)
    if out is not None:
        return runs.train(experiment, out=out, overwrite=overwrite, **options)
    while True:  # until no other training takes the next free folder first
        with contextlib.suppress(RunExistsError):
            return runs.train(experiment, out=runs.default_folder(experiment), **options)


def _before(path: Path, epochs: int | None, loud: bool, options: dict[str, Any]) -> Experiment:
    """Gives the experiment that resuming will train; says if there is nothing left to do."""
    from fizzlab import runs

    before = runs.open_run(path)
    planned = before.experiment.recipe.epochs
    if before.state.stopped and epochs in {None, planned}:
        if loud:
            print(
                f"{path} is finished ({before.state.stopped}); --epochs N trains it on.",
                file=sys.stderr,
            )
        options["progress"] = False
    return before.experiment.replaced({"recipe.epochs": epochs or planned})


def _refitted(run: Run, loud: bool, time_budget: float | None) -> Run:
    from fizzlab import runs
    from fizzlab.runs.folder import free_folder

    path = run.path or Path("runs") / run.experiment.name
    out = free_folder(path.parent, f"{path.name}-refit")
    return runs.refit(run, out=out, progress=loud, time_budget_s=time_budget)


def _prediction_watcher(text: str, last: int) -> Watcher:
    """Gives a watcher that prints the predictions at the epochs that `text` lists."""
    from tqdm.auto import tqdm

    from fizzlab.data import parse_integers
    from fizzlab.evaluation import predict_labels

    epochs = set(parse_integers(text).tolist())
    if not epochs or min(epochs) < 0 or max(epochs) > last:
        raise UsageError(
            "--predictions-at: there is no such epoch.",
            expected=f"epochs from 0 to {last}, such as 0,100,{last}",
            got=text[:80] or "nothing",
        )

    def watch(news: Update) -> None:
        if news.epoch not in epochs:
            return
        experiment, test = news.experiment, news.splits.test.integers
        labels = predict_labels(news.state.net, experiment.encoding, test)
        pairs = zip(test.tolist(), labels.tolist(), strict=True)
        words = [experiment.rule.word(*pair) for pair in pairs]
        tqdm.write(f"epoch {news.epoch}: {words}", file=sys.stderr)  # above the bar

    return watch


def _check_language(language: str) -> None:
    from fizzlab.figures.texts import texts

    texts(language)


def _draw(run: Run, wanted: bool, language: str, loud: bool) -> None:
    if wanted and run.path:
        from fizzlab.figures import plot

        paths = plot(run, language=language)
        if loud and paths:
            print(f"Pictures: {paths[0].parent}")


def _print(run: Run, *, as_json: bool, quiet: bool) -> None:
    from fizzlab.cli import output

    if as_json:
        output.print_json(run.report)
    if as_json or quiet:
        return
    output.print_net(run)
    output.print_predictions(run)
    output.print_results(run)
    output.console().print(f"Run: {run.path}")


def _next_step(run: Run, refit: bool) -> str:
    if run.state.stopped is None:
        why = "The time is up" if run.stopped == "time" else "Interrupted"
        more = " --refit" if refit and run.refit_of is None else ""
        return f"{why}. Go on with: fizzlab train --resume {run.path}{more}"
    wrong = run.wrong
    if run.experiment.net.reads and not wrong:
        return f"Next: fizzlab prove {run.path} (is it right on every n ≥ 1?)"
    if wrong:
        text = f"Next: fizzlab explain {run.path} {wrong[0]} (why is {wrong[0]} wrong?)"
        return text + (", or fizzlab train --preset solid" if _is_the_labs(run) else "")
    tested = [
        *run.report.unseen_kinds,
        *run.splits.test.integers[-1:],
        run.splits.train.integers[0],
    ]
    return f"Next: fizzlab explain {run.path} {tested[0]} (how surely is it right, and why?)"


def _is_the_labs(run: Run) -> bool:
    """Tells whether a run is about the lab's own question, with a simpler recipe than `solid`."""
    from fizzlab.experiment import PRESETS, Experiment

    made, lab = run.experiment, Experiment()
    same = (made.rule, made.encoding, made.data.train) == (lab.rule, lab.encoding, lab.data.train)
    return same and made.name in PRESETS and made.name != "solid"
