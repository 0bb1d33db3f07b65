"""Proofs of nets in float32: against running them, brute force, and nets that are wrong."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from exact_nets import FIZZ, FIZZBUZZ, SMALL, gamma, made_net, rule_net
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab import Experiment, Rule
from fizzlab.encodings import Encoding
from fizzlab.errors import UsageError
from fizzlab.nets import GRU, Bilinear, Snapped, build_net
from fizzlab.proofs.float32 import MAX_TERMS
from fizzlab.proofs.network import NetworkProof, prove_network
from fizzlab.proofs.rounding import dyadic, exact, rounding
from fizzlab.readers.automata import Automaton, rule_automaton
from fizzlab.readers.snap import snap
from fizzlab.readers.training import train_reader
from fizzlab.training import build_optimizer


@pytest.fixture(scope="module")
def trained() -> Snapped:
    torch.set_num_threads(1)
    experiment = Experiment.preset("reader", 0)
    net, train = build_net(experiment), experiment.splits().train
    rows = torch.tensor(experiment.encoding.rows(train.integers))
    optimizer = build_optimizer(net, experiment.recipe)
    for epoch in train_reader(net, optimizer, rows, torch.tensor(train.labels), experiment):
        if epoch.number == 500:
            break
    return snap(net)


def says(net: Snapped, integers: list[int]) -> list[int]:
    """Runs a net in torch."""
    encoding = Encoding(scheme="sequence", base=net.base)
    with torch.no_grad():
        return net(torch.tensor(encoding.rows(integers))).argmax(1).tolist()


def fraction(pair: tuple[int, int]) -> Fraction:
    return Fraction(pair[0]) * Fraction(2) ** pair[1]


# ------------------------------------------------------------------------- nets that are right


def test_a_trained_net_is_proved_and_is_right(trained: Snapped) -> None:
    proof = prove_network(trained, FIZZBUZZ)
    assert (proof.verdict, proof.counterexample, proof.states) == ("proved", None, 15)
    assert proof.snap_gap_in_roundings is not None
    assert proof.snap_gap_in_roundings > 1000
    assert proof.automaton is not None
    assert proof.automaton.minimised() == rule_automaton(FIZZBUZZ, 2)
    draw = random.Random(0)
    integers = [*range(1, 5000), *(draw.getrandbits(1000) | 1 << 999 for _ in range(200))]
    assert says(trained, integers) == [FIZZBUZZ.label(n) for n in integers]
    assert proof.reason.startswith("The net says the right words of every integer n ≥ 1 (3=fizz")


@pytest.mark.parametrize(
    ("rule", "base"),
    [(FIZZ, 2), (SMALL, 2), (FIZZBUZZ, 2), (FIZZBUZZ, 10), (FIZZ, 16), (Rule("7=a,11=b"), 3)],
    ids=str,
)
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_nets_made_by_hand_are_proved(rule: Rule, base: int, noise: float) -> None:
    net = rule_net(rule, base, noise=noise)
    proof = prove_network(net, rule)
    assert proof.verdict == "proved"
    assert proof.automaton == rule_automaton(rule, base)
    integers = [*range(1, 2000), 10**30, 15**40]
    assert says(net, integers) == [rule.label(n) for n in integers]


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3])
def test_the_scale_of_the_states_does_not_matter(scale: float) -> None:
    assert prove_network(rule_net(FIZZBUZZ, scale=scale), FIZZBUZZ).verdict == "proved"


def test_codes_that_nothing_leads_to_are_only_rivals() -> None:
    net = rule_net(FIZZ)
    more = torch.cat([torch.full((1, 4), 0.9), net.codebook[:2], net.codebook[2:]])
    proof = prove_network(Snapped(net.net, more), FIZZ)
    assert (proof.verdict, proof.codes, proof.states) == ("proved", (1, 2, 3), 3)


# ------------------------------------------------------------------------- the boxes


def in_some_order(terms: np.ndarray, draw: np.random.Generator) -> np.float32:
    """Adds float32 numbers two by two, in a random order, by a random tree."""
    waiting = list(draw.permutation(terms.astype(np.float32)))
    while len(waiting) > 1:
        one = waiting.pop(int(draw.integers(len(waiting))))
        other = waiting.pop(int(draw.integers(len(waiting))))
        waiting.append(np.float32(one + other))
    return waiting[0]


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_what_float32_computes_lies_in_the_boxes_and_snaps(noise: float) -> None:
    net, draw = rule_net(SMALL, noise=noise), np.random.default_rng(1)
    assert isinstance(net.net, Bilinear)
    proof = prove_network(net, SMALL)
    automaton, steps = proof.automaton, net.net.transitions.detach().numpy()
    assert automaton is not None
    codebook, offsets = net.codebook.numpy(), net.offsets.numpy()
    for state, row in enumerate(automaton.after):
        for digit, next_ in enumerate(row):
            for _ in range(5):
                terms = codebook[proof.codes[state]][:, None] * steps[digit]
                v = np.array([in_some_order(column, draw) for column in terms.T])
                bounds = proof.boxes[next_]
                assert all(
                    fraction(low) <= Fraction(float(value)) <= fraction(high)
                    for value, (low, high) in zip(v, bounds, strict=True)
                )
                scores = [
                    in_some_order(np.append(v * code, offset), draw)
                    for code, offset in zip(codebook, offsets, strict=True)
                ]
                assert int(np.argmax(scores)) == proof.codes[next_]


def test_points_anywhere_in_a_box_snap_to_its_code(trained: Snapped) -> None:
    proof, draw = prove_network(trained, FIZZBUZZ), np.random.default_rng(0)
    codebook, offsets = trained.codebook.numpy(), trained.offsets.numpy()
    for code, box in zip(proof.codes, proof.boxes, strict=True):
        low, high = (np.array([float(fraction(b[i])) for b in box]) for i in (0, 1))
        assert (low < high).all()
        for corner in (False, True):
            shares = draw.random((50, len(low)))
            points = (low + (shares.round() if corner else shares) * (high - low)).astype(
                np.float32
            )
            for v in points[:10]:
                scores = [
                    in_some_order(np.append(v * c, o), draw)
                    for c, o in zip(codebook, offsets, strict=True)
                ]
                assert int(np.argmax(scores)) == code
            assert set((points @ codebook.T + offsets).argmax(axis=1)) == {code}


# ------------------------------------------------------------------------- rounding


def test_the_bound_is_above_that_of_the_book() -> None:
    for terms in range(1, MAX_TERMS + 1):
        assert gamma(terms) <= Fraction(1025 * terms, 2**34) <= gamma(terms) * Fraction(101, 100)
    size = np.array([12345 << 200], dtype=object)
    bound = rounding(size, 7)[0]
    assert bound >= gamma(7) * int(size[0]) + 7 * 2**198
    assert bound <= (gamma(7) * int(size[0]) + 7 * 2**198) * Fraction(101, 100)


FLOATS = st.floats(width=32, min_value=-1000, max_value=1000)


@settings(max_examples=60)
@given(
    pairs=st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=40),
    seed=st.integers(0, 99),
    flush=st.booleans(),
)
def test_float32_sums_stay_within_the_bound(
    pairs: list[tuple[float, float]], seed: int, flush: bool
) -> None:
    draw = np.random.default_rng(seed)

    def stored(value: float | np.float32) -> np.float32:
        value = np.float32(value)
        return np.float32(0) if flush and abs(value) < 2.0**-126 else value

    waiting = [stored(stored(x) * stored(y)) for x, y in pairs]
    while len(waiting) > 1:
        one = waiting.pop(int(draw.integers(len(waiting))))
        other = waiting.pop(int(draw.integers(len(waiting))))
        waiting.append(stored(one + other))
    terms = [Fraction(x) * Fraction(y) for x, y in pairs]
    off = abs(Fraction(float(waiting[0])) - sum(terms)) * 2**298
    size = int(sum(map(abs, terms)) * 2**298)
    assert off <= rounding(np.array([size], dtype=object), len(pairs))[0]


@given(value=FLOATS)
def test_numbers_are_kept_exactly(value: float) -> None:
    m, e = dyadic(exact(torch.tensor([value]))[0])
    assert fraction((m, e)) == Fraction(value)
    assert m % 2 or (m, e) == (0, 0)
    assert abs(m) < 2**24


# ------------------------------------------------------------------------- nets that are wrong


def brute_force(net: Snapped, rule: Rule, most: int = 4000) -> int | None:
    integers = list(range(1, most))
    pairs = zip(integers, says(net, integers), strict=True)
    return next((n for n, label in pairs if label != rule.label(n)), None)


@pytest.mark.parametrize("seed", range(12))
def test_a_net_with_one_wrong_step_is_refuted_at_the_first_integer(seed: int) -> None:
    right, draw = rule_automaton(FIZZBUZZ, 2), random.Random(seed)
    after = [list(row) for row in right.after]
    state, digit = draw.randrange(15), draw.randrange(2)
    after[state][digit] = (after[state][digit] + draw.randrange(1, 15)) % 15
    net = made_net(Automaton(right.first, tuple(map(tuple, after)), right.labels), 4, noise=0.01)
    proof = prove_network(net, FIZZBUZZ)
    assert proof.verdict == "refuted"
    assert proof.counterexample == brute_force(net, FIZZBUZZ)
    assert f"Of n = {proof.counterexample} the net says" in proof.reason
    assert proof.reason.endswith("No smaller n ≥ 1 is wrong.")


@st.composite
def automata(draw: st.DrawFn) -> tuple:
    """Draws first, after and labels (beartype, which draws too, is not let into strategies)."""
    states, base = draw(st.integers(1, 5)), draw(st.integers(2, 3))
    state = st.integers(0, states - 1)

    def some(value: st.SearchStrategy[int], count: int) -> tuple[int, ...]:
        return draw(st.tuples(*[value] * count))

    after = tuple(some(state, base) for _ in range(states))
    return some(state, base - 1), after, some(st.integers(0, 1), states)


@settings(max_examples=25)
@given(drawn=automata())
def test_any_automaton_is_told_from_the_rule(drawn: tuple) -> None:
    automaton = Automaton(*drawn)
    net = made_net(automaton, 2)
    n, proof = automaton.difference(FIZZ), prove_network(net, FIZZ)
    assert (proof.verdict, proof.counterexample) == ("proved" if n is None else "refuted", n)
    assert n is None or says(net, [n]) != [FIZZ.label(n)]


def test_another_rule_refutes() -> None:
    proof = prove_network(rule_net(FIZZBUZZ), Rule("5=buzz,3=fizz"))
    assert (proof.verdict, proof.counterexample) == ("refuted", 3)
    assert proof.reason == (
        'Of n = 3 the net says "buzz", where the rule says "fizz". No smaller n ≥ 1 is wrong.'
    )


def near_tie(lead: float) -> Snapped:
    """A net in which code 3, to which nothing leads, is a twin of code 2 but for its offset."""
    net = rule_net(FIZZ)
    twin = Snapped(net.net, torch.cat([net.codebook, net.codebook[2:]]))
    twin.offsets[3] -= lead
    return twin


def test_a_lead_within_the_rounding_is_undecided_and_told() -> None:
    assert prove_network(near_tie(1e-4), FIZZ).verdict == "proved"
    proof = prove_network(near_tie(1e-7), FIZZ)
    assert proof.verdict == "undecided"
    assert proof.reason.startswith("From ")
    assert "leads near code 2, but float32 may snap to code 3: where these" in proof.reason
    assert "the scores differ by 1.19e-07 at least, and rounding can change that by" in proof.reason


def test_a_label_within_the_rounding_is_undecided_and_told() -> None:
    net = rule_net(FIZZ)
    assert isinstance(net.net, Bilinear)
    with torch.no_grad():
        columns = net.net.readout
        columns[:, 1] = columns[:, 0] * (1 + 2e-7)
    proof = prove_network(net, Rule("2=even"))
    assert proof.verdict == "undecided"
    assert "float32 may say label" in proof.reason


def test_a_refutation_needs_sure_steps_only() -> None:
    twin = near_tie(0.0)
    assert isinstance(twin.net, Bilinear)
    with torch.no_grad():
        twin.net.readout[:] = twin.net.readout.flip(1)
    proof = prove_network(twin, FIZZ)
    assert (proof.verdict, proof.counterexample) == ("refuted", 1)
    assert proof.reason == 'Of n = 1 the net says "fizz", where the rule says "number".'
    unsure = prove_network(near_tie(0.0), Rule("7=x"))  # it says 3 and 2 by the twins' code
    assert unsure.automaton is not None
    assert (unsure.verdict, unsure.counterexample) == ("undecided", None)
    assert unsure.reason.startswith("In exact arithmetic it would be wrong on n = 3. From ")


@pytest.mark.parametrize("noise", [0.3, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_noisy_nets_are_never_wrongly_proved(noise: float, seed: int) -> None:
    net = rule_net(SMALL, noise=noise, seed=seed)
    proof, wrong = prove_network(net, SMALL), brute_force(net, SMALL)
    if proof.verdict == "proved":
        assert wrong is None
    elif proof.verdict == "refuted":
        assert proof.counterexample == wrong


def spoiled(place: str, value: float) -> Snapped:
    net = rule_net(FIZZ)
    tensors = {**dict(net.named_parameters()), **dict(net.named_buffers())}
    with torch.no_grad():
        tensors[place][(0,) * tensors[place].ndim] = value
    return net


@pytest.mark.parametrize(
    ("net", "reason"),
    [
        (lambda: spoiled("net.readout", float("nan")), "net.readout holds a number that is not"),
        (lambda: spoiled("codebook", float("inf")), "codebook holds a number that is not finite"),
        (lambda: spoiled("net.start", 2e6), "net.start holds 2e+06; weights above 2^20 are not"),
        (lambda: spoiled("offsets", 1e-40), "offsets holds a subnormal number"),
        (lambda: rule_net(FIZZ).double(), "net.start is float64, not float32"),
        (lambda: Snapped(GRU(2, 4, 2), torch.zeros(3, 4)), "GRU is no bilinear net"),
        (lambda: Snapped(Bilinear(2, 4, 2), torch.zeros(0, 4)), "it has no digits, no state or"),
    ],
)
def test_what_cannot_be_dealt_with_is_undecided(net, reason: str) -> None:
    proof = prove_network(net(), FIZZ)
    assert proof.verdict == "undecided"
    assert proof.reason.startswith(f"Nothing is proved of this net: {reason}")


def test_states_that_grow_too_large_are_undecided() -> None:
    net = rule_net(FIZZ, scale=1000.0)
    assert isinstance(net.net, Bilinear)
    with torch.no_grad():
        net.net.transitions *= 8192
    assert prove_network(net, FIZZ).reason.startswith("The states grow above 2^20")


def test_net_and_rule_must_have_the_same_labels() -> None:
    with pytest.raises(UsageError, match="expected: a net of 8 labels\n  got:      one of 2"):
        prove_network(rule_net(FIZZ), Rule("2=a,3=b,5=c"))


def test_too_large_a_rule_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fizzlab.readers.automata.MAX_PAIRS", 1000)
    proof = prove_network(made_net(Automaton((0,), ((0, 0),), (0,)), 2), Rule("4000037=rare"))
    assert (proof.verdict, proof.states) == ("undecided", 1)
    assert "too many states and residues" in proof.reason


def test_zero_is_told_and_not_claimed(trained: Snapped) -> None:
    proof = prove_network(trained, FIZZBUZZ)
    assert [proof.zero] == says(trained, [0])
    assert prove_network(rule_net(FIZZ), FIZZ).verdict == "proved"
    assert proof.reason.endswith("Of n = 0 nothing is claimed.")


def test_a_proof_is_a_document(trained: Snapped) -> None:
    proof = prove_network(trained, FIZZBUZZ)
    assert NetworkProof.model_validate_json(proof.model_dump_json()) == proof
