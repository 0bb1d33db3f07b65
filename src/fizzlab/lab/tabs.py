"""All sessions: found by their names, ended when nobody comes back."""

from __future__ import annotations

import asyncio
import time

from fizzlab.errors import UsageError
from fizzlab.lab.limits import Limits
from fizzlab.lab.problems import problem
from fizzlab.lab.staff import Staff
from fizzlab.lab.tab import Tab

MAX_TABS = 200
SWEEP_S = 2.0


class Tabs:
    """Keeps the sessions.

    Args:
        staff: Where workers are hired.
        limits: The budgets of each.
    """

    def __init__(self, staff: Staff, limits: Limits) -> None:
        self.staff, self.limits = staff, limits
        self._tabs: dict[str, Tab] = {}

    def __len__(self) -> int:
        return len(self._tabs)

    def find(self, name: str) -> Tab | None:
        """Gives the session of a name; None if there is none (any more)."""
        return self._tabs.get(name)

    def open(self, name: str | None) -> tuple[Tab, bool]:
        """Gives a session, and whether it is one that was there before.

        Raises:
            UsageError: If there are too many.
        """
        if name is not None and (found := self.find(name)) is not None:
            return found, True
        if len(self._tabs) >= MAX_TABS:
            raise UsageError(
                f"{MAX_TABS} tabs of this lab are open.", fix="close some, and wait some minutes"
            )
        tab = Tab(self.staff, self.limits)
        self._tabs[tab.id] = tab
        return tab, False

    async def sweep_now_and_then(self) -> None:
        """Ends sessions and workers that nobody needs any more, until it is cancelled."""
        while True:
            await asyncio.sleep(min(SWEEP_S, self.limits.idle_seconds / 4))
            self.sweep()

    def sweep(self) -> None:
        """Ends sessions without a page, and workers of pages that ask nothing."""
        now = time.monotonic()
        for tab in list(self._tabs.values()):
            if tab.line is None and now - tab.left > self.limits.idle_seconds:
                tab.leave()
                del self._tabs[tab.id]
            elif now - tab.asked > self.limits.quiet_seconds and not tab.works:
                self._send_home(tab)

    def _send_home(self, tab: Tab) -> None:
        if tab.worker is None:
            return
        tab.leave()
        said = UsageError(
            "This tab has asked for nothing for long, so its net was let go.",
            fix="restart it; the experiment is kept",
        )
        tab.say(problem("restart_worker", said, "lost"))
