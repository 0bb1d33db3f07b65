"""The checker accepts nothing but what is true: mutants, and each step of the proof."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from certificates import document_of, outcome
from exact_nets import FIZZ, FIZZBUZZ, SMALL, Truth, fractions, rule_net
from mutants import FIELDS, mutant

MUTANTS = 165  # of the small rule; many more of them are slow


@pytest.fixture(scope="module")
def fizzbuzz() -> dict[str, Any]:
    return document_of(rule_net(FIZZBUZZ, noise=0.01), FIZZBUZZ)


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return document_of(rule_net(SMALL, noise=0.01), SMALL)


def roomy(document: dict[str, Any]) -> dict[str, Any]:
    """Widens all boxes by 1/128 to each side: so many small changes of weights stay true."""
    wide = [
        [[_shifted(low, -1), _shifted(high, 1)] for low, high in box] for box in document["boxes"]
    ]
    return document | {"boxes": wide}


def _shifted(pair: list[int], sign: int) -> list[int]:
    m, e = pair
    return [(m << (e + 40)) + (sign << 33), -40]


def told_apart(
    tmp_path: Path, original: dict[str, Any], count: int, seed: int
) -> dict[str, list[int]]:
    """Checks mutants; each accepted one must be true. Gives by field [rejected, accepted]."""
    draw, counts = random.Random(seed), {field: [0, 0] for field in FIELDS}
    for number in range(count):
        field = FIELDS[number % len(FIELDS)]
        changed = mutant(original, field, draw)
        while changed == original and json.dumps(changed) == json.dumps(original):
            changed = mutant(original, field, draw)
        found = outcome(tmp_path / "mutant.json", changed)
        counts[field][found.valid] += 1
        if found.valid:
            assert_true(changed, draw)
    return counts


def assert_true(document: dict[str, Any], draw: random.Random) -> None:
    """Makes sure by slow fractions that everything that a certificate says is so."""
    truth = Truth(document)
    assert truth.holds()
    assert truth.goes_with(document)
    for state, box in enumerate(fractions(document["boxes"])):
        for _ in range(3):
            at = [low + (high - low) * Fraction(draw.randrange(9), 8) for low, high in box]
            assert truth.snapped_exactly(at) == state


def test_every_mutant_is_rejected_or_still_true(tmp_path: Path, small: dict[str, Any]) -> None:
    counts = told_apart(tmp_path, roomy(small), MUTANTS, seed=1)
    assert sum(map(sum, counts.values())) == MUTANTS
    for field in ("format", "claim", "base", "rule"):
        assert counts[field][1] == 0, field
    for field, (rejected, _) in counts.items():
        assert rejected >= 5, field
    for field in ("weights", "codebook", "offsets", "boxes"):
        assert counts[field][1] >= 1, field


def test_mutants_of_fizzbuzz_too(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    told_apart(tmp_path, fizzbuzz, 11, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 30))
def test_many_more_mutants(tmp_path: Path, small: dict[str, Any], seed: int) -> None:
    told_apart(tmp_path, small if seed % 2 else roomy(small), 1500, seed)


# ------------------------------------------------------------------------- each step is needed


def test_a_step_to_another_state_is_told(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    rows = [list(row) for row in fizzbuzz["transitions"]]
    rows[3][1] = rows[3][0]
    found = outcome(tmp_path / "c.json", fizzbuzz | {"transitions": rows})
    assert (found.valid, found.exit_code) == (False, 1)
    assert found.reason == (
        "Not valid, nothing is proved: from state 3 the digit 1 does not surely lead into the box "
        f"of state {rows[3][0]}: coordinate 0 of the image leaves it."
    )


def test_a_box_that_reaches_too_far_is_told(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    wide = [[[[-1, 0], [1, 0]] for _ in box] for box in fizzbuzz["boxes"]]
    found = outcome(tmp_path / "c.json", fizzbuzz | {"boxes": wide})
    assert "in the box of state 0 the net may snap to code 1" in found.reason


def test_a_wrong_label_is_told(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    found = outcome(tmp_path / "c.json", fizzbuzz | {"labels": [0] * 15})
    assert "the net may say label" in found.reason


def test_an_automaton_that_is_not_the_rule_is_told_with_an_integer(tmp_path: Path) -> None:
    for pairs, n in (([[3, "fizz"], [15, "buzz"]], 5), ([[3, "fizz"], [10, "buzz"]], 5)):
        document = document_of(rule_net(FIZZBUZZ), FIZZBUZZ) | {"rule": pairs}
        found = outcome(tmp_path / "c.json", document)
        assert f"of n = {n} the net says label 2, the rule 0" in found.reason
    document = document_of(rule_net(FIZZBUZZ), FIZZBUZZ) | {"rule": [[9, "fizz"], [5, "buzz"]]}
    assert "of n = 3 the net says label 1, the rule 0" in outcome(tmp_path / "c", document).reason


def test_a_claim_of_more_is_refused(tmp_path: Path, small: dict[str, Any]) -> None:
    claim = small["claim"] | {"zero": "n = 0 too"}
    found = outcome(tmp_path / "c.json", small | {"claim": claim})
    assert "what it claims is not, word by word, what its proof proves" in found.reason
    assert found.claim == small["claim"]["text"]


@pytest.mark.parametrize("tiny", [2.0**-24, 2.0**-20])
def test_a_lead_within_the_rounding_is_refused(tmp_path: Path, tiny: float) -> None:
    document = document_of(rule_net(FIZZ), FIZZ)
    document["codebook"].append(document["codebook"][2])
    m, e = document["offsets"][2]
    lower = Fraction(m) * Fraction(2) ** e - Fraction(tiny)
    assert lower.denominator <= 2**24
    document["offsets"].append([int(lower * 2**24), -24])
    found = outcome(tmp_path / "c.json", document)
    assert found.valid == (tiny > 2.0**-21)
    assert found.valid or "in the box of state 2 the net may snap to code 3" in found.reason
