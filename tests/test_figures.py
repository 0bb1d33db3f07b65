from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from fizzlab import Experiment, Run, plot, train
from fizzlab.errors import UnknownNameError, UsageError
from fizzlab.figures import PICTURES, draw
from fizzlab.figures.texts import TEXTS, texts

STILL = [name for name in PICTURES if name != "animation"]


def test_both_languages_have_the_same_texts_and_fields() -> None:
    assert TEXTS["en"].keys() == TEXTS["fr"].keys()
    for key, text in TEXTS["en"].items():
        for field in ("{epoch}", "{columns}", "{correct}", "{total}", "{last}", "{count}"):
            assert (field in text) == (field in TEXTS["fr"][key]), key
    with pytest.raises(UnknownNameError, match='no language "de"'):
        texts("de")


@pytest.mark.parametrize("name", STILL)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures_are_whole_and_the_same_each_time(
    quick_run: Run, name: str, language: str
) -> None:
    files = draw(quick_run, name, texts(language))
    if name == "curves":
        assert files == draw(quick_run, name, texts(language))
    picture = Image.open(io.BytesIO(files["png"]))
    picture.load()
    assert min(picture.size) > 400
    assert len(set(picture.convert("L").get_flattened_data())) > 10
    assert files["svg"].decode().rstrip().endswith("</svg>")


def test_the_animation_has_a_frame_a_snapshot(quick_run: Run) -> None:
    gif = Image.open(io.BytesIO(draw(quick_run, "animation", texts("en"))["gif"]))
    assert gif.n_frames == len(quick_run.state.snapshots)  # type: ignore[attr-defined]


def test_all_pictures_of_a_run_in_memory(quick_run: Run, tmp_path: Path) -> None:
    paths = plot(quick_run, folder=tmp_path)
    assert {path.stem for path in paths} == set(PICTURES)
    assert all(path.stat().st_size > 1000 for path in paths)
    in_memory = train(quick_run.experiment, progress=False)
    with pytest.raises(UsageError, match="no folder for its pictures"):
        plot(in_memory)


def test_what_cannot_be_drawn_is_left_out_or_refused_by_name(tmp_path: Path) -> None:
    large = {"encoding.bits": 16, "net.hidden": [], "recipe.epochs": 1}
    run = train(Experiment().replaced(large), progress=False)
    stems = {path.stem for path in plot(run, folder=tmp_path)}
    assert stems == {"curves", "confusion", "weights"}
    for name in set(PICTURES) - stems:
        with pytest.raises(UsageError, match=r"cannot be drawn|no hidden layer|no snapshots"):
            plot(run, [name], folder=tmp_path)
    with pytest.raises(UnknownNameError, match='Did you mean "curves"'):
        plot(run, ["curve"], folder=tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        {"rule.pairs": "3=a,5=b,7=c,11=d"},
        {"data.test": "", "data.validation": 0},
        {"encoding.kind": "digits", "encoding.base": 3},
        {"encoding.kind": "scaled"},
        {"encoding.bits": 11},
        {"net.hidden": [3]},
    ],
)
def test_other_experiments_have_pictures_too(settings: dict, tmp_path: Path) -> None:
    experiment = Experiment().replaced({"recipe.epochs": 2, "net.hidden": 6, **settings})
    run = train(experiment, progress=False)
    paths = plot(run, ["confusion", "map", "neurons"], folder=tmp_path)
    assert len(paths) == 6
    assert all(path.stat().st_size > 1000 for path in paths)
