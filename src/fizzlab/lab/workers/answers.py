"""What a worker answers about a net: why, a proof, a file to take away."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import tempfile
import zipfile
from pathlib import Path

from fizzlab.errors import FizzlabError, UsageError
from fizzlab.evaluation import explain
from fizzlab.lab.messages import Explanation, Proof
from fizzlab.lab.orders import Made, Make
from fizzlab.lab.workers.reports import rounded
from fizzlab.lab.workers.training import Training
from fizzlab.runs import Run, folder

MAX_PROVED_BITS = 20  # asked one by one: a million integers, a second or two
MAX_TOLD = 1000  # counterexamples
MAX_CHARACTERS = 80  # of an integer or a word


def explanation(training: Training, integer: int) -> Explanation:
    """Tells why the shown net is right or wrong on an integer, unless that is covered.

    Raises:
        IntegerError: If it does not fit the encoding.
        NetError: If the net has run off.
    """
    experiment = training.experiment
    found = explain(training.net, experiment.encoding, experiment.rule, training.splits, integer)
    covered = found.split == "test" and not training.revealed
    results = {
        "word": found.word,
        "right": found.right,
        "logits": tuple(rounded(x) or 0.0 for x in found.logits),
        "probabilities": tuple(rounded(x) or 0.0 for x in found.probabilities),
        "margin": rounded(found.margin),
        "why": found.why,
    }
    return Explanation(
        run=training.run,
        epoch=_epoch(training),
        integer=integer,
        covered=covered,
        split=found.split,  # type: ignore[arg-type]
        digits=found.digits,
        kind_text=found.kind_text,
        kind_seen=found.kind_seen,
        kind_examples=found.kind_examples,
        expected=found.expected,
        **(dict.fromkeys(results) if covered else results),  # type: ignore[arg-type]
    )


def _epoch(training: Training) -> int:
    return training.finished.report.kept_epoch if training.finished else training.state.epoch


def proof(training: Training) -> Proof:
    """Proves the shown net, or refutes it; its test results are uncovered by that.

    Raises:
        UsageError: If it stands within an epoch, or there are too many integers to ask about.
    """
    from fizzlab.proofs import prove

    encoding = training.experiment.encoding
    if encoding.scheme != "sequence" and MAX_PROVED_BITS < encoding.bits <= 28:
        raise UsageError(
            f"Asking about all 2^{encoding.bits} integers takes too long for the lab.",
            expected=f"at most {MAX_PROVED_BITS} bits",
            fix="download the run and say: fizzlab prove RUN",
        )
    run = training.as_run()
    if not training.finished:  # the net that is shown is the live one
        last = training.experiment.replaced({"recipe.keep": "final"})
        run = Run(last, training.splits, training.state)
    found = prove(run)
    training.uncover(shown=True)
    fixed = found.fixed
    return Proof(
        run=training.run,
        epoch=_epoch(training),
        verdict=found.verdict,
        scope=found.scope,
        reason=found.reason,
        text=fixed.text if fixed else found.reason,
        checked=fixed.checked if fixed else None,
        wrong=fixed.wrong if fixed else None,
        close=fixed.close if fixed else None,
        margin=rounded(fixed.margin) if fixed else None,
        margin_at=fixed.margin_at if fixed else None,
        counterexamples=tuple(
            (_short(n), _short(said), _short(right))
            for n, said, right in found.counterexamples[:MAX_TOLD]
        ),
        seconds=round(found.seconds, 3),
    )


def _short(value: int | str) -> str:
    from fizzlab.rules import decimal

    text = decimal(value) if isinstance(value, int) else value
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"


def no_net(order: Make) -> Made:
    """Answers where there is nothing to take away yet."""
    return Made(number=order.number, content=None, problem="There is no net yet.")


def made(training: Training, order: Make) -> Made:
    """Makes a file to download: `run.zip`, or a picture such as `map.svg`."""
    try:
        run = training.as_run()
        content = zipped(training, run) if order.file == "run.zip" else _drawn(run, order)
    except FizzlabError as error:
        return Made(number=order.number, content=None, problem=str(error))
    return Made(number=order.number, content=base64.b64encode(content).decode(), problem=None)


def _drawn(run: Run, order: Make) -> bytes:
    from fizzlab.figures import draw
    from fizzlab.figures.texts import texts

    name, _, ending = order.file.partition(".")
    return draw(run, name, texts(order.language))[ending]


def zipped(training: Training, run: Run) -> bytes:
    """Gives a run's folder as a zip, as `train` would have written it.

    Settings that were changed while the net trained stand in `changes.json`: the experiment in
    the folder is then the last one, and training it anew gives another net.
    """
    name = folder.run_name(run.experiment)
    saved = Run(run.experiment, run.splits, run.state)
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        path = Path(name)
        files = {folder.EXPERIMENT: run.experiment.to_toml().encode()}
        if training.changes:
            changes = [change.model_dump(mode="json") for change in training.changes]
            files["changes.json"] = (json.dumps(changes, indent=2) + "\n").encode()
        folder.create(path, {**files, folder.CHECKPOINT: saved.checkpoint()})
        saved.path = path
        saved.export()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(path.iterdir()):
                packed.write(file)
    return buffer.getvalue()
