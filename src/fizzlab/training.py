"""The training loop: plain PyTorch, one epoch at a time.

Read `train_epochs` first; the rest are the parts it is made of. It only trains. Whoever consumes
it measures, draws a bar, writes to disk, or stops: it yields after every epoch and waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from fizzlab.experiment import Experiment, Recipe
from fizzlab.nets import ACTIVATIONS, MLP
from fizzlab.randomness import noise, permutation
from fizzlab.schedules import schedule

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Epoch:
    """What is known when an epoch ends.

    Attributes:
        number: Counted from 1.
        loss: Of the last batch, before its step.
        learning_rate: Of the last step.
    """

    number: int
    loss: float
    learning_rate: float


def train_epochs(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    rows: Float[Tensor, "train feature"],
    labels: Int[Tensor, " train"],
    experiment: Experiment,
    done: int = 0,
) -> Iterator[Epoch]:
    """Trains `net` in place, and yields once an epoch.

    Args:
        net: Gives logits, one a label.
        optimizer: Of the net's parameters, see `build_optimizer`.
        rows: Encoded training integers.
        labels: Their labels.
        experiment: Its recipe and its stream `order` say how to train.
        done: Number of epochs that net and optimiser have behind them.
    """
    recipe, seed = experiment.recipe, experiment.stream_seed("order")
    loss_fn = build_loss(recipe, labels, experiment.rule.num_labels)
    steps_per_epoch = -(-len(rows) // recipe.batch_size)
    rates = schedule(recipe, steps_per_epoch)
    dropout = draws_noise(net)

    for epoch in range(done + 1, recipe.last_epoch + 1):
        order = batch_order(recipe, seed, epoch, len(rows))
        batches = zip(
            rows[order].split(recipe.batch_size),
            labels[order].split(recipe.batch_size),
            strict=True,
        )
        if not net.training:  # layers that were frozen on purpose stay as they are
            net.train()
        with noise(seed, epoch) if dropout else nullcontext():
            for step, (x, y) in enumerate(batches, start=(epoch - 1) * steps_per_epoch):
                set_rates(optimizer, rates.learning_rate.item(step), rates.momentum.item(step))
                loss = loss_fn(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                if recipe.clip_norm is not None:
                    nn.utils.clip_grad_norm_(net.parameters(), recipe.clip_norm)
                optimizer.step()
        yield Epoch(epoch, loss.item(), rates.learning_rate.item(step))


def batch_order(recipe: Recipe, seed: int, epoch: int, num_integers: int) -> slice | Tensor:
    """Gives the order in which an epoch takes the training integers, as an index."""
    if recipe.order == "given":
        return slice(None)
    drawn_in = epoch if recipe.order == "reshuffled" else 0
    return torch.from_numpy(permutation(seed, "order", num_integers, drawn_in))


def draws_noise(net: nn.Module) -> bool:
    """Tells whether training may draw random numbers: by dropout, or in a net we do not know."""
    known = {MLP, nn.Sequential, nn.Linear, *ACTIVATIONS.values()}
    return not all(type(module) in known for module in net.modules())


def build_optimizer(net: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Builds the recipe's optimiser, torch's own, for all parameters of a net."""
    lr, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(
            net.parameters(), lr, recipe.momentum, weight_decay=decay, nesterov=recipe.nesterov
        )
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(net.parameters(), lr, recipe.betas, weight_decay=decay)


def set_rates(optimizer: torch.optim.Optimizer, learning_rate: float, momentum: float) -> None:
    """Sets learning rate and momentum (Adam's first beta) for the next step."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
        if "momentum" in group:
            group["momentum"] = momentum
        else:
            group["betas"] = (momentum, group["betas"][1])


def build_loss(recipe: Recipe, labels: Int[Tensor, " train"], num_labels: int) -> Loss:
    """Builds the recipe's loss: a function of logits (batch, label) and labels (batch,).

    `cross_entropy` and `nll` are the same number, in nats; the fused form is the stabler one.
    """
    if recipe.loss == "squared_error":
        return squared_error
    weights = class_weights(recipe, labels, num_labels)
    smoothing = recipe.label_smoothing
    if recipe.loss == "cross_entropy":
        return nn.CrossEntropyLoss(weights, label_smoothing=smoothing)
    return lambda logits, labels: smoothed_nll(
        F.log_softmax(logits, dim=1), labels, weights, smoothing
    )


def squared_error(
    logits: Float[Tensor, "batch label"], labels: Int[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Squared distance of the logits to the one-hot label, mean over the batch."""
    one_hot = F.one_hot(labels, logits.shape[1])
    return (logits - one_hot).square().sum(dim=1).mean()


def smoothed_nll(
    log_probs: Float[Tensor, "batch label"],
    labels: Int[Tensor, " batch"],
    weights: Float[Tensor, " label"] | None = None,
    smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """Negative log-likelihood, with the label smoothing that `nn.NLLLoss` lacks.

    The target of an integer is (1 − s) on its label plus s / num_labels on every label (Szegedy
    et al., "Rethinking the Inception architecture", CVPR 2016, equation 3).
    """
    nll = F.nll_loss(log_probs, labels, weights)
    if not smoothing:
        return nll
    weights = torch.ones(log_probs.shape[1]) if weights is None else weights
    spread = -(log_probs @ weights).sum() / (weights[labels].sum() * log_probs.shape[1])
    return (1 - smoothing) * nll + smoothing * spread


def class_weights(
    recipe: Recipe, labels: Int[Tensor, " train"], num_labels: int
) -> Float[Tensor, " label"] | None:
    """Gives each label's weight in the loss; "balanced" is n / (num_labels × its count).

    A label that no training integer has weighs nothing.
    """
    if recipe.class_weights is None:
        return None
    if recipe.class_weights == "balanced":
        counts = torch.bincount(labels, minlength=num_labels)
        return torch.where(counts > 0, len(labels) / (num_labels * counts.clamp(min=1)), 0.0)
    return torch.tensor(recipe.class_weights)
