"""Who may talk to the lab: Host, Origin, token, headers."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from lab_pages import Served
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fizzlab.lab.guard import POLICY


def ask(served: Served, path: str, method: str = "GET", **headers: str) -> Any:
    connection = http.client.HTTPConnection(served.address, timeout=20)
    connection.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def knock(served: Served, name: str | None = None, **options: Any) -> int:
    """Tries to open the socket, under another name if one is given; gives the status."""
    host, _, port = served.address.partition(":")
    sock = socket.create_connection((host, int(port)))
    try:
        with connect(f"ws://{name or served.address}/ws", sock=sock, **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize("path", ["/", "/api/schema", "/favicon.ico", "/download/x/run.zip", "/no"])
def test_every_answer_has_the_policy(fake: Served, path: str) -> None:
    answer = ask(fake, path)
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["server"] is None


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("evil.example:80", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("localhost", 200),
        ("LOCALHOST:1234", 200),
        ("[::1]:80", 200),
    ],
)
def test_foreign_hosts_are_refused(fake: Served, host: str, status: int) -> None:
    assert ask(fake, "/api/presets", host=host).status == status


def test_names_of_a_proxy_may_be_allowed(serving: Callable[..., Served]) -> None:
    served = serving(hosts=["hub.example"])
    assert ask(served, "/api/presets", host="hub.example").status == 200
    assert ask(served, "/api/presets", host="evil.example").status == 421


def test_the_socket_opens_for_its_own_page_only(fake: Served) -> None:
    own = f"http://{fake.address}"
    assert knock(fake, origin=own) == 101
    for foreign in (None, "null", "http://evil.example", f"{own}0", "http://127.0.0.1", "file://"):
        assert knock(fake, origin=foreign) == 403, foreign
    assert knock(fake, name="evil.example", origin="http://evil.example") == 403
    assert knock(fake, name="localhost:81", origin="http://localhost:81") == 101


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_what_changes_needs_the_origin(fake: Served, method: str) -> None:
    assert ask(fake, "/", method).status == 403
    assert ask(fake, "/", method, origin="http://evil.example").status == 403
    assert ask(fake, "/", method, origin=f"http://{fake.address}").status == 405


def test_on_the_network_the_link_holds_a_token(serving: Callable[..., Served]) -> None:
    served = serving(token="secret")
    own = f"http://{served.address}"
    for path in ("/", "/?token=wrong", "/api/schema", "/api/schema?token=secret", "/static/x.js"):
        assert ask(served, path).status == 403, path
    assert knock(served, origin=own) == 403
    welcomed = ask(served, "/?token=secret")
    assert (welcomed.status, welcomed.headers["location"]) == (303, "/")
    cookie = welcomed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    given = cookie.partition(";")[0]
    assert ask(served, "/api/schema", cookie=given).status == 200
    assert ask(served, "/api/schema", cookie=f"{given}x").status == 403
    assert knock(served, origin=own, additional_headers={"Cookie": given}) == 101
    assert knock(served, origin="http://evil.example", additional_headers={"Cookie": given}) == 403


def test_schema_and_presets(fake: Served) -> None:
    schema = json.loads(ask(fake, "/api/schema").content)
    assert {"rule", "data", "encoding", "net", "recipe", "seed"} <= schema["properties"].keys()
    presets = json.loads(ask(fake, "/api/presets").content)
    assert [preset["name"] for preset in presets][:3] == ["td1", "classic", "solid"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/download/x/experiment.toml",
        "/download/x/passwd",
        "/download/..%2f..%2fetc/passwd",
    ],
)
def test_nothing_else_is_given(fake: Served, path: str) -> None:
    assert ask(fake, path).status == 404
