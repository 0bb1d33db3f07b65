"""The engine `cpu`: which experiments it covers, and its threads."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np

from fizzlab.engines.contract import HISTORY, Engine, Stop, Trained, alike
from fizzlab.experiment import Experiment
from fizzlab.nets import initial_parameters
from fizzlab.schedules import schedule

STOPPED = ("epochs", "target", "patience", "diverged")  # by loop's numbers


class Cpu(Engine):
    """Numba kernels, compiled when they are first used and then kept on disk."""

    name = "cpu"

    @classmethod
    def unavailable(cls) -> str | None:
        """It needs numba, which supports the common processors."""
        try:
            import numba  # noqa: F401
        except ImportError as error:
            return f"numba cannot be imported ({error})"
        return None

    @classmethod
    def uncovered(cls, experiment: Experiment) -> str | None:
        """It covers perceptrons but for dropout, gelu, sigmoid, scaled values, squared error."""
        recipe = experiment.recipe
        covered = {
            "net.architecture": not experiment.net.reads,
            "recipe.method": recipe.method == "gradient",
            "recipe.loss": recipe.loss != "squared_error",
            "net.dropout": not experiment.net.dropout,
            "net.activation": experiment.net.activation in {"relu", "tanh"},
            "encoding.scheme": experiment.encoding.scheme != "scaled",
        }
        return ", ".join(name for name, is_covered in covered.items() if not is_covered) or None

    @classmethod
    def first_use(cls) -> str | None:
        """Its kernels have to be compiled, once for each version of fizzlab and each processor."""
        from fizzlab.engines.cpu import compiling, loop

        if compiling.is_on_disk(loop.train_net):
            return None
        return "compiling the kernels of the engine cpu, this once (10 to 20 s)"

    def train(
        self, experiments: Sequence[Experiment], *, threads: int, stop: Stop
    ) -> Iterator[Trained]:
        """See `Engine.train`.

        Raises:
            KeyboardInterrupt: At Ctrl-C, at once: threads are left to what is in training.
        """
        waiting: deque[Future[Trained | None]] = deque()
        numbered, pool, wait = alike(experiments), ThreadPoolExecutor(threads), True
        try:
            for _ in range(2 * threads):  # so that no thread waits for whoever takes the nets
                self._submit(pool, waiting, numbered, stop)
            while waiting:
                trained = waiting.popleft().result()
                self._submit(pool, waiting, numbered, stop)
                if trained is not None:
                    yield trained
        except KeyboardInterrupt:
            wait = False  # for what is in training
            raise
        finally:
            pool.shutdown(wait=wait, cancel_futures=True)

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        waiting: deque[Future[Trained | None]],
        numbered: Iterator[tuple[int, Experiment]],
        stop: Stop,
    ) -> None:
        if stop():
            return
        for index, experiment in islice(numbered, 1):
            waiting.append(pool.submit(_unless_stopped, stop, index, experiment))


def _unless_stopped(stop: Stop, index: int, experiment: Experiment) -> Trained | None:
    """Trains one net whose turn has come, unless no further net is to be begun."""
    return None if stop() else train_one(index, experiment)


def train_one(index: int, experiment: Experiment) -> Trained:
    """Trains one net."""
    from fizzlab.engines.cpu import layout, loop

    began, recipe, splits = time.perf_counter(), experiment.recipe, experiment.splits()
    sizes, encoding = experiment.layer_sizes, experiment.encoding
    shape, length, work = layout.shape_of(sizes, experiment.net.activation, encoding)
    seed = experiment.stream_seed("init")
    initial = [parameter.numpy() for parameter in initial_parameters(sizes, seed)]
    theta, num_train = layout.pack(initial, shape, length), len(splits.train)
    best = layout.aligned(length)
    rates = schedule(recipe, -(-num_train // recipe.batch_size))
    history = np.full((2 + recipe.last_epoch // recipe.evaluate_every, len(HISTORY)), np.nan)
    train, validation = (
        layout.numbers_of(encoding, shape, split) for split in (splits.train, splits.validation)
    )
    rows, epochs, why, best_epoch = loop.train_net(
        theta,
        shape,
        layout.loss_of(recipe, splits.train.labels, shape),
        layout.plan_of(experiment, splits),
        (rates.learning_rate, rates.momentum),
        train,
        validation,
        layout.room_of(shape, length, work, num_train, recipe.batch_size),
        best,
        history,
    )
    is_best = recipe.keep == "best" and best_epoch > 0
    return Trained(
        index,
        experiment,
        weights=layout.unpack(best if is_best else theta, shape, sizes),
        history=dict(zip(HISTORY, history[:rows].T.copy(), strict=True)),
        epochs=epochs,
        stopped=STOPPED[why],
        kept_epoch=best_epoch if is_best else epochs,
        diverged=epochs if why == loop.DIVERGED else None,
        seconds=time.perf_counter() - began,
    )
