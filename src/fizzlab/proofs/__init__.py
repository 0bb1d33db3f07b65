"""What is proved: on every integer of an encoding, or on every natural number.

Names are loaded when they are first used: the checker needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fizzlab.proofs.certificate import Certificate, write_certificate
    from fizzlab.proofs.verdict import Proof, certify, prove

_HOME_OF = {
    "Certificate": "certificate",
    "Proof": "verdict",
    "certify": "verdict",
    "prove": "verdict",
    "write_certificate": "certificate",
}

__all__ = ["Certificate", "Proof", "certify", "prove", "write_certificate"]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'fizzlab.proofs' has no attribute {name!r}")
    return getattr(import_module(f"fizzlab.proofs.{_HOME_OF[name]}"), name)
