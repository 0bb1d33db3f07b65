"""Resident memory while the engine `cpu` streams nets: python benchmarks/memory.py [N]."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Sequence

from fizzlab import Experiment
from fizzlab.engines import ENGINES

ONE_EPOCH = Experiment.preset("td1").replaced({"recipe.epochs": 1})


class Many(Sequence[Experiment]):
    """`td1` for one epoch, from as many seeds as asked, made when they are needed."""

    def __init__(self, nets: int) -> None:
        self.nets = nets

    def __len__(self) -> int:
        return self.nets

    def __getitem__(self, index):  # type: ignore[override]
        return ONE_EPOCH.replaced({"seed": index})

    def __iter__(self) -> Iterator[Experiment]:
        return (self[index] for index in range(self.nets))


def main() -> None:
    nets = int(sys.argv[1]) if len(sys.argv) > 1 else 10_001
    for trained in ENGINES["cpu"]().train(Many(nets), threads=2, stop=lambda: False):
        if trained.index % 5000 == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{trained.index:>7} nets: at most {peak} MB", flush=True)


if __name__ == "__main__":
    main()
