"""Which picture of the net is asked for next: what a page shows, in turn, when the net changes."""

from __future__ import annotations

import time
from collections.abc import Iterable

from fizzlab.lab.asks import Panel
from fizzlab.lab.orders import Look

ANSWER_S = 10.0  # until a look that was not answered is asked again


class Looks:
    """Keeps account of pictures, one being asked for at a time."""

    def __init__(self) -> None:
        self.panels: tuple[Panel, ...] = ()
        self.neurons = 16
        self._current: dict[Panel, object] = {}  # version that a panel shows in full
        self._asked: tuple[Panel, object, float] | None = None

    def watch(self, panels: Iterable[Panel], neurons: int) -> None:
        """Changes what is shown; all of it is then asked for anew."""
        self.panels, self.neurons = tuple(dict.fromkeys(panels)), neurons
        self.forget()

    def forget(self) -> None:
        """Asks for everything anew, as for another net or another page."""
        self._current.clear()
        self._asked = None

    def due(self, version: object) -> bool:
        """Tells whether some picture is older than the net."""
        return any(self._current.get(panel) != version for panel in self.panels)

    def next(self, version: object) -> Look | None:
        """Gives the next picture to ask for, if one is due and none is being made.

        Args:
            version: What the net's pictures depend on.
        """
        if self._asked is not None and time.monotonic() - self._asked[2] < ANSWER_S:
            return None
        for panel in self.panels:
            if self._current.get(panel) != version:
                self._asked = (panel, version, time.monotonic())
                self.panels = (*(p for p in self.panels if p != panel), panel)
                return Look(panel=panel, neurons=self.neurons)
        return None

    def looked(self, panel: Panel, *, complete: bool) -> None:
        """Takes note that a picture has come."""
        if self._asked is not None and self._asked[0] == panel:
            if complete:
                self._current[panel] = self._asked[1]
            self._asked = None
