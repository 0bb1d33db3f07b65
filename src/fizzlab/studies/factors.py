"""Which varied setting matters most: analysis of variance with main effects and interactions.

Each seed is a block: all conditions have the same seeds, and what a seed does to all of them alike
is taken out before conditions are compared (a randomized block design).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fizzlab.studies.statistics import Statistics

MAX_TERMS = 300  # parameters of the model without its seeds: above, interactions are left out
MAX_LEVELS = 50
MAX_ENTRIES = 2_000_000  # nets × parameters: above, only the first seeds are analysed
SEED = "seed"


@dataclass(frozen=True)
class Effect:
    """How much of the variance goes with a setting, with two together, or with the seed.

    Attributes:
        names: Dotted names of the settings; "seed" for that of the seed, whatever the condition.
        eta_squared: Share of the sum of squares that goes with it.
        p: F-test; None if the nets of a condition do not differ at all.
    """

    names: tuple[str, ...]
    eta_squared: float
    p: float | None


def effects(found: Statistics) -> list[Effect]:
    """Gives the effects of a grid, largest first; empty if there is nothing to analyse.

    Type II sums of squares, by statsmodels, with the seeds as blocks. Interactions are those of two
    settings.
    """
    plan = found.study.plan
    if not plan.is_grid or not plan.names:
        return []
    rows = found.frame.select("condition", "seed", found.metric).drop_nulls()
    rows = rows.filter(rows["seed"] < plan.first_seed + num_seeds(found))
    conditions = {number: plan.condition(number) for number in rows["condition"].unique()}
    values = dict(plan.vary)
    levels = {
        name: [values[name].index(conditions[number][name]) for number in rows["condition"]]
        for name in plan.names
    }
    levels = {name: mine for name, mine in levels.items() if 1 < len(set(mine)) <= MAX_LEVELS}
    terms = _terms({name: len(set(mine)) for name, mine in levels.items()})
    seeds, y = rows["seed"].to_list(), rows[found.metric].to_numpy()
    parameters = sum(size for _, size in terms) + len(set(seeds))
    if not terms or len(y) <= parameters or np.ptp(y) <= 1e-12:
        return []
    if len(set(seeds)) > 1:
        levels[SEED] = seeds
    return _anova(y, levels, [names for names, _ in terms])


def num_seeds(found: Statistics) -> int:
    """Gives how many seeds are analysed: all, or the first ones of a study of many nets."""
    conditions = len(found.conditions)
    columns = min(conditions, MAX_TERMS)  # beside those of the seeds
    # conditions × seeds nets, times seeds + columns parameters
    most = (math.sqrt(columns**2 + 4 * MAX_ENTRIES / max(conditions, 1)) - columns) / 2
    return min(found.study.plan.seeds, max(2, int(most)))


def _terms(sizes: dict[str, int]) -> list[tuple[tuple[str, ...], int]]:
    main: list[tuple[tuple[str, ...], int]] = [((name,), size - 1) for name, size in sizes.items()]
    both = [((a, b), (sizes[a] - 1) * (sizes[b] - 1)) for a, b in combinations(sizes, 2)]
    return main + (both if sum(size for _, size in main + both) <= MAX_TERMS else [])


def _anova(
    y: np.ndarray, levels: dict[str, list[int]], terms: list[tuple[str, ...]]
) -> list[Effect]:
    import warnings

    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    short = {name: f"f{place}" for place, name in enumerate(levels)}
    frame = pd.DataFrame({"y": y, **{short[name]: values for name, values in levels.items()}})
    blocks = [(SEED,)] if SEED in levels else []
    keys = {":".join(f"C({short[name]})" for name in names): names for names in terms + blocks}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of cells without spread, or left empty by divergence
        table: Any = anova_lm(ols("y ~ " + " + ".join(keys), frame).fit(), typ=2)
    total = float(table["sum_sq"].sum())
    made = []
    for key, names in keys.items():
        p = float(table["PR(>F)"][key])
        made.append(
            Effect(names, float(table["sum_sq"][key]) / total, p if np.isfinite(p) else None)
        )
    return sorted(made, key=lambda effect: -effect.eta_squared)
