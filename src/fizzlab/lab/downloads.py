"""What can be taken away: files of fixed names, and nothing from the disk."""

from __future__ import annotations

import base64

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fizzlab.errors import FizzlabError
from fizzlab.lab.tab import Tab
from fizzlab.lab.tabs import Tabs

PICTURES = ("curves", "confusion", "map", "weights", "neurons", "automaton", "states")
TYPES = {
    "zip": "application/zip",
    "toml": "application/toml; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
FILES = ("run.zip", "experiment.toml", *(f"{p}.{end}" for p in PICTURES for end in ("svg", "png")))


async def download(request: Request, tabs: Tabs) -> Response:
    """Answers GET /download/SESSION/FILE."""
    tab, file = tabs.find(request.path_params["session"]), request.path_params["file"]
    if file not in FILES:
        return PlainTextResponse(f"There is no such file.\n  expected: {', '.join(FILES)}\n", 404)
    if tab is None:
        return PlainTextResponse("This session has ended.\n  to do:    reload the page\n", 404)
    language = "fr" if request.query_params.get("language") == "fr" else "en"
    return await _answer(tab, file, language)


async def _answer(tab: Tab, file: str, language: str) -> Response:
    if file == "experiment.toml":
        return _attached(file, tab.built.to_toml().encode())
    try:
        made = await tab.made(file, language)
    except FizzlabError as error:
        return PlainTextResponse(f"{error}\n", 409)
    if made.content is None:
        return PlainTextResponse(f"{made.problem}\n", 409)
    return _attached(file, base64.b64decode(made.content))


def _attached(file: str, content: bytes) -> Response:
    headers = {"content-disposition": f'attachment; filename="{file}"', "cache-control": "no-store"}
    return Response(content, media_type=TYPES[file.rpartition(".")[2]], headers=headers)
