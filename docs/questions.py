"""Writes the tables and pictures of docs/questions.md: python docs/questions.py STUDY...

Each study is that of a ready-made question: fizzlab study --question NAME --out STUDY. The plain-words
answers around the tables are written by hand, and stay.
"""

from __future__ import annotations

import argparse
import io
import json
import re
from pathlib import Path
from typing import Any

from PIL import Image

from fizzlab.figures import style
from fizzlab.studies import Study
from fizzlab.studies.findings import Findings
from fizzlab.studies.pictures import distributions
from fizzlab.studies.questions import QUESTIONS, question_plan
from fizzlab.studies.statistics import ConditionSummary
from fizzlab.studies.vary import plain

DOCS = Path(__file__).parent
PAGE = DOCS / "questions.md"


def question_of(study: Study) -> str:
    """Gives the name of the question that a study answers."""
    for name in QUESTIONS:
        if question_plan(name).hash == study.plan.hash:
            return name
    raise SystemExit(f"{study.path} is not the study of a question: fizzlab study --question NAME")


def table(found: Findings) -> str:
    """Gives the conditions, in the order of the plan, as a table of Markdown."""
    names = found.study.plan.names
    heads = [*(f"`{name}`" for name in names), "test accuracy, mean", "95 % interval", "sd"]
    lines = [f"| {' | '.join([*heads, 'all right'])} |", "| " + "--- | " * (len(heads) + 1)]
    lines[1] = lines[1].rstrip()
    return "\n".join([*lines, *(_row(one, names) for one in found.statistics.conditions)])


def _row(one: ConditionSummary, names: tuple[str, ...]) -> str:
    e = one.estimates["test_accuracy"]
    cells = [_value(one.settings[name]) if name in one.settings else "-" for name in names]
    cells += [f"{e.mean:.3f}", f"{e.low:.3f} to {e.high:.3f}", f"{e.sd:.3f}"]
    return f"| {' | '.join([*cells, f'{one.perfect} of {one.nets}'])} |"


def _value(value: Any) -> str:
    shown = plain(value)
    return shown if isinstance(shown, str) else json.dumps(shown)


def write(study: Study) -> None:
    """Writes the part of the page, and the picture, that belong to a study."""
    name, found = question_of(study), Findings(study)
    if not study.is_complete:
        raise SystemExit(f"{study.path} is not finished")
    command = f"`fizzlab study --question {name}`"
    part = (
        f"{command}: {study.trained:,} nets, {study.diverged} diverged.\n\n{table(found)}\n\n"
        f"![Distributions of test accuracy by condition: {name}](images/question-{name}.png)"
    )
    page = PAGE.read_text(encoding="utf-8")
    pattern = re.escape(command) + r": [\d,]+ nets.*?\(images/question-[a-z-]+\.png\)"
    changed, count = re.subn(pattern, lambda _: part, page, flags=re.S)
    if count != 1:
        raise SystemExit(f"{PAGE} has {count} parts for {command}: expected one")
    PAGE.write_text(changed, encoding="utf-8")
    with style.settings():
        figure = distributions(found)
        assert figure is not None
        picture = DOCS / "images" / f"question-{name}.png"
        drawn = Image.open(io.BytesIO(style.render(figure)["png"])).convert("RGB")
        drawn.quantize(32).save(picture, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="+", help="folder of the study of a question")
    for folder in parser.parse_args().study:
        write(Study.open(folder))


if __name__ == "__main__":
    main()
