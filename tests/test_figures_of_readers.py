from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from PIL import Image

from fizzlab import Experiment, Run, plot, train
from fizzlab.errors import UsageError
from fizzlab.evaluation import frequency_loss
from fizzlab.figures import draw, style
from fizzlab.figures.automaton import MAX_STATES, automaton, automaton_figure
from fizzlab.figures.boxes import Box, box, freest
from fizzlab.figures.circle import circular_order, crossings
from fizzlab.figures.curves import curves
from fizzlab.figures.drift import DIGITS, DRAWN, drift, snapped_distance
from fizzlab.figures.labels import FILLS, look
from fizzlab.figures.states import states
from fizzlab.figures.texts import texts
from fizzlab.nets import Snapped
from fizzlab.readers import Automaton, rule_automaton
from fizzlab.rules import Rule

EN = texts("en")
RULES = ["3=fizz,5=buzz", "2=a", "2=a,4=b", "5=buzz,7=bazz", "3=fizz,13=longwordhere", "39=x"]


@pytest.fixture(scope="module")
def reader() -> Run:
    return train(Experiment.preset("reader"), progress=False)


@pytest.fixture(scope="module")
def spectral() -> Run:
    return train(Experiment.preset("spectral"), progress=False)


@pytest.fixture(scope="module")
def gru() -> Run:
    settings = {"recipe.epochs": 2, "net.hidden": 8}
    return train(Experiment.preset("gru").replaced(settings), progress=False)


def overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def boxes(figure: Figure) -> Iterator[tuple[str, Box]]:
    """Gives all texts of a figure without its legends, with their places in pixels."""
    figure.draw_without_rendering()
    found = [text for axes in figure.axes for text in axes.texts]
    for text in [*found, *([figure._suptitle] if figure.get_suptitle() else [])]:  # type: ignore[attr-defined]
        extent = text.get_window_extent()
        yield text.get_text(), (*extent.min, *extent.max)


def assert_nothing_overlaps(figure: Figure) -> None:
    placed = list(boxes(figure))
    for (one, first), (other, second) in itertools.combinations(placed, 2):
        assert overlap(first, second) < 4, f"{one} covers {other}"  # square pixels
    for text, (left, bottom, right, top) in placed:
        assert 0 <= left < right <= figure.bbox.x1, text
        assert 0 <= bottom < top <= figure.bbox.y1, text


def test_all_that_a_reader_has_is_drawn(reader: Run, spectral: Run, tmp_path: Path) -> None:
    names = {path.stem for path in plot(reader, folder=tmp_path)}
    assert names == {"curves", "confusion", "map", "automaton", "states", "animation"}
    closed = {path.stem for path in plot(spectral, folder=tmp_path)}
    assert closed == names - {"curves", "animation"}


@pytest.mark.parametrize("name", ["automaton", "states"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_run_gives_the_same_bytes(reader: Run, name: str, language: str) -> None:
    files = draw(reader, name, texts(language))
    assert files == draw(reader, name, texts(language))
    picture = Image.open(io.BytesIO(files["png"]))
    assert min(picture.size) > 400
    assert len(set(picture.convert("L").get_flattened_data())) > 10


@pytest.mark.parametrize("make", [automaton, states])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_text_covers_another(reader: Run, spectral: Run, make, language: str) -> None:
    with style.settings():
        for run in (reader, spectral):
            assert_nothing_overlaps(make(run, texts(language)))


@pytest.mark.parametrize(
    ("pairs", "base"),
    [*((pairs, 2) for pairs in RULES), ("3=fizz", 3), ("3=fizz,5=buzz", 10), ("3=fizz", 16)],
)
def test_texts_of_other_automata_cover_nothing(pairs: str, base: int) -> None:
    rule = Rule(pairs=pairs)
    with style.settings():
        assert_nothing_overlaps(automaton_figure(rule_automaton(rule, base), rule.names, EN))


def test_labels_differ_in_grey() -> None:
    greys = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in map(to_rgb, FILLS)]
    assert all(one - other > 0.1 for one, other in itertools.pairwise(greys))
    assert len({(look(label).shape, look(label).fill) for label in range(16)}) == 16
    assert [look(label).ink for label in range(4)] == ["black"] * 3 + ["white"]


def test_every_digit_of_every_state_has_its_arrow(reader: Run) -> None:
    figure = automaton(reader, EN)
    arrows = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    drawn = [patch.get_linestyle() for patch in arrows]
    assert (drawn.count("-"), drawn.count("--"), len(drawn)) == (15, 15, 31)  # and the entry
    written = [text.get_text() for text in figure.axes[0].texts]
    assert [written.count(str(state)) for state in range(15)] == [1, 2, *[1] * 13]
    words = {name: written.count(name) for name in ("number", "fizz", "buzz", "fizzbuzz")}
    assert words == {"number": 8, "fizz": 4, "buzz": 2, "fizzbuzz": 1}
    title = "The automaton that the net is, in base 2: 15 states\nreader, seed 0, epoch "
    assert figure.get_suptitle() == f"{title}{reader.report.kept_epoch}"


def test_in_large_bases_arrows_carry_their_digits() -> None:
    rule = Rule(pairs="3=fizz")
    figure = automaton_figure(rule_automaton(rule, 10), rule.names, EN)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written.count("0,3,6,9") == 3
    assert written.count("3,6,9") == 1  # leading digits
    assert len([p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)]) == 9 + 3


def test_a_single_state_is_drawn_too() -> None:
    only = Automaton((0,), ((0, 0),), (0,))
    with style.settings():
        assert_nothing_overlaps(automaton_figure(only, ("number",), EN))


def test_what_is_too_large_or_no_automaton_is_refused(reader: Run, gru: Run) -> None:
    large = rule_automaton(Rule(pairs="41=a"), 2)
    assert len(large) == MAX_STATES + 1
    with pytest.raises(UsageError, match=r"too large to draw[\s\S]*41 states and 82 arrows"):
        automaton_figure(large, ("number", "a"), EN)
    many = rule_automaton(Rule(pairs="3=a,7=b"), 10)
    with pytest.raises(UsageError, match="21 states and 210 arrows"):
        automaton_figure(many, ("number", "a", "b", "ab"), EN)
    with pytest.raises(UsageError, match=r"no automaton to draw[\s\S]*fizzlab snap RUN"):
        automaton(gru, EN)


def test_nets_of_fixed_width_have_no_states(quick_run: Run) -> None:
    with pytest.raises(UsageError, match="no states to draw"):
        states(quick_run, EN)
    with pytest.raises(UsageError, match="no automaton to draw"):
        automaton(quick_run, EN)


def test_the_order_on_the_circle_has_fewer_crossings_and_is_always_the_same() -> None:
    found = rule_automaton(Rule(pairs="3=fizz,5=buzz"), 2)
    arrows = np.array([(q, after) for q, row in enumerate(found.after) for after in row])
    order = circular_order(arrows, len(found))
    assert sorted(order) == list(range(15))
    assert order == circular_order(arrows, len(found))
    pairs = np.unique(np.sort(arrows, axis=1), axis=0)
    assert crossings(order, pairs) < crossings(list(range(15)), pairs) / 3
    ring = np.array([(q, (7 * q + 7) % 12) for q in range(12)])  # a circle, if put in order
    assert crossings(circular_order(ring, 12), ring) <= crossings(list(range(12)), ring)


def test_crossings_are_counted_as_by_hand() -> None:
    source = np.random.default_rng(0)
    for _ in range(20):
        order = source.permutation(9).tolist()
        pairs = np.array([source.choice(9, 2, replace=False) for _ in range(12)])
        chords = [sorted((order.index(a), order.index(b))) for a, b in pairs.tolist()]
        by_hand = sum(
            a < c < b < d or c < a < d < b for (a, b), (c, d) in itertools.combinations(chords, 2)
        )
        assert crossings(order, pairs) == by_hand


def test_the_freest_place_is_taken() -> None:
    taken = [box((0.0, 0.0), 1.0, 1.0), box((3.0, 0.0), 1.0, 1.0)]
    assert freest([(0.5, 0.5), (7.0, 7.0)], 1.0, 1.0, []) == (0.5, 0.5)
    assert freest([(0.0, 0.0), (3.4, 0.0), (5.0, 0.0), (9.0, 0.0)], 1.0, 1.0, taken) == (5.0, 0.0)


def test_states_show_codes_points_and_shares_of_variance(reader: Run) -> None:
    figure = states(reader, EN)
    panel = figure.axes[0]
    lines = {line.get_label(): len(line.get_xdata()) for line in panel.lines}  # type: ignore[arg-type]
    assert lines["code, with its number"] == 15
    assert sum(size for name, size in lines.items() if str(name).startswith("says")) == 923
    assert sorted(int(text.get_text()) for text in panel.texts) == list(range(15))
    shares = [
        int(re.search(r"\((\d+) % of the variance of the codes\)", label)[1])  # type: ignore[index]
        for label in (panel.get_xlabel(), panel.get_ylabel())
    ]
    codes = reader.net.codebook.double().numpy()  # type: ignore[union-attr, operator]
    variances = np.linalg.eigvalsh(np.cov(codes.T))[::-1]
    assert shares == [round(100 * part) for part in variances[:2] / variances.sum()]


def test_the_picture_says_that_it_leaves_dimensions_out(reader: Run, gru: Run) -> None:
    for run, what in ((reader, "codes"), (gru, "states")):
        figure = states(run, EN)
        count = run.kept.state  # type: ignore[union-attr]
        shown = f"two of {count} dimensions are shown: {what} that overlap here may lie far apart"
        assert figure.get_suptitle().endswith(f"\n{shown}")
        assert not figure.legends
        assert all(axes.get_legend() is not None for axes in figure.axes)


def test_without_codes_there_are_only_points(gru: Run) -> None:
    figure = states(gru, EN)
    assert len(figure.axes) == 1
    assert "of the variance of the states" in figure.axes[0].get_xlabel()
    assert not figure.axes[0].texts
    assert sum(len(line.get_xdata()) for line in figure.axes[0].lines) == 923  # type: ignore[arg-type]
    assert figure.get_suptitle().startswith("States of the net after each training integer\n")


def test_the_drift_is_that_of_reading_digit_by_digit(reader: Run) -> None:
    net = reader.net
    assert isinstance(net, Snapped)
    distances = drift(net)
    assert distances.shape == (DIGITS, DRAWN)
    assert torch.equal(distances, drift(net))
    first = net.net.step(net.begin()[None])[0, 1]
    own = (first - net.codebook).double().norm(dim=1).min()
    assert torch.allclose(distances[0], own.expand(DRAWN), rtol=1e-4)
    assert distances[-1].median() > distances[4].median(), "a net that is not snapped drifts"
    assert snapped_distance(net) < torch.pdist(net.codebook).min() / 2


def test_each_further_try_begins_at_a_line_of_its_own() -> None:
    settings = {"recipe.epochs": 10, "recipe.warmup_epochs": 0, "recipe.tries": 3}
    settings |= {"recipe.evaluate_every": 2, "recipe.extract_below": 1e-9}
    run = train(Experiment.preset("reader").replaced(settings), progress=False)
    assert run.state.epoch == 30
    for language, said in (("en", "another try begins"), ("fr", "nouvel essai")):
        figure = curves(run, texts(language))
        for axes in figure.axes:
            begun = [line for line in axes.lines if line.get_linestyle() == "-."]
            assert [line.get_xdata()[0] for line in begun] == [10, 20]  # type: ignore[index]
        entries = [text.get_text() for text in figure.legends[0].get_texts()]
        assert sum(said in entry for entry in entries) == 1


def test_the_curves_of_a_squared_error_say_so(reader: Run, gru: Run, spectral: Run) -> None:
    loss = curves(reader, EN).axes[0]
    assert loss.get_ylabel() == "squared error (log scale)"
    baseline = loss.lines[-1].get_ydata()[0]  # type: ignore[index]
    assert baseline == frequency_loss(reader.splits.train.labels, "squared_error")
    assert curves(gru, EN).axes[0].get_ylabel() == "cross-entropy (nats)"
    entries = [text.get_text() for text in curves(reader, EN).legends[0].get_texts()]
    assert "another try begins, from new weights" not in entries
    for name in ("curves", "animation"):
        with pytest.raises(UsageError, match=r"computed in closed form[\s\S]*spectral"):
            draw(spectral, name, EN)
