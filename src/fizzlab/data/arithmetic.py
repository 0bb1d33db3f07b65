"""Integers as formulas: "2**10000+1", "3*5*7", "10**100 // 7". Nothing is ever executed.

A formula is read in a fraction of a second, or refused: its numbers have at most `MAX_BITS` bits,
and what its operations cost is added up beforehand, in products of two digits of 30 bits (about
2 ns each; Python multiplies long numbers by Karatsuba's method, and divides them by hand's).
"""

from __future__ import annotations

import ast
import math
import operator
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from fizzlab.errors import DataError

MAX_BITS = 1_000_000  # of every number on the way
MAX_CHARACTERS = 10_000
MAX_WORK = 60_000_000  # products of digits
DIGIT = 30  # bits of one of Python's digits
BY_HAND = 70  # digits of a factor up to which Python multiplies by hand
KARATSUBA = math.log2(3)
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_ONLY = "only integers, + - * // % ** and parentheses can stand in it"
_WITH_BASE = re.compile(r"\b0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)\b")
_CHARACTERS = re.compile(r"[0-9_+\-*/%()\s]*")


@dataclass
class Budget:
    """What may still be spent on formulas.

    Attributes:
        work: Products of digits.
    """

    work: float = float(MAX_WORK)

    def spend(self, work: float) -> None:
        """Takes work away.

        Raises:
            _NoIntegerError: If there is not so much left.
        """
        self.work -= work
        if self.work < 0:
            raise _NoIntegerError("its numbers are so long that it takes too much work")


def evaluate(formula: str, budget: Budget | None = None) -> int:
    """Gives the integer that a formula of + − * // % ** and parentheses stands for.

    Args:
        formula: The formula.
        budget: What may be spent, on this formula and on others read with it; `MAX_WORK` if none.

    Raises:
        DataError: If it is no such formula, divides by zero, has a negative exponent, holds a
            number of more than `MAX_BITS` bits, or takes too much work.

    >>> evaluate("2**10 + 1"), evaluate("-(7 % 4)")
    (1025, -3)
    """
    try:
        return _value(_parsed(formula), budget or Budget())
    except _NoIntegerError as error:
        reason = str(error)
    except (SyntaxError, ValueError) as error:  # ValueError: a null byte
        reason = "it is no formula of integers"
        if str(error).startswith("Exceeds the limit"):  # the words of int and of ast.parse
            most = sys.get_int_max_str_digits()
            reason = f"a number is written in it with more than {most:,} digits"
    except (RecursionError, MemoryError):
        reason = "it is too deeply nested"
    raise DataError(
        f'Cannot read "{formula.strip()[:80]}" as an integer: {reason}.',
        expected='an integer such as "15", or a formula such as "2**10000+1"',
    )


class _NoIntegerError(Exception):
    """Why a formula is no integer."""


def _parsed(formula: str) -> ast.expr:
    """Gives a formula as a tree.

    Characters are looked at first: of "1if 1 else 2" Python would warn before it is a tree.

    Raises:
        _NoIntegerError: If it is too long, or holds something else than a formula does.
    """
    if len(formula) > MAX_CHARACTERS:
        raise _NoIntegerError(f"it is longer than {MAX_CHARACTERS:,} characters")
    if not _CHARACTERS.fullmatch(_WITH_BASE.sub("0", formula)):
        raise _NoIntegerError(_ONLY)
    return ast.parse(formula.strip(), mode="eval").body


def _value(node: ast.expr, budget: Budget) -> int:
    """Gives the value of a part of a formula.

    Raises:
        _NoIntegerError: If it has none.
    """
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _value(node.operand, budget)
        budget.spend(_digits(value.bit_length()))
        return -value
    if isinstance(node, ast.BinOp) and (apply := _OPERATORS.get(type(node.op))):
        left, right = _value(node.left, budget), _value(node.right, budget)
        _check(node.op, left, right)
        budget.spend(_work(node.op, left, right))
        value = _power(left, right) if isinstance(node.op, ast.Pow) else apply(left, right)
        _check_bits(value.bit_length())
        return value
    raise _NoIntegerError(_ONLY)


def _check(op: ast.operator, left: int, right: int) -> None:
    """Makes sure that an operation is defined, and its result not far too large.

    Raises:
        _NoIntegerError: If it is not.
    """
    if isinstance(op, ast.FloorDiv | ast.Mod) and not right:
        raise _NoIntegerError("it divides by zero")
    if isinstance(op, ast.Pow) and right < 0:
        raise _NoIntegerError("an exponent is negative")
    if isinstance(op, ast.Mult):
        _check_bits(left.bit_length() + right.bit_length() - 1)
    elif isinstance(op, ast.Pow) and abs(left) > 1:
        _check_bits(right)  # so many bits it has at least, and then they can be counted
        _check_bits(math.floor(right * math.log2(abs(left)) * (1 - 1e-9)))


def _check_bits(bits: int) -> None:
    """Makes sure that a number is not too large.

    Raises:
        _NoIntegerError: If it is.
    """
    if bits > MAX_BITS:
        raise _NoIntegerError(f"a number in it has more than {MAX_BITS:,} bits")


def _power(left: int, right: int) -> int:
    """Gives a power; those of 2 and −2 by a shift."""
    return (left // 2) ** right << right if abs(left) == 2 else left**right


def _work(op: ast.operator, left: int, right: int) -> float:
    """Tells what an operation costs, in products of two digits."""
    one, two = _digits(left.bit_length()), _digits(right.bit_length())
    if isinstance(op, ast.Mult):
        return _product(one, two)
    if isinstance(op, ast.FloorDiv | ast.Mod):
        return one + two + max(0.0, one - two) * two
    if isinstance(op, ast.Pow) and abs(left) > 1:
        digits = _digits(right * math.log2(abs(left)))
        return digits if abs(left) == 2 else digits + 1.5 * _product(digits / 2, digits / 2)
    return one + two


def _digits(bits: int | float) -> float:
    return bits / DIGIT + 1


def _product(one: float, two: float) -> float:
    """Tells what a product costs: the shorter factor times each piece of the other as long."""
    short, long = sorted((one, two))
    if short <= BY_HAND:
        return short * long
    return long / short * BY_HAND**2 * (short / BY_HAND) ** KARATSUBA
