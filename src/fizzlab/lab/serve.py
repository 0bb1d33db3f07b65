"""Runs the lab until Ctrl-C: binds first, tells the address once it answers."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Iterable

import uvicorn

from fizzlab.errors import UsageError
from fizzlab.lab.app import Lab
from fizzlab.lab.limits import Limits

DEFAULT_PORT = 8010
MAX_FRAME = 1 << 20  # bytes; longer messages close the socket, shorter ones are answered
GRACE_S = 1  # for what is being answered when the server ends


class _Server(uvicorn.Server):
    """Tells its address once it answers."""

    def __init__(self, config: uvicorn.Config, url: str, *, browser: bool) -> None:
        super().__init__(config)
        self._url, self._browser = url, browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to answer, and prints where."""
        await super().startup(sockets=sockets)
        if self.started:
            print(self._url, flush=True)
            if self._browser:
                webbrowser.open(self._url)


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    browser: bool = True,
    allowed_hosts: Iterable[str] = (),
    limits: Limits | None = None,
) -> None:
    """Serves the lab until it is interrupted.

    Args:
        host: Address to listen on. On any but a loopback one, the link holds a token.
        port: Port to listen on; 0 for any that is free.
        browser: Open the page in a browser.
        allowed_hosts: Further names under which it may be reached, such as a proxy's.
        limits: The budgets.

    Raises:
        UsageError: If the address cannot be listened on.
    """
    bound = _bind(host, port)
    shown = f"[{host}]" if ":" in host else host
    token = None if _is_loopback(host) else secrets.token_urlsafe(24)
    names = [shown, socket.gethostname(), *allowed_hosts] if token else list(allowed_hosts)
    lab = Lab(limits, hosts=[*names, *(_addresses() if token else [])], token=token)
    named = shown if host not in {"0.0.0.0", "::"} else next(iter(_addresses()), "127.0.0.1")
    url = f"http://{named}:{bound.getsockname()[1]}/" + (f"?token={token}" if token else "")
    try:
        _Server(configured(lab), url, browser=browser).run(sockets=[bound])
    except KeyboardInterrupt:
        pass
    finally:
        bound.close()


def configured(lab: Lab) -> uvicorn.Config:
    """Gives uvicorn's settings for a lab."""
    return uvicorn.Config(
        lab,
        log_level="error",
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME,
        timeout_graceful_shutdown=GRACE_S,
    )


def _bind(host: str, port: int) -> socket.socket:
    """Takes hold of an address.

    Raises:
        UsageError: If that cannot be done.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except (OSError, OverflowError) as error:
        made.close()
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"The lab cannot listen on {host}, port {port}: {reason}.",
            expected="an address of this machine, and a free port from 1 to 65535",
            fix="say --port 0 for any free port",
        ) from None
    return made


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _addresses() -> list[str]:
    """Lists this machine's addresses, as far as its own name tells."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return []
    return list(dict.fromkeys(str(address[4][0]) for address in found))
