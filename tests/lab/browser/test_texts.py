"""Every text stands in both dictionaries; these tests need no browser."""

from __future__ import annotations

import re

import pytest

from fizzlab import Experiment
from fizzlab.configuration import setting_names
from fizzlab.experiment import PRESETS

from .walker import WEB, setting_texts, texts

SOURCES = "\n".join(
    path.read_text("utf-8")
    for end in ("svelte", "ts")
    for path in sorted((WEB / "src").rglob(f"*.{end}"))
    if path.name != "protocol.ts"
)


def test_both_have_the_same_texts_with_the_same_values():
    english, french = texts("en"), texts("fr")
    assert english.keys() == french.keys()
    for key, text in english.items():
        values = re.findall(r"\{\w+\}", text)
        assert sorted(values) == sorted(re.findall(r"\{\w+\}", french[key])), key


def test_every_text_is_used_and_every_used_one_is_there():
    asked = set(re.findall(r'\bt\(\s*"(\w+)"', SOURCES))
    assert asked <= texts("en").keys()
    quoted = set(re.findall(r'"(\w+)"', SOURCES))
    built = ("stopped_", "problem_", "ended_", "verdict_")
    unused = {key for key in texts("en") if key not in quoted and not key.startswith(built)}
    assert not unused


@pytest.mark.parametrize("language", ["en", "fr"])
def test_settings_choices_and_presets_have_their_texts(language: str):
    found = setting_texts(language)
    assert set(found["settings"]) == set(setting_names(Experiment))
    assert set(found["presets"]) == set(PRESETS)
    schema = Experiment.model_json_schema()
    groups = {"experiment", *(name.lower() for name in schema["$defs"])}
    assert set(found["groups"]) == groups
    fields = [f for group in schema["$defs"].values() for f in group["properties"].values()]
    choices = {choice for field in fields for choice in field.get("enum", ())}
    words = {o["const"] for field in fields for o in field.get("anyOf", ()) if "const" in o}
    assert set(found["choices"]) == choices | words


def test_french_has_spaces_that_do_not_break():
    for key, text in texts("fr").items():
        assert not re.search(r" [:;?!%»]|« ", text), key


def test_no_text_stands_in_the_components():
    for path in sorted((WEB / "src").rglob("*.svelte")):
        markup = re.sub(
            r"<script.*?</script>|<style.*?</style>|<!--.*?-->",
            "",
            path.read_text("utf-8"),
            flags=re.DOTALL,
        )
        bare = re.findall(r">\s*([A-Za-zÀ-ÿ]{3,}[^<>{}]*)<", markup)
        assert set(bare) <= {"fizzlab", "SVG", "PNG"}, path.name
