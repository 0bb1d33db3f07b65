"""Draws the pictures of the docs that show single runs: python docs/pictures.py [--check].

The others say beside them which command draws them: `docs/questions.md`, `benchmarks/scaling.py`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fizzlab import Experiment, train
from fizzlab.figures import draw
from fizzlab.figures.texts import texts

IMAGES = Path(__file__).parent / "images"
PICTURES = {  # of each preset, with seed 0: which picture goes to which file
    "classic": {name: name for name in ("curves", "confusion", "map", "weights", "neurons")},
    "reader": {"automaton": "automaton", "states": "states", "curves": "reader-curves"},
    "gru": {"map": "gru-map"},
}


def main() -> None:
    """Trains the runs, and writes their pictures; with --check only compares them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a picture is out of date")
    check = parser.parse_args().check
    for preset, pictures in PICTURES.items():
        run = train(Experiment.preset(preset), progress=False)
        for name, file in pictures.items():
            picture, path = draw(run, name, texts("en"))["png"], IMAGES / f"{file}.png"
            if not check:
                path.write_bytes(picture)
            elif not path.exists() or path.read_bytes() != picture:
                sys.exit(f"docs/images/{path.name} is out of date: run python docs/pictures.py")


if __name__ == "__main__":
    main()
