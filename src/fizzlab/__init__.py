"""fizzlab: small networks that learn integer rules, and an honest account of what they learned.

Names that need torch are loaded when they are first used, so that importing fizzlab is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fizzlab.data import Data, Split, Splits
    from fizzlab.encodings import Encoding
    from fizzlab.errors import FizzlabError
    from fizzlab.evaluation import Evaluation, Explanation
    from fizzlab.experiment import PRESETS, Experiment, Net, Recipe
    from fizzlab.figures import plot
    from fizzlab.nets import MLP, summary
    from fizzlab.randomness import Streams
    from fizzlab.rules import Rule
    from fizzlab.runs import (
        Report,
        Run,
        Update,
        default_folder,
        list_runs,
        open_run,
        refit,
        resume,
        train,
    )

__version__ = "0.1.0"

_HOMES = {
    "data": ["Data", "Split", "Splits"],
    "encodings": ["Encoding"],
    "errors": ["FizzlabError"],
    "evaluation": ["Evaluation", "Explanation"],
    "experiment": ["PRESETS", "Experiment", "Net", "Recipe"],
    "figures": ["plot"],
    "nets": ["MLP", "summary"],
    "randomness": ["Streams"],
    "rules": ["Rule"],
    "runs": [
        "Report",
        "Run",
        "Update",
        "default_folder",
        "list_runs",
        "open_run",
        "refit",
        "resume",
        "train",
    ],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "MLP",
    "PRESETS",
    "Data",
    "Encoding",
    "Evaluation",
    "Experiment",
    "Explanation",
    "FizzlabError",
    "Net",
    "Recipe",
    "Report",
    "Rule",
    "Run",
    "Split",
    "Splits",
    "Streams",
    "Update",
    "default_folder",
    "list_runs",
    "open_run",
    "plot",
    "refit",
    "resume",
    "summary",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'fizzlab' has no attribute {name!r}")
    return getattr(import_module(f"fizzlab.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
