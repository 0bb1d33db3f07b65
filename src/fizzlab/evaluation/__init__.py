"""What a net has learned, and why an integer is right or wrong."""

from fizzlab.evaluation.accuracy import (
    Evaluation,
    binomial_interval,
    evaluate,
    frequency_loss,
    measure,
    predict_labels,
)
from fizzlab.evaluation.kinds import Explanation, explain, kinds, num_kinds, unseen_kinds

__all__ = [
    "Evaluation",
    "Explanation",
    "binomial_interval",
    "evaluate",
    "explain",
    "frequency_loss",
    "kinds",
    "measure",
    "num_kinds",
    "predict_labels",
    "unseen_kinds",
]
