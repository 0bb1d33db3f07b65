"""Nets that read digits: their training, closed forms, and the automata that are in them."""

from fizzlab.readers.acceptance import accepted, states_needed
from fizzlab.readers.automata import Automaton, rule_automaton
from fizzlab.readers.extraction import Extraction, extract
from fizzlab.readers.snap import automaton_of, snap
from fizzlab.readers.training import train_reader

__all__ = [
    "Automaton",
    "Extraction",
    "accepted",
    "automaton_of",
    "extract",
    "rule_automaton",
    "snap",
    "states_needed",
    "train_reader",
]
