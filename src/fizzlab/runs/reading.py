"""Reading runs from disk: one, with all checks, or a list of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from torch import nn

from fizzlab.configuration import differences
from fizzlab.errors import ConfigError, DataError, RunError
from fizzlab.experiment import Experiment
from fizzlab.nets import build_net
from fizzlab.runs import folder
from fizzlab.runs.report import Report, Summary
from fizzlab.runs.run import OWN_NETS, Run, class_name, described, portable
from fizzlab.runs.state import Checkpoint, read_checkpoint
from fizzlab.training import build_optimizer


def open_run(path: str | Path, net: nn.Module | None = None) -> Run:
    """Reads a run from its folder.

    Args:
        path: The folder.
        net: A module of the class that was trained, if that was one of your own.

    Raises:
        RunError: If there is no run there, it is damaged, or `net` is not the one trained.
        NewerVersionError: If a later fizzlab wrote it.
    """
    path = Path(path)
    experiment = read_experiment(path)
    checkpoint = read_checkpoint(path / folder.CHECKPOINT)
    _check_same(path, experiment, checkpoint)
    net = _net_of(path, experiment, checkpoint, net)
    state = checkpoint.restore(net, build_optimizer(net, experiment.recipe))
    try:
        splits = experiment.splits()
    except DataError as error:
        raise RunError(f"The data of {path} are damaged: {error}") from None
    return Run(experiment, splits, state, path, checkpoint.about["refit_of"])


def read_experiment(path: Path) -> Experiment:
    """Reads the experiment of a run.

    Raises:
        RunError: If there is no run, or its experiment is damaged.
    """
    if not os.path.isfile(path / folder.EXPERIMENT):  # noqa: PTH113, as False for any bad name
        raise RunError(
            f"{path} is not a run." if os.path.exists(path) else f"There is no run {path}.",  # noqa: PTH110
            expected=f"a folder with {folder.EXPERIMENT}, as `fizzlab train` makes it",
            fix="`fizzlab runs` lists the runs there are",
        )
    try:
        return Experiment.read(path / folder.EXPERIMENT)
    except ConfigError as error:
        raise RunError(f"A run's settings are damaged. {error}") from None


def _net_of(
    path: Path, experiment: Experiment, checkpoint: Checkpoint, given: nn.Module | None
) -> nn.Module:
    """Gives the module to put the weights into, once it is sure that it is the one trained.

    Raises:
        RunError: If it is not.
    """
    trained = checkpoint.about["net_class"]
    if given is None and trained not in {own.__name__ for own in OWN_NETS}:
        raise RunError(
            f"The net of {path} is of a class of your own, {trained}.",
            expected="that class",
            fix=f'open it in Python: fizzlab.open_run("{path}", net={trained.split(".")[-1]}())',
        )
    net = build_net(experiment) if given is None else given
    if (class_name(net), described(net)) != (trained, checkpoint.about["net"]):
        raise RunError(
            f"This net is not the one that {path} trained.",
            expected=f"{trained}: {checkpoint.about['net']}",
            got=f"{class_name(net)}: {described(net)}",
            fix="give a net of the same class, made with the same arguments",
        )
    return net


def _check_same(path: Path, experiment: Experiment, checkpoint: Checkpoint) -> None:
    """Makes sure that experiment.toml was not edited after training (epochs may be).

    Raises:
        RunError: If it was.
    """
    try:  # through Experiment, so that settings that came later have their defaults
        trained = Experiment(**checkpoint.about["experiment"])
    except (ConfigError, TypeError) as error:
        raise RunError(f"{path / folder.CHECKPOINT} is damaged: {error}") from None
    changed = [
        f"{name}: {old!r} → {new!r}"
        for name, (old, new) in differences(trained, portable(experiment)[0]).items()
        if name != "recipe.epochs"
    ]
    if changed:
        raise RunError(
            f"{path / folder.EXPERIMENT} was changed after training.",
            expected="the settings that the checkpoint was trained with",
            got="; ".join(changed)[:300],
            fix="undo the change, or train a new run from it with --config",
        )


def list_runs(parent: str | Path = folder.RUNS) -> list[Path]:
    """Lists the folders of all runs below `parent`, by name, numbers in their order."""
    found = [path.parent for path in Path(parent).glob(f"[!.]*/{folder.EXPERIMENT}")]
    return sorted(found, key=lambda path: _natural(path.name))


def _natural(name: str) -> list[tuple[int, str]]:
    """Makes a key by which seed2 comes before seed10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)
    ]


def summary(path: Path) -> Summary:
    """Gives a run's result in short.

    It is read from `result.json` where that agrees with the checkpoint, so that a list of many
    runs evaluates no net, and one's own nets can be listed too.

    Raises:
        RunError: If there is no run there, or it is damaged.
        NewerVersionError: If a later fizzlab wrote it.
    """
    experiment, checkpoint = read_experiment(path), read_checkpoint(path / folder.CHECKPOINT)
    _check_same(path, experiment, checkpoint)
    about = checkpoint.about
    try:
        report = Report.model_validate_json((path / folder.RESULT).read_bytes())
    except (OSError, ValueError):
        report = None
    snapped = "codebook" in checkpoint.tensors
    ended = (about["epoch"], about["stopped"] or about["interrupted_by"], snapped)
    if report is None or (report.epochs, report.stopped, report.snapped) != ended:
        report = open_run(path).report
    return report.summary.model_copy(update={"run": str(path)})
