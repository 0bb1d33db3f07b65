"""The report of a study: one page of HTML that needs nothing else, and its pictures beside it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

from fizzlab import __version__
from fizzlab.errors import StudyError
from fizzlab.runs.folder import write
from fizzlab.studies.comparisons import Difference
from fizzlab.studies.factors import num_seeds
from fizzlab.studies.findings import Findings
from fizzlab.studies.heat import MAX_INTEGERS, heat_names
from fizzlab.studies.integers import about_kinds, most_wrong
from fizzlab.studies.naming import short_name, text
from fizzlab.studies.pictures import MAKERS, MAX_CURVES, MAX_SHOWN, pictures
from fizzlab.studies.results import Study
from fizzlab.studies.statistics import ConditionSummary, Estimate
from fizzlab.studies.texts import texts, whole
from fizzlab.studies.vary import Range, Values, plain

TEMPLATE = Path(__file__).with_name("template.html.j2")
MAX_ROWS = 100  # of a table


def write_report(
    study: Study, out: str | Path | None = None, *, language: str = "en"
) -> tuple[Path, list[Path]]:
    """Writes the report of a study.

    Args:
        study: The study.
        out: File of the page; report.html in the study's folder if None.
        language: "en" or "fr".

    Returns:
        The page, and its pictures: PNG and SVG, in a folder beside it.

    Raises:
        UnknownNameError: If there is no such language.
        StudyError: If no net is trained yet.
        StorageError: If a file cannot be written.
    """
    texts(language)
    if not study.trained:
        raise StudyError(
            f"{study.path} holds no trained net yet.",
            expected="at least one",
            got="; ".join(f"{path.name} is damaged: {why}" for path, why in study.damaged) or None,
            fix="train some: repeat the command that made it",
        )
    page = Path(out) if out is not None else study.path / "report.html"
    found = Findings(study, language)
    drawn = pictures(found)
    write(page, render(found, drawn).encode())
    folder, written = page.parent / "figures", []
    for name, files in drawn.items():
        for ending, content in files.items():
            written.append(folder / f"{name}.{ending}")
            write(written[-1], content)
    return page, written


def render(found: Findings, drawn: dict[str, dict[str, bytes]]) -> str:
    """Gives the page as HTML.

    Args:
        found: The findings of a study.
        drawn: Its pictures, by name and ending, see `pictures`.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    svgs: dict[str, Markup | None] = dict.fromkeys(MAKERS)
    svgs |= {name: Markup(_inline(files["svg"], name)) for name, files in drawn.items()}
    return template.render(t=found.words, svgs=svgs, **_values(found))


def _inline(svg: bytes, name: str) -> str:
    """Gives a picture as a part of a page: without XML's head, its names apart from the others'."""
    body = svg.decode()
    body = re.sub(r"<metadata>.*?</metadata>", "", body[body.index("<svg") :], flags=re.S)
    body = re.sub(r' xmlns(:xlink)?="[^"]*"', "", body).replace("xlink:href", "href")
    body = re.sub(r'id="', f'id="{name}-', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    return re.sub(r"url\(#", f"url(#{name}-", body)


def _values(found: Findings) -> dict[str, Any]:
    """Gives everything that the template shows."""
    statistics, study = found.statistics, found.study
    ranking, ranked = statistics.ranking, found.words[statistics.ranked_by]
    names = heat_names(found)
    more = found.words["heat_more"] if names and len(study.plan.names) > 2 else ""
    engines = ", ".join(statistics.frame["engine"].unique().sort().to_list())
    finished = statistics.frame["test_right"].count()
    return {
        "name": study.path.resolve().name,
        "how_known": found.how_known(),
        "sentences": found.sentences(),
        "columns": _columns(found),
        "varied": [short_name(name, found.words) for name in study.plan.names],
        "sd_of": found.say("sd_of", metric=found.metric),
        "pairs_caption": found.say(
            "pairs_caption", comparisons=found.count("n_comparisons", found.num_comparisons)
        ),
        "rows": [_row(found, condition) for condition in ranking[:MAX_ROWS]],
        "more_rows": _more(found, len(ranking)),
        "table_caption": found.say("table_caption", ranked=ranked),
        "distributions_caption": found.say(
            "distributions_caption",
            n=min(len(ranking), MAX_SHOWN),
            conditions=found.count("n_conditions", len(ranking)),
            ranked=ranked,
        ),
        "distributions_title": found.say("distributions_title", metric=_capital(found.metric)),
        "heat_caption": _capital(found.say("heat_caption", metric=found.metric) + more),
        "curves_caption": found.words["curves_caption"] + _first(found, "curves", MAX_CURVES),
        "integers_caption": _integers_caption(found),
        "integers": most_wrong(found, MAX_INTEGERS),
        "about_kinds": about_kinds(found),
        "wrong_of": lambda one: found.say("wrong_of", wrong=one.nets, tested=one.tested),
        "has_test": finished > 0,
        "share": lambda value: found.number(value, 2),
        "effects": _effects(found),
        "factors_caption": found.say("factors_caption", metric=found.metric)
        + _first(found, "factors", num_seeds(statistics)),
        "differences": _differences(found),
        "more_differences": _more(found, len(found.differences)),
        "powers": [
            (found.number(p.size, 2), whole(p.seeds, found.words)) for p in found.power if p.seeds
        ],
        "recipe": _recipe(found),
        "command": "fizzlab study --plan plan.toml --out again",
        "made_with": found.say(
            "made_with", version=__version__, engines=engines, hash=study.plan.hash[:16]
        ),
    }


def _first(found: Findings, what: str, seeds: int) -> str:
    """Says that something is of the first seeds only, where it is."""
    if found.study.plan.seeds <= seeds:
        return ""
    return found.say(f"{what}_first", seeds=found.count("n_seeds", seeds))


def _integers_caption(found: Findings) -> str:
    if any(name.startswith("data.") for name in found.study.plan.names):
        return found.words["integers_caption_varied"]
    finished = found.statistics.frame["test_right"].count()
    return found.say("integers_caption", nets=found.count("n_nets", finished))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _more(found: Findings, total: int) -> str:
    return found.say("first_rows", n=MAX_ROWS, total=total) if total > MAX_ROWS else ""


def _columns(found: Findings) -> list[str]:
    """Gives the splits whose accuracies the table of conditions shows."""
    wanted = ("train", "validation", "test")
    return [name for name in wanted if found.statistics.frame[f"{name}_accuracy"].count()]


def _row(found: Findings, condition: ConditionSummary) -> dict[str, Any]:
    def interval(low: float, high: float, digits: int = 3) -> str:
        return f"{found.number(low, digits)}{found.words['to']}{found.number(high, digits)}"

    def shown(e: Estimate | None) -> tuple[str, str]:
        return (found.number(e.mean), interval(e.low, e.high)) if e else ("–", "")

    perfect = ("–", "")
    if condition.perfect is not None and condition.perfect_interval:
        share = interval(*condition.perfect_interval, digits=2)
        perfect = (whole(condition.perfect, found.words), share)
    mine, words = condition.settings, found.words
    return {
        "settings": [text(mine[n], words) if n in mine else "" for n in found.study.plan.names],
        "nets": whole(condition.nets, words),
        "diverged": whole(condition.diverged, words),
        "perfect": perfect,
        "cells": [shown(condition.estimates.get(f"{name}_accuracy")) for name in _columns(found)],
        "sd": found.number(e.sd)
        if (e := condition.estimates.get(found.statistics.metric))
        else "–",
    }


def _effects(found: Findings) -> list[tuple[str, str, str]]:
    return [
        (
            " × ".join(short_name(name, found.words) for name in e.names),
            found.number(100 * e.eta_squared, 1),
            _p(found, e.p),
        )
        for e in found.effects
    ]


def _p(found: Findings, p: float | None) -> str:
    if p is None:
        return "–"
    return f"< {found.number(0.001)}" if p < 0.001 else found.number(p)


def _differences(found: Findings) -> list[tuple[str, str, str, str, str]]:
    rows = []
    largest = sorted(found.differences, key=lambda d: -abs(d.mean) if d.n else 0)
    for d in map(_upwards, largest[:MAX_ROWS]):
        interval = "–"
        if d.p is not None:
            interval = f"{found.number(d.low)}{found.words['to']}{found.number(d.high)}"
        verdict = found.words["yes_apart" if d.told_apart else "no_apart"]
        pair = f"{found.label(d.one)} − {found.label(d.other)}"
        rows.append((pair, found.number(d.mean), interval, _p(found, d.p), verdict))
    return rows


def _upwards(d: Difference) -> Difference:
    """Gives a difference with the larger condition first."""
    if not d.mean < 0:
        return d
    turned = {"mean": -d.mean, "low": -d.high, "high": -d.low}
    return dataclasses.replace(d, one=d.other, other=d.one, **turned)


def _recipe(found: Findings) -> str:
    """Gives the common experiment as TOML, what is varied told first."""
    plan, say = found.study.plan, found.say
    varied = [
        f"{say('recipe_varied', name=name)} = {_values_text(found, values)}"
        for name, values in plan.vary
    ] or [say("recipe_varied", name=name) for name in plan.names]
    last = plan.first_seed + plan.seeds - 1
    seeds = say("recipe_seeds", first=str(plan.first_seed), last=str(last))
    return "\n".join([*varied, seeds, plan.experiment.to_toml()])


def _values_text(found: Findings, values: Values) -> str:
    """Gives values as the plan writes them, for they stand among TOML."""
    if isinstance(values, Range):
        key = "recipe_log" if values.log else "recipe_range"
        return found.say(key, low=str(values.low), high=str(values.high))
    return ", ".join(json.dumps(plain(value)) for value in values)
