"""Which varied setting matters most: analysis of variance with main effects and interactions.

Each seed counts as a repetition. The seeds are paired, which the analysis leaves unused: it rather
misses an effect than makes one up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fizzlab.studies.statistics import Statistics, text

MAX_TERMS = 300  # parameters of the model: above, interactions are left out
MAX_LEVELS = 50


@dataclass(frozen=True)
class Effect:
    """How much of the variance goes with a setting, or with two together.

    Attributes:
        names: Dotted names of the settings.
        eta_squared: Share of the sum of squares that goes with it.
        p: F-test; None if the nets of a condition do not differ at all.
    """

    names: tuple[str, ...]
    eta_squared: float
    p: float | None


def effects(found: Statistics) -> list[Effect]:
    """Gives the effects of a grid, largest first; empty if there is nothing to analyse.

    Type II sums of squares, by statsmodels. Interactions are those of two settings.
    """
    plan = found.study.plan
    if not plan.is_grid or not plan.names:
        return []
    rows = found.frame.filter(found.frame[found.metric].is_not_null())
    levels = {
        name: [text(plan.condition(n)[name]) for n in rows["condition"]] for name in plan.names
    }
    varied = [name for name, values in levels.items() if 1 < len(set(values)) <= MAX_LEVELS]
    y = rows[found.metric].to_numpy()
    terms = _terms(varied, {name: len(set(levels[name])) for name in varied})
    parameters = 1 + sum(size for _, size in terms)
    if not terms or len(y) <= parameters or np.ptp(y) <= 1e-12:
        return []
    return _anova(y, {name: levels[name] for name in varied}, [names for names, _ in terms])


def _terms(names: list[str], sizes: dict[str, int]) -> list[tuple[tuple[str, ...], int]]:
    main: list[tuple[tuple[str, ...], int]] = [((name,), sizes[name] - 1) for name in names]
    both = [((a, b), (sizes[a] - 1) * (sizes[b] - 1)) for a, b in combinations(names, 2)]
    return main + (both if sum(size for _, size in main + both) <= MAX_TERMS else [])


def _anova(
    y: np.ndarray, levels: dict[str, list[str]], terms: list[tuple[str, ...]]
) -> list[Effect]:
    import warnings

    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    short = {name: f"f{place}" for place, name in enumerate(levels)}
    frame = pd.DataFrame({"y": y, **{short[name]: values for name, values in levels.items()}})
    keys = {":".join(f"C({short[name]})" for name in names): names for names in terms}
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
