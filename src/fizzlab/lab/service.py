"""What becomes of what a page asks."""

from __future__ import annotations

import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from fizzlab.configuration import differences
from fizzlab.errors import ConfigError, FizzlabError, OverBudgetError, UsageError
from fizzlab.experiment import Experiment
from fizzlab.lab import asks, orders
from fizzlab.lab.budgets import check, divided
from fizzlab.lab.links import from_link
from fizzlab.lab.messages import COLUMNS, Pong
from fizzlab.lab.problems import problem
from fizzlab.lab.tab import Tab
from fizzlab.randomness import MAX_SEED

Handler = Callable[[Tab, Any], Awaitable[None]]


async def serve(tab: Tab, ask: asks.AnyAsk) -> None:
    """Does what a page asks; what cannot be done is answered with a problem."""
    tab.asked = time.monotonic()
    try:
        await HANDLERS[ask.type](tab, ask)
    except FizzlabError as error:
        tab.say(problem(ask.type, error, "budget" if isinstance(error, OverBudgetError) else None))
    except Exception as error:  # the socket, and the net, shall not be lost by it
        traceback.print_exc()
        tab.say(problem(ask.type, FizzlabError(f"The lab failed: {type(error).__name__}.")))


async def _configure(tab: Tab, ask: asks.Configure) -> None:
    made = tab.experiment
    if ask.link is not None:
        made = from_link(ask.link)
    if ask.preset is not None:
        made = Experiment.preset(ask.preset, seed=made.seed)
    if ask.settings:
        made = made.replaced(ask.settings)
    check(made, tab.limits)
    tab.experiment = made
    if tab.untouched and tab.worker is not None and made != tab.built:
        tab.build()
    elif not tab.untouched:
        _alter(tab)
    tab.tell_configured()


def _alter(tab: Tab) -> None:
    """Lets changes that can act on the net at hand do so, as far as they fit its experiment.

    Raises:
        UsageError: If the worker is busy.
    """
    if tab.state["status"] not in {"running", "paused"}:
        return
    changes = differences(tab.built, tab.experiment)
    live = divided(changes, tries=tab.built.recipe.tries).live
    if not live:
        return
    try:
        altered = tab.built.replaced(live)
    except ConfigError:  # they do not go with those that need a reset: then all do
        return
    tab.order(orders.Alter(run=tab.run, experiment=altered.model_dump(mode="json")))
    tab.built = altered


async def _go(tab: Tab, ask: asks.Start | asks.Pause | asks.Step | asks.EpochAsk) -> None:
    if isinstance(ask, asks.Pause):
        tab.order(orders.Go(mode="pause"))
        return
    await tab.employ()
    fresh = tab.experiment != tab.built and tab.untouched
    if fresh or tab.state["status"] in {"finished", "diverged"}:
        tab.build()
        tab.tell_configured()
    modes = {"start": "run", "step": "step", "epoch": "epoch"}
    tab.order(orders.Go(mode=modes[ask.type], seconds=tab.limits.seconds))  # type: ignore[arg-type]


async def _reset(tab: Tab, ask: asks.Reset) -> None:
    if ask.seed == "new":
        seed = (tab.experiment.seed + 1) % (MAX_SEED + 1)
        tab.experiment = tab.experiment.replaced({"seed": seed})
    before = tab.worker
    await tab.employ()
    if tab.worker is before:  # a new one has begun anew already
        tab.build()
    tab.tell_configured()


async def _restart(tab: Tab, ask: asks.Restart) -> None:
    await tab.employ()
    tab.tell_configured()


async def _watch(tab: Tab, ask: asks.Watch) -> None:
    tab.looks.watch(ask.panels, ask.neurons)
    if tab.line is not None:
        tab.line.wake()


async def _explain(tab: Tab, ask: asks.Explain) -> None:
    tab.order(orders.Why(integer=ask.integer))


async def _reveal(tab: Tab, ask: asks.Reveal) -> None:
    tab.order(orders.Uncover(shown=ask.shown))


async def _prove(tab: Tab, ask: asks.Prove) -> None:
    tab.order(orders.ProveOrder())


async def _luck(tab: Tab, ask: asks.LuckAsk) -> None:
    if tab.trial is not None:
        raise UsageError("Luck is being tried already.", fix="stop it first")
    metric = ask.metric or _metric(tab.built)
    _check_metric(tab, metric)
    if ask.vary is not None:
        _check_values(tab, ask.vary)
    trial = await tab.staff.hire()
    tab.try_luck(
        trial,
        orders.LuckOrder(
            run=tab.run,
            experiment=tab.built.model_dump(mode="json"),
            nets=ask.nets,
            metric=metric,
            score=_score(tab, metric),
            name=ask.vary.name if ask.vary else None,
            values=ask.vary.values if ask.vary else (),
            seconds=tab.limits.luck_seconds,
        ),
    )


def _metric(experiment: Experiment) -> asks.Metric:
    data = experiment.data
    return "validation" if data.validation and not data.merge_validation else "loss"


def _check_metric(tab: Tab, metric: asks.Metric) -> None:
    """Makes sure that there is such a score, and that it may be told.

    Raises:
        UsageError: If not.
    """
    if metric == "validation" and _metric(tab.built) != "validation":
        raise UsageError("This experiment holds out no validation integers.", fix="choose loss")
    if metric == "test" and not tab.built.data.test.strip():
        raise UsageError("This experiment has no test integers.", fix="choose another metric")
    if metric == "test" and not tab.state["revealed"]:
        raise UsageError(
            "Test results are covered.", fix="uncover them first, or choose another metric"
        )


def _check_values(tab: Tab, vary: asks.Vary) -> None:
    """Makes sure that every value makes an experiment that the lab takes.

    Raises:
        UsageError: If the setting is the seed, or a split, whose scores cannot be compared.
        ConfigError: If a value is wrong.
    """
    if vary.name == "seed" or vary.name.startswith(("streams.", "data.test")):
        raise UsageError(
            f'"{vary.name}" is not varied here: every net has a seed of its own, and all answer '
            "the same questions.",
            fix="vary another setting, such as recipe.learning_rate",
        )
    for value in vary.values:
        check(tab.built.replaced({vary.name: value}), tab.limits)


def _score(tab: Tab, metric: asks.Metric) -> float | None:
    """Gives this net's own score; None while it has none."""
    if tab.untouched:
        return None
    if metric == "loss":
        last = tab.history.last
        return last[COLUMNS.index("train_loss")] if last else None
    figure = tab.state[metric]
    return figure["correct"] / figure["total"] if figure else None


async def _luck_stop(tab: Tab, ask: asks.LuckStop) -> None:
    if tab.trial is not None:
        tab.trial.order(orders.LuckEnd())


async def _keep(tab: Tab, ask: asks.Keep) -> None:
    tab.keep_ghost(kept=ask.kept)


async def _ping(tab: Tab, ask: asks.Ping) -> None:
    tab.say(Pong())


async def _hello(tab: Tab, ask: asks.Hello) -> None:
    raise UsageError("This socket has said hello already.", fix="open another one")


HANDLERS: dict[str, Handler] = {
    "hello": _hello,
    "configure": _configure,
    "start": _go,
    "pause": _go,
    "step": _go,
    "epoch": _go,
    "reset": _reset,
    "watch": _watch,
    "explain": _explain,
    "reveal": _reveal,
    "luck": _luck,
    "luck_stop": _luck_stop,
    "prove": _prove,
    "keep": _keep,
    "restart_worker": _restart,
    "ping": _ping,
}
