"""What is proved: on every integer of an encoding, or on every natural number."""

from fizzlab.proofs.certificate import Certificate, write_certificate
from fizzlab.proofs.prove import Proof, certify, prove

__all__ = ["Certificate", "Proof", "certify", "prove", "write_certificate"]
