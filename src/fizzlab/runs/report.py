"""What a training gives: one document, printed by the command line and kept as result.json."""

from __future__ import annotations

from pydantic import Field
from torch import nn

from fizzlab.configuration import Document
from fizzlab.data import Splits
from fizzlab.evaluation import Evaluation, evaluate, predict_labels, unseen_kinds
from fizzlab.experiment import Experiment
from fizzlab.runs.state import State

MAX_PREDICTIONS = 10_000


class PerSplit(Document):
    """A figure of each split; null where there is no such split."""

    train: float | None
    validation: float | None
    test: float | None = None


class LossPerSplit(Document):
    """A loss in nats, or a squared error; null where there is no such split, or on overflow."""

    train: float | None
    validation: float | None


class Summary(Document):
    """The result of a run, in short."""

    run: str | None = Field(description="folder of the run; null if it was kept in memory")
    name: str = Field(description="name of the experiment, such as its preset's")
    net: str = Field(description="class of the net: MLP, or your own")
    seed: int
    epochs: int = Field(description="epochs trained")
    stopped: str = Field(
        description="epochs, target, patience, accepted (an automaton), fitted (in closed form), "
        "time or interrupted"
    )
    snapped: bool = Field(
        default=False, description="whether the net that answers has a codebook of states"
    )
    seconds: float = Field(description="time spent training")
    kept: str = Field(description="best: lowest validation loss; final: the last epoch's net")
    kept_epoch: int = Field(description="epoch that the kept net is from")
    refit_of: str | None = Field(default=None, description="run whose recipe this one refits")
    loss: LossPerSplit
    accuracy: PerSplit = Field(description="exact ratios, of the kept net")
    unseen_kinds: tuple[int, ...] = Field(
        description="test integers of kinds that training never saw"
    )


class Report(Summary):
    """The result of a run."""

    predictions: tuple[tuple[int, str], ...] = Field(
        description=f"[integer, word] of the test integers, the first {MAX_PREDICTIONS:,}"
    )
    evaluations: dict[str, Evaluation] = Field(description="everything else, by split")

    @property
    def summary(self) -> Summary:
        """The same without predictions and evaluations."""
        return Summary(**{name: getattr(self, name) for name in Summary.model_fields})


def build_report(
    experiment: Experiment,
    splits: Splits,
    state: State,
    net: nn.Module,
    *,
    run: str | None,
    stopped: str,
    refit_of: str | None = None,
) -> Report:
    """Evaluates the kept net of a training on every split.

    Args:
        experiment: What was trained.
        splits: Its data.
        state: Where training ended.
        net: The kept net.
        run: Folder of the run, if any.
        stopped: Why training ended.
        refit_of: Run whose recipe this one refits.
    """
    evaluations = evaluate_splits(experiment, splits, net)
    accuracy = {name: found.accuracy for name, found in evaluations.items()}
    loss = {name: found.loss for name, found in evaluations.items()}
    shown = splits.test.integers[:MAX_PREDICTIONS]
    words = [
        (int(n), experiment.rule.word(int(n), int(label)))
        for n, label in zip(shown, predict_labels(net, experiment.encoding, shown), strict=True)
    ]
    kept_best = is_best_kept(experiment, state)
    return Report(
        run=run,
        name=experiment.name,
        net=type(state.net).__name__,
        seed=experiment.seed,
        epochs=state.epoch,
        stopped=stopped,
        seconds=round(state.seconds, 3),
        kept="best" if kept_best else "final",
        kept_epoch=state.best_epoch if kept_best else state.epoch,
        refit_of=refit_of,
        snapped=state.codebook is not None,
        loss=LossPerSplit(train=loss["train"], validation=loss.get("validation")),
        accuracy=PerSplit(
            train=accuracy["train"],
            validation=accuracy.get("validation"),
            test=accuracy.get("test"),
        ),
        predictions=tuple(words),
        evaluations=evaluations,
        unseen_kinds=tuple(unseen_kinds(experiment.encoding, experiment.rule.modulus, splits)),
    )


def is_best_kept(experiment: Experiment, state: State) -> bool:
    """Tells whether the net of lowest validation loss is kept, rather than the last one."""
    chosen = experiment.recipe.keep == "best" and state.best is not None
    return chosen and state.stopped != "accepted"  # what was accepted is that very net


def evaluate_splits(
    experiment: Experiment, splits: Splits, net: nn.Module
) -> dict[str, Evaluation]:
    """Evaluates a net on every split that there is; validation counts as a sample."""
    return {
        name: evaluate(
            net,
            experiment.encoding,
            experiment.rule,
            split,
            splits.train.labels,
            sampled=name == "validation",
            loss=experiment.recipe.loss,
        )
        for name in ("train", "validation", "test")
        if len(split := getattr(splits, name))
    }
