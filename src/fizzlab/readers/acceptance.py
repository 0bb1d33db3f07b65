"""When a reader has learned enough: it fits, and a small automaton is found in it."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from fizzlab.data import Split
from fizzlab.errors import NetError
from fizzlab.experiment import Experiment
from fizzlab.nets import Reader, logits
from fizzlab.readers.automata import Automaton
from fizzlab.readers.distinctions import distinctions
from fizzlab.readers.extraction import extract
from fizzlab.readers.hankel import hankel
from fizzlab.readers.snap import are_apart, snap
from fizzlab.readers.words import Words


def accepted(net: Reader, experiment: Experiment, train: Split, needed: int) -> bool:
    """Tells whether training may end: only the net and the training labels are asked.

    The largest residual is under `recipe.extract_below`, and the automaton extracted from the net
    fits all training labels with no more states than any machine needs that fits them. If the net
    is to be snapped, its states must lie near their codes.

    Args:
        net: The net.
        experiment: Its recipe says what is asked.
        train: The training integers.
        needed: States that any machine needs that fits them, see `states_needed`.
    """
    below = experiment.recipe.extract_below
    if below is None:
        return False
    rows, labels = torch.from_numpy(experiment.encoding.rows(train.integers)), train.labels
    if largest_residual(logits(net, rows), torch.tensor(labels)) >= below:
        return False
    found = extract(net)
    if found is None or not fits(found.automaton, train):
        return False
    if len(found.automaton) > needed:
        return False
    return not experiment.recipe.snap or can_be_snapped(net)


def can_be_snapped(net: Reader) -> bool:
    """Tells whether a net can be snapped, and then keeps its states apart."""
    try:
        return are_apart(snap(net))
    except NetError:
        return False


def states_needed(train: Split, base: int) -> int:
    """Gives a number of states below which no automaton fits the training labels.

    It is the larger one of the prefixes that the labels tell apart pairwise, and the rank of their
    Hankel matrix.
    """
    num_labels = int(max(train.labels)) + 1
    rank = hankel(train.integers, train.labels, base, num_labels).rank
    return max(rank, len(distinctions(Words(train.integers, train.labels, base))))


def largest_residual(scores: Float[Tensor, "batch label"], labels: Int[Tensor, " batch"]) -> float:
    """Gives the largest distance of a score to 1 (of the right label) or 0 (of the others)."""
    return float((scores - F.one_hot(labels, scores.shape[1])).abs().max())


def fits(automaton: Automaton, split: Split) -> bool:
    """Tells whether an automaton gives every n ≥ 1 of a split its label."""
    pairs = zip(split.integers.tolist(), np.asarray(split.labels).tolist(), strict=True)
    return all(automaton.label(n) == label for n, label in pairs if n)
