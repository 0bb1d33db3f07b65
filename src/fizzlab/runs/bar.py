"""The progress bar: epochs, current losses, and the training loss every 100 epochs."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm

from fizzlab.runs.session import Update, Watcher

PRINT_EVERY = 100  # epochs


def plain() -> bool | None:
    """Tells a bar to use plain characters where stderr cannot show others."""
    encoding = (getattr(sys.stderr, "encoding", None) or "ascii").lower()
    return None if encoding.startswith("utf") else True


@contextmanager
def bar(epochs: int, done: int) -> Iterator[Watcher]:
    """Shows a bar (terminal or notebook) while training; gives the watcher that moves it.

    Args:
        epochs: Epochs planned.
        done: Epochs done already.
    """
    with tqdm(
        total=epochs,
        initial=done,
        desc="training",
        unit="epoch",
        ascii=plain(),
        dynamic_ncols=True,
    ) as shown:
        printed = done // PRINT_EVERY

        def update(news: Update) -> None:
            nonlocal printed
            shown.update(news.epoch - shown.n)
            if news.row is None:
                return
            shown.set_postfix_str(_losses(news.row), refresh=False)
            if news.epoch == 0 or news.epoch // PRINT_EVERY > printed:
                printed = news.epoch // PRINT_EVERY
                loss = news.row["train_loss"]
                shown.write(f"epoch {news.epoch:>5}  training loss {loss:.6f}", file=sys.stderr)

        yield update


def _losses(row: dict[str, float]) -> str:
    text = f"loss {row['train_loss']:.4f}"
    if not math.isnan(row["validation_loss"]):
        text += f", validation {row['validation_loss']:.4f}"
    return text
