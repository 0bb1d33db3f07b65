"""Learning rate and momentum of every step, as arrays that any engine can read.

Torch's own schedulers are run once, on a dummy optimiser, and what they set is written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch.optim import lr_scheduler

from fizzlab.experiment import Recipe


@dataclass(frozen=True)
class Schedule:
    """Rates of each step, from the first of the first epoch on.

    Attributes:
        learning_rate: float64, shape (steps,).
        momentum: float64, shape (steps,): SGD's momentum, or Adam's first beta.
    """

    learning_rate: np.ndarray
    momentum: np.ndarray


@lru_cache(maxsize=16)  # a study asks for the same one again and again
def schedule(recipe: Recipe, steps_per_epoch: int) -> Schedule:
    """Evaluates a recipe's schedule; the arrays cannot be written to.

    Args:
        recipe: Gives the kind of schedule and its rates.
        steps_per_epoch: Number of batches of an epoch.

    Returns:
        The rates of all recipe.epochs × steps_per_epoch steps.
    """
    steps = recipe.epochs * steps_per_epoch
    momentum = recipe.momentum if recipe.optimizer == "sgd" else recipe.betas[0]
    start = np.array([[recipe.learning_rate], [momentum]])
    if recipe.schedule == "constant" and not recipe.warmup_epochs:
        return Schedule(*np.broadcast_to(start, (2, steps)))  # takes no memory
    rates = np.empty((2, steps))
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=recipe.learning_rate, momentum=momentum)
    scheduler = _scheduler(recipe, optimizer, steps_per_epoch)
    for step in range(steps):
        group = optimizer.param_groups[0]
        rates[:, step] = group["lr"], group["momentum"]
        optimizer.step()
        if step + 1 < steps:
            scheduler.step()
    rates.flags.writeable = False
    return Schedule(*rates)


def _scheduler(
    recipe: Recipe, optimizer: torch.optim.Optimizer, steps_per_epoch: int
) -> lr_scheduler.LRScheduler:
    warmup = recipe.warmup_epochs * steps_per_epoch
    steps = recipe.epochs * steps_per_epoch - warmup
    main = _main_scheduler(recipe, optimizer, steps, steps_per_epoch)
    if not warmup:
        return main
    rise = lr_scheduler.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    return lr_scheduler.SequentialLR(optimizer, [rise, main], milestones=[warmup])


def _main_scheduler(
    recipe: Recipe, optimizer: torch.optim.Optimizer, steps: int, steps_per_epoch: int
) -> lr_scheduler.LRScheduler:
    if recipe.schedule == "constant":
        return lr_scheduler.ConstantLR(optimizer, factor=1.0)
    if recipe.schedule == "step":
        drop = recipe.step_epochs * steps_per_epoch
        return lr_scheduler.StepLR(optimizer, drop, gamma=recipe.step_factor)
    if recipe.schedule == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    return lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=recipe.learning_rate,
        total_steps=steps,
        cycle_momentum=recipe.cycle_momentum,
    )
