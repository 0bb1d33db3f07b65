"""The report: one page that needs nothing else, in two languages, with pictures for grey print."""

from __future__ import annotations

import re
import shutil
import string
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fizzlab import Experiment
from fizzlab.configuration import setting_names
from fizzlab.errors import StudyError, UnknownNameError
from fizzlab.figures.style import new_figure
from fizzlab.studies import Plan, Study, execute, read_plan
from fizzlab.studies.axes import write_numbers
from fizzlab.studies.findings import Findings
from fizzlab.studies.integers import most_wrong
from fizzlab.studies.naming import SETTINGS_FR
from fizzlab.studies.pictures import _end_at_one, distributions, learning_curves, pictures
from fizzlab.studies.report import write_report
from fizzlab.studies.study_folder import prepare
from fizzlab.studies.texts import TEXTS, number
from fizzlab.studies.vary import field_problem

VOID = {"meta", "br", "img", "link", "hr"}


class Checker(HTMLParser):
    """Makes sure that elements are closed in order; gathers ids, links and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [v for k, v in attrs if k in {"href", "src", "xlink:href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def checked(page: Path) -> Checker:
    found = Checker()
    found.feed(page.read_text(encoding="utf-8"))
    assert found.open == []
    return found


@pytest.mark.parametrize("language", TEXTS)
def test_the_page_needs_nothing_else(quick_study: Study, tmp_path: Path, language: str) -> None:
    page, figures = write_report(quick_study, tmp_path / "r.html", language=language)
    text, found = page.read_text(encoding="utf-8"), checked(page)
    assert "http" not in text
    assert "url(http" not in text
    links = [link for link in found.links if not link.startswith("data:image/png;base64,")]
    assert all(link.startswith("#") for link in links)
    assert {link[1:] for link in links} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= set(found.ids)
    assert text.count("<svg") == 4
    for sentence in Findings(quick_study, language).sentences():
        assert sentence in found.text
    assert "fizzlab study --plan plan.toml" in found.text
    assert "learning_rate = 0.05" in found.text
    assert len(figures) == 8
    for path in figures:
        if path.suffix == ".svg":
            ET.parse(path)
        else:
            Image.open(path).verify()
    if language == "en":  # the same study gives the same page
        again, _ = write_report(Study.open(quick_study.path), tmp_path / "again.html")
        assert again.read_bytes() == page.read_bytes()


def test_what_is_not_ours_is_escaped(quick_study: Study, tmp_path: Path) -> None:
    path = tmp_path / "<b>&amp;"
    shutil.copytree(quick_study.path, path)
    page, _ = write_report(Study.open(path))
    assert page.parent == path
    assert "<h1>Study &lt;b&gt;&amp;amp;</h1>" in page.read_text(encoding="utf-8")


def test_the_plan_in_the_folder_reproduces_the_study(quick_study: Study, tmp_path: Path) -> None:
    again = execute(read_plan(quick_study.path / "plan.toml"), tmp_path / "again", progress=False)
    mine, other = again.study.frame(), quick_study.frame()
    assert mine.drop("seconds").equals(other.drop("seconds"))


def test_pictures_are_told_apart_in_grey(quick_study: Study, tmp_path: Path) -> None:
    for files in pictures(Findings(quick_study)).values():
        (tmp_path / "p.png").write_bytes(files["png"])
        grey = np.asarray(Image.open(tmp_path / "p.png").convert("L"))
        assert grey.min() < 60
        assert grey.max() > 240
        assert len(np.unique(grey // 16)) >= 8


@pytest.mark.slow
def test_small_and_odd_studies_have_a_page(tmp_path: Path) -> None:
    base = Experiment().replaced({"recipe.epochs": 2, "net.hidden": 4})
    plans = {
        "one": Plan(base, seeds=1),
        "no-test": Plan(base.replaced({"data.test": "", "data.validation": 0}), seeds=2),
        "scaled": Plan(base.replaced({"encoding.scheme": "scaled"}), seeds=2),
        "random": Plan(base, seeds=2, random=14, vary={"recipe.momentum": {"low": 0, "high": 0.9}}),
        "list": Plan(base, seeds=2, conditions=[{"net.hidden": 3}, {"recipe.epochs": 1}]),
        "lost": Plan(
            base.replaced({"net.hidden": [8, 8, 8], "net.activation": "gelu"}),
            seeds=2,
            vary={"recipe.learning_rate": [1e15, 1e16]},
        ),
        "no-epochs": Plan(base.replaced({"recipe.evaluate_every": 5}), seeds=3),
    }
    for name, plan in plans.items():
        study = execute(plan, tmp_path / name, progress=False).study
        page, _ = write_report(study)
        found = checked(page)
        assert Findings(study).how_known() in found.text
        assert "None" not in found.text.partition("# seeds")[0]
        assert "nan" not in found.text.split()


def test_a_study_without_nets_has_no_page(quick_plan: Plan, tmp_path: Path) -> None:
    prepare(quick_plan, tmp_path / "s")
    with pytest.raises(StudyError, match="no trained net yet"):
        write_report(Study.open(tmp_path / "s"))
    assert not (tmp_path / "s" / "report.html").exists()


def test_an_unknown_language_is_refused(quick_study: Study, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match='no language "de"'):
        write_report(quick_study, tmp_path / "r.html", language="de")
    assert not list(tmp_path.iterdir())


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    english, french = TEXTS["en"], TEXTS["fr"]
    assert english.keys() == french.keys()
    for key in english:
        gaps = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english[key], french[key])
        ]
        assert gaps[0] >= gaps[1], key
        assert not re.search(
            r"(?<! ) ?(?<!\N{NO-BREAK SPACE})[;%»]|« ", french[key].replace(" ", "_")
        ), key
    assert number(-0.25, french) == "\N{MINUS SIGN}0,250"


def test_integers_are_explained_by_their_kinds(quick_study: Study) -> None:
    worst = most_wrong(Findings(quick_study), 5)
    assert worst is not None
    assert [one.nets for one in worst] == sorted((one.nets for one in worst), reverse=True)
    for one in worst:
        assert one.share == one.nets / 30
        assert "of the bits" in one.kind
        assert one.kind_seen is not None
    assert worst[0].nets == max(quick_study.wrong().values())


def test_a_french_page_is_french_throughout(quick_study: Study, tmp_path: Path) -> None:
    page, _ = write_report(quick_study, tmp_path / "r.html", language="fr")
    html = page.read_text(encoding="utf-8")
    for part in ("svg", "pre", "style", "footer"):
        html = re.sub(rf"<{part}.*?</{part}>", "", html, flags=re.S)
    text = re.sub(r"<[^>]+>", " ", html)
    assert not re.search(r"\d\.\d", text)
    assert "taux d’apprentissage 0,05" in text
    assert "des bits 1, 16, 256" in text
    said = set(TEXTS["fr"].values())
    for key, english in TEXTS["en"].items():
        if "{" not in english and "|" not in english and len(english) > 4 and english not in said:
            assert not re.search(rf"\b{re.escape(english.strip())}\b", text), key


def test_the_numbers_of_axes_are_french_too() -> None:
    figure = new_figure()
    axes = figure.subplots()
    axes.plot([-0.5, 0.5], [0, 1])
    write_numbers(axes.xaxis, TEXTS["fr"])
    figure.canvas.draw()
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert {"\N{MINUS SIGN}0,4", "0,0", "0,4"} <= set(shown)


def test_every_setting_has_a_french_name() -> None:
    for name in setting_names(Experiment):
        if not field_problem(name) and not name.endswith("_sha256"):
            assert name in SETTINGS_FR, name


def test_a_single_condition_bears_the_name_of_its_experiment(tmp_path: Path) -> None:
    settings = {"recipe.epochs": 4, "recipe.evaluate_every": 2, "net.hidden": 4}
    plan = Plan(Experiment.preset("td1").replaced(settings), seeds=3)
    found = Findings(execute(plan, tmp_path / "s", progress=False).study)
    row, curves = distributions(found), learning_curves(found)
    assert row is not None
    assert curves is not None
    assert [tick.get_text() for tick in row.axes[0].get_yticklabels()] == ["td1"]
    assert curves.axes[0].get_title() == "td1"
    assert found.label(found.statistics.ranking[0]) == "td1"


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [0.0, 1.0], [0.97, 0.99, 1.0], [0.3, 0.4]])
def test_accuracies_end_at_one(values: list[float]) -> None:
    axes = new_figure().subplots()
    axes.plot(values, np.zeros(len(values)), ".")
    _end_at_one(axes)
    low, high = axes.get_xlim()
    assert -0.013 <= low < min(values)
    assert max(values) < high <= 1.013
