"""The socket under messages that no page would send: always an answer, never a closed socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_pages import Page, Served

from fizzlab.configuration import setting_names
from fizzlab.experiment import PRESETS, Experiment
from fizzlab.lab.service import HANDLERS

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
FIELDS = (
    "preset", "link", "settings", "panels", "neurons", "integer", "shown", "nets", "metric",
    "vary", "kept", "seed", "session", "run", "cursor", "language",
)  # fmt: skip
wild_settings = st.dictionaries(
    st.sampled_from(setting_names(Experiment)) | st.text(max_size=12), json_values, max_size=3
)
likely = {
    "preset": st.sampled_from([*PRESETS]) | st.text(max_size=8),
    "settings": wild_settings,
    "integer": st.integers(-5, 5000),
    "panels": st.lists(st.sampled_from(["words", "map", "neurons", "weights", "confusion", "x"])),
    "shown": st.booleans(),
    "seed": st.sampled_from(["same", "new", "other"]),
    "kept": st.booleans(),
    "vary": st.fixed_dictionaries(
        {"name": st.sampled_from(setting_names(Experiment)), "values": st.lists(json_values)}
    ),
}
asks = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.sampled_from([*HANDLERS]) | st.text(max_size=8),
    st.fixed_dictionaries({}, optional=likely)
    | st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3)
    | st.just({}),
)
single = st.sampled_from(["ping", "start", "pause", "step", "epoch", "reset", "prove", "keep"])
messages = (
    asks.map(json.dumps)
    | single.map(lambda kind: json.dumps({"type": kind}))
    | json_values.map(json.dumps)
    | st.text(st.characters(codec="utf-8"), max_size=200)
    | st.binary(max_size=200)
    | asks.map(lambda ask: json.dumps(ask)[:-3])
)


def survives(page: Page, batch: list[str | bytes]) -> None:
    """Sends a batch, and then makes sure that the same socket still answers."""
    for message in batch:
        page.socket.send(message)
    page.say("ping")
    page.until("pong")
    page.seen.clear()


@pytest.fixture
def talking(fake: Served) -> Page:
    return fake.page()


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


# random numbers of other threads (masks of the socket's frames) do not matter here
QUIETLY = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")


@QUIETLY
@settings(max_examples=15, suppress_health_check=QUIET)
@given(batch=st.lists(messages, min_size=5, max_size=20))
def test_no_message_closes_the_socket(talking: Page, batch: list[str | bytes]) -> None:
    survives(talking, batch)


@QUIETLY
@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=500, suppress_health_check=QUIET)
@given(batch=st.lists(messages, min_size=20, max_size=20))
def test_ten_thousand_messages(talking: Page, batch: list[str | bytes]) -> None:
    survives(talking, batch)
