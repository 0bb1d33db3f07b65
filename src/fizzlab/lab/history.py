"""The curves of one net on the server: capped, so that a long training cannot fill the memory."""

from __future__ import annotations

from collections.abc import Iterable

from fizzlab.lab.messages import COLUMNS, Row, Rows

MAX_ROWS = 1200


class History:
    """Rows as they come in; beyond `MAX_ROWS`, every second one is forgotten, again and again.

    Args:
        run: Number of the run.

    Attributes:
        rows: What is kept.
        generation: How often rows were forgotten.
    """

    def __init__(self, run: int = 0) -> None:
        self.run, self.generation = run, 0
        self.rows: list[Row] = []
        self._seen = 0
        self._last: Row | None = None  # if it is not among the rows

    def add(self, rows: Iterable[Row]) -> None:
        """Takes new rows."""
        for row in rows:
            keeps = self._seen % (1 << self.generation) == 0
            self._seen += 1
            self._last = None if keeps else row
            if keeps:
                self.rows.append(row)
        if len(self.rows) > MAX_ROWS:
            self.rows = self.rows[::2]
            self.generation += 1

    def settle(self) -> None:
        """Keeps the very last row too: training is over, or paused."""
        if self._last is not None:
            self.rows.append(self._last)
            self._last = None

    @property
    def last(self) -> Row | None:
        """The newest row."""
        return self._last or (self.rows[-1] if self.rows else None)

    def since(self, cursor: int, generation: int) -> Rows | None:
        """Gives the rows that a page lacks; None if it has them all.

        Args:
            cursor: Rows that it has.
            generation: The generation that they are of.
        """
        replace = generation != self.generation or cursor > len(self.rows)
        new = tuple(self.rows if replace else self.rows[cursor:])
        if not new and not replace:
            return None
        return Rows(run=self.run, columns=COLUMNS, rows=new, cursor=len(self.rows), replace=replace)
