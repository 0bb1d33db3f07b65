"""Integers as formulas: "2**10000+1", "3*5*7", "10**100 // 7". Nothing is ever executed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from fizzlab.errors import DataError

MAX_BITS = 1_000_000  # of every number on the way
MAX_CHARACTERS = 10_000
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


def evaluate(formula: str) -> int:
    """Gives the integer that a formula of + − * // % ** and parentheses stands for.

    Raises:
        DataError: If it is no such formula, divides by zero, has a negative exponent, or holds a
            number of more than `MAX_BITS` bits.

    >>> evaluate("2**10 + 1"), evaluate("-(7 % 4)")
    (1025, -3)
    """
    try:
        return _value(_parsed(formula))
    except _NoIntegerError as error:
        reason = str(error)
    except (SyntaxError, ValueError):  # ValueError: a literal of too many digits, a null byte
        reason = "it is no formula of integers"
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

    Raises:
        _NoIntegerError: If it is too long.
    """
    if len(formula) > MAX_CHARACTERS:
        raise _NoIntegerError(f"it is longer than {MAX_CHARACTERS:,} characters")
    return ast.parse(formula.strip(), mode="eval").body


def _value(node: ast.expr) -> int:
    """Gives the value of a part of a formula.

    Raises:
        _NoIntegerError: If it has none.
    """
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and (apply := _OPERATORS.get(type(node.op))):
        left, right = _value(node.left), _value(node.right)
        _check(node.op, left, right)
        return apply(left, right)
    raise _NoIntegerError("only integers, + - * // % ** and parentheses can stand in it")


def _check(op: ast.operator, left: int, right: int) -> None:
    """Makes sure that an operation is defined, and its result not too large.

    Raises:
        _NoIntegerError: If it is not.
    """
    if isinstance(op, ast.FloorDiv | ast.Mod) and not right:
        raise _NoIntegerError("it divides by zero")
    if isinstance(op, ast.Pow) and right < 0:
        raise _NoIntegerError("an exponent is negative")
    bits = max(left.bit_length(), right.bit_length()) + 1
    if isinstance(op, ast.Mult):
        bits = left.bit_length() + right.bit_length()
    elif isinstance(op, ast.Pow):
        bits = left.bit_length() * right if abs(left) > 1 else 1
    if bits > MAX_BITS:
        raise _NoIntegerError(f"a number in it has more than {MAX_BITS:,} bits")
