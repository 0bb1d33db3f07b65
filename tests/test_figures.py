from __future__ import annotations

import io
import itertools
import re
import subprocess
import sys
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import Patch
from PIL import Image
from torch import nn

from fizzlab import Experiment, Run, plot, train
from fizzlab.errors import UnknownNameError, UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.figures import PICTURES, draw
from fizzlab.figures.animation import MAX_FRAMES
from fizzlab.figures.confusion import confusion
from fizzlab.figures.curves import curves
from fizzlab.figures.maps import map_figure
from fizzlab.figures.style import BASELINE_INK, RIGHT, TRAIN_INK, VALIDATION_INK, WRONG
from fizzlab.figures.texts import TEXTS, shortened, texts
from fizzlab.figures.weights import weights

OF_MLPS = [name for name in PICTURES if name not in {"automaton", "states"}]
STILL = [name for name in OF_MLPS if name != "animation"]
EN = texts("en")


def test_both_languages_have_the_same_texts_and_fields() -> None:
    assert TEXTS["en"].keys() == TEXTS["fr"].keys()
    for key, text in TEXTS["en"].items():
        fields = re.compile(r"\{\w+\}")
        assert sorted(fields.findall(text)) == sorted(fields.findall(TEXTS["fr"][key])), key
    with pytest.raises(UnknownNameError, match='no language "de"'):
        texts("de")


def test_french_texts_keep_french_typography() -> None:
    for key, text in TEXTS["fr"].items():
        assert "'" not in text, key
        assert not re.search(r"[^\N{NO-BREAK SPACE}][:;?!]", text), key


@pytest.mark.parametrize("name", STILL)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures_are_whole(quick_run: Run, name: str, language: str) -> None:
    files = draw(quick_run, name, texts(language))
    picture = Image.open(io.BytesIO(files["png"]))
    picture.load()
    assert min(picture.size) > 400
    assert len(set(picture.convert("L").get_flattened_data())) > 10
    assert files["svg"].decode().rstrip().endswith("</svg>")


@pytest.mark.parametrize("name", OF_MLPS)
def test_the_same_run_gives_the_same_bytes_whatever_the_user_has_set(
    quick_run: Run, name: str
) -> None:
    files = draw(quick_run, name, EN)
    users = {"axes.facecolor": "black", "font.size": 20, "svg.hashsalt": None, "axes.grid": True}
    with mpl.rc_context(users):
        assert draw(quick_run, name, EN) == files
        assert mpl.rcParams["font.size"] == 20
    assert set(files) == ({"gif"} if name == "animation" else {"png", "svg"})


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes_in_another_process(
    quick_run: Run, tmp_path: Path
) -> None:
    code = """if True:
        import sys
        from fizzlab import plot
        from fizzlab.runs import open_run
        plot(open_run(sys.argv[1]), folder=sys.argv[2])
        assert "matplotlib.pyplot" not in sys.modules
    """
    command = [sys.executable, "-c", code, str(quick_run.path), str(tmp_path / "there")]
    subprocess.run(command, check=True)
    for path in plot(quick_run, folder=tmp_path / "here"):
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), path.name


def test_what_must_be_told_apart_differs_in_grey() -> None:
    def grey(color: str) -> float:
        red, green, blue = to_rgb(color)
        return 0.299 * red + 0.587 * green + 0.114 * blue  # as in PIL's mode "L"

    assert grey(RIGHT) - grey(WRONG) > 0.25
    assert grey(WRONG) > 0.4, "black marks must show on it"
    assert grey(VALIDATION_INK) - grey(TRAIN_INK) > 0.25


def test_curves_differ_by_line_style_and_name_their_baselines(quick_run: Run) -> None:
    figure = curves(quick_run, EN)
    loss, accuracy = figure.axes
    for axes in (loss, accuracy):
        train_line, validation_line, kept, baseline = axes.lines
        assert (train_line.get_color(), train_line.get_linestyle()) == (TRAIN_INK, "-")
        assert (validation_line.get_color(), validation_line.get_linestyle()) == (
            VALIDATION_INK,
            "--",
        )
        assert (baseline.get_color(), baseline.get_linestyle()) == (BASELINE_INK, ":")
        assert kept.get_label() == f"net kept (epoch {quick_run.report.kept_epoch})"
        assert [t.get_text() for t in axes.get_legend().get_texts()] == [baseline.get_label()]
    labels = quick_run.splits.train.labels
    assert accuracy.lines[3].get_ydata()[0] == np.bincount(labels).max() / len(labels)
    assert loss.lines[3].get_label() == "baseline: label frequencies alone"
    assert accuracy.lines[3].get_label() == "baseline: always the majority label"
    assert loss.get_ylabel() == "cross-entropy (nats)"
    assert accuracy.get_ylabel() == "accuracy (share right)"
    assert accuracy.get_xlabel() == "epoch"
    assert all(float(tick).is_integer() for tick in accuracy.get_xticks())
    entries = [t.get_text() for t in figure.legends[0].get_texts()]
    assert entries == ["training", "validation", loss.lines[2].get_label()]


def test_legends_cover_no_data(quick_run: Run) -> None:
    for make in (curves, map_figure):
        figure = make(quick_run, EN)
        figure.draw_without_rendering()
        found = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
        for legend, axes in itertools.product([*found, *figure.legends], figure.axes):
            assert not legend.get_window_extent().overlaps(axes.get_window_extent())


def test_a_wide_range_of_losses_gets_a_logarithmic_axis(quick_experiment: Experiment) -> None:
    run = train(quick_experiment, progress=False)
    assert curves(run, EN).axes[0].get_yscale() == "linear"
    run.state.history["train_loss"][-1] = 1e-4
    loss = curves(run, EN).axes[0]
    assert (loss.get_yscale(), loss.get_ylabel()) == ("log", "cross-entropy (nats, log scale)")


@pytest.mark.parametrize("make", [confusion, map_figure, weights])
def test_titles_say_which_net_is_shown(quick_run: Run, make) -> None:
    title = make(quick_run, EN).get_suptitle()
    assert title.endswith(f"\nclassic, seed 0, epoch {quick_run.report.kept_epoch}")
    french = make(quick_run, texts("fr")).get_suptitle()
    assert french.endswith(f"\nclassic, graine 0, époque {quick_run.report.kept_epoch}")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_titles_fit_even_where_the_name_is_long(
    quick_experiment: Experiment, language: str
) -> None:
    settings = {"name": "n" * 64, "seed": 2**32 - 1, "recipe.epochs": 1}
    run = train(quick_experiment.replaced(settings), progress=False)
    for make in (curves, confusion, map_figure, weights):
        figure = make(run, texts(language))
        figure.draw_without_rendering()
        box = figure._suptitle.get_window_extent()  # type: ignore[attr-defined]
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1, make
    gif = Image.open(io.BytesIO(draw(run, "animation", texts(language))["gif"]))
    edges = np.asarray(gif.convert("L"))[:40, [0, 1, -2, -1]]
    assert (edges == 255).all()
    assert shortened("n" * 64, 30) == "n" * 15 + "…" + "n" * 14


def test_many_labels_are_drawn_fast_small_and_without_texts(quick_run: Run) -> None:
    divisors = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31)
    words = ",".join(f"{d}=w{'abcdefghij'[i]}" for i, d in enumerate(divisors))
    run = train(Experiment().replaced({"rule.pairs": words, "recipe.epochs": 1}), progress=False)
    counts = np.eye(1024, dtype=int)
    found = run.report.evaluations["test"].model_copy(update={"confusion": counts})
    run.__dict__["report"] = run.report.model_copy(update={"evaluations": {"test": found}})
    start = time.process_time()
    files = draw(run, "confusion", EN)
    assert time.process_time() - start < 3  # 0.3 s on a quiet core, minutes with texts
    assert sum(map(len, files.values())) < 1_000_000
    assert max(Image.open(io.BytesIO(files["png"])).size) < 1200
    axes = confusion(run, EN).axes[0]
    assert not axes.texts
    assert len(axes.get_xticks()) <= 32


def test_of_many_labels_those_that_occur_are_drawn() -> None:
    words = "3=$a,5=b$,7=c,11=d,13=e,17=f"  # two dollars would be a formula
    run = train(Experiment().replaced({"rule.pairs": words, "recipe.epochs": 1}), progress=False)
    axes = confusion(run, EN).axes[0]
    test = run.splits.test
    said = predict_labels(run.net, run.experiment.encoding, test.integers)
    occurring = np.union1d(test.labels, said)
    assert 16 < len(axes.get_xticks()) == len(occurring) <= 32
    assert axes.get_xlabel().endswith(f"({len(occurring)} of the 64 labels occur)")
    assert not axes.texts
    draw(run, "confusion", EN)


@pytest.mark.parametrize("bits", [1, 7, 9, 10])
def test_marks_of_the_map_are_on_integers_that_exist(bits: int) -> None:
    ranges = {"data.train": "1..", "data.test": "0..0", "data.validation": 0}
    settings = {"encoding.bits": bits, "recipe.epochs": 1, "net.hidden": [3], **ranges}
    settings["data.train"] = f"1..{2**bits - 1 - (bits > 1)}"
    run = train(Experiment().replaced(settings), progress=False)
    axes = map_figure(run, EN).axes[0]
    rows, columns = axes.images[0].get_array().shape  # type: ignore[union-attr]
    assert rows * columns == 2**bits
    marked = {
        line.get_label(): (line.get_ydata() * columns + line.get_xdata()).tolist()
        for line in axes.lines
    }
    assert marked == {"test": [0]} | ({"not used": [2**bits - 1]} if bits > 1 else {})


def test_the_legend_of_the_map_has_an_empty_cell_for_the_training_set(quick_run: Run) -> None:
    legend = map_figure(quick_run, EN).legends[0]
    place = [text.get_text() for text in legend.get_texts()].index("training (no mark)")
    key = legend.legend_handles[place]
    assert isinstance(key, Patch)
    assert to_rgba(key.get_facecolor())[3] == 0
    assert to_rgba(key.get_edgecolor())[3] == 1


class Functional(nn.Module):
    """A student's net: its children alone do not tell what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.outer, self.inner = nn.Linear(16, 4), nn.Linear(10, 16)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.outer(torch.relu(self.inner(rows)))


class Plain(nn.Sequential):
    """A student's net that passes its children in order."""


LINEAR = {"in": lambda: nn.Linear(10, 16), "out": lambda: nn.Linear(16, 4)}


@pytest.mark.parametrize(
    ("make", "left_out"),
    [
        (Functional, {"weights", "neurons"}),
        (lambda: nn.Sequential(LINEAR["in"](), LINEAR["out"]()), {"neurons"}),
        (lambda: nn.Sequential(LINEAR["in"](), nn.Softmax(1), LINEAR["out"]()), {"neurons"}),
        (lambda: nn.Sequential(nn.Sequential(Functional())), {"weights", "neurons"}),
        (lambda: Plain(LINEAR["in"](), nn.Tanh(), nn.Dropout(0.1), LINEAR["out"]()), set()),
    ],
)
def test_layers_are_drawn_only_where_their_order_is_known(
    quick_experiment: Experiment, tmp_path: Path, make, left_out: set[str]
) -> None:
    run = train(quick_experiment, net=make(), progress=False)
    assert {path.stem for path in plot(run, folder=tmp_path)} == set(OF_MLPS) - left_out
    for name in left_out:
        with pytest.raises(UsageError, match=r"no hidden layer|no linear first layer"):
            plot(run, [name], folder=tmp_path)


def test_the_animation_has_a_frame_a_snapshot(quick_run: Run) -> None:
    gif = Image.open(io.BytesIO(draw(quick_run, "animation", texts("en"))["gif"]))
    assert gif.n_frames == len(quick_run.state.snapshots)  # type: ignore[attr-defined]


def test_the_animation_of_many_snapshots_is_thinned(quick_experiment: Experiment) -> None:
    run = train(quick_experiment, progress=False)
    labels = run.state.snapshots[0]
    run.state.snapshots = dict.fromkeys(range(MAX_FRAMES + 1), labels)
    gif = Image.open(io.BytesIO(draw(run, "animation", EN)["gif"]))
    assert MAX_FRAMES // 2 <= gif.n_frames <= MAX_FRAMES + 1  # type: ignore[attr-defined]


def test_all_pictures_of_a_run_in_memory(quick_run: Run, tmp_path: Path) -> None:
    paths = plot(quick_run, folder=tmp_path)
    assert {path.stem for path in paths} == set(OF_MLPS)
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
        with pytest.raises(
            UsageError, match=r"cannot be drawn|no hidden layer|no snapshots|no automaton|no states"
        ):
            plot(run, [name], folder=tmp_path)
    with pytest.raises(UnknownNameError, match='Did you mean "curves"'):
        plot(run, ["curve"], folder=tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        {"rule.pairs": "3=a,5=b,7=c,11=d"},
        {"data.test": "", "data.validation": 0},
        {"encoding.scheme": "digits", "encoding.base": 3},
        {"encoding.scheme": "scaled"},
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
