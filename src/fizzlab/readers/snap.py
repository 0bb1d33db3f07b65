"""Snap: from a reader that drifts with every digit to one that is a finite automaton."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from fizzlab.errors import NetError
from fizzlab.nets import Reader, Snapped
from fizzlab.readers.automata import Automaton, explored
from fizzlab.readers.extraction import MAX_STATES, extract


def snap(net: Reader) -> Snapped:
    """Gives the net with a codebook: the states of the automaton that is extracted from it.

    Where the net reaches one state of the automaton by vectors far apart, they get codes of their
    own, so that all that leads to a code lies near it: a box around it then belongs to it alone.

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
            fix="train it longer, or from another seed; see what its labels determine: "
            "fizzlab identify",
        )
    for snapped in (_divided(net, found.codebook), Snapped(net, found.codebook)):
        does = automaton_of(snapped).minimised()
        if does == found.automaton:
            return snapped
    raise NetError(
        "The net's states do not stay near their codes: snapped, it is another automaton.",
        expected=f"the automaton of {len(found.automaton)} states that was extracted",
        got=f"one of {len(does)} states",
        fix="train it longer, so that its states lie closer together",
    )


def are_apart(net: Snapped) -> bool:
    """Tells whether each code outscores all others in a box around all that leads to it."""
    return _stray(net) is None


def _divided(net: Reader, codebook: Float[Tensor, "code state"]) -> Snapped:
    """Gives the snapped net with further codes for vectors that lie too far from their own."""
    snapped = Snapped(net, codebook)
    while len(snapped.codebook) < 2 * len(codebook) and (stray := _stray(snapped)) is not None:
        snapped = Snapped(net, torch.cat([snapped.codebook, stray[None]]))
    return snapped


def automaton_of(net: Snapped) -> Automaton:
    """Gives the automaton that a snapped net is, as float32 computes it here; not minimised."""
    with torch.no_grad():
        first = net.codes(net.net.step(net.begin()[None]))[0, 1:].tolist()
        after = net.codes(net.net.step(net.codebook)).tolist()
        labels = net.scores(net.codebook).argmax(dim=1).tolist()
    return explored(first, after.__getitem__, labels.__getitem__)


def _stray(net: Snapped) -> Float[Tensor, " state"] | None:
    """Gives the vector that should be a code itself; None if the box around each code is its own.

    The box is the smallest one around all vectors that snap to the code. If some point of it is
    nearer to another code, the vector farthest from the code is given.
    """
    with torch.no_grad():
        begun, after = net.net.step(net.begin()[None])[:, 1:], net.net.step(net.codebook)
        vectors = torch.cat([begun.flatten(0, 1), after.flatten(0, 1)])
        codes = net.codes(vectors[:, None])[:, 0]
        for code in codes.unique().tolist():
            near = vectors[codes == code]
            if _lead(net, code, near) <= 0:
                return near[(near - net.codebook[code]).norm(dim=1).argmax()]
    return None


def _lead(net: Snapped, code: int, near: Float[Tensor, "met state"]) -> float:
    """Gives by how much, at least, a code outscores all others in the box around some vectors."""
    others = torch.arange(len(net.codebook)) != code
    towards = (net.codebook[code] - net.codebook)[others]
    low, high = near.amin(dim=0), near.amax(dim=0)
    least = torch.where(towards > 0, low * towards, high * towards).sum(dim=1)
    leads = least + (net.offsets[code] - net.offsets)[others]
    return float(leads.min()) if len(leads) else float("inf")
