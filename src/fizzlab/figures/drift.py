"""How far a reader's states drift from their codes with every digit, and how the snap ends that."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from fizzlab.figures.style import BASELINE_INK, TRAIN_INK, VALIDATION_INK
from fizzlab.nets import Snapped
from fizzlab.randomness import random_words
from fizzlab.runs.session import one_thread

DIGITS, DRAWN = 1000, 64  # of random numbers, and how many
FAR = 1e6  # distances above this are not drawn


def draw_drift(axes: Axes, net: Snapped, text: dict[str, str]) -> None:
    """Draws the distance to the nearest code against the number of digits, with and without snap.

    A state snaps to the right code as long as it is nearer to it than half the distance of any
    other code.
    """
    distances = drift(net).clamp(max=FAR).numpy()
    read = np.arange(1, DIGITS + 1)
    axes.plot(read, np.median(distances, axis=1), "-", color=TRAIN_INK, label=text["median"])
    axes.plot(read, distances.max(axis=1), "--", color=VALIDATION_INK, label=text["largest"])
    axes.axhline(snapped_distance(net), ls="-.", color="black", lw=1.2, label=text["with_snap"])
    if len(net.codebook) > 1:
        half = torch.pdist(net.codebook.double()).min().item() / 2
        axes.axhline(half, ls=":", color=BASELINE_INK, label=text["half"])
    axes.set(xscale="log", yscale="log", xlim=(1, DIGITS))
    axes.set_xlabel(text["read"].format(count=DRAWN))
    axes.set_ylabel(text["distance"], fontsize=9)
    axes.grid(color="0.92")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, borderaxespad=0.2)


def drift(net: Snapped) -> Float[Tensor, "digit number"]:
    """Gives the distance to the nearest code of the net without snap, after each random digit.

    The numbers are the same each time, without leading zeros.
    """
    words = random_words(0, "subset", DRAWN * DIGITS).reshape(DIGITS, DRAWN)
    digits = torch.from_numpy((words % net.base).astype(np.int64))
    digits[0] = torch.from_numpy((words[0] % (net.base - 1) + 1).astype(np.int64))
    number, found = torch.arange(DRAWN), []
    with one_thread(), torch.no_grad():
        states = net.begin().expand(DRAWN, -1)
        for digit in digits:
            states = net.net.step(states)[number, digit]
            found.append(states)
        return nearest(torch.cat(found), net.codebook).view(DIGITS, DRAWN)


def snapped_distance(net: Snapped) -> float:
    """Gives the largest distance to a code that a snapped net's state has before its snap."""
    with torch.no_grad():
        steps = [net.net.step(net.codebook).flatten(0, 1), net.net.step(net.begin()[None])[0, 1:]]
        return nearest(torch.cat(steps), net.codebook).max().item()


def nearest(
    states: Float[Tensor, "vector state"], codebook: Float[Tensor, "code state"]
) -> Float[Tensor, " vector"]:
    """Gives the distance of each state to the code nearest to it."""
    return torch.cdist(states.double(), codebook.double()).amin(dim=1)
