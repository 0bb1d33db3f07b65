"""Links: an experiment to a URL and back, and nothing but an experiment."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import PRESETS, Experiment
from fizzlab.errors import FizzlabError
from fizzlab.lab.budgets import OverBudgetError, check, divided
from fizzlab.lab.limits import Limits
from fizzlab.lab.links import from_link, to_link


@pytest.mark.parametrize("name", PRESETS)
def test_presets_travel(name: str) -> None:
    experiment = Experiment.preset(name)
    assert to_link(experiment) == f"preset={name}"
    assert from_link(to_link(experiment)) == experiment


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**32 - 1),
        "net.hidden": st.lists(st.integers(1, 99), max_size=3),
        "net.activation": st.sampled_from(["relu", "tanh", "gelu"]),
        "recipe.learning_rate": st.floats(1e-6, 10),
        "recipe.target_accuracy": st.none() | st.floats(0.1, 1),
        "rule.pairs": st.just([[3, "fizz & <b>"], [7, "«bazz»=%#?"]]),
        "data.test": st.sampled_from(["1..50", "1..10, 20..30", ""]),
        "name": st.sampled_from(["td1", "my-own"]),
    },
)


@given(SETTINGS)
def test_any_experiment_travels(settings: dict) -> None:
    experiment = Experiment().replaced(settings)
    link = to_link(experiment)
    assert from_link(link) == from_link(f"#{link}") == experiment
    assert link.isascii()
    assert not {" ", '"', "<"} & set(link)


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("x" * 4001, "too long"),
        ("&&", "not a link"),
        ("preset=none", 'no preset "none"'),
        ("net.hiden=5", 'Did you mean "net.hidden"?'),
        ("net.hidden=[50", "JSON"),
        ("net.hidden=" + "[" * 3000, "JSON"),
        ("recipe.learning_rate=Infinity", "finite"),
        ("recipe.epochs=-1", "at least 1"),
        ("seed=1&seed=" + "9" * 30, "seed"),
        ("&".join(f"a{i}=1" for i in range(200)), "not a link"),
    ],
)
def test_bad_links_are_told(link: str, text: str) -> None:
    with pytest.raises(FizzlabError, match=text.replace("?", r"\?")):
        from_link(link)


@given(st.text(max_size=200))
def test_no_text_does_harm(text: str) -> None:
    with contextlib.suppress(FizzlabError):
        assert isinstance(from_link(text), Experiment)


def test_files_are_refused() -> None:
    for name in ("data.train", "data.test"):
        linked = from_link(f'{name}="/etc/passwd.csv"')
        with pytest.raises(FizzlabError, match="reads no files"):
            check(linked, Limits())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"net.hidden": [2000, 2000]}, "parameters"),
        ({"net.hidden": [5] * 9}, "hidden layers"),
        ({"recipe.epochs": 100_001}, "epochs"),
        ({"recipe.epochs": 90_000, "recipe.batch_size": 1}, "batches"),
        ({"data.train": "101..200000", "encoding.bits": 20}, "integers to train on"),
        ({"data.test": "9..150009", "data.train": "1..8", "encoding.bits": 20}, "to test on"),
        ({"encoding.bits": 65}, "64 bits"),
        ({"rule.pairs": "2=a,3=b,5=c,7=d,11=e,13=f,17=g,19=h"}, "7 divisors"),
    ],
)
def test_budgets(settings: dict, text: str) -> None:
    with pytest.raises(OverBudgetError, match=text):
        check(Experiment().replaced(settings), Limits())


def test_presets_fit_the_budgets() -> None:
    for name in PRESETS:
        check(Experiment.preset(name), Limits())


def test_which_changes_act_at_once() -> None:
    changes = {"recipe.learning_rate": (0.05, 0.1), "recipe.epochs": (1, 2), "net.hidden": (1, 2)}
    found = divided(changes, tries=1)
    assert found.live == {"recipe.learning_rate": 0.1, "recipe.epochs": 2}
    assert found.needs_reset == ("net.hidden",)
    assert divided(changes, tries=10).needs_reset == ("recipe.epochs", "net.hidden")
