"""The error tree: its exit codes, the shape of its texts, and the names that it suggests."""

from __future__ import annotations

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import errors
from fizzlab.errors import (
    DivergedError,
    FizzlabError,
    UnknownNameError,
    UsageError,
    suggestion,
)

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == "fizzlab.errors"
]


def depth(kind: type) -> int:
    return len(kind.__mro__) - len(FizzlabError.__mro__)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = {}
    for line in str(errors.__doc__).splitlines():
        if match := re.match(r"((?:[│├└─ ]{4})*)([A-Z]\w*Error)\b", line):
            drawn[match[2]] = len(match[1]) // 4
    assert drawn == {kind.__name__: depth(kind) for kind in CLASSES}


@pytest.mark.parametrize("kind", CLASSES)
def test_exit_codes(kind: type[FizzlabError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)


def test_a_text_holds_what_it_is_given_and_no_more() -> None:
    full = FizzlabError("It broke.", expected="this", got="that", fix="do so")
    assert str(full) == "It broke.\n  expected: this\n  got:      that\n  to do:    do so"
    assert (full.problem, full.expected, full.got, full.fix) == (
        "It broke.",
        "this",
        "that",
        "do so",
    )
    assert str(FizzlabError("It broke.")) == "It broke."
    assert str(FizzlabError("It broke.", got="that")) == "It broke.\n  got:      that"


def test_an_unknown_name_lists_the_valid_ones() -> None:
    assert str(UnknownNameError("preset", "Clasic", iter(["td1", "classic"]))) == (
        'There is no preset "Clasic". Did you mean "classic"?\n  expected: one of td1, classic'
    )


def test_divergence_says_where_and_what_to_try() -> None:
    error = DivergedError(3, 0.5, float("nan"))
    assert (error.epoch, error.learning_rate) == (3, 0.5)
    assert str(error) == (
        "Training diverged in epoch 3, at learning rate 0.5.\n"
        "  expected: a finite loss\n"
        "  got:      loss = nan\n"
        "  to do:    try a smaller learning rate (--set recipe.learning_rate=0.05), gradient "
        "clipping (--set recipe.clip_norm=1.0) or a warm-up (--set recipe.warmup_epochs=10)"
    )


@given(st.lists(st.text("abcdefgh", min_size=3, max_size=8), min_size=1, max_size=8, unique=True))
def test_a_right_name_is_its_own_suggestion(names: list[str]) -> None:
    assert suggestion(names[-1], names) == f' Did you mean "{names[-1]}"?'


@pytest.mark.parametrize("name", ["zzzz", "", "12345"])
def test_nothing_near_is_not_suggested(name: str) -> None:
    assert suggestion(name, ["epochs", "batch_size"]) == ""
    assert suggestion(name, []) == ""
