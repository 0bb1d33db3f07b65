"""The progress bar: epochs, current losses, and the training loss every 100 epochs."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm

from fizzlab.experiment import Recipe
from fizzlab.runs.session import Update, Watcher

PRINT_EVERY = 100  # epochs


def plain() -> bool | None:
    """Tells a bar to use plain characters where stderr cannot show others."""
    encoding = (getattr(sys.stderr, "encoding", None) or "ascii").lower()
    return None if encoding.startswith("utf") else True


@contextmanager
def bar(recipe: Recipe, done: int) -> Iterator[Watcher]:
    """Shows a bar (terminal or notebook) while training; gives the watcher that moves it.

    Args:
        recipe: Its epochs are the length of the bar; a further try begins it anew.
        done: Epochs done already.
    """
    length = min(recipe.epochs, recipe.last_epoch)
    with tqdm(
        total=length,
        initial=_within(done, length),
        desc="training",
        unit="epoch",
        ascii=plain(),
        dynamic_ncols=True,
    ) as shown:
        printed = done // PRINT_EVERY

        def update(news: Update) -> None:
            nonlocal printed
            tries = max(0, news.epoch - 1) // length
            if tries:
                shown.set_description(f"training (try {tries + 1})", refresh=False)
            shown.update(_within(news.epoch, length) - shown.n)
            if news.row is None:
                return
            shown.set_postfix_str(_losses(news.row), refresh=False)
            if news.epoch == 0 or news.epoch // PRINT_EVERY > printed:
                printed = news.epoch // PRINT_EVERY
                loss = news.row["train_loss"]
                shown.write(f"epoch {news.epoch:>5}  training loss {loss:.6f}", file=sys.stderr)

        yield update


def _within(epoch: int, length: int) -> int:
    """Gives the number of an epoch within its try: 1 … length; 0 for the untrained net."""
    return (epoch - 1) % length + 1 if epoch else 0


def _losses(row: dict[str, float]) -> str:
    text = f"loss {row['train_loss']:.4f}"
    if not math.isnan(row["validation_loss"]):
        text += f", validation {row['validation_loss']:.4f}"
    return text
