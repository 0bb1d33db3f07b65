"""`train`, `resume` and `refit`: from an experiment to a run."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from fizzlab.data import file_hash
from fizzlab.errors import ConfigError, DataError, RunError, UsageError
from fizzlab.experiment import Experiment
from fizzlab.nets import build_net, check_net
from fizzlab.runs import folder
from fizzlab.runs.bar import bar
from fizzlab.runs.ending import fit_in_closed_form, snap_at_the_end
from fizzlab.runs.interruptions import interruptions
from fizzlab.runs.reading import open_run
from fizzlab.runs.run import OWN_NETS, Run, portable
from fizzlab.runs.session import Session, Update, Watcher, one_thread
from fizzlab.runs.state import State
from fizzlab.training import build_optimizer

SAVE_EVERY_S = 2.0  # longest time between two checkpoints


def train(
    experiment: Experiment,
    *,
    net: nn.Module | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    progress: bool = True,
    watch: Watcher | None = None,
    time_budget_s: float | None = None,
    save_every_s: float = SAVE_EVERY_S,
) -> Run:
    """Trains an experiment.

    Args:
        experiment: What to train, and how.
        net: A module to train instead of the experiment's MLP; a copy of it is trained.
        out: Folder for the run; None keeps it in memory. See also `default_folder`.
        overwrite: Replace a run that stands at `out`.
        progress: Show a progress bar.
        watch: Called after every epoch with an `Update`.
        time_budget_s: Interrupt after this many seconds; the run can be resumed.
        save_every_s: Longest time between two checkpoints, in seconds.

    Returns:
        The run. Ctrl-C ends training after the current epoch and returns what there is.

    Raises:
        DataError: If the data cannot be used.
        IntegerError: If an integer does not fit the encoding.
        NetError: If `net` does not fit the experiment.
        RunExistsError: If `out` is taken.
        StorageError: If the run cannot be written.
        DivergedError: If the loss becomes NaN or infinite.
    """
    run = _new_run(experiment, net, Path(out) if out else None, overwrite)
    return _continue(run, progress, watch, time_budget_s, save_every_s)


def resume(
    path: str | Path,
    *,
    epochs: int | None = None,
    net: nn.Module | None = None,
    progress: bool = True,
    watch: Watcher | None = None,
    time_budget_s: float | None = None,
    save_every_s: float = SAVE_EVERY_S,
) -> Run:
    """Goes on with an interrupted run, to the very result it would have had.

    Args:
        path: Folder of the run.
        epochs: A new total number of epochs; None for the experiment's own.
        net: A module of the class that was trained, if that was one of your own.
        progress: As for `train`.
        watch: As for `train`.
        time_budget_s: As for `train`.
        save_every_s: As for `train`.

    Raises:
        RunError: If the run cannot be read.
        ConfigError: If `epochs` is less than what is trained already.
        StorageError: If the run cannot be written.
        DivergedError: If the loss becomes NaN or infinite.
    """
    run = open_run(path, copy.deepcopy(net))
    folder.sweep(Path(path))
    _train_on(run, run.experiment.recipe.epochs if epochs is None else epochs)
    return _continue(run, progress, watch, time_budget_s, save_every_s)


def refit(
    run: Run,
    *,
    net: nn.Module | None = None,
    out: str | Path | None = None,
    progress: bool = True,
    time_budget_s: float | None = None,
) -> Run:
    """Trains the recipe of a run once more, on its training and validation integers together.

    It ends after as many epochs as the run's kept net had, on the same schedule; nothing is held
    out or chosen any more. A reader that ends when an automaton is accepted does so again.

    Args:
        run: A finished run with a validation set.
        net: The module that was trained, as it was before, if it was one of your own.
        out: Folder for the new run; None keeps it in memory.
        progress: Show a progress bar.
        time_budget_s: As for `train`.

    Raises:
        UsageError: If the run held out nothing, is not finished, or needs `net`.
        StorageError: If the run cannot be written.
        DivergedError: If the loss becomes NaN or infinite.
    """
    if not len(run.splits.validation):
        raise UsageError("There is nothing to refit: this run was trained on all its integers.")
    if run.state.stopped is None:
        raise UsageError(
            "This run is not finished, so its best epoch is not known.", fix="resume it first"
        )
    if net is None and type(run.state.net) not in OWN_NETS:
        raise UsageError(
            "This run trained a net of your own.",
            expected="that net, with its initial weights",
            fix="say refit(run, net=...)",
        )
    recipe = run.experiment.recipe
    settings = {
        "name": f"{run.experiment.name}-refit"[:64],
        "data.merge_validation": True,
        "recipe.target_accuracy": None,
        "recipe.patience": None,
    }
    if recipe.method == "gradient" and recipe.extract_below is None:  # else it ends by itself
        settings["recipe.stop_after"] = run.report.kept_epoch
    experiment = run.experiment.replaced(settings)
    source = str(run.path) if run.path else run.experiment.name
    new = _new_run(experiment, net, Path(out) if out else None, refit_of=source)
    return _continue(new, progress, None, time_budget_s)


def default_folder(experiment: Experiment, parent: str | Path = folder.RUNS) -> Path:
    """Gives the folder for a new run: NAME-seedN below `parent`, numbered on if taken."""
    return folder.free_folder(Path(parent), folder.run_name(experiment))


def _new_run(
    experiment: Experiment,
    net: nn.Module | None,
    path: Path | None,
    overwrite: bool = False,
    refit_of: str | None = None,
) -> Run:
    experiment = _with_hashes(experiment)
    splits = experiment.splits()
    if net is not None:
        check_net(net, experiment)
    trained = build_net(experiment) if net is None else copy.deepcopy(net)
    state = State(trained, build_optimizer(trained, experiment.recipe))
    with one_thread():
        fit_in_closed_form(experiment, splits, state)
    run = Run(experiment, splits, state, path, refit_of)
    if path is not None:
        taken, files = portable(experiment)
        contents = {name: _content(source) for name, source in files.items()}
        contents[folder.EXPERIMENT] = taken.to_toml().encode()
        contents[folder.CHECKPOINT] = run.checkpoint()
        folder.create(path, contents, overwrite=overwrite)
        run.experiment = Experiment.read(path / folder.EXPERIMENT)
    return run


def _with_hashes(experiment: Experiment) -> Experiment:
    _, files = portable(experiment)
    hashes = {f"data.{name.removesuffix('.csv')}_sha256": path for name, path in files.items()}
    known = experiment.data
    missing = {
        key: file_hash(path)
        for key, path in hashes.items()
        if getattr(known, key.removeprefix("data.")) is None
    }
    return experiment.replaced(missing) if missing else experiment


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


def _train_on(run: Run, epochs: int) -> None:
    """Changes the total number of epochs of a run, in memory and on disk.

    Raises:
        RunError: If it is not on disk.
    """
    state, path, recipe = run.state, run.path, run.experiment.recipe
    if path is None:
        raise RunError("A run kept in memory cannot be resumed.", fix="train it with out=…")
    if epochs != recipe.epochs:
        _refuse_epochs(run, epochs)
        run.experiment = run.experiment.replaced({"recipe.epochs": epochs})
        folder.write(path / folder.EXPERIMENT, portable(run.experiment)[0].to_toml().encode())
    if state.stopped == "epochs" and run.experiment.recipe.last_epoch > state.epoch:
        state.stopped = None
        _forget_off_grid(run)


def _refuse_epochs(run: Run, epochs: int) -> None:
    state, recipe = run.state, run.experiment.recipe
    least = state.epoch + (state.stopped is None)  # an unfinished run has an epoch to go
    if epochs < least:
        raise ConfigError(
            f"This run is trained for {state.epoch} epochs already.",
            expected=f"a total of at least {least}",
            got=str(epochs),
        )
    ends = {
        "target": "target_accuracy",
        "patience": "patience",
    }.get(str(state.stopped))
    if state.stopped in {"accepted", "fitted"}:
        raise ConfigError(
            "This run is finished: more epochs would not change it.",
            expected="a run that ended by its number of epochs",
            got=f"one that ended as {state.stopped}",
            fix=f"train anew with other settings: --config {run.path}/{folder.EXPERIMENT}",
        )
    if setting := ends or (recipe.stop_after and "stop_after") or (recipe.tries > 1 and "tries"):
        raise ConfigError(
            f"This run ends by recipe.{setting}: a larger number of epochs does not change it.",
            fix=f"train anew: --config {run.path}/{folder.EXPERIMENT} --set recipe.{setting}=…",
        )


def _forget_off_grid(run: Run) -> None:
    """Drops the row of a last epoch that a longer training would not have evaluated."""
    state = run.state
    if state.epoch % run.experiment.recipe.evaluate_every:
        state.snapshots.pop(state.epoch, None)
        for values in state.history.values():
            values.pop()


def _continue(
    run: Run,
    progress: bool,
    watch: Watcher | None,
    time_budget_s: float | None,
    save_every_s: float = SAVE_EVERY_S,
) -> Run:
    """Consumes a training to its end or its interruption, and keeps it on disk on the way."""
    progress = progress and run.experiment.recipe.method == "gradient"
    if run.state.stopped is None:
        run.forget_codebook()
    session, saved = Session(run.experiment, run.splits, run.state), time.monotonic()
    run.state.interrupted_by = "interrupted"  # which is what a kill leaves
    with one_thread(), interruptions(time_budget_s) as cut, _watchers(run, progress, watch) as tell:
        for update in session.updates():
            tell(update)
            if update.epoch and run.state.stopped is None and cut.reason:
                run.state.interrupted_by = cut.reason
                session.refuse_divergence()
                break
            if time.monotonic() - saved >= save_every_s:
                session.refuse_divergence()
                run.save()
                saved = time.monotonic()
        snap_at_the_end(run.experiment, run.state)
        run.save()
        run.export()
    return run


@contextmanager
def _watchers(run: Run, progress: bool, watch: Watcher | None) -> Iterator[Watcher]:
    """Gives one watcher that tells the bar and the caller's own."""
    with contextlib.ExitStack() as stack:
        told = [watch] if watch else []
        if progress:
            told = [
                stack.enter_context(bar(run.experiment.recipe, run.state.epoch)),
                *told,
            ]

        def tell(update: Update) -> None:
            for watcher in told:
                watcher(update)

        yield tell
