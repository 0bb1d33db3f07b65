"""Which net is kept, and when training stops early: a function of the validation figures alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fizzlab.experiment import Recipe


@dataclass
class Selection:
    """Sees one evaluation after the other, on validation; any engine can replay its losses here.

    Attributes:
        recipe: Its target_accuracy and patience say when to stop.
        baseline: Label-frequency baseline of the validation labels, nats; patience counts only
            once a loss beats it.
        best_loss: Lowest loss so far, nats.
        best_epoch: The epoch that it is from; the first one of several equal losses.
    """

    recipe: Recipe
    baseline: float
    best_loss: float = math.inf
    best_epoch: int = 0

    def see(self, epoch: int, loss: float, accuracy: float) -> tuple[bool, str | None]:
        """Takes the next evaluation.

        Args:
            epoch: Epochs done.
            loss: Validation loss, nats.
            accuracy: Validation accuracy, a share.

        Returns:
            Whether this net is the best so far, and why to stop ("target", "patience"), if so.
        """
        recipe, is_best = self.recipe, loss < self.best_loss
        if is_best:
            self.best_loss, self.best_epoch = loss, epoch
        if recipe.target_accuracy is not None and accuracy >= recipe.target_accuracy:
            return is_best, "target"
        waited = epoch - self.best_epoch
        counts = self.best_loss < self.baseline
        if recipe.patience is not None and counts and waited >= recipe.patience:
            return is_best, "patience"
        return is_best, None
