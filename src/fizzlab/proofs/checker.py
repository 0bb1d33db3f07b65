"""Checks a certificate that a net says the right words of every integer n >= 1.

    python -I checker.py FILE [--json]      exit code 0: valid, 1: not valid, 2: cannot be read

This one file is the whole checker (and so may be long): it needs Python 3.10 or later and nothing
else, and trusts nothing in the certificate. Read it from the top; what it checks is this.

THE NET. Weights are float32 numbers. It reads the digits of n in a base, most significant first.
Its state h is a row vector, at first h0 (`weights.start`). At each digit d it computes

    v = h · A[d]          (`weights.transitions`)
    h = C[q], where q is the number of the largest entry of C · v + β   (`codebook`, `offsets`)

and after the last digit it says the label of the largest entry of h · W (`weights.readout`). Label
l stands for the words of those divisors of the `rule` whose bit is set in l: with 3 = fizz and
5 = buzz it is 0 for the number itself, 1 fizz, 2 buzz, 3 fizzbuzz.

THE CLAIM. Of every n >= 1, without leading zeros, the net says what the rule says, in any float32
arithmetic: IEEE 754 binary32, round to nearest, sums in any order, with or without fused
multiply-add, subnormal numbers (below 2^-126) kept or flushed to zero.

THE PROOF. The certificate gives an automaton: states 0 .. S-1, each of which is the code of the
same number (a codebook may have further codes, to which nothing leads); `first`, `transitions`,
`labels`; and for each state a box, a lower and an upper bound for each coordinate. Checked is:

1. Images. For each state q and digit d, exact C[q] · A[d], give or take the rounding error, lies in
   the box of transitions[q][d]; likewise h0 · A[d] for d >= 1 in the box of first[d - 1].
2. Snaps. For each state p, every v in its box, and every other code j: the exact score of p,
   C[p] · v + β[p], exceeds that of j by more than both rounding errors. (Least over a box: each
   coordinate is at its lower bound where C[p] - C[j] is positive, else at its upper bound.)
3. Labels. For each state q the exact score labels[q] in C[q] · W exceeds every other by more than
   both rounding errors.
4. Rule. From every leading digit on, all pairs (state, n modulo the least common multiple M of the
   divisors) that any n reaches are visited, n -> base · n + d; in each of them the state's label is
   the label of the residue.

By 1 and 2 the net is in code q after some digits exactly if the automaton is in state q (induction
over the digits); by 3 and 4 what it then says is right.

ROUNDING. A float32 sum of n terms, of products or not, is off by at most γ times the sum of their
absolute values, with γ = n u / (1 - n u), u = 2^-24, in any order of summation: Higham, Accuracy
and Stability of Numerical Algorithms, 2nd ed. 2002, sec. 3.1. With n <= 4096 this is at most
n u (1 + 2^-10), and (1 + 2^-10) u = 1025 / 2^34. To this comes n · 2^-100 for underflow: each
product, each sum and each operand may lose up to 2^-126, in a product times a factor of at most
2^20. Overflow cannot happen: all weights and bounds of boxes are at most 2^20, larger ones are
refused.

WORDS begin with a letter, and hold letters, their marks, and inside of them spaces and - _ . ! ? &;
no digits, commas or quotes, and nothing invisible, so that what is claimed can be read in one way
(Unicode's form NFKC; letters of two scripts that look alike are not told apart). "number" is none,
and no two labels have the same words.

NUMBERS are pairs [m, e] for m · 2^e. All are whole multiples of 2^-149, and are kept as integers
that count these; products then count 2^-298. So all arithmetic here is on integers, and exact.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import stat
import sys
import unicodedata
from array import array
from dataclasses import dataclass
from operator import mul
from typing import Any

FORMAT = 1
UNIT = 149  # numbers count 2^-149
LARGEST = 1 << (20 + UNIT)  # 2^20
SMALLEST = 1 << (UNIT - 126)  # 2^-126, the smallest float32 that is not subnormal

# what is refused unread, so that memory and time are bounded, whatever the file
MAX_BYTES = 8_000_000
MAX_DIGITS = 20  # of an integer in the file
MAX_SIZE = 1024  # states, codes, labels, length of a state vector
MAX_BASE = 256
MAX_DIVISORS = 10
MAX_WORD = 100  # characters
MAX_PRODUCTS = 50_000_000  # multiplications in steps 1 and 2
MAX_STEPS = 10_000_000  # states x residues x digits in step 4
MAX_SHOWN = 60  # digits of a counterexample

NUMBER = "number"  # names label 0, and is no word
PUNCTUATION = " -_.!?&"  # what may stand in a word behind its first letter
INVISIBLE = [  # letters and marks that show nothing
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF)),
]

KEYS = [
    *("format", "claim", "base", "rule", "weights", "codebook", "offsets"),
    *("first", "transitions", "labels", "boxes"),
]
Vector = list[int]
Matrix = list[Vector]


class Unreadable(Exception):
    """The file is no certificate that this checker can read."""


class Invalid(Exception):
    """A step of the proof fails."""


@dataclass(frozen=True)
class Outcome:
    """What a check gave.

    Attributes:
        valid: Whether the claim is proved.
        claim: The claim in words; None where the certificate cannot be read.
        reason: Why it is valid or not, in words.
        exit_code: 0 valid, 1 not valid, 2 cannot be read.
    """

    valid: bool
    claim: str | None
    reason: str
    exit_code: int


@dataclass(frozen=True)
class Certificate:
    """A certificate's content, of the right shapes; numbers count 2^-149.

    Attributes:
        base: Number of different digits.
        rule: (divisor, word) pairs.
        claim: What the file claims, unchecked.
        start: h0.
        transitions: A, of each digit the columns of its matrix.
        readout: The columns of W, one a label.
        codebook: C, the states' codes first.
        offsets: β.
        first: State after each leading digit 1, 2, ...
        after: Of each state, the state after each digit 0, 1, ...
        labels: Of each state.
        boxes: Of each state the (lower, upper) bounds of each coordinate.
    """

    base: int
    rule: list[tuple[int, str]]
    claim: dict[str, Any]
    start: Vector
    transitions: list[Matrix]
    readout: Matrix
    codebook: Matrix
    offsets: Vector
    first: list[int]
    after: list[list[int]]
    labels: list[int]
    boxes: list[list[tuple[int, int]]]


# ---------------------------------------------------------------- the proof, step by step


def verify(given: Certificate) -> None:
    """Checks all steps of the proof.

    Raises:
        Invalid: If one fails; the text says which.
    """
    check_images(given)
    check_snaps(given)
    check_labels(given)
    check_rule(given)
    if given.claim != claim_of(given.rule, given.base):
        raise Invalid("what it claims is not, word by word, what its proof proves")


def dot(one: Vector, other: Vector) -> int:
    """Gives the scalar product."""
    return sum(map(mul, one, other))


def sizes(vector: Vector) -> Vector:
    """Gives the absolute values."""
    return [abs(value) for value in vector]


def rounding(size: int, terms: int) -> int:
    """Bounds the rounding error of a sum of products (see ROUNDING), rounded up.

    Args:
        size: Sum of the absolute values of its terms, counting 2^-298.
        terms: Number of its terms.
    """
    return -((-size * terms * 1025) >> 34) + (terms << (2 * UNIT - 100))


def check_images(given: Certificate) -> None:
    """Step 1: all images, with their rounding errors, lie in the boxes.

    Raises:
        Invalid: If one does not.
    """
    absolute = [[sizes(column) for column in matrix] for matrix in given.transitions]
    moves = [("the start", given.start, d, state) for d, state in enumerate(given.first, start=1)]
    for number, row in enumerate(given.after):
        name, code = f"state {number}", given.codebook[number]
        moves += [(name, code, d, state) for d, state in enumerate(row)]
    for name, vector, d, state in moves:
        own = sizes(vector)
        for i, (low, high) in enumerate(given.boxes[state]):
            image = dot(vector, given.transitions[d][i])
            error = rounding(dot(own, absolute[d][i]), len(vector))
            if image - error < low << UNIT or image + error > high << UNIT:
                raise Invalid(
                    f"from {name} the digit {d} does not surely lead into the box of state "
                    f"{state}: coordinate {i} of the image leaves it"
                )


def check_snaps(given: Certificate) -> None:
    """Step 2: every point of a box snaps to the box's own code.

    Raises:
        Invalid: If one may snap to another.
    """
    absolute = [sizes(code) for code in given.codebook]
    for state, box in enumerate(given.boxes):
        farthest = [max(abs(low), abs(high)) for low, high in box]
        errors = [
            rounding(dot(farthest, code) + (abs(offset) << UNIT), len(box) + 1)
            for code, offset in zip(absolute, given.offsets, strict=True)
        ]
        own, offset = given.codebook[state], given.offsets[state]
        for other, code in enumerate(given.codebook):
            lead = (offset - given.offsets[other]) << UNIT
            for a, b, (low, high) in zip(own, code, box, strict=True):
                lead += (a - b) * (low if a > b else high)
            if other != state and lead <= errors[state] + errors[other]:
                raise Invalid(f"in the box of state {state} the net may snap to code {other}")


def check_labels(given: Certificate) -> None:
    """Step 3: the net says of each code its label.

    Raises:
        Invalid: If it may say another one.
    """
    for state, label in enumerate(given.labels):
        code = given.codebook[state]
        own = sizes(code)
        scores = [dot(code, column) for column in given.readout]
        errors = [rounding(dot(own, sizes(column)), len(code)) for column in given.readout]
        for other, score in enumerate(scores):
            if other != label and scores[label] - score <= errors[label] + errors[other]:
                raise Invalid(f"in state {state} the net may say label {other}, not {label}")


def check_rule(given: Certificate) -> None:
    """Step 4: state and residue agree on the label, for all pairs of them that are reached.

    Pairs are numbered state · M + residue and visited by increasing n. Of each visited one is kept
    from which it came, and by which digit, so that a counterexample can be told.

    Raises:
        Invalid: If they differ; the text tells the smallest n.
    """
    base, modulus = given.base, modulus_of(given.rule)
    labels = [label_of(given.rule, residue) for residue in range(modulus)]
    seen = bytearray(len(given.labels) * modulus)
    pairs, origins = array("q"), array("q")  # an origin is base · (place among pairs) + digit

    def visit(state: int, residue: int, origin: int) -> None:
        pair = state * modulus + residue
        if not seen[pair]:
            seen[pair] = 1
            pairs.append(pair)
            origins.append(origin)

    for digit, state in enumerate(given.first, start=1):
        visit(state, digit % modulus, digit - base)  # below 0: a leading digit
    place = 0
    while place < len(pairs):
        state, residue = divmod(pairs[place], modulus)
        if given.labels[state] != labels[residue]:
            n = integer_of(origins, place, base)
            raise Invalid(
                f"of {n} the net says label {given.labels[state]}, the rule {labels[residue]}"
            )
        for digit, next_ in enumerate(given.after[state]):
            visit(next_, (base * residue + digit) % modulus, base * place + digit)
        place += 1


def integer_of(origins: array[int], place: int, base: int) -> str:
    """Gives the smallest n that leads to a visited pair, in words."""
    digits = []
    while True:
        place, digit = divmod(origins[place], base)
        digits.append(digit)
        if place < 0:
            break
    if len(digits) > MAX_SHOWN:
        return f"an n of {len(digits)} digits in base {base}"
    n = 0
    for digit in reversed(digits):
        n = base * n + digit
    return f"n = {n}"


def modulus_of(rule: list[tuple[int, str]]) -> int:
    """Gives the least common multiple of the divisors."""
    return math.lcm(*(divisor for divisor, _ in rule))


def label_of(rule: list[tuple[int, str]], n: int) -> int:
    """Gives the label of an integer: bit i is set if divisor i divides it."""
    return sum(1 << i for i, (divisor, _) in enumerate(rule) if n % divisor == 0)


def claim_of(rule: list[tuple[int, str]], base: int) -> dict[str, str]:
    """Gives what a proof of this rule in this base proves: the only claim that is accepted."""
    words = ", ".join(f'"{word}" exactly if {divisor} divides n' for divisor, word in rule)
    return {
        "text": f"Of every integer n ≥ 1, written in base {base} without leading zeros and read "
        f"from its most significant digit on, the net says {words} (more than one word in this "
        "order; where there is none, the integer itself).",
        "integers": "n >= 1",
        "digits": f"base {base}, most significant first, no leading zeros",
        "arithmetic": "IEEE 754 binary32, round to nearest, sums in any order, with or without "
        "fused multiply-add, subnormal numbers kept or flushed to zero",
        "zero": "nothing is claimed of n = 0",
    }


# ---------------------------------------------------------------- reading a file


def read(path: str | os.PathLike[str]) -> Certificate:
    """Reads the certificate in a file, without trust.

    Raises:
        Unreadable: If it is none, or too large; the text says why.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            raise Unreadable("it is not a file")
        with open(path, "rb") as file:  # noqa: PTH123
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from None
    return parse(content)


def parse(content: bytes) -> Certificate:
    """Reads a certificate from a file's content, without trust.

    Raises:
        Unreadable: If it is none, or too large; the text says why.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        document = json.loads(
            content.decode("utf-8"),
            parse_int=_parse_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8 text") from None
    except ValueError as error:
        raise Unreadable(f"it is not JSON, or is cut off: {error}") from None
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    return _certificate(document)


def _parse_integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Unreadable(
            f"it holds a number of {len(text):,} digits; at most {MAX_DIGITS} are read"
        )
    return int(text)


def _refuse_number(text: str) -> None:
    raise Unreadable(f"it holds {text[:MAX_DIGITS]}; expected integers only ([m, e] for m 2^e)")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("it gives a name twice")
    return found


def _certificate(document: Any) -> Certificate:
    """Makes sure of all types, shapes and bounds; sizes come from `rule`, `base` and `start`.

    Raises:
        Unreadable: If one is wrong.
    """
    if not isinstance(document, dict) or "format" not in document:
        raise Unreadable('it is no certificate: expected an object with a "format"')
    version = document["format"]
    if type(version) is int and version > FORMAT:
        raise Unreadable(
            f"it was written by a later fizzlab: it has format {version}, and this checker reads "
            f"format {FORMAT}"
        )
    integer(version, FORMAT, FORMAT, "format")
    _keys(document, KEYS, "the certificate", optional="provenance")
    weights = document["weights"]
    _keys(weights, ["start", "transitions", "readout"], "weights")
    _keys(document["claim"], list(claim_of([], 2)), "claim")
    base, rule = integer(document["base"], 2, MAX_BASE, "base"), _rule(document["rule"])
    start = vector(weights["start"], None, "weights.start")
    size, labels = len(start), 2 ** len(rule)
    codebook = matrix(document["codebook"], None, size, "codebook")
    after = matrix(document["transitions"], None, base, "transitions", state)
    states = len(after)
    if states > len(codebook):
        raise Unreadable(f"it has {states} states, and only {len(codebook)} codes")
    _bounded(states, len(codebook), size, base, modulus_of(rule))
    each = sequence(weights["transitions"], base, "weights.transitions")
    steps = [matrix(one, size, size, f"weights.transitions[{d}]") for d, one in enumerate(each)]
    given = Certificate(
        base=base,
        rule=rule,
        claim=document["claim"],
        start=start,
        transitions=[columns(step) for step in steps],
        readout=columns(matrix(weights["readout"], size, labels, "weights.readout")),
        codebook=codebook,
        offsets=vector(document["offsets"], len(codebook), "offsets"),
        first=vector(document["first"], base - 1, "first", state),
        after=after,
        labels=vector(document["labels"], states, "labels", state),
        boxes=matrix(document["boxes"], states, size, "boxes", interval),
    )
    if max(given.first + [next_ for row in after for next_ in row]) >= states:
        raise Unreadable(f"first or transitions lead to a state above the last one, {states - 1}")
    if max(given.labels) >= labels:
        raise Unreadable(f"labels holds a label above the last one, {labels - 1}")
    return given


def _bounded(states: int, codes: int, size: int, base: int, modulus: int) -> None:
    products = (states + 1) * base * size * size + states * codes * size
    if products > MAX_PRODUCTS or states * modulus * base > MAX_STEPS:
        raise Unreadable(
            f"it is too large to be checked: {states} states, {codes} codes of {size} numbers, "
            f"base {base}, {modulus} residues"
        )


def _rule(value: Any) -> list[tuple[int, str]]:
    rule = []
    for i, pair in enumerate(sequence(value, None, "rule", MAX_DIVISORS)):
        divisor, word = sequence(pair, 2, f"rule[{i}]")
        integer(divisor, 2, 10**MAX_DIGITS, f"the divisor in rule[{i}]")
        if not _is_word(word):
            raise Unreadable(
                f"rule[{i}]: expected a word of letters, inside of it also spaces and "
                f"{' '.join(PUNCTUATION.strip())}"
            )
        rule.append((divisor, word))
    if len({divisor for divisor, _ in rule}) < len(rule):
        raise Unreadable("rule: expected distinct divisors")
    chosen = [
        [w for i, (_, w) in enumerate(rule) if label >> i & 1] for label in range(1 << len(rule))
    ]
    if len({"".join(words) or NUMBER for words in chosen}) < len(chosen):
        raise Unreadable("rule: two labels would have the same words")
    return rule


def _is_word(word: Any) -> bool:
    """Tells whether a word reads as what it is (see WORDS)."""
    if not isinstance(word, str) or not 0 < len(word) <= MAX_WORD or not word.isprintable():
        return False
    if not word[0].isalpha() or word[-1] == " " or word == NUMBER:
        return False
    if unicodedata.normalize("NFKC", word) != word:
        return False
    kinds = [unicodedata.category(character)[0] for character in word]
    if any(kind == "M" and before not in "LM" for before, kind in itertools.pairwise(kinds)):
        return False
    return all(
        (kind in "LM" or character in PUNCTUATION)
        and not any(first <= ord(character) <= last for first, last in INVISIBLE)
        for character, kind in zip(word, kinds, strict=True)
    )


def _keys(value: Any, names: list[str], where: str, optional: str | None = None) -> None:
    if not isinstance(value, dict):
        raise Unreadable(f"{where}: expected an object")
    missing = [name for name in names if name not in value]
    if missing:
        raise Unreadable(f"{where} has no {', '.join(missing)}")
    if len(value) > len(names) + (optional in value):
        raise Unreadable(f"{where}: expected nothing but {', '.join(names)}")


def sequence(value: Any, length: int | None, where: str, most: int = MAX_SIZE) -> list[Any]:
    """Makes sure that a value is a list of `length` entries, or of 1 to `most`.

    Raises:
        Unreadable: If it is not.
    """
    if not isinstance(value, list):
        raise Unreadable(f"{where}: expected a list")
    if len(value) != length and (length is not None or not 1 <= len(value) <= most):
        wanted = f"1 to {most}" if length is None else length
        raise Unreadable(f"{where}: expected {wanted} entries, got {len(value)}")
    return value


def integer(value: Any, low: int, high: int, where: str) -> int:
    """Makes sure that a value is an integer (and not true or false) within bounds.

    Raises:
        Unreadable: If it is not.
    """
    if type(value) is not int:
        raise Unreadable(f"{where}: expected an integer, got {type(value).__name__}")
    if not low <= value <= high:
        raise Unreadable(f"{where}: expected {low} to {high}, got {value}")
    return value


def count(value: Any, bits: int, where: str) -> int:
    """Gives a number [m, e], with m of at most so many bits, as a count of 2^-149.

    Raises:
        Unreadable: If it is none, or above 2^20.
    """
    m, e = sequence(value, 2, where)
    limit = (1 << bits) - 1
    counted = integer(m, -limit, limit, where) << (integer(e, -UNIT, 20, where) + UNIT)
    if abs(counted) > LARGEST:
        raise Unreadable(f"{where}: expected a number of at most 2^20")
    return counted


def weight(value: Any, where: str) -> int:
    """Gives a float32 number: of 24 bits, 0 or at least 2^-126.

    Raises:
        Unreadable: If it is none.
    """
    counted = count(value, 24, where)
    if 0 < abs(counted) < SMALLEST:
        raise Unreadable(f"{where}: expected no subnormal number")
    return counted


def interval(value: Any, where: str) -> tuple[int, int]:
    """Gives the bounds of one coordinate of a box; of at most 63 bits each.

    Raises:
        Unreadable: If they are none.
    """
    low, high = (count(bound, 63, where) for bound in sequence(value, 2, where))
    if low > high:
        raise Unreadable(f"{where}: the lower bound is above the upper one")
    return low, high


def state(value: Any, where: str) -> int:
    """Gives the number of a state or of a label."""
    return integer(value, 0, MAX_SIZE, where)


def vector(value: Any, length: int | None, where: str, each: Any = weight) -> list[Any]:
    """Gives a list of numbers, or of what `each` reads."""
    return [each(entry, where) for entry in sequence(value, length, where)]


def matrix(value: Any, height: int | None, width: int, where: str, each: Any = weight) -> Any:
    """Gives a list of lists of numbers, or of what `each` reads."""
    rows = sequence(value, height, where)
    return [vector(row, width, f"{where}[{i}]", each) for i, row in enumerate(rows)]


def columns(rows: Matrix) -> Matrix:
    """Gives the columns of a matrix."""
    return [list(column) for column in zip(*rows, strict=True)]


# ---------------------------------------------------------------- the command


def check(path: str | os.PathLike[str]) -> Outcome:
    """Checks a certificate; whatever the file, this gives an outcome."""
    try:
        given = read(path)
    except Unreadable as error:
        return Outcome(False, None, f"This certificate cannot be read: {error}.", 2)
    claim = claim_of(given.rule, given.base)["text"]
    try:
        verify(given)
    except Invalid as error:
        return Outcome(False, claim, f"Not valid, nothing is proved: {error}.", 1)
    return Outcome(True, claim, _proved(given), 0)


def _proved(given: Certificate) -> str:
    states = len(given.labels)
    return (
        "Valid: this is proved of the net whose weights stand in the certificate, in "
        f"{claim_of(given.rule, given.base)['arithmetic']}. It is an automaton of {states} "
        f"state{'s' * (states != 1)}; that float32 snaps and answers as this automaton, and that "
        "the automaton follows the rule, was checked in exact arithmetic. Not claimed, and not "
        "checked: what the net says of n = 0, and where it came from."
    )


def main(arguments: list[str]) -> int:
    """Runs the command; gives its exit code."""
    files = [argument for argument in arguments if argument != "--json"]
    if len(files) != 1 or files[0].startswith("-"):
        print("usage: python -I checker.py FILE [--json]", file=sys.stderr)
        return 2
    outcome = check(files[0])
    if "--json" in arguments:
        names = ("valid", "claim", "reason")
        print(json.dumps({name: getattr(outcome, name) for name in names}))
    else:
        told = [outcome.claim, outcome.reason] if outcome.valid else [outcome.reason]
        text = " ".join(filter(None, told))
        print(text.encode("ascii", "backslashreplace").decode() if _plain() else text)
    return outcome.exit_code


def _plain() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") not in {"utf8", "utf16"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
