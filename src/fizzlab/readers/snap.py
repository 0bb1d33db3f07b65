"""Snap: from a reader that drifts with every digit to one that is a finite automaton."""

from __future__ import annotations

import torch

from fizzlab.errors import NetError
from fizzlab.nets import Reader, Snapped
from fizzlab.readers.automata import Automaton, explored
from fizzlab.readers.extraction import MAX_STATES, extract


def snap(net: Reader) -> Snapped:
    """Gives the net with a codebook: the states of the automaton that is extracted from it.

    Raises:
        NetError: If no automaton is found in the net, or its codes do not lead to each other as
            the automaton's states do.
    """
    found = extract(net)
    if found is None:
        raise NetError(
            f"This net does not behave as a finite automaton: more than {MAX_STATES} of its "
            "states give different answers.",
            expected="a net with few different states, as the preset reader trains it",
            fix="train it longer, or from another seed",
        )
    snapped = Snapped(net, found.codebook)
    if (does := automaton_of(snapped)) != found.automaton:
        raise NetError(
            "The net's states do not stay near their codes: snapped, it is another automaton.",
            expected=f"the automaton of {len(found.automaton)} states that was extracted",
            got=f"one of {len(does)} states",
            fix="train it longer, so that its states lie closer together",
        )
    return snapped


def automaton_of(net: Snapped) -> Automaton:
    """Gives the automaton that a snapped net is, as float32 computes it here; not minimised."""
    with torch.no_grad():
        first = net.codes(net.net.step(net.begin()[None]))[0, 1:].tolist()
        after = net.codes(net.net.step(net.codebook)).tolist()
        labels = net.scores(net.codebook).argmax(dim=1).tolist()
    return explored(first, after.__getitem__, labels.__getitem__)
