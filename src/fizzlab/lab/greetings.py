"""What a page is told first: the session, the experiment as configured, a net not yet trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fizzlab import __version__
from fizzlab.experiment import PRESETS, Experiment
from fizzlab.lab.budgets import LIVE
from fizzlab.lab.limits import Limits
from fizzlab.lab.links import to_link, told_from
from fizzlab.lab.messages import Configured, PresetName, State, Welcome


def welcome(session: str, limits: Limits, *, resumed: bool) -> Welcome:
    """Gives the answer to `hello`."""
    return Welcome(
        session=session,
        resumed=resumed,
        version=__version__,
        limits=limits,
        presets=tuple(PresetName(name=n, about=p.about) for n, p in PRESETS.items()),
        live_settings=LIVE,
    )


def configured(experiment: Experiment, needs_reset: Iterable[str]) -> Configured:
    """Gives an experiment as the page takes it."""
    preset, changes = told_from(experiment)
    return Configured(
        experiment=experiment.model_dump(mode="json"),
        preset=preset,
        changes=changes,
        needs_reset=tuple(needs_reset),
        link=to_link(experiment),
        parameters=experiment.num_parameters,
    )


def first_state(
    run: int, experiment: Experiment, worker: Literal["none", "starting", "ready", "lost"]
) -> State:
    """Gives the state of a net that is not built yet."""
    return State(
        run=run,
        status="idle",
        worker=worker,
        epoch=0,
        step=0,
        steps=1,
        epochs=experiment.recipe.last_epoch,
        seed=experiment.seed,
        seconds=0.0,
        pace=None,
        batch_loss=None,
        train=None,
        validation=None,
        test=None,
        shown="live",
        shown_epoch=0,
        stopped=None,
        revealed=False,
        changes=(),
    )
