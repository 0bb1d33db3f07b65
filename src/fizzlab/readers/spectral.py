"""Readers without gradients: weights in closed form from the Hankel matrix of the training labels.

`fit_spectral` takes the r leading right singular vectors V of the matrix H as a basis: the state of
a prefix is its row times V, and A[digit] = (H V)⁺ (H_digit V) carries it on, where H_digit holds
the rows of the prefixes followed by that digit (Balle, Carreras, Luque, Quattoni, "Spectral
learning of weighted automata", Machine Learning 96, 2014; that a second-order net is such an
automaton: Rabusseau, Li, Precup, AISTATS 2019). `fit_exact` takes r independent rows of H
themselves, and computes with fractions.

Both then solve two systems of linear equations: for the readout, from the labels of training
integers whose states are known; for the start, from the states of prefixes, with a leading zero
changing nothing where that can be. Data that no automaton of r dimensions gives leave these without
a solution; then the nearest weights are taken, and the net is wrong on some training integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from fizzlab.data import Splits
from fizzlab.encodings import digits_of
from fizzlab.errors import ConfigError, DataError
from fizzlab.experiment import Experiment
from fizzlab.nets import Bilinear
from fizzlab.readers.elimination import pivots, solve
from fizzlab.readers.hankel import Hankel, hankel
from fizzlab.readers.words import UNKNOWN, Suffix

_PER_DIGIT = 4  # prefixes with each leading digit from which the start is computed
_CLOSE = 1e-6  # largest residual with which a system in float64 counts as solved

Solver = Callable[[np.ndarray, np.ndarray], np.ndarray | None]  # left · X = right; None if none


def fit(net: Bilinear, experiment: Experiment, splits: Splits) -> Hankel:
    """Puts weights in closed form into a net, in place, by `recipe.method`: spectral or exact.

    Args:
        net: As `build_net` makes it; where its state is longer than the rank, the rest stays zero.
        experiment: Gives the method, the base and the number of labels.
        splits: The training split is used, and no other.

    Returns:
        The block of the Hankel matrix that the weights come from.

    Raises:
        ConfigError: If the state is shorter than the rank.
        DataError: If the training integers do not show what each digit does.
    """
    train, base = splits.train, experiment.encoding.base
    block = hankel(train.integers, train.labels, base, experiment.rule.num_labels)
    fit_in = fit_exact if experiment.recipe.method == "exact" else fit_spectral
    fit_in(net, block)
    return block


def fit_spectral(net: Bilinear, block: Hankel) -> None:
    """Puts weights from a singular value decomposition into a net, in float64 up to the last.

    Raises:
        ConfigError: If the net's state is shorter than the rank.
        DataError: If the block does not show what each digit does.
    """
    continued = _continued(net, block)
    matrix = block.matrix.astype(np.float64)
    directions = np.linalg.svd(matrix, full_matrices=False)[2][: block.rank]
    states = matrix @ directions.T
    inverse = np.linalg.pinv(states[continued])
    transitions = np.stack([inverse @ states[_after(block, continued, d)] for d in _digits(block)])
    _complete(net, block, states, transitions, _solve_closely)


def fit_exact(net: Bilinear, block: Hankel) -> None:
    """Puts weights computed with fractions into a net, rounded to float32 at the end.

    Raises:
        ConfigError: If the net's state is shorter than the rank.
        DataError: If the block does not show what each digit does.
    """
    continued = _continued(net, block)
    chosen = pivots(block.matrix[continued])
    basis = continued[chosen.rows]
    rows, place = np.unique(block.matrix[:, chosen.columns], axis=0, return_inverse=True)
    square = block.matrix[basis][:, chosen.columns]
    coordinates = solve(square.T, rows.T)  # each row as a combination of those of the basis
    assert coordinates is not None  # the square is invertible
    states = _compact(coordinates.T)[place.ravel()]
    transitions = np.stack([states[_after(block, basis, digit)] for digit in _digits(block)])
    _complete(net, block, states, transitions, solve)


def _continued(net: Bilinear, block: Hankel) -> np.ndarray:
    """Gives the rows whose prefix is a row also when any digit follows, if they span all rows.

    Raises:
        ConfigError: If the net's state is shorter than the rank.
        DataError: If they do not span all rows.
    """
    rank = block.rank
    if rank > net.state:
        raise ConfigError(
            '"net.hidden": the state is shorter than the rank of the training labels.',
            expected=f"at least {rank}",
            got=f"{net.state}",
            fix=f"--set net.hidden={rank}",
        )
    if not block.shows_digits:
        raise DataError(
            "The training labels do not show what each digit does to each state.",
            expected="right labels of all integers of a range that spans several numbers of "
            "digits, such as 101..1023 in base 2",
            got=f"{len(block.words.integers)} integers with a complete Hankel block of rank {rank}",
            fix="train on a longer range, hold out nothing (data.validation=0), "
            "or use the preset reader",
        )
    return block.continued


def _digits(block: Hankel) -> range:
    return range(block.base)


def _after(block: Hankel, rows: np.ndarray, digit: int) -> np.ndarray:
    """Gives the rows of the prefixes of `rows` when a digit follows."""
    before, after = block.shifted(digit)
    return after[np.searchsorted(before, rows)]


def _complete(
    net: Bilinear, block: Hankel, states: np.ndarray, transitions: np.ndarray, solver: Solver
) -> None:
    """Computes readout and start, and puts everything into the net.

    Args:
        net: Its weights are overwritten.
        block: Gives the labels.
        states: Of the block's prefixes, shape (prefix, rank).
        transitions: shape (digit, rank, rank).
        solver: In the arithmetic of these.
    """
    left, right = _labelled(block, states, transitions)
    readout = _solved(left, right, solver)
    carried, reached = _carried(block, states, transitions)
    still = transitions[0].T - np.eye(block.rank, dtype=np.int64)
    nothing = np.zeros((block.rank, 1), dtype=np.int64)
    start = solver(np.vstack([still, carried]), np.vstack([nothing, reached]))
    if start is None:  # a leading zero does change something
        start = _solved(carried, reached, solver)
    with torch.no_grad():
        for weights, made in (
            (net.start, start[:, 0]),
            (net.transitions, transitions),
            (net.readout, readout),
        ):
            corner = tuple(slice(size) for size in made.shape)
            weights.zero_()[corner] = torch.from_numpy(made.astype(np.float64)).float()


def _labelled(
    block: Hankel, states: np.ndarray, transitions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gives states of training integers and their one-hot labels: left · readout = right.

    Prefixes of the block that are training integers themselves come first; where their states do
    not span all, those of all longer integers follow.
    """
    words, one_hot = block.words, np.eye(block.num_labels, dtype=np.int64)
    own = words.table(block.prefixes, (Suffix(0, 0),))[:, 0]
    left, labels = states[own != UNKNOWN], own[own != UNKNOWN]
    if np.linalg.matrix_rank(left.astype(np.float64)) == block.rank:
        return left, one_hot[labels]
    known = dict(zip(block.prefixes.tolist(), states, strict=True))
    found = []
    for n, label in zip(words.integers.tolist(), words.labels.tolist(), strict=True):
        state = _state(n, known, transitions)
        if state is not None:
            found.append((state, label))
    return np.stack([state for state, _ in found]), one_hot[[label for _, label in found]]


def _state(n: int, known: dict[int, np.ndarray], transitions: np.ndarray) -> np.ndarray | None:
    """Gives the state of n from that of its longest known prefix; keeps it in `known`."""
    if n not in known:
        before = _state(n // len(transitions), known, transitions) if n else None
        if before is None:
            return None
        known[n] = before @ transitions[n % len(transitions)]
    return known[n]


def _carried(
    block: Hankel, states: np.ndarray, transitions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gives the equations start · A[digits of p] = state of p for the smallest prefixes p."""
    left, right = [], []
    for row in _smallest(block):
        product = np.eye(block.rank, dtype=transitions.dtype)
        for digit in digits_of(int(block.prefixes[row]), block.base):
            product = product @ transitions[digit]
        left.append(product.T)
        right.append(states[row][:, None])
    return np.vstack(left), np.vstack(right)


def _smallest(block: Hankel) -> Iterator[int]:
    """Gives the rows of the `_PER_DIGIT` smallest prefixes with each leading digit."""
    seen = [0] * block.base
    for row, prefix in enumerate(block.prefixes.tolist()):
        leading = digits_of(prefix, block.base)[0]
        seen[leading] += 1
        if seen[leading] <= _PER_DIGIT:
            yield row


def _compact(values: np.ndarray) -> np.ndarray:
    """Gives fractions as int64 where products of such rows stay small: unit vectors and zeros."""
    if all(value in {0, 1} for value in values.ravel()) and (values.sum(axis=1) <= 1).all():
        return values.astype(np.int64)
    return values


def _solved(left: np.ndarray, right: np.ndarray, solver: Solver) -> np.ndarray:
    """Solves left · X = right, by least squares where there is no solution."""
    solution = solver(left, right)
    return _nearest(left, right) if solution is None else solution


def _nearest(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(left.astype(np.float64), right.astype(np.float64), rcond=1e-9)[0]


def _solve_closely(left: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    solution = _nearest(left, right)
    return solution if np.abs(left @ solution - right).max() < _CLOSE else None
