"""What waits to be sent is bounded, and the latest state wins; histories are capped."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fizzlab.lab.history import MAX_ROWS, History
from fizzlab.lab.line import BURST, MAX_ANSWERS, TICK_S, Line
from fizzlab.lab.looks import Looks


class Tab:
    """As much of a tab as a line needs."""

    looks_due = False

    def __init__(self) -> None:
        self.looked = 0

    def rows_for(self, line: Line) -> None:
        return None

    def look(self) -> None:
        self.looked += 1


def row(n: int) -> tuple[float, ...]:
    return (float(n), 0.1, 0.2, 0.3, 0.4, 0.5)


def test_a_frozen_page_holds_the_latest_state_only() -> None:
    sent: list[str] = []

    async def scene() -> None:
        gate = asyncio.Event()

        async def send(text: str) -> None:
            await gate.wait()
            sent.append(text)

        line = Line(send)
        work = asyncio.create_task(line.work(Tab()))  # type: ignore[arg-type]
        for number in range(50_000):
            line.put("state", f"state {number}")
            line.picture("words", f"words {number}")
            line.answer(f"pong {number}")
            if number % 1000 == 0:
                await asyncio.sleep(0)
        assert len(line._answers) <= MAX_ANSWERS
        assert len(line._slots) <= 1
        gate.set()
        await asyncio.sleep(4 * TICK_S)
        work.cancel()

    asyncio.run(scene())
    assert "words 49999" in sent
    assert "state 49999" in sent
    assert len(sent) < 2 * MAX_ANSWERS


def test_twenty_updates_a_second_at_most() -> None:
    times: list[float] = []

    async def scene() -> None:
        async def send(text: str) -> None:
            times.append(asyncio.get_running_loop().time())

        line = Line(send)
        work = asyncio.create_task(line.work(Tab()))  # type: ignore[arg-type]
        for number in range(300):
            line.put("state", str(number))
            await asyncio.sleep(0.002)
        work.cancel()

    asyncio.run(scene())
    assert len(times) <= (times[-1] - times[0]) / TICK_S + 2


def test_pictures_have_a_budget_of_bytes() -> None:
    async def scene() -> None:
        async def send(text: str) -> None:
            pass

        line, tab = Line(send), Tab()
        work = asyncio.create_task(line.work(tab))  # type: ignore[arg-type]
        line.picture("map", "x" * 3 * BURST)
        await asyncio.sleep(3 * TICK_S)
        assert not line.may_picture
        assert not tab.looked
        work.cancel()

    asyncio.run(scene())


@given(st.integers(1, 5000), st.integers(1, 7))
def test_a_history_is_capped_and_keeps_its_ends(count: int, step: int) -> None:
    history = History(1)
    for start in range(0, count, step):
        history.add(row(n) for n in range(start, min(start + step, count)))
    history.settle()
    epochs = [r[0] for r in history.rows]
    assert epochs[0] == 0
    assert epochs[-1] == count - 1
    assert epochs == sorted(set(epochs))
    assert len(epochs) <= MAX_ROWS + step
    assert len(epochs) >= min(count, MAX_ROWS // 2)


def test_only_new_rows_are_given() -> None:
    history = History(3)
    history.add([row(0), row(1)])
    first = history.since(0, 0)
    assert first
    assert (len(first.rows), first.cursor, first.replace) == (2, 2, False)
    assert history.since(2, 0) is None
    history.add([row(2)])
    assert [r[0] for r in history.since(2, 0).rows] == [2.0]  # type: ignore[union-attr]
    assert history.since(99, 0).replace  # type: ignore[union-attr]
    history.add(row(n) for n in range(3, 2000))
    later = history.since(3, 0)
    assert later
    assert later.replace
    assert len(later.rows) == later.cursor <= MAX_ROWS


def test_pictures_are_asked_for_in_turn_and_once() -> None:
    looks = Looks()
    looks.watch(["words", "map", "words"], 16)
    first = looks.next("a")
    assert first
    assert looks.next("a") is None
    looks.looked(first.panel, complete=True)
    second = looks.next("a")
    assert second
    assert {first.panel, second.panel} == {"words", "map"}
    looks.looked(second.panel, complete=False)
    assert looks.next("a") == second
    looks.looked(second.panel, complete=True)
    assert not looks.due("a")
    assert looks.next("a") is None
    assert looks.due("b")


def test_messages_are_json() -> None:
    history = History(1)
    history.add([(0.0, None, None, None, None, None)])
    rows: Any = history.since(0, 0)
    assert json.loads(rows.model_dump_json())["rows"] == [[0.0, None, None, None, None, None]]
