"""The bar of `fizzlab prove` and `fizzlab construct` while a net is asked about many integers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fizzlab.encodings import Encoding

LONG = 1 << 18  # integers from which asking shows a bar


@contextlib.contextmanager
def asking(encoding: Encoding, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Shows a bar where many integers are asked; gives what moves it (done, all)."""
    from tqdm.auto import tqdm

    from fizzlab.runs.bar import plain

    many = encoding.scheme != "sequence" and encoding.capacity >= LONG
    with contextlib.ExitStack() as stack:
        bars: list[tqdm] = []  # made when the first integers are done

        def move(done: int, total: int) -> None:
            if not bars:
                look = {"ascii": plain(), "dynamic_ncols": True, "unit_scale": True}
                bar = tqdm(desc="asking", total=total, unit="integer", **look)
                bars.append(stack.enter_context(bar))
            bars[0].update(done - bars[0].n)

        yield move if shown and many else lambda done, total: None
