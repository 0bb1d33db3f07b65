"""The socket: sessions, bad messages, caps and expiry, with workers that train nothing."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from lab_pages import Page, Served
from websockets.exceptions import ConnectionClosed

from fizzlab.lab.limits import MAX_MESSAGE_BYTES, Limits


def test_a_visit(fake: Served) -> None:
    page = fake.page()
    assert page.welcome["resumed"] is False
    assert page.until("data")["run"] == 1
    page.say("start")
    page.state(status="running")
    page.reached(20)
    page.say("pause")
    paused = page.state(status="paused")
    page.say("step")
    assert page.state(step=1)["epoch"] == paused["epoch"]
    page.say("epoch")
    assert page.state(step=0, status="paused")["epoch"] == paused["epoch"] + 1
    page.say("reset", seed="new")
    assert page.until("data", lambda m: m["run"] == 2)["experiment"]["seed"] == 1
    assert page.state(run=2, worker="ready")["epoch"] == 0


def test_configure_a_net_not_yet_trained(fake: Served) -> None:
    page = fake.page()
    page.state(worker="ready")
    page.say("configure", preset="td1", settings={"net.hidden": [7]})
    made = page.until("configured", lambda m: m["preset"] == "td1")
    assert (made["changes"], made["needs_reset"]) == ({"net.hidden": [7]}, [])
    assert made["link"] == "preset=td1&net.hidden=%5B7%5D"
    assert page.until("data", lambda m: m["run"] == 2)["experiment"]["net"]["hidden"] == [7]
    page.say("configure", link="preset=solid&seed=9")
    assert page.until("configured")["experiment"]["seed"] == 9


def test_configure_a_net_in_training(fake: Served) -> None:
    page = fake.page()
    page.say("start")
    page.reached(3)
    page.say("configure", settings={"recipe.learning_rate": 0.2, "net.hidden": [7]})
    assert page.until("configured", lambda m: m["changes"])["needs_reset"] == ["net.hidden"]
    assert fake.lab.tabs.find(page.welcome["session"]).built.recipe.learning_rate == 0.2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("settings", "text", "named"),
    [
        ({"net.hiden": 3}, 'Did you mean "net.hidden"?', "net.hiden"),
        ({"recipe.epochs": 0}, "at least 1", "recipe.epochs"),
        ({"recipe.epochs": 10**9}, "at most", "recipe.epochs"),
        ({"net.hidden": [1_000_000]}, "parameters", "net.hidden"),
        ({"data.train": "x.csv"}, "reads no files", "data.train"),
        ({"data.train": "5..1"}, "empty", "data.train"),
        ({"rule.pairs": [[3, "a"], [3, "b"]]}, "distinct", "rule.pairs"),
    ],
)
def test_wrong_settings_are_told(fake: Served, settings: dict, text: str, named: str) -> None:
    page = fake.page()
    page.say("configure", settings=settings)
    said = page.problem("configure")
    assert text in said["problem"]
    assert named in said["settings"]
    page.say("ping")
    page.until("pong")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "null",
        '{"type": "nothing"}',
        '{"type": "start", "x": 1}',
        "[" * 40_000,
        '{"type": "configure", "link": "' + "\\ud800" + '"}',
        b"bytes",
        "x" * (MAX_MESSAGE_BYTES + 1),
        "é" * (MAX_MESSAGE_BYTES // 2 + 1),
    ],
    ids=range(10),
)
@pytest.mark.parametrize("greet", [True, False])
def test_bad_messages_are_answered(fake: Served, message: str | bytes, greet: bool) -> None:
    page = fake.page(greet=greet)
    page.socket.send(message)
    said = page.until("problem")
    assert (said["about"], said["code"]) == ("message", "invalid")
    page.say("ping" if greet else "hello")
    page.until("pong" if greet else "welcome")


def test_hello_comes_first_and_once(fake: Served) -> None:
    page = fake.page(greet=False)
    page.say("start")
    assert "hello" in page.problem("message")["problem"]
    page.say("hello")
    page.until("welcome")
    page.say("hello")
    assert "already" in page.problem("hello")["problem"]


def test_a_page_that_comes_back_gets_what_it_lacks(fake: Served) -> None:
    page = fake.page()
    page.say("start")
    page.reached(30)
    page.say("pause")
    done = page.state(status="paused")["epoch"]
    rows = [m for m in page.seen if m["type"] == "rows"]
    page.close()
    back = fake.page(session=page.welcome["session"], run=1, cursor=rows[0]["cursor"])
    assert back.welcome["resumed"] is True
    assert back.welcome["session"] == page.welcome["session"]
    new = back.until("rows")
    assert not new["replace"]
    assert rows[0]["cursor"] + len(new["rows"]) == new["cursor"] >= done
    assert back.state(status="paused")["epoch"] == done
    anew = fake.page(session=page.welcome["session"])
    assert len(anew.until("rows")["rows"]) == new["cursor"]


def test_training_goes_on_while_the_page_is_away(fake: Served) -> None:
    page = fake.page()
    page.say("start")
    first = page.state(status="running")["epoch"]
    page.close()
    time.sleep(0.2)
    assert fake.page(session=page.welcome["session"]).until("state")["epoch"] > first


def test_another_tab_takes_over(fake: Served) -> None:
    page = fake.page()
    fake.page(session=page.welcome["session"])
    with pytest.raises(ConnectionClosed) as closed:
        page.until("nothing")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


def test_unknown_sessions_are_new(fake: Served) -> None:
    page = fake.page(session="../../etc/passwd")
    assert page.welcome["resumed"] is False
    assert page.welcome["session"] != "../../etc/passwd"


def test_luck_asks_are_checked(fake: Served) -> None:
    page = fake.page()
    page.state(worker="ready")
    wrong = {
        "covered": {"metric": "test"},
        "of its own": {"vary": {"name": "seed", "values": [1]}},
        "at least 1": {"vary": {"name": "recipe.epochs", "values": [5, 0]}},
        "reads no files": {"vary": {"name": "data.train", "values": ["x.csv"]}},
    }
    for text, fields in wrong.items():
        page.say("luck", **fields)
        assert text in page.problem("luck")["problem"]
    page.say("luck", nets=5)
    assert page.until("luck")["ended"] == "done"


def test_a_ghost_is_kept_and_comes_back(fake: Served) -> None:
    page = fake.page()
    page.say("start")
    page.reached(5)
    page.say("keep")
    ghost = page.until("ghost")
    assert ghost["run"] == 1
    assert len(ghost["rows"]) >= 4
    back = fake.page(session=page.welcome["session"])
    assert back.until("ghost")["rows"] == ghost["rows"]
    back.say("keep", kept=False)
    assert back.until("ghost")["run"] is None


def test_files_have_fixed_names(fake: Served) -> None:
    page = fake.page()
    page.state(worker="ready")
    base = f"http://{fake.address}/download/{page.welcome['session']}"
    for name in ("run.zip", "map.svg", "curves.png"):
        with urlopen(f"{base}/{name}") as answer:
            assert answer.read() == name.encode()
            assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    with urlopen(f"{base}/experiment.toml") as answer:
        assert b'name = "classic"' in answer.read()


def test_a_worker_that_is_killed_is_told_and_replaced(fake: Served) -> None:
    page = fake.page()
    page.say("start")
    page.reached(2)
    os.kill(fake.lab.tabs.find(page.welcome["session"]).worker.pid, signal.SIGKILL)  # type: ignore[union-attr]
    assert page.state(status="lost")["worker"] == "lost"
    said = page.problem("restart_worker")
    assert said["code"] == "lost"
    page.say("explain", integer=15)
    assert "no worker" in page.problem("explain")["problem"]
    page.say("restart_worker")
    page.state(status="idle", worker="ready")
    page.say("start")
    page.reached(2)


def test_a_cap_on_workers(serving: Callable[..., Served]) -> None:
    served = serving(Limits(workers=2))
    first, second, third = (served.page() for _ in range(3))
    first.state(worker="ready")
    second.state(worker="ready")
    said = third.problem("hello")
    assert said["code"] == "busy"
    assert "close a tab" in said["fix"]
    third.say("start")
    assert "busy" in third.problem("start")["problem"]
    first.say("luck", nets=5)
    assert "busy" in first.problem("luck")["problem"]


def test_sessions_expire(serving: Callable[..., Served]) -> None:
    served = serving(Limits(workers=1, idle_seconds=0.2))
    page = served.page()
    page.state(worker="ready")
    page.close()
    end = time.monotonic() + 10
    while len(served.lab.tabs) and time.monotonic() < end:
        time.sleep(0.02)
    back = served.page(session=page.welcome["session"])
    assert back.welcome["resumed"] is False
    back.state(worker="ready")


def test_quiet_tabs_let_their_workers_go(serving: Callable[..., Served]) -> None:
    served = serving(Limits(workers=1, idle_seconds=2, quiet_seconds=1.0))
    page = served.page()
    page.state(worker="ready")
    assert page.state(worker="none")["status"] == "lost"
    page.problem("restart_worker")
    page.say("restart_worker")
    page.state(worker="ready", status="idle")


def test_ten_tabs_at_once(serving: Callable[..., Served]) -> None:
    served = serving()
    pages = [served.page() for _ in range(10)]
    for page in pages:
        page.say("start")
    for page in pages:
        page.reached(10)
    assert len({page.welcome["session"] for page in pages}) == 10


def test_pictures_come_when_they_are_watched(fake: Served) -> None:
    page = fake.page()
    page.say("watch", panels=["words"])
    assert page.until("words")["run"] == 1
    page.say("ping")
    page.until("pong")
    assert sum(m["type"] == "words" for m in page.seen) == 1


def test_every_message_is_of_the_protocol(fake: Served) -> None:
    from fizzlab.lab.messages import MESSAGES

    page: Page = fake.page()
    page.say("watch", panels=["words"])
    page.say("start")
    page.reached(30)
    for message in page.seen:
        MESSAGES.validate_json(json.dumps(message))
