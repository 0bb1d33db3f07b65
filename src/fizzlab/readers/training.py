"""The training loop of readers: `train_epochs` again, over the tree of all prefixes.

An epoch of full batches costs one pass over the prefix tree: about 1,000 states for the 923
integers 101..1023, where each integer on its own would cost 9,000. Two terms are new: the squared
error to one-hot labels, under which a bilinear net that fits has the rank of the labels and no
more, and the zero invariance |h0 · A[0] − h0|², by which leading zeros change nothing.

A try that did not succeed is followed by another one from new weights (`recipe.tries`); epochs are
counted through.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fizzlab.experiment import Experiment
from fizzlab.nets import PrefixTree, Reader
from fizzlab.randomness import TRY, random_words
from fizzlab.schedules import schedule
from fizzlab.training import Epoch, batch_order, build_loss, set_rates


def train_reader(
    net: Reader,
    optimizer: torch.optim.Optimizer,
    rows: Float[Tensor, "train digit"],
    labels: Int[Tensor, " train"],
    experiment: Experiment,
    done: int = 0,
) -> Iterator[Epoch]:
    """Trains `net` in place, and yields once an epoch.

    Args:
        net: Reads digits, and gives one score a label.
        optimizer: Of the net's parameters, see `build_optimizer`.
        rows: Digits of the training integers, as `Encoding.rows` gives them.
        labels: Their labels.
        experiment: Its recipe and its streams `init` and `order` say how to train.
        done: Number of epochs that net and optimiser have behind them.
    """
    recipe, seed = experiment.recipe, experiment.stream_seed("order")
    loss_fn = build_loss(recipe, labels, experiment.rule.num_labels)
    steps_per_epoch = -(-len(rows) // recipe.batch_size)
    rates, trees = schedule(recipe, steps_per_epoch), Trees(net.base)

    for epoch in range(done + 1, recipe.last_epoch + 1):
        try_, epoch_of_try = divmod(epoch - 1, recipe.epochs)
        if try_ and not epoch_of_try:
            begin_anew(net, optimizer, experiment, try_)
        order = batch_order(recipe, seed, epoch, len(rows))
        batches = zip(
            rows[order].split(recipe.batch_size),
            labels[order].split(recipe.batch_size),
            strict=True,
        )
        for step, (x, y) in enumerate(batches, start=epoch_of_try * steps_per_epoch):
            set_rates(optimizer, rates.learning_rate.item(step), rates.momentum.item(step))
            tree = trees.of(x, step % steps_per_epoch, fixed=recipe.order != "reshuffled")
            states = tree.states(net)
            loss = loss_fn(net.scores(states[tree.ends]), y)
            if recipe.zero_invariance:
                loss = loss + recipe.zero_invariance * zero_invariance(net)
            optimizer.zero_grad()
            loss.backward()
            if recipe.clip_norm is not None:
                nn.utils.clip_grad_norm_(net.parameters(), recipe.clip_norm)
            optimizer.step()
        yield Epoch(epoch, loss.item(), rates.learning_rate.item(step))


def zero_invariance(net: Reader) -> Float[Tensor, ""]:
    """Gives |h − h0|², where h is the state after reading a zero in the initial state h0."""
    begin = net.begin()
    return (net.step(begin[None])[0, 0] - begin).square().sum()


class Trees:
    """The prefix trees of an epoch's batches; where every epoch has the same, made once."""

    def __init__(self, base: int) -> None:
        self.base = base
        self._kept: dict[int, PrefixTree] = {}

    def of(self, rows: Float[Tensor, "batch digit"], number: int, *, fixed: bool) -> PrefixTree:
        """Gives the tree of a batch, by its rows and its number in the epoch."""
        if not fixed:
            return PrefixTree(rows, self.base)
        if number not in self._kept:
            self._kept[number] = PrefixTree(rows, self.base)
        return self._kept[number]


def begin_anew(
    net: Reader, optimizer: torch.optim.Optimizer, experiment: Experiment, try_: int
) -> None:
    """Draws new initial weights, and forgets what the optimiser remembers.

    The seed of try 0 is the stream `init`'s own; that of each later try is drawn from it.
    """
    net.redraw(int(random_words(experiment.stream_seed("init"), "init", 1, try_, TRY)[0]))
    optimizer.state.clear()
