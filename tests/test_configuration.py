"""The base of all settings: frozen, hashable, and every problem told once in our own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fizzlab import Data, Encoding, Experiment, Net, Recipe, Rule, Streams
from fizzlab.configuration import setting_names, settings
from fizzlab.errors import ConfigError

GROUPS = [Rule, Data, Encoding, Net, Recipe, Streams, Experiment]
FOOTER = "\n  to do:    all settings, their bounds and defaults: `fizzlab presets --settings`"


def refusal(changes: dict) -> str:
    with pytest.raises(ConfigError) as caught:
        Experiment().replaced(changes)
    return str(caught.value)


@pytest.mark.parametrize("group", GROUPS)
def test_groups_are_equal_hashable_and_frozen(group: type) -> None:
    one, other = group(), group()
    assert one == other
    assert hash(one) == hash(other)
    field = next(iter(group.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(one, field, getattr(one, field))


@given(st.integers(1, 1024), st.integers(2, 256))
def test_arguments_may_come_in_order(bits: int, base: int) -> None:
    assert Encoding("digits", bits, base) == Encoding(scheme="digits", bits=bits, base=base)


def test_too_many_arguments_are_refused() -> None:
    with pytest.raises((ConfigError, TypeError)):
        Encoding("digits", 10, 10, "more")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"recipe.clip_norm": 0}, '"recipe.clip_norm": expected a number above 0.0, got 0'),
        ({"recipe.epochs": 0}, '"recipe.epochs": expected a number of at least 1, got 0'),
        ({"net.dropout": 1}, '"net.dropout": expected a number below 1.0, got 1'),
        ({"encoding.bits": 2000}, '"encoding.bits": expected a number of at most 1024, got 2000'),
        (
            {"recipe.loss": "x"},
            "\"recipe.loss\": expected one of 'cross_entropy', 'nll' or 'squared_error', got 'x'",
        ),
        ({"recipe.epochs": "many"}, "\"recipe.epochs\": expected an integer, got 'many'"),
        ({"recipe.epochs": 1.5}, '"recipe.epochs": expected an integer, got 1.5'),
        (
            {"recipe.learning_rate": float("nan")},
            '"recipe.learning_rate": expected a finite number, got nan',
        ),
        ({"recipe.clip_norm": "x"}, "\"recipe.clip_norm\": expected a number, got 'x'"),
        ({"recipe.nesterov": "maybe"}, "\"recipe.nesterov\": expected true or false, got 'maybe'"),
        ({"name": 5}, '"name": expected a text, got 5'),
        ({"net.hidden": "a"}, "\"net.hidden\": expected a list, got 'a'"),
        ({"recipe": 3}, '"recipe": expected a table of settings, got 3'),
        ({"streams.split": -1}, '"streams.split": expected a number of at least 0, got -1'),
        ({"seed": 1.5}, '"seed": expected an integer, got 1.5'),
    ],
)
def test_one_problem_is_told_in_one_line(changes: dict, expected: str) -> None:
    assert refusal(changes) == f"A setting is wrong:\n  - {expected}{FOOTER}"


@pytest.mark.parametrize(
    "changes",
    [{"recipe.class_weights": "equal"}, {"recipe.class_weights": ["a"]}, {"rule.pairs": [[3]]}],
)
def test_one_mistake_is_one_problem(changes: dict) -> None:
    assert refusal(changes).startswith("A setting is wrong:\n")


@pytest.mark.parametrize("name", ["recipe.epochs", "recipe.learning_rate", "encoding.bits"])
def test_true_is_no_number(name: str) -> None:
    text = refusal({name: True})
    assert f'"{name}": expected' in text
    assert "got True" in text


def test_long_values_are_cut() -> None:
    text = refusal({"encoding.bits": 10**400})
    assert "got 1" + "0" * 78 + "…" in text
    assert len(text) < 300


@given(st.sampled_from(sorted(setting_names(Experiment))), st.data())
def test_a_misspelt_setting_suggests_the_right_one(name: str, data: st.DataObject) -> None:
    *groups, leaf = name.split(".")
    spot = data.draw(st.integers(0, len(leaf) - 1))
    wrong = leaf[:spot] + "_" + leaf[spot:]
    if wrong in setting_names(Experiment) or len(leaf) < 4:
        return
    tree: dict = {wrong: 1}
    for group in reversed(groups):
        tree = {group: tree}
    with pytest.raises(ConfigError) as caught:
        Experiment(**tree)
    path = ".".join([*groups, wrong])
    told = f'"{path}": there is no setting of this name. Did you mean "{name}"?'
    assert told in str(caught.value)


def test_names_of_settings_are_flat_and_readable() -> None:
    names = setting_names(Experiment)
    assert names[:2] == ["name", "seed"]
    assert len(names) == len(set(names))
    assert setting_names(Streams, "streams.") == [
        "streams.init",
        "streams.split",
        "streams.subset",
        "streams.order",
    ]
    assert [name for name, _ in settings(Experiment)] == names
    Experiment().replaced(dict.fromkeys([n for n in names if n.startswith("streams.")], 1))
