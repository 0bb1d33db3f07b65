"""Everything that training needs to go on, and its one file on disk.

`checkpoint.safetensors` is the truth about a run: weights, best weights, optimiser, epoch and
history agree because they are one file. All else in a run's folder can be derived from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from fizzlab.errors import NewerVersionError, RunError
from fizzlab.experiment import FORMAT

COLUMNS = (
    "epoch",
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "gradient_norm",
    "weight_norm",
    "dead_share",
)


@dataclass
class State:
    """A training between two epochs.

    Attributes:
        net: The net as trained so far.
        optimizer: Its optimiser.
        epoch: Number of epochs done.
        history: One value an evaluated epoch, by column (see `COLUMNS`); NaN for no value.
        snapshots: Labels predicted for the watched integers, by epoch; int16.
        best: Weights of lowest validation loss so far.
        best_epoch: The epoch they are from.
        best_loss: Their validation loss, nats.
        stopped: Why training is over (epochs, target, patience, accepted, fitted), None while it
            is not.
        interrupted_by: What cut it short last: "interrupted" (Ctrl-C, a kill) or "time".
        seconds: Time spent training, interruptions not counted.
        codebook: Codes to which the kept net, a reader, was snapped; None if it was not.
    """

    net: nn.Module
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    history: dict[str, list[float]] = field(default_factory=lambda: {c: [] for c in COLUMNS})
    snapshots: dict[int, np.ndarray] = field(default_factory=dict)
    best: dict[str, Tensor] | None = None
    best_epoch: int = 0
    best_loss: float = float("inf")
    stopped: str | None = None
    interrupted_by: str = "interrupted"
    seconds: float = 0.0
    codebook: Tensor | None = None

    def keep_best(self, validation_loss: float) -> None:
        """Keeps the present weights if their validation loss is the lowest so far."""
        if validation_loss < self.best_loss:
            self.best_loss, self.best_epoch = validation_loss, self.epoch
            self.best = {name: value.clone() for name, value in self.net.state_dict().items()}


def to_bytes(state: State, about: Mapping[str, Any]) -> bytes:
    """Writes a state as safetensors.

    Args:
        state: The state.
        about: What else belongs to it, as JSON: the experiment, the net's class.
    """
    tensors = {f"net.{name}": value for name, value in state.net.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in (state.best or {}).items()}
    for index, slots in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v for k, v in slots.items() if v is not None}
    tensors |= {
        f"history.{k}": torch.tensor(v, dtype=torch.float64) for k, v in state.history.items()
    }
    if state.codebook is not None:
        tensors["codebook"] = state.codebook
    if state.snapshots:
        tensors["snapshots.epochs"] = torch.tensor(list(state.snapshots))
        tensors["snapshots.labels"] = torch.from_numpy(np.stack(list(state.snapshots.values())))
    details = {
        "format": FORMAT,
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_loss": state.best_loss if state.best else None,
        "stopped": state.stopped,
        "interrupted_by": state.interrupted_by,
        "seconds": state.seconds,
        **about,
    }
    plain = {name: value.detach().contiguous().clone() for name, value in tensors.items()}
    text = json.dumps(details)
    return safetensors.torch.save(plain, {"fizzlab": text, "sha256": _digest(text, plain)})


def _digest(details: str, tensors: Mapping[str, Tensor]) -> str:
    """Hashes everything that a checkpoint says, so that damage shows."""
    digest = hashlib.sha256(details.encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"\n{name} {value.dtype} {list(value.shape)}\n".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read, before it is put into a net.

    Attributes:
        about: What the file says of itself: epoch, experiment, net's class.
        tensors: Everything else, by name.
    """

    about: dict[str, Any]
    tensors: dict[str, Tensor]

    def group(self, prefix: str) -> dict[str, Tensor]:
        """Gives the tensors whose names begin with `prefix` and a dot, without it."""
        start = f"{prefix}."
        return {k[len(start) :]: v for k, v in self.tensors.items() if k.startswith(start)}

    def restore(self, net: nn.Module, optimizer: torch.optim.Optimizer) -> State:
        """Puts the checkpoint into a net and an optimiser of the right shapes.

        Raises:
            RunError: If they do not fit.
        """
        try:
            net.load_state_dict(self.group("best") or self.group("net"))  # both must fit
            net.load_state_dict(self.group("net"))
            optimizer.load_state_dict(self._optimizer_state(optimizer))
            labels = self.tensors.get("snapshots.labels")
            epochs = self.tensors["snapshots.epochs"].tolist() if labels is not None else []
            return State(
                net,
                optimizer,
                epoch=self.about["epoch"],
                history={name: self.tensors[f"history.{name}"].tolist() for name in COLUMNS},
                snapshots={} if labels is None else dict(zip(epochs, labels.numpy(), strict=True)),
                best=self.group("best") or None,
                best_epoch=self.about["best_epoch"],
                best_loss=self.about["best_loss"] if self.group("best") else float("inf"),
                stopped=self.about["stopped"],
                interrupted_by=self.about["interrupted_by"],
                seconds=self.about["seconds"],
                codebook=self.tensors.get("codebook"),
            )
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            raise RunError(
                "The checkpoint does not fit the run's experiment.",
                expected="the weights of the net that experiment.toml describes",
                got=str(error).splitlines()[0][:200],
                fix="restore both files together, or train anew with --config",
            ) from None

    def _optimizer_state(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        slots: dict[int, dict[str, Tensor]] = {}
        for name, value in self.group("optimizer").items():
            index, _, slot = name.partition(".")
            slots.setdefault(int(index), {})[slot] = value
        return {"state": slots, "param_groups": optimizer.state_dict()["param_groups"]}


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint; no pickle is involved.

    Raises:
        RunError: If the file is missing, damaged, or not fizzlab's.
        NewerVersionError: If a later fizzlab wrote it.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        damage = _damaged(path, str(error)[:200])
        raise damage from None
    details = metadata.pop("fizzlab", "")
    about = _parsed(path, details)
    if about["format"] > FORMAT:
        raise NewerVersionError(
            f"{path} is of format {about['format']}, written by a later fizzlab.",
            expected=f"format {FORMAT} or older",
            fix="pip install --upgrade fizzlab",
        )
    if metadata and metadata.get("sha256") != _digest(details, tensors):
        damage = _damaged(path, "its content does not match its checksum")
        raise damage
    return Checkpoint(about, tensors)


def _damaged(path: Path, reason: str) -> RunError:
    return RunError(
        f"{path} cannot be read: {reason}.",
        expected="a whole safetensors file written by fizzlab",
        fix="restore the file, or train anew with --config and the run's experiment.toml",
    )


def _parsed(path: Path, details: str) -> dict[str, Any]:
    """Reads what a checkpoint says of itself.

    Raises:
        RunError: If it says nothing, or is not fizzlab's.
    """
    try:
        about = json.loads(details)
        if about["format"] > FORMAT or {"experiment", "net_class"} <= about.keys():
            return about
    except (ValueError, KeyError, TypeError):
        pass
    raise RunError(f"{path} was not written by fizzlab.", expected="a fizzlab checkpoint")
