"""The picture of a score among nets that differ by their seed alone."""

from __future__ import annotations

import numpy as np

from fizzlab.figures import style
from fizzlab.studies.axes import write_numbers
from fizzlab.studies.luck import Luck
from fizzlab.studies.texts import counted, number, texts

INK, SHADE = style.TRAIN_INK, "#b9cde0"


def luck_files(found: Luck, language: str = "en") -> dict[str, bytes]:
    """Draws where a score stands; gives the files' contents by their ending.

    Raises:
        UnknownNameError: If there is no such language.
    """
    words = texts(language)
    with style.settings():
        figure = style.new_figure(6.4, 3.4)
        axes = figure.subplots()
        low, high, counts = np.array(found.histogram).reshape(-1, 3).T
        axes.bar(low, counts, np.maximum(high - low, 1e-9), align="edge", color=SHADE,
                 edgecolor="white", linewidth=0.6)  # fmt: skip
        if found.median is not None:
            label = words["luck_median"].format(median=number(found.median, words))
            axes.axvline(found.median, color="0.35", linestyle=":", label=label)
        label = words["luck_score"].format(score=number(found.score, words))
        axes.axvline(found.score, color=INK, linewidth=2, label=label)
        key = "luck_axis_loss" if found.metric == "loss" else "luck_axis_accuracy"
        axes.set_xlabel(words[key].format(metric=words.get(f"{found.metric}_accuracy", "")))
        axes.set_ylabel(words["luck_nets"])
        seeds = f"0{words['to']}{found.nets - 1}"
        nets = counted("n_nets", found.nets, words)
        axes.set_title(words["luck_title"].format(name=found.name, nets=nets, seeds=seeds))
        write_numbers(axes.xaxis, words)
        write_numbers(axes.yaxis, words)
        axes.margins(x=0.03)
        figure.legend(loc="outside lower center", ncols=2)
        return style.render(figure)
