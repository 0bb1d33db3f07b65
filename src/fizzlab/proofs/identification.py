"""What labels alone determine, before any training: the rule, or another machine as well.

Two lemmas (proofs in the docs, "What do the data say?"):

- Labels that tell k prefixes apart, pairwise, are fitted by no automaton of fewer states. Nor is
  there one of fewer states than the rank of a complete block of their Hankel matrix.
- If k is also the number of states allowed, these prefixes stand for all states, and transitions
  follow from labels (`closing`). Of weighted automata (bilinear nets) of k dimensions the same
  holds where the block has rank k and shows what each digit does: all answers after its prefixes
  are determined.

Where these say nothing, a rival is built from the rule's own automaton, or searched for (`rivals`).
Every machine that is shown has been checked against all labels.
"""

from __future__ import annotations

import time

import numpy as np
from pydantic import Field

from fizzlab.configuration import Document
from fizzlab.errors import DataError, UsageError
from fizzlab.proofs.alternatives import Machine, disagreements, judged
from fizzlab.proofs.answers import (
    Answer,
    KnownBy,
    Question,
    Verdict,
    by_argument,
    by_construction,
    by_search,
    too_few,
)
from fizzlab.readers.automata import rule_automaton
from fizzlab.readers.distinctions import distinctions
from fizzlab.readers.hankel import hankel
from fizzlab.readers.words import Words
from fizzlab.rules import Rule, decimal

MAX_LISTED = 20
SECONDS = 20.0  # of search, unless told otherwise


class Identification(Document):
    """What labels determine among automata of at most `states` states."""

    verdict: Verdict = Field(
        description="determined: every such automaton that fits is the rule, on all n >= 1; not "
        "determined: another one fits too; no machine: none fits; open: not found out"
    )
    reason: str = Field(description="in plain words")
    known_by: KnownBy | None = Field(
        description="a deduction in whole numbers, a machine made from the rule's, a SAT solver"
    )
    base: int
    integers: int = Field(description="number of training integers n >= 1")
    states: int = Field(description="states allowed, not counting the one before the first digit")
    rule_states: int = Field(description="fewest states with which an automaton is the rule")
    at_least: int = Field(description="states that are known to be needed to fit the labels")
    apart: tuple[int, ...] = Field(description="prefixes that the labels tell apart pairwise")
    rank: int = Field(description="highest rank found of a complete block of the Hankel matrix")
    open_integers: tuple[int, ...] = Field(
        description=f"the first integers, at most {MAX_LISTED}, on which machines that fit disagree"
    )
    machine: Machine | None = Field(description="another automaton that fits, if there is one")
    seconds: float


def identify(
    rule: Rule,
    base: int,
    integers: np.ndarray,
    labels: np.ndarray,
    states: int | None = None,
    *,
    test: np.ndarray | None = None,
    seconds: float = SECONDS,
) -> Identification:
    """Tells whether labels determine a rule among automata of at most so many states.

    Args:
        rule: What the labels are of.
        base: Of the digits, at least 2.
        integers: Training integers, shape (n,); 0 is passed over.
        labels: Their labels, shape (n,).
        states: Number of states; that of the rule's smallest automaton if None.
        test: Integers on which a rival shall be right too, if one can be, shape (m,).
        seconds: Time for searching where arguments do not decide.

    Raises:
        UsageError: If base or number of states is too small, or the rule's automaton too large.
        DataError: If no integers are given, or their labels are not the rule's.
    """
    began = time.monotonic()
    question = _question(rule, base, integers, labels, states, test)
    answer = (
        too_few(question)
        or by_argument(question)
        or by_construction(question, question.with_test())
        or by_search(question, began + seconds)
    )
    return _document(question, answer, time.monotonic() - began)


def _question(
    rule: Rule,
    base: int,
    integers: np.ndarray,
    labels: np.ndarray,
    states: int | None,
    test: np.ndarray | None,
) -> Question:
    for name, value, least in (("base", base, 2), ("number of states", states, 1)):
        if value is not None and value < least:
            raise UsageError(
                f"There is no such {name}.", expected=f"at least {least}", got=f"{value}"
            )
    given = _checked(rule, integers, labels)
    smallest = rule_automaton(rule, base)
    words = Words(integers, labels, base)
    return Question(
        rule=rule,
        base=base,
        given=given,
        test=np.array([]) if test is None else test[test >= 1],
        states=len(smallest) if states is None else states,
        smallest=smallest,
        told=distinctions(words),
        block=hankel(words.integers, words.labels, base, rule.num_labels),
    )


def _checked(rule: Rule, integers: np.ndarray, labels: np.ndarray) -> dict[int, int]:
    """Gives the labels of all n ≥ 1, once it is sure that they are the rule's.

    Raises:
        DataError: If one is not, or there are none.
    """
    given = {}
    for n, label in zip(integers.tolist(), labels.tolist(), strict=True):
        if label != rule.label(n):
            names = dict(enumerate(rule.names))
            raise DataError(
                f"The label of {decimal(n)} is not the rule's.",
                expected=names[rule.label(n)],
                got=str(names.get(label, label)),
                fix="give the rule that the data are of (--rule), or correct the data",
            )
        if n >= 1:
            given[n] = label
    if not given:
        raise DataError(
            "There are no training integers to read.", expected="at least one integer n >= 1"
        )
    return given


def _document(question: Question, answer: Answer, seconds: float) -> Identification:
    machine = None
    if answer.machine is not None:
        machine = judged(answer.machine, question.rule, question.given, question.test)
    open_ = disagreements(answer.fitting, MAX_LISTED) if answer.fitting else ()
    if machine is not None and not open_:  # they agree on all that was tried
        open_ = (machine.differs_at,)
    return Identification(
        verdict=answer.verdict,
        reason=answer.reason,
        known_by=answer.known_by,
        base=question.base,
        integers=len(question.given),
        states=question.states,
        rule_states=len(question.smallest),
        at_least=max(answer.at_least, question.needed),
        apart=tuple(question.told.apart.tolist()),
        rank=question.block.rank,
        open_integers=open_,
        machine=machine,
        seconds=seconds,
    )
