"""How far does the plain loop agree with itself in float64? python benchmarks/precision.py.

Trains `td1` in float32 and in float64 from the same weights, and prints where the training losses
part by 1e-4, how far they differ on the way, and at the end.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from fizzlab import Experiment
from fizzlab.nets import build_net
from fizzlab.runs.session import tensors

EVERY = 10  # epochs


def losses(seed: int, dtype: torch.dtype) -> np.ndarray:
    """The training loss every ten epochs."""
    experiment = Experiment.preset("td1", seed)
    net = build_net(experiment).to(dtype)
    rows, labels = tensors(experiment, experiment.splits().train)
    rows, loss_fn, found = rows.to(dtype), nn.CrossEntropyLoss(), []
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for epoch in range(1, 1001):
        for start in range(0, len(rows), 128):
            loss = loss_fn(net(rows[start : start + 128]), labels[start : start + 128])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % EVERY == 0:
            found.append(loss_fn(net(rows), labels).item())
    return np.array(found)


def main() -> None:
    torch.set_num_threads(1)
    for seed in range(6):
        apart = np.abs(losses(seed, torch.float32) - losses(seed, torch.float64))
        first = EVERY * (int((apart > 1e-4).argmax()) + 1)
        print(f"seed {seed}: 1e-4 at epoch {first}, at most {apart.max():.1e}, end {apart[-1]:.1e}")


if __name__ == "__main__":
    main()
