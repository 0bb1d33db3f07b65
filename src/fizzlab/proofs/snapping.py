"""A snapped net as an automaton: where its states land, in boxes, and how surely they snap.

From code q the digit d takes a net to C[q] · A[d] exactly. What float32 computes lies in a ball
around it (`rounding.py`). All balls from which a code p is the exact choice are put in one box. If
at every point v of this box, however the scores c · v + β are rounded, p scores more than all other
codes, then float32 too goes from q to p; so the net is this automaton, in any float32 arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from jaxtyping import Shaped

from fizzlab.nets import Bilinear, Snapped
from fizzlab.proofs.float32 import MAX_TERMS, UNIT
from fizzlab.proofs.layers import is_hooked
from fizzlab.proofs.rounding import Exact, ball, exact, problem_of, rounding
from fizzlab.readers.automata import Automaton

START = -1  # stands for the net's start, where an origin is a code


@dataclass(frozen=True)
class Lead:
    """By how much something scores more than something else.

    Attributes:
        exact: The least difference of exact scores, counting 2^-298.
        rounding: What rounding can change of it, at most.
        place: Where it is least.
        rival: The code or label that scores next.
    """

    exact: int
    rounding: int
    place: int
    rival: int

    @property
    def sure(self) -> bool:
        """Whether no rounding can undo it."""
        return self.exact > self.rounding

    @property
    def roundings(self) -> float:
        """The difference as a multiple of what rounding can change."""
        return self.exact / self.rounding


def problem_with(net: Snapped) -> str | None:
    """Tells why a net cannot be dealt with here; None if it can."""
    reader = net.net
    if not isinstance(reader, Bilinear):
        return f"{type(reader).__name__} is no bilinear net, and only these can be bounded exactly"
    for module, known in ((net, Snapped), (reader, Bilinear)):
        if type(module) is not known:
            name = type(module).__name__
            return f"{name} is a {known.__name__} of its own, and may compute something else"
        if is_hooked(module):
            return f"its {known.__name__} has hooks or replaced methods, and may compute otherwise"
    if net.base < 2 or net.state < 1 or not len(net.codebook):
        return "it has no digits, no state or no codes"
    if max(net.state + 1, len(net.codebook)) > MAX_TERMS:
        return f"it has more than {MAX_TERMS:,} codes or coordinates of its state"
    if (reader.base, reader.state) != (net.base, net.state):
        return f"base and state {net.base, net.state} are not those of its net"
    return next(filter(None, (_problem_with(net, name) for name in shapes_of(net))), None)


def shapes_of(net: Snapped) -> dict[str, tuple[int, ...]]:
    """Gives the names of all weights, and the shapes that they have in a sound net."""
    base, state, codes = net.base, net.state, len(net.codebook)
    return {
        "net.start": (state,),
        "net.transitions": (base, state, state),
        "net.readout": (state, net.labels),
        "codebook": (codes, state),
        "offsets": (codes,),
    }


def _problem_with(net: Snapped, name: str) -> str | None:
    values, shape = attrgetter(name)(net), shapes_of(net)[name]
    if values.shape != shape:
        return f"{name} has the shape {tuple(values.shape)}, not {shape}"
    problem = problem_of(values)
    return problem and f"{name} {problem}"


class ExactReader:
    """A snapped bilinear net in exact arithmetic; its codes are numbered as in its codebook.

    Args:
        net: A net without `problem_with`.

    Attributes:
        start, transitions, readout, codebook, offsets: Its weights, counting 2^-149.
        low, high: Bounds of what float32 computes for h · A[d], of origin h (the codes, and the
            start as the last one) and digit d, shape (origin, digit, state).
        targets: The code that exact arithmetic snaps each image to, shape (origin, digit).
    """

    def __init__(self, net: Snapped) -> None:
        assert isinstance(net.net, Bilinear)
        self.start, self.transitions = exact(net.net.start), exact(net.net.transitions)
        self.readout, self.codebook = exact(net.net.readout), exact(net.codebook)
        self.offsets = exact(net.offsets)
        origins = np.concatenate([self.codebook, self.start[None]])
        images = np.stack([origins @ matrix for matrix in self.transitions], axis=1)
        sizes = [abs(origins) @ abs(matrix) for matrix in self.transitions]
        self.low, self.high = ball(images, rounding(np.stack(sizes, axis=1), net.state))
        scores = images @ self.codebook.T + self.offsets * (1 << 2 * UNIT)
        self.targets: Shaped[np.ndarray, "origin digit"] = scores.argmax(axis=2).astype(int)

    def reached(self) -> list[int]:
        """Lists the codes that some n ≥ 1 leads to, in increasing order."""
        found = list(dict.fromkeys(self.targets[START, 1:].tolist()))
        seen = set(found)
        for code in found:
            new = set(self.targets[code].tolist()) - seen
            seen |= new
            found += sorted(new)
        return sorted(found)

    def label(self, code: int) -> int:
        """Gives the label of a code, by exact scores."""
        return int((self.codebook[code] @ self.readout).argmax())

    def automaton(self, codes: list[int]) -> Automaton:
        """Gives the automaton of exact arithmetic; state i is the code `codes[i]`."""
        number = {code: state for state, code in enumerate(codes)}
        return Automaton(
            tuple(number[code] for code in self.targets[START, 1:].tolist()),
            tuple(tuple(number[next_] for next_ in self.targets[code].tolist()) for code in codes),
            tuple(map(self.label, codes)),
        )

    def moves_to(self, code: int, codes: list[int]) -> list[tuple[int, int]]:
        """Lists the origins and digits that lead to a code; from the start no 0."""
        moves = [(START, digit) for digit in range(1, len(self.transitions))]
        moves += [(origin, digit) for origin in codes for digit in range(len(self.transitions))]
        return [move for move in moves if self.targets[move] == code]

    def box(self, code: int, codes: list[int]) -> tuple[Exact, Exact]:
        """Gives bounds of all that leads to a code, rounded outward to short numbers.

        They are multiples of a sixteenth of the ball's width (of each coordinate, at its widest),
        and so have some 30 bits.
        """
        moves = tuple(np.transpose(self.moves_to(code, codes)))
        low, high = self.low[moves].min(axis=0), self.high[moves].max(axis=0)
        widths = (self.high - self.low).max(axis=(0, 1))
        grid = np.array([max(0, int(width).bit_length() - 5) for width in widths], dtype=object)
        return (low >> grid) << grid, -(-high >> grid) << grid

    def lead(self, code: int, low: Exact, high: Exact) -> Lead | None:
        """Gives the least lead of a code's score within bounds; None if it is the only code.

        The least value of v · (c − c') over a box is taken coordinate by coordinate, at the lower
        bound where the difference is positive and at the upper one elsewhere.
        """
        differences = self.codebook[code] - self.codebook
        least = np.where(differences > 0, differences * low, differences * high).sum(axis=1)
        exact_ = least + (self.offsets[code] - self.offsets) * (1 << UNIT)
        farthest = np.maximum(abs(low), abs(high))
        sizes = abs(self.codebook) @ farthest + abs(self.offsets) * (1 << UNIT)
        errors = rounding(sizes, len(low) + 1)
        return _least(exact_, errors + errors[code], code, code)

    def margin(self, code: int) -> Lead | None:
        """Gives the lead of a code's label over the other labels; None if there is no other."""
        scores = self.codebook[code] @ self.readout
        errors = rounding(abs(self.codebook[code]) @ abs(self.readout), len(self.start))
        label = int(scores.argmax())
        return _least(scores[label] - scores, errors + errors[label], label, code)

    def sure(self, origin: int, digit: int) -> bool:
        """Tells whether float32 surely takes this one step as exact arithmetic does."""
        place = (origin, digit)
        lead = self.lead(int(self.targets[place]), self.low[place], self.high[place])
        return lead is None or lead.sure


def _least(leads: Exact, errors: Exact, own: int, place: int) -> Lead | None:
    """Gives the lead that is the smallest multiple of its error, over all but `own`."""
    rivals = [number for number in range(len(leads)) if number != own]
    found = [Lead(int(leads[rival]), int(errors[rival]), place, rival) for rival in rivals]
    return smallest(found)


def smallest(leads: list[Lead]) -> Lead | None:
    """Gives the lead nearest to being undone, as a multiple of what rounding can change.

    If any lead is not sure, then the one given is not.
    """
    return min(leads, key=lambda lead: (lead.sure, lead.roundings), default=None)
