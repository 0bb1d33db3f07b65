"""The fast engine: one compiled call a net, one net a thread."""

from fizzlab.engines.cpu.engine import Cpu

__all__ = ["Cpu"]
