"""A net on more bits than can be listed: one integer of each kind that it cannot tell apart.

Bits whose columns of weights in the first layer are equal, and whose powers of two have the same
residue modulo the rule's modulus, may be swapped: sums get the same terms in another order, and the
label stays. So of each class of such bits only the number that are set matters, and for c_1, c_2, …
bits in the classes there are (c_1 + 1)(c_2 + 1)… kinds of integers to ask about. A trained net has
no equal columns; one made of hats has four classes for FizzBuzz, on any number of bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from fizzlab.encodings import Encoding
from fizzlab.proofs.layers import Layer
from fizzlab.proofs.scores import Batch, LayeredNet
from fizzlab.rules import Rule


class AlikeNet(LayeredNet):
    """A net on bits, asked about the smallest integer of each kind.

    Args:
        layers: Its layers.
        encoding: What it sees; binary.
        rule: What is right.

    Attributes:
        classes: Positions of bits that may be swapped.
    """

    def __init__(self, layers: list[Layer], encoding: Encoding, rule: Rule) -> None:
        super().__init__(layers, encoding)
        columns = layers[0].weight.T.contiguous().numpy()
        grouped: dict[tuple[bytes, int], list[int]] = {}
        for bit, column in enumerate(columns + 0.0):  # -0 is 0
            grouped.setdefault((column.tobytes(), pow(2, bit, rule.modulus)), []).append(bit)
        self.classes = list(grouped.values())

    @property
    def total(self) -> int:
        """The number of kinds."""
        return math.prod(len(bits) + 1 for bits in self.classes)

    def batches(self) -> Iterator[Batch]:
        """Gives the smallest integer of each kind, with its scores."""
        first, size = self.layers[0], 1 << self.low_bits
        for start in range(0, self.total, size):
            integers = self._smallest(np.arange(start, min(start + size, self.total)))
            sums = torch.addmm(first.bias, self._rows(integers), first.weight.T)
            yield integers, self._scores(sums)

    def _smallest(self, kinds: np.ndarray) -> np.ndarray:
        """Gives the smallest integer of each kind, by its number: Python integers."""
        numbers = np.unravel_index(kinds, [len(bits) + 1 for bits in self.classes])
        integers = np.zeros(len(kinds), dtype=object)
        for bits, number in zip(self.classes, numbers, strict=True):
            sums = [0]
            for bit in bits:
                sums.append(sums[-1] + (1 << bit))
            integers += np.array(sums, dtype=object)[number]
        return integers

    def counts(self, integers: np.ndarray) -> np.ndarray:
        """Counts the integers of each one's kind."""
        counts = np.ones(len(integers), dtype=object)
        for bits in self.classes:
            mask = sum(1 << bit for bit in bits)
            ways = [math.comb(len(bits), number) for number in range(len(bits) + 1)]
            counts *= np.array([ways[(n & mask).bit_count()] for n in integers], dtype=object)
        return counts
