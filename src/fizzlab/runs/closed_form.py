"""Runs whose weights are computed rather than trained: nothing here pretends to be a loop."""

from __future__ import annotations

import time

from fizzlab.nets import MLP, Bilinear
from fizzlab.runs.run import Run


def fit_in_closed_form(run: Run) -> None:
    """Puts the weights that `recipe.method` gives into the net of a run.

    Raises:
        DataError: If the training labels do not determine such a net.
        ConfigError: If the net is too small for it.
    """
    began, experiment, state = time.monotonic(), run.experiment, run.state
    if isinstance(state.net, MLP):
        from fizzlab.nets.hats import fill_hats

        fill_hats(state.net, experiment.rule, experiment.encoding.bits)
    elif isinstance(state.net, Bilinear):
        from fizzlab.readers.spectral import fit

        fit(experiment.recipe.method, state.net, experiment, run.splits)
    state.seconds, state.stopped = time.monotonic() - began, "fitted"
