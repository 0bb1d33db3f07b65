"""Pictures of a run: matplotlib, PNG and SVG (the animation as GIF), English or French."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fizzlab.errors import UnknownNameError, UsageError
from fizzlab.figures.texts import texts
from fizzlab.runs.folder import write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fizzlab.runs import Run

PICTURES = (
    "curves",
    "confusion",
    "map",
    "weights",
    "neurons",
    "automaton",
    "states",
    "animation",
)


def plot(
    run: Run,
    names: Iterable[str] | None = None,
    *,
    folder: str | Path | None = None,
    language: str = "en",
) -> list[Path]:
    """Draws pictures of a run and writes them.

    Args:
        run: The run.
        names: Some of `PICTURES`; None draws all that this run allows.
        folder: Where to write; the run's own folder `figures` if None.
        language: "en" or "fr".

    Returns:
        The files written.

    Raises:
        UnknownNameError: If there is no such picture or language.
        UsageError: If a picture asked for by name cannot be drawn for this run, or there is no
            folder.
        StorageError: If a file cannot be written.
    """
    text = texts(language)
    asked = list(names or PICTURES)
    for name in asked:
        if name not in PICTURES:
            raise UnknownNameError("picture", name, PICTURES)
    if folder is None and run.path is None:
        raise UsageError("This run has no folder for its pictures.", fix="give folder=…")
    target = Path(folder) if folder is not None else run.path / "figures"  # type: ignore[operator]
    written = []
    for name in asked:
        try:
            contents = draw(run, name, text)
        except UsageError:
            if names is not None:
                raise
            continue
        for ending, content in contents.items():
            path = target / f"{name}.{ending}"
            write(path, content)
            written.append(path)
    return written


def draw(run: Run, name: str, text: dict[str, str]) -> dict[str, bytes]:
    """Draws one picture; gives its files' contents by their ending.

    Raises:
        UsageError: If this run does not have what the picture shows.
    """
    from fizzlab.figures import (
        animation,
        automaton,
        confusion,
        curves,
        maps,
        neurons,
        states,
        style,
        weights,
    )

    with style.settings():
        if name == "animation":
            return {"gif": animation.animation(run, text)}
        makers: dict[str, Callable[[Run, dict[str, str]], Figure]] = {
            "curves": curves.curves,
            "confusion": confusion.confusion,
            "map": maps.map_figure,
            "weights": weights.weights,
            "neurons": neurons.neurons,
            "automaton": automaton.automaton,
            "states": states.states,
        }
        return style.render(makers[name](run, text))
