"""Pictures of a net for the page: what it says, how surely, its weights, its neurons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel
from torch import Tensor, nn

from fizzlab.evaluation import predict_labels
from fizzlab.lab.asks import Panel
from fizzlab.lab.limits import COVERED, MAX_MAPPED, MAX_PICTURED, MAX_TILES
from fizzlab.lab.messages import Confusion, LayerWeights, Map, Neurons, Weights, Words
from fizzlab.lab.workers.hidden import answers_of, linears, striking
from fizzlab.lab.workers.reports import SPLITS, encoded
from fizzlab.lab.workers.training import Training
from fizzlab.nets import logits

AT_ONCE = 4096  # probabilities or answers in one message
MAX_LAYERS = 4  # hidden layers whose neurons are pictured
MAX_CONFUSED = 16  # labels
MAX_COUNTED = 20_000  # integers of a split

Parts = tuple[Sequence[BaseModel], bool]


class Pictures:
    """Looks at the net of one training."""

    def __init__(self, training: Training) -> None:
        self.training = training
        encoding, test = training.experiment.encoding, training.splits.test.integers
        mapped = np.arange(min(encoding.capacity, MAX_MAPPED))
        self._rows = torch.from_numpy(encoding.rows(mapped))
        self._tiles = torch.from_numpy(encoding.rows(test[:MAX_TILES]))
        self._tested = np.zeros(len(mapped), dtype=bool)
        self._tested[test[test < len(mapped)].astype(np.int64)] = True
        self._shown: dict[int, np.ndarray] = {}  # neurons by layer
        self._next: dict[str, int] = {}  # part that a panel sends next
        self._fresh: dict[str, tuple[object, int]] = {}  # version, and how many parts are of it

    def look(self, panel: Panel, neurons: int) -> Parts:
        """Gives a picture, or the next part of a large one.

        Args:
            panel: Which picture.
            neurons: How many neurons of a layer are shown.

        Returns:
            The messages, and whether the picture is now complete for this very net.
        """
        if panel == "neurons":
            return self._neurons(neurons)
        looks: dict[str, Callable[[], Parts]] = {
            "words": self._words,
            "map": self._map,
            "weights": lambda: self._weights(neurons),
            "confusion": self._confusion,
        }
        return looks[panel]()

    @property
    def _where(self) -> dict[str, Any]:
        training = self.training
        done = training.finished.report.kept_epoch if training.finished else training.state.epoch
        return {"run": training.run, "epoch": done}

    def _covered(self, values: np.ndarray) -> np.ndarray:
        """Puts 255 in the place of what test integers would tell, along the last axis."""
        if not self.training.revealed:
            values[..., self._tested] = COVERED
        return values

    def _words(self) -> Parts:
        labels = logits(self.training.net, self._rows).argmax(dim=1).numpy().astype(np.uint8)
        tiles = np.full(len(self._tiles), COVERED, dtype=np.uint8)
        if self.training.revealed and len(tiles):
            tiles = logits(self.training.net, self._tiles).argmax(dim=1).numpy().astype(np.uint8)
        made = Words(**self._where, labels=encoded(self._covered(labels)), tiles=encoded(tiles))
        return [made], True

    def _map(self) -> Parts:
        num_labels = self.training.experiment.rule.num_labels
        each = max(1, AT_ONCE // len(self._rows))
        part, complete = self._turn("map", -(-num_labels // each))
        labels = range(part * each, min((part + 1) * each, num_labels))
        shares = logits(self.training.net, self._rows).softmax(dim=1)[:, labels.start : labels.stop]
        scaled = (shares.nan_to_num() * 254).round().numpy().T.astype(np.uint8)
        values = encoded(self._covered(scaled))
        return [Map(**self._where, labels=tuple(labels), probabilities=values)], complete

    def _turn(self, panel: str, parts: int) -> tuple[int, bool]:
        """Gives the number of the part whose turn it is, and whether all are then up to date."""
        part = self._next.get(panel, 0) % parts
        self._next[panel] = part + 1
        version, count = self._fresh.get(panel, (None, 0))
        count = count + 1 if version == self.training.version else 1
        self._fresh[panel] = (self.training.version, count)
        return part, count >= parts

    def _layers(self, count: int) -> tuple[list[Tensor], list[np.ndarray]]:
        """Gives the answers of all hidden layers, and which neurons of each are shown."""
        answers = answers_of(self.training.net, self._rows[:MAX_PICTURED])[:MAX_LAYERS]
        following = linears(self.training.net)[1:]
        for layer, found in enumerate(answers):
            weights = following[layer].weight if layer < len(following) else None
            self._shown[layer] = striking(found, weights, self._shown.get(layer), count)
        return answers, [self._shown[layer] for layer in range(len(answers))]

    def _neurons(self, count: int) -> Parts:
        answers, shown = self._layers(count)
        if not answers:
            return [], True
        each = max(1, AT_ONCE // len(answers[0]))
        parts = [
            (layer, chosen[start : start + each])
            for layer, chosen in enumerate(shown)
            for start in range(0, len(chosen), each)
        ]
        place, complete = self._turn("neurons", len(parts))
        layer, chosen = parts[place]
        values = answers[layer][:, chosen].T.nan_to_num()
        low, high = values.amin(dim=1), values.amax(dim=1)
        span = torch.where(high > low, high - low, torch.ones_like(high))
        scaled = ((values - low[:, None]) / span[:, None] * 255).round().numpy().astype(np.uint8)
        made = Neurons(
            **self._where,
            layer=layer,
            neurons=tuple(chosen.tolist()),
            shown=tuple(shown[layer].tolist()),
            pictured=len(answers[0]),
            lows=tuple(round(x, 4) for x in low.tolist()),
            highs=tuple(round(x, 4) for x in high.tolist()),
            pictures=encoded(scaled),
        )
        return [made], complete

    def _weights(self, count: int) -> Parts:
        layers = linears(self.training.net)
        _, shown = self._layers(count)
        shown = shown[: len(layers) - 1]
        if not layers or len(shown) < len(layers) - 1:  # a reader, or too many layers to draw
            layers, shown = layers[: len(shown)], shown
        sizes = [layers[0].in_features if layers else 0, layers[-1].out_features if layers else 0]
        nodes = [np.arange(min(sizes[0], 64)), *shown, np.arange(min(sizes[1], 64))]
        made = [
            _between(layer, nodes[number], nodes[number + 1]) for number, layer in enumerate(layers)
        ]
        return [Weights(**self._where, layers=tuple(made))], True

    def _confusion(self) -> Parts:
        training, num_labels = self.training, self.training.experiment.rule.num_labels
        names = [name for name in SPLITS if name != "test" or training.revealed]
        counts = {}
        for name in names if num_labels <= MAX_CONFUSED else ():
            split = getattr(training.splits, name)
            if 0 < len(split) <= MAX_COUNTED:
                said = predict_labels(training.net, training.experiment.encoding, split.integers)
                table = np.zeros((num_labels, num_labels), dtype=int)
                np.add.at(table, (split.labels, said), 1)
                counts[name] = tuple(map(tuple, table.tolist()))
        return [Confusion(**self._where, splits=counts)], True


def _between(layer: nn.Linear, inputs: np.ndarray, outputs: np.ndarray) -> LayerWeights:
    weights = layer.weight.detach().numpy()[np.ix_(outputs, inputs)]
    return LayerWeights(
        inputs=tuple(inputs.tolist()),
        outputs=tuple(outputs.tolist()),
        weights=encoded(weights.astype("<f4")),
        biases=encoded(layer.bias.detach().numpy()[outputs].astype("<f4")),
    )
