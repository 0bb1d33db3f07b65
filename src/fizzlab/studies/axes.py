"""The numbers along an axis, in English or in French."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fizzlab.studies.texts import Texts, marked

if TYPE_CHECKING:
    from matplotlib.axis import Axis


def write_numbers(axis: Axis, words: Texts) -> None:
    """Writes the numbers of an axis with the language's decimal mark, as many decimals each."""
    from matplotlib.ticker import ScalarFormatter

    class Marked(ScalarFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return marked(super().__call__(x, pos).replace("\N{MINUS SIGN}", "-"), words)

    axis.set_major_formatter(Marked(useOffset=False))
