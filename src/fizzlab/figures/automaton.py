"""The automaton that a snapped net is: its states on a circle, an arrow for each digit."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, RegularPolygon

from fizzlab.errors import UsageError
from fizzlab.figures.arrows import LINES, Arrow, arrows_of, draw_arrow, draw_entry
from fizzlab.figures.boxes import Box, box
from fizzlab.figures.circle import CHARACTER, Plan, at
from fizzlab.figures.labels import look
from fizzlab.figures.style import new_figure
from fizzlab.figures.texts import of_net, shortened
from fizzlab.nets import Snapped
from fizzlab.readers import Automaton, automaton_of
from fizzlab.runs import Run

MAX_STATES, MAX_ARROWS = 40, 100  # that can be told apart
MAX_WORD = 12  # characters


def automaton(run: Run, text: dict[str, str]) -> Figure:
    """Draws the automaton that the run's net is.

    Raises:
        UsageError: If the net is not snapped, or its automaton too large to draw.
    """
    if not isinstance(run.net, Snapped):
        raise UsageError(
            "This net is no automaton to draw.",
            expected="a net that reads digits and is snapped",
            got=type(run.net).__name__,
            fix="fizzlab snap RUN, for a net that reads; fizzlab train --preset reader",
        )
    found = automaton_of(run.net).minimised()
    figure = automaton_figure(found, run.experiment.rule.names, text)
    title = text["automaton"].format(count=len(found), base=found.base)
    figure.suptitle(f"{title}\n{of_net(run, text)}")
    return figure


def automaton_figure(found: Automaton, names: tuple[str, ...], text: dict[str, str]) -> Figure:
    """Draws an automaton, without a title.

    Args:
        found: The automaton.
        names: Of its labels.
        text: The texts in a language.

    Raises:
        UsageError: If it has too many states, or arrows between them.
    """
    arrows = list(arrows_of(found))
    _refuse_too_much(found, arrows)
    plan = Plan.of(found, max(len(shortened(names[label], MAX_WORD)) for label in found.labels))
    wide, high = plan.reach
    figure = new_figure(2 * wide, 2 * high + 1.3)
    axes = figure.subplots()
    axes.set(xlim=(-wide, wide), ylim=(-high, high), aspect="equal")
    axes.set_axis_off()
    nodes = [_node(axes, plan, q, label) for q, label in enumerate(found.labels)]
    taken = [box(plan.place(q), 2 * plan.radius, 2 * plan.radius) for q in range(len(found))]
    for q, label in enumerate(found.labels):
        taken.append(_word(axes, plan, q, shortened(names[label], MAX_WORD)))
    for arrow in arrows:
        draw_arrow(axes, plan, nodes, arrow, taken)
    for state in dict.fromkeys(found.first):
        draw_entry(
            axes, plan, nodes, state, [d for d, q in enumerate(found.first, 1) if q == state]
        )
    handles = [*_label_handles(found, names), *_digit_handles(found.base, text)]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=4, title=text["order"], title_fontsize=9
    )
    return figure


def _refuse_too_much(found: Automaton, arrows: list[Arrow]) -> None:
    if len(found) > MAX_STATES or len(arrows) > MAX_ARROWS:
        raise UsageError(
            "This automaton is too large to draw.",
            expected=f"at most {MAX_STATES} states and {MAX_ARROWS} arrows between them",
            got=f"{len(found)} states and {len(arrows)} arrows",
        )


def _node(axes: Axes, plan: Plan, state: int, label: int) -> Patch:
    place, how = plan.place(state), look(label)
    style = {"facecolor": how.fill, "edgecolor": "black", "linewidth": 1, "zorder": 3}
    sides = {"s": (4, 1.25, math.pi / 4), "D": (4, 1.3, 0.0), "h": (6, 1.12, 0.0)}
    if how.shape in sides:
        count, wider, turned = sides[how.shape]
        node: Patch = RegularPolygon(place, count, radius=plan.radius * wider, orientation=turned)
    else:
        node = Circle(place, plan.radius)
    node.set(**style)
    axes.add_patch(node)
    size = 10 if plan.upright else 7.5
    axes.text(*place, str(state), ha="center", va="center", color=how.ink, fontsize=size, zorder=4)
    return node


def _word(axes: Axes, plan: Plan, state: int, word: str) -> Box:
    """Writes a state's word outside the circle; gives about the box that it takes."""
    angle = plan.angles[state]
    place = at(plan.place(state), angle, 1.25 * plan.radius + 0.05)
    across, up = math.cos(angle), math.sin(angle)
    style = {"fontsize": 8.5 if plan.upright else 7.5, "parse_math": False}
    long, high = CHARACTER * len(word), 0.16
    if plan.upright:
        right = 0 if abs(across) < 0.2 else math.copysign(1, across)
        above = 0 if abs(up) < 0.6 else math.copysign(1, up)
        ha, va = ("right", "center", "left")[int(right) + 1], ("top", "center", "bottom")
        axes.text(*place, word, ha=ha, va=va[int(above) + 1], **style)
        return box((place[0] + right * long / 2, place[1] + above * high / 2), long, high)
    turned = math.degrees(angle) % 360
    flipped = 90 < turned < 270
    style |= {"ha": "right" if flipped else "left", "va": "center", "rotation_mode": "anchor"}
    axes.text(*place, word, rotation=turned - 180 * flipped, **style)
    middle = at(place, angle, long / 2)
    return box(middle, abs(across) * long + 0.1, abs(up) * long + 0.1)


def _label_handles(found: Automaton, names: tuple[str, ...]) -> list[Line2D]:
    """Gives the legend's entries for the labels that occur."""
    return [
        Line2D(
            [],
            [],
            ls="",
            marker=look(label).shape,
            mfc=look(label).fill,
            mec="black",
            ms=8,
            label=shortened(names[label], MAX_WORD),
        )
        for label in sorted(set(found.labels))
    ]


def _digit_handles(base: int, text: dict[str, str]) -> list[Line2D]:
    """Gives the legend's entries for the arrows."""
    entry = Line2D([], [], color="black", lw=2.2, label=text["leading"])
    if base > len(LINES):
        return [entry, Line2D([], [], color=LINES[0][0], lw=1.1, label=text["by_digits"])]
    return [
        entry,
        *(
            Line2D([], [], color=ink, ls=line, lw=1.1, label=text["by_digit"].format(digit=digit))
            for digit, (ink, line) in enumerate(LINES[:base])
        ),
    ]
