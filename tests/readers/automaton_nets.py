"""Readers that are exact by construction."""

from __future__ import annotations

import torch

from fizzlab.nets import Bilinear
from fizzlab.readers import Automaton


def as_bilinear(automaton: Automaton, seed: int | None = None) -> Bilinear:
    """Gives the automaton as a net: one-hot states, in a random basis if there is a seed.

    One more state comes before the first digit; it reads a leading zero as nothing.
    """
    states, base = len(automaton) + 1, automaton.base
    net = Bilinear(base, states, max(automaton.labels) + 1)
    begin, transitions = torch.zeros(states), torch.zeros(base, states, states)
    begin[-1], transitions[0, -1, -1] = 1, 1
    for digit, state in enumerate(automaton.first, start=1):
        transitions[digit, -1, state] = 1
    for state, row in enumerate(automaton.after):
        for digit, after in enumerate(row):
            transitions[digit, state, after] = 1
    readout = torch.zeros(states, net.labels)
    readout[torch.arange(states - 1), torch.tensor(automaton.labels)] = 1
    basis = torch.eye(states)
    if seed is not None:
        torch.nn.init.orthogonal_(basis, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        net.start.copy_(begin @ basis)
        net.transitions.copy_(basis.T @ transitions @ basis)
        net.readout.copy_(basis.T @ readout)
    return net
