r"""A small ReLU net that is right by construction, for any divisors and any number of bits.

**Folding.** Let d be a divisor. Each power of two has a residue r_i ≡ 2^i (mod d) with |r_i| ≤ d/2,
so that the bits b_i of n give a small number with the residue of n,

    s(n) = Σ_i b_i r_i ≡ n (mod d),        l ≤ s ≤ h,

where l and h are the sums of the negative and of the positive residues: for 5 and ten bits the
residues are 1, 2, −1, −2, 1, …, and s goes from −6 to 9. The first layer computes s.

**Hats.** f(s) = 1 − 2 · (distance from s to the nearest multiple of d in l..h) is 1 at the
multiples and at most −1 at all other integers. It is a chain of hats: piecewise linear, with knots
t at the multiples and half-way between two of them, where its slope changes by −4 and by +4. So

    f(s) = f(l) + f'(l) relu(s − l) + Σ_t ∓4 relu(s − t),

with one hidden unit for l and one for each knot.

**Labels.** Label k is a mask of divisors. Its score is Σ_d ± f_d(s_d), + for the divisors in k.
The right label takes the sign of every f_d and has Σ_d |f_d|; any other one has a wrong sign
somewhere and at least 2 less. So every margin is at least 2, and the net is right on all integers.

**Size.** h − l = Σ|r_i| is about d/4 a bit, and there are two knots for each d in it: about
bits / 2 hidden units a divisor, however large it is. For FizzBuzz on 10 bits they are 6 + 6 = 12.
Exact indicators by second differences need one unit for each value of s: 33 where n is folded
modulo lcm(3, 5) = 15 with residues 1, 2, 4, 8, and 31 with the signed ones 1, 2, 4, −7.

**Exactness.** All numbers are whole multiples of 1/2, and float32 adds them without rounding while
sums of absolute values stay below 2^23: the net is right in float32 too, in whatever order it sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import nn

from fizzlab.errors import NetError
from fizzlab.experiment import Experiment
from fizzlab.nets.mlp import MLP
from fizzlab.rules import Rule

LARGEST = 1 << 23  # sums of multiples of 1/2 are exact up to here
MAX_WIDTH = 1_000_000  # as in `Experiment`


@dataclass(frozen=True)
class Hats:
    """The chain of hats of one divisor: f(s) = offset + Σ slopes · relu(s − knots).

    Attributes:
        residues: r_i, one a bit.
        offset: f(l).
        knots: l, and the knots behind it, in order; multiples of 1/2.
        slopes: The slope at l, then how much it changes at each knot.
    """

    residues: tuple[int, ...]
    offset: int
    knots: tuple[Fraction, ...]
    slopes: tuple[int, ...]

    @property
    def largest_sum(self) -> Fraction:
        """The largest sum of absolute values of terms, in either layer, for any bits."""
        high = sum(r for r in self.residues if r > 0)
        terms = zip(self.knots, self.slopes, strict=True)
        score = abs(self.offset) + sum(abs(slope) * (high - knot) for knot, slope in terms)
        return max(sum(map(abs, self.residues)) + max(map(abs, self.knots)), Fraction(score))


def hats(divisor: int, bits: int) -> Hats:
    """Gives the chain of hats of a divisor.

    >>> chain = hats(3, 6)
    >>> chain.residues, chain.offset, [float(knot) for knot in chain.knots], chain.slopes
    ((1, -1, 1, -1, 1, -1), 1, [-3.0, -1.5, 0.0, 1.5], (-2, 4, -4, 4))
    """
    residues = tuple(_signed(pow(2, bit, divisor), divisor) for bit in range(bits))
    low, high = sum(r for r in residues if r < 0), sum(r for r in residues if r > 0)
    first, last = -(-low // divisor), high // divisor  # multiples of d from low to high
    halves = range(2 * first, 2 * last + 1)  # knots, counted in halves of d
    at_low = first * divisor == low
    inside = [half for half in halves if low < half * Fraction(divisor, 2) < high]
    return Hats(
        residues,
        1 - 2 * (first * divisor - low),
        (Fraction(low), *(half * Fraction(divisor, 2) for half in inside)),
        (-2 if at_low else 2, *(4 if half % 2 else -4 for half in inside)),
    )


def _signed(residue: int, divisor: int) -> int:
    return residue - divisor if 2 * residue > divisor else residue


def hat_width(rule: Rule, bits: int) -> int:
    """Gives the number of hidden units of the net for a rule.

    Raises:
        NetError: If it is too large, or its sums would not be exact in float32.

    >>> hat_width(Rule(), 10)
    12
    """
    return sum(len(chain.knots) for chain in _chains(rule, bits))


def _chains(rule: Rule, bits: int) -> list[Hats]:
    chains = [hats(divisor, bits) for divisor in rule.divisors]
    width = sum(len(chain.knots) for chain in chains)
    most = sum(chain.largest_sum for chain in chains)
    if width > MAX_WIDTH or most > LARGEST:
        raise NetError(
            f"The net of hats for {rule} on {bits} bits would not be exact in float32.",
            expected=f"at most {MAX_WIDTH:,} hidden units, and sums of at most {LARGEST:,}",
            got=f"{width:,} hidden units, and sums of up to "
            + (f"{int(most):,}" if most < 10**15 else f"2^{int(most).bit_length() - 1}"),
            fix="ask for smaller divisors or fewer bits",
        )
    return chains


def hats_experiment(rule: Rule | str, bits: int) -> Experiment:
    """Gives the experiment whose net is made of hats; `train` makes it.

    Nothing is trained, so that its training set is only what results are shown for: that of the
    lab where the bits hold it, else all integers.

    Raises:
        ConfigError: If the rule or the number of bits is wrong.
        NetError: If the net is too large, or its sums would not be exact in float32.
    """
    asked = Experiment().replaced(
        {"rule.pairs": rule if isinstance(rule, str) else rule.pairs, "encoding.bits": bits}
        | {"data.train": f"0..{2**bits - 1}" if 0 < bits < 10 else Experiment().data.train}
        | ({"data.test": ""} if bits < 10 else {})
        | {"data.validation": 0, "recipe.method": "hats", "name": f"hats-{bits}-bits"}
    )
    return asked.replaced({"net.hidden": hat_width(asked.rule, bits)})


def fill_hats(net: MLP, rule: Rule, bits: int) -> None:
    """Puts the weights of hats into a net.

    Args:
        net: Of sizes (bits, `hat_width(rule, bits)`, number of labels), with ReLU.
        rule: What is right.
        bits: Number of bits; least significant first.

    Raises:
        NetError: If the net has another shape, or there is none that is exact.
    """
    chains = _chains(rule, bits)
    first, second = _linear_layers(net, bits, chains, rule.num_labels)
    signs = torch.tensor(
        [[1 if k >> i & 1 else -1 for i in range(len(chains))] for k in range(rule.num_labels)]
    )
    weights = [torch.tensor([chain.residues] * len(chain.knots)) for chain in chains]
    knots = torch.tensor([float(knot) for chain in chains for knot in chain.knots])
    slopes = [signs[:, [i]] * torch.tensor([chain.slopes]) for i, chain in enumerate(chains)]
    offsets = torch.tensor([chain.offset for chain in chains])
    with torch.no_grad():
        first.weight.copy_(torch.cat(weights))
        first.bias.copy_(-knots)
        second.weight.copy_(torch.cat(slopes, dim=1))
        second.bias.copy_((signs * offsets).sum(dim=1))


def _linear_layers(
    net: MLP, bits: int, chains: list[Hats], labels: int
) -> tuple[nn.Linear, nn.Linear]:
    width = sum(len(chain.knots) for chain in chains)
    layers = [layer for layer in net if not isinstance(layer, nn.Dropout)]
    kinds = " – ".join(type(layer).__name__ for layer in layers)
    shapes = [tuple(value.shape) for value in net.parameters()]
    wanted = [(width, bits), (width,), (labels, width), (labels,)]
    if shapes != wanted or kinds != "Linear – ReLU – Linear":
        raise NetError(
            "This net cannot hold the hats of this rule.",
            expected=f"an MLP of sizes {(bits, width, labels)} with relu",
            got=f"{kinds} with weights of shapes {shapes[::2]}",
            fix=f"say net.hidden={width} (`hat_width` gives it) and net.activation=relu",
        )
    return layers[0], layers[2]  # type: ignore[return-value]
