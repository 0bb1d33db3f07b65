"""What a result may depend on, beside the experiment: versions, processor, threads."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

_PACKAGES = ("fizzlab", "torch", "numpy", "safetensors", "polars", "pydantic")


def environment() -> dict[str, Any]:
    """Gives what a result may depend on: versions, processor, threads."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "torch_threads": 1,
        "torch_cpu": torch.backends.cpu.get_cpu_capability(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
