"""Many runs as one question: plan, execute, results, statistics, report."""

from __future__ import annotations

from fizzlab.studies.execute import Execution, execute
from fizzlab.studies.luck import Luck, luck
from fizzlab.studies.pace import Pace, measured_pace
from fizzlab.studies.plan import Plan
from fizzlab.studies.plan_file import read_plan, to_toml
from fizzlab.studies.results import Study
from fizzlab.studies.vary import Range, parse_vary

__all__ = [
    "Execution",
    "Luck",
    "Pace",
    "Plan",
    "Range",
    "Study",
    "execute",
    "luck",
    "measured_pace",
    "parse_vary",
    "read_plan",
    "to_toml",
]
