"""`fizzlab luck`: where a score stands among nets that differ by their seed alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli import INTERRUPTED
from fizzlab.cli.options import AsJson, Quiet, asked_experiment
from fizzlab.cli.report import Language
from fizzlab.cli.study import Engine, Threads, at_once, tell
from fizzlab.errors import NetError, UsageError

if TYPE_CHECKING:
    from torch import nn

    from fizzlab.experiment import Experiment
    from fizzlab.studies.luck import Luck
    from fizzlab.studies.texts import Texts

WIDTH = 50  # characters of the longest bar


def as_score(text: str | float) -> float:
    """Reads a score, also with the decimal comma of French."""
    said = str(text).strip()
    number, percent = said.removesuffix("%").strip(), said.endswith("%")
    try:
        value = float(number.replace(",", ".", 1))
    except ValueError:
        raise typer.BadParameter(f"{said!r} is not a number.") from None
    if percent:
        raise typer.BadParameter(f"{said!r}: write {number} % as {value / 100:.10g}.")
    return value


def luck(
    score: Annotated[
        float | None,
        typer.Argument(
            metavar="SCORE", help="The score, such as 0.75; or give --net.", parser=as_score
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Experiment that it comes from; by default td1.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Experiment as a TOML file.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one setting.")
    ] = None,
    metric: Annotated[
        str, typer.Option(help="test or validation (accuracies), or loss (final, training).")
    ] = "test",
    nets: Annotated[int, typer.Option(help="Nets to compare with.")] = 1000,
    net: Annotated[
        Path | None,
        typer.Option(help="Take the score of this net: a run, or weights as .safetensors."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Draw the picture into this file: .png or .svg.")
    ] = None,
    engine: Engine = "auto",
    threads: Threads = None,
    language: Language = "en",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Place a score among nets that differ by their seed alone: method, or luck?

    The nets are trained once and kept in the cache folder ($FIZZLAB_CACHE, by default the
    system's own).
    """
    from fizzlab.cli import output
    from fizzlab.studies import luck as place
    from fizzlab.studies.luck_picture import luck_files
    from fizzlab.studies.texts import texts

    if out is not None and out.suffix not in {".png", ".svg"}:
        raise UsageError(f"{out} is no picture.", expected="a name that ends in .png or .svg")
    experiment, module = _asked(preset, config, settings, net)
    with at_once():
        found = place(
            score,
            experiment,
            metric=metric,
            nets=nets,
            net=module,
            engine=engine,
            threads=threads,
            progress=not (as_json or quiet),
            language=language,
            tell=(lambda note: None) if quiet else tell,
        )
    if out is not None:
        from fizzlab.runs.folder import write

        write(out, luck_files(found, language)[out.suffix[1:]])
    if as_json:
        output.print_json(found)
    elif not quiet:
        _print(found, texts(language))
        if out is not None:
            output.console().print(texts(language)["luck_picture"].format(path=out))
    if found.nets < nets:
        raise typer.Exit(INTERRUPTED)


def _asked(
    preset: str | None, config: Path | None, settings: list[str] | None, net: Path | None
) -> tuple[Experiment, nn.Module | None]:
    """Gives the experiment that a score comes from, and the net that gives it, if one does."""
    chosen = preset or (None if config else "td1")
    if net is None:
        return asked_experiment(chosen, config, settings), None
    if net.suffix != ".safetensors":
        from fizzlab.runs import open_run

        run = open_run(net)
        named = preset or config or settings
        made = asked_experiment(chosen, config, settings) if named else run.experiment
        return made, run.net
    made = asked_experiment(chosen, config, settings)
    return made, _loaded(net, made)


def _loaded(path: Path, experiment: Experiment) -> nn.Module:
    """Puts weights of an MLP, or of the same layers in torch, into the experiment's net."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from fizzlab.nets import build_net

    made = build_net(experiment)
    try:
        made.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise NetError(
            f"{path} holds no weights for this experiment.",
            expected=f"a safetensors file of layers {list(experiment.layer_sizes)}",
            got=str(error).strip().splitlines()[-1].strip()[:200],
        ) from None
    return made


def _print(found: Luck, words: Texts) -> None:
    from fizzlab.cli import output
    from fizzlab.studies.texts import counted, number

    out = output.console()
    most = max((count for *_, count in found.histogram), default=1)
    for low, high, count in found.histogram:
        here = low <= found.score < high or (found.score == high == found.histogram[-1][1])
        bar = "#" * round(WIDTH * count / most) or ("." if count else "")
        middle = number((low + high) / 2, words, 4)
        out.print(f"{middle:>8} | {bar} {count}{'  ' + words['luck_here'] if here else ''}")
    out.print(found.sentence)
    if found.diverged:
        out.print(counted("luck_diverged", found.diverged, words))
    out.print(words["luck_all"].format(study=found.study))
