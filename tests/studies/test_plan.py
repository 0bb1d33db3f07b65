"""Plans: which nets, in which order, and what is refused."""

from __future__ import annotations

import pickle
import tracemalloc
from itertools import islice, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import Experiment
from fizzlab.errors import ConfigError, DataError, NewerVersionError, UsageError
from fizzlab.studies import Plan, Range, parse_vary, read_plan, to_toml
from fizzlab.studies.plan_file import from_tree

RATES = [0.1, 0.2, 0.3]


def test_a_grid_is_all_combinations_and_every_condition_has_the_same_seeds() -> None:
    plan = Plan(seeds=3, first_seed=5, vary={"recipe.learning_rate": RATES, "net.hidden": [4, [8]]})
    made = list(plan)
    assert [index for index, _, _ in made] == list(range(18)) == list(range(plan.nets))
    found = {(e.recipe.learning_rate, e.net.hidden, e.seed) for _, _, e in made}
    assert found == set(product(RATES, [(4,), (8,)], [5, 6, 7]))
    assert [e.seed for _, _, e in made] == sorted(e.seed for _, _, e in made)
    for _, number, experiment in made:
        condition = plan.condition(number)
        assert experiment == plan.experiment.replaced({**condition, "seed": experiment.seed})


def test_a_list_gives_its_conditions() -> None:
    listed = [{"recipe.optimizer": "adam"}, {"recipe.momentum": 0.9, "recipe.nesterov": True}]
    plan = Plan(seeds=1, conditions=listed)
    assert [plan.condition(number) for number in range(2)] == listed
    assert plan.names == ("recipe.optimizer", "recipe.momentum", "recipe.nesterov")
    assert not plan.is_grid


@given(
    low=st.floats(1e-6, 1e3), factor=st.floats(1.001, 1e6), share=st.floats(0, 1, exclude_max=True),
    log=st.booleans(), whole=st.booleans(),
)  # fmt: skip
def test_a_range_stays_within_its_ends(
    low: float, factor: float, share: float, log: bool, whole: bool
) -> None:
    low, high = (int(low) + 1, int(low * factor) + 2) if whole else (low, low * factor)
    found = Range(low, high, log=log).at(share, whole=whole)
    slack = 0 if whole else 1e-9
    assert low * (1 - slack) <= found <= high * (1 + slack)
    assert isinstance(found, int) == whole


def test_a_random_search_is_seeded_and_covers_its_ranges() -> None:
    vary = {
        "recipe.learning_rate": {"low": 0.001, "high": 1, "log": True},
        "net.hidden": [10, 20],
        "recipe.batch_size": Range(1, 4),
    }
    plan = Plan(random=400, seeds=1, vary=vary)
    drawn = [plan.condition(number) for number in range(400)]
    longer, other = Plan(random=450, seeds=1, vary=vary), Plan(random=400, random_seed=1, vary=vary)
    assert drawn == [longer.condition(number) for number in range(400)]
    assert drawn != [other.condition(number) for number in range(400)]
    rates = sorted(one["recipe.learning_rate"] for one in drawn)
    assert 0.001 <= rates[0] < 0.003
    assert 0.5 < rates[-1] <= 1
    assert 0.02 < rates[200] < 0.05  # the middle, in the logarithm
    assert {one["recipe.batch_size"] for one in drawn} == {1, 2, 3, 4}
    assert {one["net.hidden"] for one in drawn} == {(10,), (20,)}


def test_the_hash_is_of_what_is_trained() -> None:
    plan = Plan(seeds=2, vary={"net.hidden": [50, [8]]})
    assert plan.hash == Plan(seeds=2, vary={"net.hidden": [[50], 8]}).hash
    assert plan.hash == Plan(Experiment(seed=9), seeds=2, vary={"net.hidden": [50, 8]}).hash
    others = [
        Plan(seeds=3, vary={"net.hidden": [50, 8]}),
        Plan(seeds=2, first_seed=1, vary={"net.hidden": [50, 8]}),
        Plan(seeds=2, vary={"net.hidden": [8, 50]}),
        Plan(Experiment.preset("td1"), seeds=2, vary={"net.hidden": [50, 8]}),
    ]
    assert len({plan.hash, *(other.hash for other in others)}) == 5


@pytest.mark.parametrize(
    "plan",
    [
        Plan(),
        Plan(seeds=3, vary={"recipe.patience": [None, 30], "net.hidden": [[], [4, 4]]}),
        Plan(random=3, random_seed=2, vary={"recipe.momentum": Range(0, 0.9)}),
        Plan(conditions=[{"streams.init": 3}, {"recipe.class_weights": "balanced"}]),
    ],
    ids=["plain", "grid", "random", "list"],
)
def test_toml_and_pickle_give_the_same_plan(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(to_toml(plan), encoding="utf-8")
    read = read_plan(tmp_path / "plan.toml")
    assert read == plan
    assert read.hash == plan.hash
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_a_plan_file_may_start_from_a_preset(tmp_path: Path) -> None:
    text = (
        'preset = "td1"\nseeds = 4\n[vary]\n"net.hidden" = [50]\n[experiment.recipe]\nepochs = 9\n'
    )
    (tmp_path / "p.toml").write_text(text)
    plan = read_plan(tmp_path / "p.toml")
    assert plan.experiment == Experiment.preset("td1").replaced({"recipe.epochs": 9})
    (tmp_path / "p.json").write_text('{"preset": "td1", "seeds": 4, "conditions": []}')
    assert read_plan(tmp_path / "p.json").nets == 4


def test_a_large_plan_is_lazy() -> None:
    tracemalloc.start()
    plan = Plan(seeds=1_000_000, vary={"recipe.learning_rate": RATES, "net.hidden": [4, 8]})
    for _ in islice(plan, 1000):
        pass
    assert plan.experiment_at(plan.nets - 1).seed == 999_999
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


BAD = [
    ({"vary": {"recipe.learning_rat": [1]}}, 'Did you mean "recipe.learning_rate"?'),
    ({"vary": {"recipe.lr": [1]}}, 'Did you mean "recipe.learning_rate"?'),
    ({"vary": {"recipe.learning_rate": []}}, "the grid is empty"),
    ({"vary": {"recipe.learning_rate": [0.1, 0.1]}}, "0.1 is given twice"),
    ({"vary": {"net.hidden": [50, [50]]}}, "[50] is given twice"),
    ({"vary": {"recipe.learning_rate": ["fast"]}}, "expected a number, got 'fast'"),
    ({"vary": {"recipe.learning_rate": [True]}}, "expected anything but true or false"),
    ({"vary": {"recipe.epochs": [0]}}, "expected a number of at least 1"),
    ({"vary": {"rule.pairs": ["3=a"]}}, "a study has one rule and one encoding"),
    ({"vary": {"encoding.bits": [10, 12]}}, "Make one study for each encoding"),
    ({"vary": {"seed": [1, 2]}}, "the plan gives the seeds (--seeds)"),
    ({"vary": {"name": ["a"]}}, '"name" cannot be varied'),
    ({"vary": {"recipe.nesterov": [True]}}, "nesterov needs a momentum above 0"),
    (
        {"vary": {"recipe.optimizer": ["sgd", "adam"], "recipe.momentum": [0.9]}},
        "recipe.optimizer = adam, recipe.momentum = 0.9: momentum and nesterov are for sgd",
    ),
    ({"vary": {"recipe.momentum": Range(0, 0.9)}}, "a range needs a number of conditions"),
    ({"vary": {"recipe.momentum": Range(0.9, 0)}, "random": 2}, "expected low below high"),
    ({"vary": {"recipe.momentum": Range(0, 1, log=True)}, "random": 2}, "low above 0"),
    ({"vary": {"recipe.momentum": Range("a", 1)}, "random": 2}, "expected two finite numbers"),
    ({"vary": {"net.hidden": Range(1, 9)}, "random": 2}, "only numbers can be drawn"),
    ({"vary": {"recipe.momentum": {"low": 1}}, "random": 2}, "this table is not a range"),
    ({"random": 3}, "a random search needs settings to vary"),
    ({"random": 0, "vary": {"net.hidden": [1, 2]}}, '"random": expected an integer from 1'),
    ({"seeds": 0}, '"seeds": expected an integer from 1'),
    ({"first_seed": -1}, '"first_seed": expected an integer from 0'),
    ({"seeds": 2, "first_seed": 2**32 - 1}, "the last seed would be above"),
    ({"conditions": [{"recipe.momentun": 1}]}, 'Did you mean "recipe.momentum"?'),
    ({"conditions": [3]}, "expected a table of settings for a condition, got 3"),
    ({"conditions": [{}], "vary": {"net.hidden": [1]}}, "goes without vary and random"),
]


@pytest.mark.parametrize(("settings", "message"), BAD, ids=lambda value: str(value)[:50])
def test_what_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Plan(**settings)
    assert message in str(caught.value)


def test_all_problems_come_at_once() -> None:
    vary = {"recipe.learning_rat": [1], "recipe.epochs": [0], "rule.pairs": ["3=a"]}
    vary |= {"recipe.momentum": [], "net.activation": ["swish"]}
    with pytest.raises(ConfigError, match="5 settings of the plan are wrong") as caught:
        Plan(vary=vary)
    for name in vary:
        assert f'"{name}"' in str(caught.value)


def test_a_wrong_value_deep_in_a_large_grid_is_found() -> None:
    epochs = [*range(1, 100), 0]
    vary = {"recipe.epochs": epochs, "recipe.batch_size": [*range(1, 101)]}
    with pytest.raises(ConfigError, match="expected a number of at least 1, got 0"):
        Plan(seeds=1, vary=vary)


def test_a_very_large_plan_must_be_meant() -> None:
    plan = Plan(seeds=10_000_001)
    with pytest.raises(UsageError, match="10,000,001 nets"):
        plan.check()
    plan.check(yes=True)


def test_the_data_of_every_condition_are_tried() -> None:
    with pytest.raises(DataError, match="Only 0 of 923 integers are left"):
        Plan(vary={"data.validation": [0, 923]}).check()


@pytest.mark.parametrize(
    ("tree", "error", "message"),
    [
        ({"sedes": 3}, ConfigError, 'Did you mean "seeds"?'),
        ({"format": 9}, NewerVersionError, "read it with a newer fizzlab"),
        ({"format": "x"}, ConfigError, "leave the format out"),
        ({"vary": 3}, ConfigError, '"vary" of a plan is a table'),
        ({"conditions": 3}, ConfigError, '"conditions" of a plan is a list'),
        ({"experiment": 3}, ConfigError, '"experiment" of a plan is a table'),
        ({"seeds": "x", "random": 1.5}, ConfigError, "integers for seeds, random"),
    ],
)
def test_wrong_plan_files(tree: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        from_tree(tree)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("net.hidden", "varies nothing"),
        ("=3", "varies nothing"),
        ("net.hidden=[[5", "cannot be read"),
        ("net.hidden={low=1}", "this table is not a range"),
    ],
)
def test_wrong_texts_of_vary(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_vary(text)
    assert message in str(caught.value)


def test_texts_of_vary() -> None:
    assert parse_vary("recipe.order=given,reshuffled") == ("recipe.order", ("given", "reshuffled"))
    assert parse_vary("streams.init=none,0") == ("streams.init", ("none", 0))
    assert parse_vary("recipe.epochs= ") == ("recipe.epochs", ())
    plan = Plan(vary=dict([parse_vary("streams.init=none,0")]))
    assert [plan.condition(n)["streams.init"] for n in range(2)] == [None, 0]
