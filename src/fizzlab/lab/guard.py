"""Who may talk to the lab: checks of Host, Origin and token before anything else is done.

A page from elsewhere can make a browser send requests to this machine. It cannot choose the Host
header (unless its own name is made to point here, "rebinding"), nor the Origin header of a socket:
so a Host that is not ours is refused, and an Origin that is not exactly our Host.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
COOKIE = "fizzlab_lab"


class Guard:
    """Stands before the app.

    Args:
        app: What it guards.
        hosts: Names under which the lab may be reached, beside the loopback ones.
        token: What the link must hold; None on a loopback address.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] = (), token: str | None) -> None:
        self.app, self.token = app, token
        self.hosts = {host.lower() for host in (*LOOPBACK, *hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets pass what may, and answers the rest."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refusal(scope, headers)
        if refused is None and self.token is not None and not self._knows_token(headers):
            refused = self._ask_for_token(scope)
        if refused is None:
            await self.app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await _refuse_socket(receive, send)
        else:
            await refused(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Gives the answer to what comes from elsewhere; None to what may pass."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _name(hosts[0]) not in self.hosts:
            return PlainTextResponse(
                "The lab does not answer to this name.\n"
                "  expected: the address that `fizzlab lab` printed\n"
                "  to do:    behind a proxy, start it with --allowed-host NAME\n",
                421,
            )
        reads = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        if not reads and not _is_own(headers.getlist("origin"), hosts[0]):
            return PlainTextResponse(
                "Refused: this request does not come from the lab's page.", 403
            )
        return None

    def _knows_token(self, headers: Headers) -> bool:
        cookie: SimpleCookie = SimpleCookie()
        try:
            cookie.load(headers.get("cookie", ""))
        except CookieError:
            return False
        given = cookie[COOKIE].value if COOKIE in cookie else ""
        return secrets.compare_digest(given.encode(), (self.token or "").encode())

    def _ask_for_token(self, scope: Scope) -> Response:
        """Answers who has no cookie: with one, if the link holds the token."""
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        is_page = scope["type"] == "http" and scope["path"] == "/"
        if is_page and secrets.compare_digest(given.encode(), (self.token or "").encode()):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, self.token or "", httponly=True, samesite="strict")
            return answer
        return PlainTextResponse(
            "This lab is open to the network and needs its token.\n"
            "  expected: the whole link that `fizzlab lab` printed, with ?token=…\n"
            "  to do:    open that link once in this browser\n",
            403,
        )


def _name(host: str) -> str:
    """Gives the name in a Host header, without the port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()


def _is_own(origins: list[str], host: str) -> bool:
    """Tells whether there is one Origin, and it is the very Host of the request."""
    own = {f"{scheme}://{host.lower()}" for scheme in ("http", "https")}
    return len(origins) == 1 and origins[0].lower() in own


async def _refuse_socket(receive: Receive, send: Send) -> None:
    """Refuses a socket before it opens: the browser is answered 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return sending
