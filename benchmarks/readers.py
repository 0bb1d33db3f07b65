"""How often the preset `reader` is accepted and proved: python benchmarks/readers.py seeds 200.

    python benchmarks/readers.py seeds 200 --first 5000     one line a try, then the shares
    python benchmarks/readers.py rules --seeds 5            other rules, and base 10, as a table

Every net is trained, snapped and proved on one core; times are for the whole, without imports.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from dataclasses import dataclass

import torch

from fizzlab import Experiment, Rule, train
from fizzlab.errors import NetError
from fizzlab.evaluation import binomial_interval
from fizzlab.proofs import prove
from fizzlab.proofs.identification import identify
from fizzlab.readers import rule_automaton, states_needed

WORDS = {2: "two", 3: "fizz", 4: "four", 5: "buzz", 6: "six", 7: "bazz"}
SETS = [*itertools.combinations((2, 3, 5, 7), 2), *itertools.combinations((2, 3, 5, 7), 3)]
MORE = [(3, 4), (4, 6)]


@dataclass
class Outcome:
    """What came of one seed."""

    seed: int
    stopped: str
    tries: int
    epochs: int
    verdict: str
    seconds: float


def outcome(experiment: Experiment) -> Outcome:
    began, recipe = time.perf_counter(), experiment.recipe
    try:
        run = train(experiment, progress=False)
        stopped, epochs = run.stopped, run.state.epoch
        verdict = prove(run).verdict
    except NetError:  # accepted, but its states do not stay near their codes
        stopped, epochs, verdict = "not snapped", 0, "not snapped"
    tries = -(-epochs // recipe.epochs)
    seconds = time.perf_counter() - began
    return Outcome(experiment.seed, stopped, tries, epochs, verdict, seconds)


def share(count: int, total: int) -> str:
    low, high = binomial_interval(count, total)
    return f"{count} of {total} (exact 95 % interval {low:.3f} to {high:.3f})"


def seeds(count: int, first: int) -> None:
    found = []
    for seed in range(first, first + count):
        found.append(outcome(Experiment.preset("reader", seed)))
        if found[-1].tries > 1 or found[-1].verdict != "proved":
            print(found[-1])
    accepted = [one for one in found if one.stopped == "accepted"]
    print(f"accepted at the first try  {share(sum(one.tries == 1 for one in accepted), count)}")
    print(f"at the first or second     {share(sum(one.tries <= 2 for one in accepted), count)}")
    print(f"accepted at all            {share(len(accepted), count)}")
    proved = sum(one.verdict == "proved" for one in accepted)
    print(f"of these proved            {share(proved, len(accepted))}")
    print(f"accepted and wrong         {sum(one.verdict == 'refuted' for one in accepted)}")
    times = sorted(one.seconds for one in found)
    quarters = statistics.quantiles(times, n=4)
    print(
        f"seconds a net: median {statistics.median(times):.2f}, "
        f"quartiles {quarters[0]:.2f} to {quarters[2]:.2f}, longest {times[-1]:.2f}"
    )
    print(f"epochs: median {statistics.median(one.epochs for one in found):.0f}")


def rules(count: int) -> None:
    cases = [(divisors, 2) for divisors in [*SETS, *MORE]] + [((3, 5), 10)]
    print(
        "| divisors | base | states | needed | from the labels | accepted | proved | refuted "
        "| neither | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for divisors, base in cases:
        print(rules_row(divisors, base, count), flush=True)


def rules_row(divisors: tuple[int, ...], base: int, count: int) -> str:
    pairs = tuple((divisor, WORDS[divisor]) for divisor in divisors)
    rule = Rule(pairs)
    states = len(rule_automaton(rule, base))
    settings = {
        "rule.pairs": pairs,
        "encoding.base": base,
        "net.hidden": states + 1,
        "recipe.tries": 3,
    }
    split = Experiment.preset("reader").replaced(settings).splits().train
    needed = states_needed(split, base)
    known = identify(rule, base, split.integers, split.labels)
    found = [outcome(Experiment.preset("reader", seed).replaced(settings)) for seed in range(count)]
    verdicts = [one.verdict for one in found]
    counts = [verdicts.count(verdict) for verdict in ("proved", "refuted")]
    counts = [sum(one.stopped == "accepted" for one in found), *counts, count - sum(counts)]
    seconds = statistics.median(one.seconds for one in found)
    named = ", ".join(map(str, divisors))
    cells = [named, base, states, needed, known.verdict, *counts, f"{seconds:.1f}"]
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    many = commands.add_parser("seeds")
    many.add_argument("count", type=int)
    many.add_argument("--first", type=int, default=5000)
    commands.add_parser("rules").add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "seeds":
        seeds(asked.count, asked.first)
    else:
        rules(asked.seeds)


if __name__ == "__main__":
    main()
