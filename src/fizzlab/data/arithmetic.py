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
    if len(formula) > MAX_CHARACTERS:
        raise _unreadable(formula, f"it is longer than {MAX_CHARACTERS:,} characters")
    try:
        return _value(ast.parse(formula.strip(), mode="eval").body, formula)
    except (SyntaxError, ValueError):  # ValueError: a literal of too many digits, a null byte
        raise _unreadable(formula, "it is no formula of integers") from None
    except (RecursionError, MemoryError):
        raise _unreadable(formula, "it is too deeply nested") from None


def _value(node: ast.expr, formula: str) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, formula)
    if isinstance(node, ast.BinOp) and (apply := _OPERATORS.get(type(node.op))):
        left, right = _value(node.left, formula), _value(node.right, formula)
        _refuse(node.op, left, right, formula)
        return apply(left, right)
    raise _unreadable(formula, "only integers, + - * // % ** and parentheses can stand in it")


def _refuse(op: ast.operator, left: int, right: int, formula: str) -> None:
    """Makes sure that an operation is defined, and its result not too large.

    Raises:
        DataError: If it is not.
    """
    if isinstance(op, ast.FloorDiv | ast.Mod) and not right:
        raise _unreadable(formula, "it divides by zero")
    if isinstance(op, ast.Pow) and right < 0:
        raise _unreadable(formula, "an exponent is negative")
    bits = max(left.bit_length(), right.bit_length()) + 1
    if isinstance(op, ast.Mult):
        bits = left.bit_length() + right.bit_length()
    elif isinstance(op, ast.Pow):
        bits = left.bit_length() * right if abs(left) > 1 else 1
    if bits > MAX_BITS:
        raise _unreadable(formula, f"a number in it has more than {MAX_BITS:,} bits")


def _unreadable(formula: str, reason: str) -> DataError:
    return DataError(
        f'Cannot read "{formula.strip()[:80]}" as an integer: {reason}.',
        expected='an integer such as "15", or a formula such as "2**10000+1"',
    )
