"""Runs whose weights are computed rather than trained: nothing here pretends to be a loop."""

from __future__ import annotations

import time

from fizzlab.data import Splits
from fizzlab.experiment import Experiment
from fizzlab.nets import MLP, Bilinear
from fizzlab.runs.state import State


def fit_in_closed_form(experiment: Experiment, splits: Splits, state: State) -> None:
    """Puts the weights that `recipe.method` gives into the net of a state, if it gives any.

    Raises:
        DataError: If the training labels do not determine such a net.
        ConfigError: If the net is too small for it.
    """
    if experiment.recipe.method == "gradient" or state.stopped is not None:
        return
    began = time.monotonic()
    if isinstance(state.net, MLP):
        from fizzlab.nets.hats import fill_hats

        fill_hats(state.net, experiment.rule, experiment.encoding.bits)
    elif isinstance(state.net, Bilinear):
        from fizzlab.readers.spectral import fit

        fit(state.net, experiment, splits)
    state.seconds, state.stopped = time.monotonic() - began, "fitted"
