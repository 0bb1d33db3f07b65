"""What is not training: weights in closed form before it, a codebook of states after it."""

from __future__ import annotations

import contextlib
import time

from fizzlab.data import Splits
from fizzlab.errors import NetError
from fizzlab.experiment import Experiment
from fizzlab.nets import MLP, Bilinear, Reader
from fizzlab.readers import snap
from fizzlab.runs.state import State


def fit_in_closed_form(experiment: Experiment, splits: Splits, state: State) -> None:
    """Puts the weights that `recipe.method` gives into the net of a state, if it gives any.

    Raises:
        DataError: If the training labels do not determine such a net.
        ConfigError: If the net is too small for it.
        NetError: If it is not of a class that the method makes.
    """
    if experiment.recipe.method == "gradient" or state.stopped is not None:
        return
    began = time.monotonic()
    if experiment.recipe.method == "hats" and type(state.net) is MLP:
        from fizzlab.nets.hats import fill_hats

        fill_hats(state.net, experiment.rule, experiment.encoding.bits)
    elif experiment.recipe.method != "hats" and type(state.net) is Bilinear:
        from fizzlab.readers.spectral import fit

        fit(state.net, experiment, splits)
    else:
        raise NetError(
            f"recipe.method {experiment.recipe.method} makes its own net.",
            expected="the experiment's net",
            got=f"one of class {type(state.net).__name__}",
            fix="give no net, or train it with recipe.method gradient",
        )
    state.seconds, state.stopped = time.monotonic() - began, "fitted"


def snap_at_the_end(experiment: Experiment, state: State) -> None:
    """Snaps the net of a training that is over, where the recipe says so and the net can be.

    A net that was accepted can; one in closed form may not, and is then left as it is.
    """
    net = state.net
    if experiment.recipe.snap and state.stopped in {"accepted", "fitted"}:
        with contextlib.suppress(NetError):
            state.codebook = snap(net).codebook if isinstance(net, Reader) else None
