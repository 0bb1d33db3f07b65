"""The lab as an ASGI app: page, interface, socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from fizzlab.experiment import PRESETS, Experiment
from fizzlab.lab.downloads import download
from fizzlab.lab.guard import Guard
from fizzlab.lab.limits import Limits
from fizzlab.lab.sockets import attend
from fizzlab.lab.staff import COMMAND, Staff
from fizzlab.lab.tabs import Tabs

STATIC = Path(__file__).parent / "static"


class Lab:
    """The app and what it holds.

    Args:
        limits: The budgets.
        hosts: Names under which it may be reached, beside the loopback ones.
        token: What its link must hold; None on a loopback address.
        command: What starts a worker; tests have their own.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        hosts: Iterable[str] = (),
        token: str | None = None,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self.limits = limits or Limits()
        self.staff = Staff(self.limits.workers, command)
        self.tabs = Tabs(self.staff, self.limits)
        app = Starlette(routes=self._routes(), lifespan=self._lifespan)
        self._app = Guard(app, hosts=hosts, token=token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves, as ASGI has it."""
        await self._app(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self.staff.prepare()
        sweeping = asyncio.create_task(self.tabs.sweep_now_and_then())
        try:
            yield
        finally:
            sweeping.cancel()
            await self.staff.close()

    def _routes(self) -> list[Any]:
        async def files(request: Request) -> Response:
            return await download(request, self.tabs)

        async def socket(socket: WebSocket) -> None:
            await attend(socket, self.tabs)

        return [
            Route("/", _page),
            Route("/favicon.ico", _icon),
            Route("/api/schema", _schema),
            Route("/api/presets", _presets),
            Route("/download/{session}/{file}", files),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
            WebSocketRoute("/ws", socket),
        ]


async def _page(request: Request) -> Response:
    page = STATIC / "index.html"
    if not page.is_file():
        return PlainTextResponse(
            "The page of the lab is not built.\n  to do:    cd web && npm ci && npm run build\n",
            503,
        )
    return FileResponse(page, headers={"cache-control": "no-cache"})


async def _icon(request: Request) -> Response:
    icon = STATIC / "favicon.ico"
    return FileResponse(icon) if icon.is_file() else Response(status_code=404)


async def _schema(request: Request) -> Response:
    return JSONResponse(Experiment.model_json_schema())


async def _presets(request: Request) -> Response:
    made = [{"name": name, **preset.model_dump(mode="json")} for name, preset in PRESETS.items()]
    return JSONResponse(made)
