"""Real workers: the very net of `fizzlab train`, step by step, altered, explained, taken away."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
import torch
from lab_pages import Page, Served

from fizzlab import Experiment, open_run, train
from fizzlab.lab.links import from_link
from fizzlab.lab.messages import MESSAGES
from fizzlab.lab.workers.hidden import answers_of

pytestmark = pytest.mark.slow  # real processes: seconds each

SMALL = "net.hidden=[12]&recipe.epochs=30&recipe.evaluate_every=5"


def run_of(page: Page, real: Served, folder: Path) -> Path:
    with urlopen(f"http://{real.address}/download/{page.welcome['session']}/run.zip") as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.read()))
    packed.extractall(folder)
    return next(folder.iterdir())


def uint8(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8)


@pytest.mark.parametrize(
    "link",
    [
        "net.hidden=[12]&recipe.epochs=30&seed=3",
        'preset=td1&net.hidden=[9,5]&recipe.epochs=20&net.dropout=0.2&recipe.order="reshuffled"',
        "preset=reader&recipe.epochs=12&recipe.tries=1&recipe.warmup_epochs=2",
    ],
)
def test_the_net_is_that_of_the_command_line(
    page: Page, real: Served, tmp_path: Path, link: str
) -> None:
    page.fresh(link)
    page.say("watch", panels=["words", "map", "neurons", "weights"])
    for _ in range(3):
        page.say("step")
    page.say("epoch")
    page.state(status="paused", step=0)
    page.say("start")
    page.state(status="finished")
    lab, own = open_run(run_of(page, real, tmp_path)), train(from_link(link), progress=False)
    for name, value in own.state.net.state_dict().items():
        assert torch.equal(value, lab.state.net.state_dict()[name]), name
    for name, values in own.state.history.items():
        assert np.array_equal(values, lab.state.history[name], equal_nan=True), name
    assert lab.report.predictions == own.report.predictions
    assert lab.experiment == own.experiment


def test_steps_and_epochs(page: Page) -> None:
    page.fresh(SMALL)
    page.say("step")
    first = page.state(status="paused", step=1)
    assert (first["epoch"], first["steps"]) == (0, 7)
    page.say("epoch")
    assert page.state(status="paused", epoch=1)["step"] == 0
    for step in range(1, 7):
        page.say("step")
        page.state(status="paused", step=step)
    page.say("step")
    assert page.state(status="paused", epoch=2)["step"] == 0
    page.say("reset", seed="same")
    assert (
        page.until("state", lambda s: s["run"] > page.run and s["worker"] == "ready")["epoch"] == 0
    )


def test_a_reset_within_an_epoch(page: Page) -> None:
    page.fresh(SMALL)
    page.say("step")
    page.state(step=1)
    page.say("reset", seed="new")
    assert page.until("data", lambda m: m["run"] > page.run)["experiment"]["seed"] == 1
    page.say("start")
    assert page.state(status="finished")["epoch"] == 30


def test_a_long_epoch_can_be_paused(page: Page, real: Served) -> None:
    page.fresh("recipe.batch_size=1&net.hidden=[900,900]")
    page.say("start")
    page.until("state", lambda s: s["step"] > 2)
    page.say("pause")
    paused = page.until("state", lambda s: s["status"] == "paused")
    assert 0 < paused["step"] < paused["steps"]
    with pytest.raises(HTTPError) as refused:
        run_of(page, real, Path("never"))
    assert refused.value.code == 409
    assert b"within epoch 1" in refused.value.read()


def test_the_learning_rate_changes_while_it_trains(
    page: Page, real: Served, tmp_path: Path
) -> None:
    page.fresh(SMALL)
    page.say("epoch")
    page.state(epoch=1, status="paused")
    page.say("configure", settings={"recipe.learning_rate": 0.25, "recipe.weight_decay": 0.01})
    assert page.until("configured", lambda m: len(m["changes"]) == 5)["needs_reset"] == []
    page.say("start")
    done = page.state(status="finished")
    assert {c["name"]: (c["epoch"], c["after"]) for c in done["changes"]} == {
        "recipe.learning_rate": (1, 0.25),
        "recipe.weight_decay": (1, 0.01),
    }
    path = run_of(page, real, tmp_path)
    run = open_run(path)
    assert run.state.history["learning_rate"][-1] == 0.25
    assert run.state.optimizer.param_groups[0]["weight_decay"] == 0.01
    assert json.loads((path / "changes.json").read_text())[0]["after"] in (0.25, 0.01)
    assert page.known("runs", lambda m: m["runs"][-1]["altered"])


def test_too_few_epochs_are_refused_on_the_way(page: Page) -> None:
    page.fresh(SMALL)
    for epoch in (1, 2):
        page.say("epoch")
        page.state(epoch=epoch, status="paused")
    page.say("configure", settings={"recipe.epochs": 2})
    assert "2 epochs are done already" in page.problem("configure")["problem"]


def test_test_results_are_covered_until_asked_for(page: Page) -> None:
    data = page.fresh(SMALL)
    page.say("watch", panels=["words", "map", "confusion"])
    tested = uint8(data["splits"]) == 3
    assert np.flatnonzero(tested).tolist() == list(range(1, 101))
    words, shares = page.known("words"), page.known("map")
    assert (uint8(words["labels"])[tested] == 255).all()
    assert (uint8(words["labels"])[~tested] < 4).all()
    assert set(uint8(words["tiles"])) == {255}
    assert (uint8(shares["probabilities"]).reshape(4, 1024)[:, tested] == 255).all()
    assert "test" not in page.known("confusion")["splits"]
    page.say("explain", integer=15)
    covered = page.until("explanation")
    assert covered["covered"]
    assert covered["word"] is covered["right"] is covered["logits"] is covered["why"] is None
    page.say("reveal", shown=True)
    assert page.state(revealed=True)["test"]["total"] == 100
    shown = page.until("words", lambda m: 255 not in uint8(m["tiles"]))
    assert (uint8(shown["labels"])[1:101] == uint8(shown["tiles"])).all()
    page.say("explain", integer=15)
    assert page.until("explanation")["word"] is not None
    page.fresh(SMALL)
    page.say("epoch")
    assert page.state(epoch=1)["test"] is None


def test_pictures_agree_with_the_net(page: Page, real: Served, tmp_path: Path) -> None:
    page.fresh(SMALL)
    page.say("start")
    page.state(status="finished")
    page.say("reveal", shown=True)
    page.state(revealed=True)
    page.say("watch", panels=["words", "weights", "neurons", "confusion"], neurons=12)
    words = page.known("words", lambda m: 255 not in uint8(m["tiles"]))
    weights = page.known("weights", lambda m: m["epoch"] == words["epoch"])
    found: dict[int, np.ndarray] = {}
    while len(found) < 12:
        message = page.until("neurons")
        pictures = uint8(message["pictures"]).reshape(len(message["neurons"]), -1)
        found |= dict(zip(message["neurons"], pictures, strict=True))
    run = open_run(run_of(page, real, tmp_path))
    rows = torch.from_numpy(run.experiment.encoding.rows(range(1024)))
    layers: Any = run.net
    assert uint8(words["labels"]).tolist() == layers(rows).argmax(1).tolist()
    first = weights["layers"][0]
    sent = np.frombuffer(base64.b64decode(first["weights"]), "<f4").reshape(12, 10)
    assert (sent == layers[0].weight.detach().numpy()[first["outputs"]]).all()
    hidden = answers_of(layers, rows)[0].numpy()
    for neuron, picture in found.items():
        values = hidden[:, neuron]
        span = np.ptp(values) or 1
        assert abs(picture / 255 - (values - values.min()) / span).max() <= 0.5 / 255 + 1e-6
    test = page.known("confusion")["splits"]["test"]
    assert np.array(test).trace() == 100 - len(run.wrong)


def test_proof_and_luck(page: Page) -> None:
    page.fresh(SMALL)
    page.say("start")
    done = page.state(status="finished")
    page.say("luck", nets=12, vary={"name": "recipe.learning_rate", "values": [0.05, 1e17]})
    luck = page.until("luck", lambda m: m["ended"], wait_s=120)
    assert luck["ended"] == "done"
    one, other = luck["rows"]
    assert one["nets"] == sum(one["counts"]) + one["diverged"] == 12
    assert other["nets"] == 12
    assert luck["score"] == done["validation"]["correct"] / 100
    assert 0 <= one["low"] <= one["percentile"] <= one["high"] <= 100
    page.say("prove")
    proof = page.until("proof")
    assert proof["checked"] == 1024
    assert proof["verdict"] == "refuted"
    assert len(proof["counterexamples"]) == proof["wrong"] > 0
    assert page.known("state", lambda s: s["revealed"])["test"] is not None


def test_a_training_that_diverges(page: Page) -> None:
    page.fresh(
        f'{SMALL}&recipe.loss="squared_error"&recipe.learning_rate=1000&net.activation="gelu"'
    )
    page.say("start")
    said = page.problem("start")
    assert said["code"] == "diverged"
    page.say("prove")
    assert "diverged" in page.problem("prove")["problem"]
    page.say("configure", settings={"recipe.learning_rate": 0.05})
    page.say("start")
    page.state(status="finished")


@pytest.mark.parametrize("file", ["map.svg", "curves.png"])
def test_pictures_to_take_away(page: Page, real: Served, file: str) -> None:
    page.fresh(SMALL)
    page.say("start")
    page.state(status="finished")
    address = f"http://{real.address}/download/{page.welcome['session']}/{file}?language=fr"
    with urlopen(address) as answer:
        content = answer.read()
    assert content.startswith(b"\x89PNG" if file.endswith("png") else b"<?xml")


@pytest.mark.parametrize(
    "link",
    [
        "preset=exact",
        'preset=gru&recipe.epochs=3&net.hidden=[4]&recipe.batch_size=200',
        'encoding.scheme="digits"&net.hidden=[]&recipe.epochs=3',
        'encoding.scheme="scaled"&net.hidden=[5,5,5,5,5,5]&recipe.epochs=3',
        'encoding.bits=30&recipe.epochs=3&rule.pairs=[[2,"a"],[3,"b"],[5,"c"],[7,"d"],[11,"e"]]',
        'data.test=""&data.validation=0&recipe.epochs=3',
        'encoding.bits=3&data.train="0..3"&data.test="4..7"&data.validation=0&recipe.epochs=3',
    ],
)  # fmt: skip
def test_all_kinds_of_nets(page: Page, link: str) -> None:
    page.fresh(link)
    page.say("watch", panels=["words", "map", "weights", "neurons", "confusion"])
    page.say("start")
    page.state(status="finished")
    page.say("explain", integer=3)
    page.until("explanation")
    panels = {"words", "map", "weights", "confusion"}
    end = time.monotonic() + 20
    while not panels <= {m["type"] for m in page.seen} and time.monotonic() < end:
        page.until(next(iter(panels - {m["type"] for m in page.seen})))
    assert panels <= {m["type"] for m in page.seen}
    assert not [m for m in page.seen if m["type"] == "problem"]
    for message in page.seen:
        MESSAGES.validate_json(json.dumps(message))


def test_experiments_of_links_are_those_of_the_page(page: Page) -> None:
    link = "preset=td1&net.hidden=%5B7%5D"
    page.say("configure", link=link)
    made = page.until("configured", lambda m: m["preset"] == "td1")
    assert made["link"] == link
    assert Experiment(**made["experiment"]) == from_link(link)
