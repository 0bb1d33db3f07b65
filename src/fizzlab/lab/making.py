"""Files to download, while a worker makes them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from fizzlab.errors import UsageError
from fizzlab.lab.orders import Made, Make

MAKE_S = 120.0  # until a file must be there


class Making:
    """Keeps who waits for which file."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Made]] = {}

    async def ask(self, file: str, language: str, order: Callable[[Make], None]) -> Made:
        """Lets a worker make a file, and waits for it.

        Args:
            file: Its name.
            language: Of a picture.
            order: Gives the worker an order.

        Raises:
            UsageError: If there is no worker, or it takes too long.
        """
        number = secrets.randbits(48)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            order(Make(number=number, file=file, language=language))
            return await asyncio.wait_for(future, MAKE_S)
        except TimeoutError:
            raise UsageError("This takes too long.", fix="pause the net and try again") from None
        finally:
            self._waiting.pop(number, None)

    def come(self, made: Made) -> None:
        """Takes a file that is made, or why there is none."""
        future = self._waiting.get(made.number)
        if future is not None and not future.done():
            future.set_result(made)

    def give_up(self) -> None:
        """Tells all who wait that the worker is gone."""
        for number in list(self._waiting):
            self.come(Made(number=number, content=None, problem="The worker is gone."))
