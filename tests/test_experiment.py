from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import PRESETS, Experiment
from fizzlab.configuration import setting_names
from fizzlab.errors import ConfigError, NewerVersionError, UnknownNameError

settings = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**32 - 1),
        "net.hidden": st.lists(st.integers(1, 300), max_size=3).map(tuple),
        "net.activation": st.sampled_from(["relu", "tanh", "gelu", "sigmoid"]),
        "net.dropout": st.floats(0, 0.9),
        "recipe.learning_rate": st.floats(1e-6, 10),
        "recipe.clip_norm": st.none() | st.floats(0.1, 10),
        "recipe.order": st.sampled_from(["given", "permuted", "reshuffled"]),
        "recipe.patience": st.none() | st.integers(1, 100),
        "recipe.class_weights": st.sampled_from([None, "balanced", (1.0, 2.0, 3.0, 0.5)]),
        "streams.order": st.none() | st.integers(0, 9),
        "data.subset": st.none() | st.integers(1, 500),
        "encoding.bits": st.integers(10, 30),
    },
)


@given(settings)
def test_toml_gives_back_the_experiment(changes: dict) -> None:
    experiment = Experiment().replaced(changes)
    assert Experiment.from_toml(experiment.to_toml()) == experiment
    assert hash(experiment) == hash(Experiment.from_toml(experiment.to_toml()))


def test_json_gives_back_the_experiment() -> None:
    experiment = Experiment.preset("td1", 4)
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


@pytest.mark.parametrize("name", PRESETS)
def test_presets_train_what_the_lab_trains(name: str) -> None:
    experiment = Experiment.preset(name, seed=3)
    assert experiment.name == name
    assert experiment.seed == 3
    assert (experiment.data.train, experiment.data.test) == ("101..1023", "1..100")


def test_td1_is_the_sheet() -> None:
    td1 = Experiment.preset("td1")
    recipe = td1.recipe
    assert td1.layer_sizes == (10, 100, 4)
    assert td1.num_parameters == 1504
    assert (recipe.epochs, recipe.batch_size, recipe.order) == (1000, 128, "given")
    assert (recipe.optimizer, recipe.learning_rate, recipe.momentum) == ("sgd", 0.05, 0.0)
    assert td1.data.validation == 0


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Experiment.from_toml(
            "seed = -1\nrule.pairs = [[1, 'a']]\nrecipe.learning_rate = inf\nnet.hiden = 3\n"
        )
    text = str(caught.value)
    assert "4 settings are wrong" in text
    for part in [
        '"seed": expected a number of at least 0, got -1',
        '"rule.pairs": expected divisors of at least 2, got 1',
        '"recipe.learning_rate": expected a finite number, got inf',
        '"net.hiden": there is no setting of this name. Did you mean "net.hidden"?',
    ]:
        assert part in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"recipe.optimizer": "adam", "recipe.momentum": 0.9}, "momentum and nesterov are for sgd"),
        ({"recipe.nesterov": True}, "nesterov needs a momentum"),
        ({"recipe.warmup_epochs": 1000}, "must be below the epochs"),
        ({"recipe.cycle_momentum": True}, "cycle_momentum needs schedule one_cycle"),
        ({"recipe.schedule": "one_cycle", "recipe.warmup_epochs": 2}, "a rise of its own"),
        ({"recipe.class_weights": [1.0, 2.0]}, "expected 4 weights, one a label, got 2"),
        ({"recipe.class_weights": [0.0, 0.0, 0.0, 0.0]}, "above 0"),
        ({"recipe.patience": 5, "data.validation": 0}, "needs a validation set"),
        ({"recipe.betas": [0.9, 1.0]}, "two numbers from 0 to below 1"),
        ({"net.hidden": [0]}, "widths from 1"),
        ({"net.hidden": [100_000, 100_000]}, "at most 100,000,000 parameters"),
        ({"name": "../evil"}, "expected a text like"),
        ({"data.train": " "}, "expected at least one integer to train on"),
        ({"data.train": "5..3"}, "The range 5..3 is empty"),
    ],
)
def test_settings_that_do_not_fit_together(changes: dict, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Experiment().replaced(changes)
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["recipe.epoch", "recipie.epochs", "seed.x", "epochs"])
def test_unknown_settings_suggest_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match=r"no setting|There is no setting"):
        Experiment().replaced({name: 1})


def test_unknown_presets_suggest_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match='Did you mean "td1"'):
        Experiment.preset("td2")


def test_every_setting_has_a_name_and_a_meaning() -> None:
    from fizzlab.configuration import settings as all_settings

    assert "recipe.learning_rate" in setting_names(Experiment)
    assert all(field.description for _, field in all_settings(Experiment))


def test_files_are_read_with_their_name_and_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[data]\ntrain = "own.csv"\n')
    experiment = Experiment.read(tmp_path / "mine.toml")
    assert experiment.name == "mine"
    assert experiment.data.train == str(tmp_path / "own.csv")


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"seed = ", "not TOML"), (b"\xff", "not UTF-8"), (b"format = 99", "of format 99")],
)
def test_unreadable_files(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises((ConfigError, NewerVersionError), match=expected):
        Experiment.read(tmp_path / "x.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        Experiment.read(tmp_path / "missing.toml")


@given(st.integers(2, 2**80), st.sampled_from(["fizz", "é", 'a"b', "a\\b", "a=b"]))
def test_toml_keeps_rules_of_any_size(divisor: int, word: str) -> None:
    experiment = Experiment().replaced({"rule.pairs": ((divisor, word),)})
    assert Experiment.from_toml(experiment.to_toml()) == experiment


def test_csv_paths_start_at_the_toml(tmp_path: Path) -> None:
    elsewhere = tmp_path / "other" / "test.CSV"
    (tmp_path / "mine.toml").write_text(
        f'[data]\ntrain = "sub/own.csv"\ntest = "{elsewhere.as_posix()}"\n'
    )
    data = Experiment.read(str(tmp_path / "mine.toml")).data
    assert (data.train, data.test) == (str(tmp_path / "sub" / "own.csv"), str(elsewhere))


def test_the_name_in_the_text_goes_before_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "stem.toml").write_text('name = "inside"\n', encoding="utf-8-sig")
    assert Experiment.read(tmp_path / "stem.toml").name == "inside"
    (tmp_path / "no name.toml").write_text("")
    assert Experiment.read(tmp_path / "no name.toml") == Experiment()


@given(st.lists(st.integers(1, 50), max_size=4), st.integers(1, 5), st.integers(1, 12))
def test_parameters_are_counted_as_torch_counts(hidden: list, divisors: int, bits: int) -> None:
    from fizzlab.nets import build_net

    pairs = [(n + 2, "w" * 2**n) for n in range(divisors)]
    changes = {"net.hidden": hidden, "rule.pairs": pairs, "encoding.bits": bits}
    experiment = Experiment().replaced(changes)
    numbers = sum(parameter.numel() for parameter in build_net(experiment).parameters())
    assert experiment.num_parameters == numbers
