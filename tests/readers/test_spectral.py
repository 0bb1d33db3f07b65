import numpy as np
import pytest
import torch

from fizzlab import Experiment, Rule
from fizzlab.encodings import Encoding, digits_of
from fizzlab.errors import ConfigError, DataError
from fizzlab.nets import Bilinear, build_net, logits
from fizzlab.readers.hankel import hankel
from fizzlab.readers.spectral import fit, fit_exact, fit_spectral

MANY = np.arange(1, 100_001)


def fitted(method, changes=None):
    experiment = Experiment.preset(method).replaced(changes or {})
    net, splits = build_net(experiment), experiment.splits()
    assert isinstance(net, Bilinear)
    block = fit(net, experiment, splits)
    return experiment, net, block


def share_right(experiment, net, integers):
    rows = torch.from_numpy(experiment.encoding.rows(integers))
    said = logits(net, rows).argmax(dim=1).numpy()
    return (said == experiment.rule.labels(integers)).mean()


@pytest.mark.parametrize("method", ["spectral", "exact"])
@pytest.mark.parametrize("state", [15, 16, 40])
def test_fizzbuzz_is_right_on_the_first_100000_integers(method, state):
    experiment, net, block = fitted(method, {"net.hidden": state})
    assert block.rank == 15
    assert share_right(experiment, net, MANY) == 1.0


@pytest.mark.parametrize("method", ["spectral", "exact"])
@pytest.mark.parametrize(
    ("rule", "base", "train", "state"),
    [
        ("3=a,7=b", 2, "101..1023", 22),
        ("3=a,4=b", 2, "101..1023", 16),
        ("4=a,6=b", 2, "101..1023", 16),
        ("2=a,3=b,5=c", 2, "101..4095", 40),
        ("3=fizz,5=buzz", 3, "101..4095", 12),
    ],
)
def test_other_rules_are_right_too(method, rule, base, train, state):
    experiment, net, _ = fitted(
        method,
        {
            "rule.pairs": rule,
            "encoding.base": base,
            "data.train": train,
            "net.hidden": state,
        },
    )
    assert share_right(experiment, net, np.arange(1, 10_001)) == 1.0


def test_exact_weights_of_fizzbuzz_are_those_of_a_permutation_automaton():
    _, net, _ = fitted("exact")
    transitions = net.transitions.detach()[:, :15, :15]
    assert set(transitions.unique().tolist()) == {0.0, 1.0}
    assert (transitions.sum(dim=1) == 1).all()
    assert (transitions.sum(dim=2) == 1).all()
    assert sorted(net.start.tolist()) == [0.0] * 15 + [1.0]
    assert set(net.readout.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(net.start @ net.transitions[0], net.start)


def test_spectral_scores_are_one_hot_and_a_leading_zero_changes_nothing():
    experiment, net, _ = fitted("spectral")
    rows = torch.from_numpy(experiment.encoding.rows(MANY[:2000]))
    labels = torch.from_numpy(Rule().labels(MANY[:2000]))
    wanted = torch.nn.functional.one_hot(labels, 4)
    assert (logits(net, rows) - wanted).abs().max() < 1e-4
    assert (net.start @ net.transitions[0] - net.start).abs().max() < 1e-5


@pytest.mark.parametrize("method", ["spectral", "exact"])
def test_what_the_rank_does_not_need_is_zero(method):
    _, net, _ = fitted(method, {"net.hidden": 20})
    assert not net.start[15:].any()
    assert not net.transitions[:, 15:].any()
    assert not net.transitions[:, :, 15:].any()
    assert not net.readout[15:].any()


@pytest.mark.parametrize("method", ["spectral", "exact"])
def test_a_state_shorter_than_the_rank_is_refused(method):
    with pytest.raises(ConfigError) as caught:
        fitted(method, {"net.hidden": 14})
    assert str(caught.value) == (
        '"net.hidden": the state is shorter than the rank of the training labels.\n'
        "  expected: at least 15\n  got:      14\n  to do:    --set net.hidden=15"
    )


@pytest.mark.parametrize("method", ["spectral", "exact"])
@pytest.mark.parametrize(
    "changes",
    [
        {"data.train": "0", "data.test": ""},
        {"data.train": "101..103"},
        {"data.subset": 200},
        {"encoding.base": 10},
    ],
)
def test_data_that_do_not_show_what_digits_do_are_refused(method, changes):
    with pytest.raises(DataError, match="do not show what each digit does to each state"):
        fitted(method, changes)


def with_wrong_label(n, tmp_path):
    lines = [f"{k},{(Rule().label(k) + (k == n)) % 4}" for k in range(101, 1024)]
    path = tmp_path / "wrong.csv"
    path.write_text("integer,label\n" + "\n".join(lines) + "\n")
    return {"data.train": str(path)}


@pytest.mark.parametrize("method", ["spectral", "exact"])
def test_a_wrong_label_raises_the_rank_and_is_refused(method, tmp_path):
    with pytest.raises(DataError, match=r"Hankel block of rank 1[6-9]"):
        fitted(method, with_wrong_label(800, tmp_path) | {"net.hidden": 40})


@pytest.mark.parametrize("fit_in", [fit_spectral, fit_exact])
def test_where_a_leading_zero_would_change_something_it_may(fit_in):
    integers = np.arange(16, 1024)
    labels = np.array([n.bit_length() % 2 for n in integers.tolist()])
    net = Bilinear(2, 2, 2)
    fit_in(net, hankel(integers, labels, 2, 2))
    rows = torch.from_numpy(Encoding(scheme="sequence", base=2).rows(MANY[:5000]))
    said = logits(net, rows).argmax(dim=1)
    assert said.tolist() == [n.bit_length() % 2 for n in MANY[:5000].tolist()]
    assert not torch.allclose(net.start @ net.transitions[0], net.start, atol=0.1)


@pytest.mark.parametrize("fit_in", [fit_spectral, fit_exact])
def test_labels_that_need_a_dimension_more_for_the_start_leave_the_nearest_weights(fit_in):
    integers = np.arange(1, 729)
    labels = np.array([digits_of(n, 3)[0] - 1 for n in integers.tolist()])
    net, block = Bilinear(3, 2, 2), hankel(integers, labels, 3, 2)
    assert block.rank == 2
    fit_in(net, block)
    assert all(torch.isfinite(weights).all() for weights in net.parameters())
