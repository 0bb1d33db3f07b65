"""Sixteen float32 numbers at a time, for numba.

Numba leaves it to LLVM to find loops that can be vectorised; with a dozen arrays that might overlap
it gives up. Here a vector is a value: what is added in which order stands in the source, so the
same bits come from every processor, with 512-bit registers or without.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.extending import models, overload, register_model

LANES = 16


class _Vector(types.Type):
    def __init__(self) -> None:
        super().__init__(name="float32x16")


vector = _Vector()
_FLOAT, _INT = ir.FloatType(), ir.IntType(32)
_VECTOR, _INTEGERS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_INT, LANES)
_QUARTER = ir.VectorType(_FLOAT, 4)
_ROW = types.Array(types.float32, 1, "C")


def intrinsic(function: Callable[..., Any]) -> Any:
    """Makes a function of compiled code from one that says how to generate it."""
    return extending.intrinsic(function)


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, front_end: Any) -> None:
        super().__init__(manager, front_end, _VECTOR)


def _constant(value: float) -> ir.Constant:
    return ir.Constant(_VECTOR, [ir.Constant(_FLOAT, value)] * LANES)


def _function(builder: Any, name: str, arguments: list[Any]) -> Any:
    """Calls one of LLVM's own functions on vectors, such as llvm.fma."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(arguments))
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v16f32")
    return builder.call(function, arguments)


def _shuffle(builder: Any, one: Any, other: Any, lanes: list[int]) -> Any:
    kind = ir.VectorType(_INT, len(lanes))
    mask = ir.Constant(kind, [ir.Constant(_INT, lane) for lane in lanes])
    return builder.shuffle_vector(one, other, mask)


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """Gives a pointer to element `index` of a one-dimensional array."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


@intrinsic
def load(typing_context: Any, row: Any, index: Any) -> Any:
    """Loads row[index : index + 16]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load(builder.bitcast(place, _VECTOR.as_pointer()), align=4, typ=_VECTOR)

    return vector(row, types.intp), generate


@intrinsic
def item(typing_context: Any, row: Any, index: Any) -> Any:
    """Gives row[index] of any array, for an index that is not negative; numba's own asks that."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature.args[0], *arguments))

    return row.dtype(row, types.intp), generate


@intrinsic
def store(typing_context: Any, row: Any, index: Any, value: Any) -> Any:
    """Stores a vector at row[index : index + 16]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], builder.bitcast(place, _VECTOR.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(row, types.intp, vector), generate


@intrinsic
def store_quarters(
    typing_context: Any, row: Any, a: Any, b: Any, c: Any, d: Any, value: Any
) -> Any:
    """Stores the four quarters of a vector at row[a : a + 4], row[b : b + 4] and so on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        for quarter, index in enumerate(arguments[1:5]):
            place = _place(context, builder, signature.args[0], arguments[0], index)
            lanes = list(range(4 * quarter, 4 * quarter + 4))
            part = _shuffle(builder, arguments[5], arguments[5], lanes)
            builder.store(part, builder.bitcast(place, _QUARTER.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(row, types.intp, types.intp, types.intp, types.intp, vector), generate


@intrinsic
def load_quarters(typing_context: Any, row: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Loads row[a : a + 4], row[b : b + 4], row[c : c + 4] and row[d : d + 4] into one vector."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        parts = []
        for index in arguments[1:]:
            place = _place(context, builder, signature.args[0], arguments[0], index)
            pointer = builder.bitcast(place, _QUARTER.as_pointer())
            parts.append(builder.load(pointer, align=4, typ=_QUARTER))
        low, high = (_shuffle(builder, parts[i], parts[i + 1], list(range(8))) for i in (0, 2))
        return _shuffle(builder, low, high, list(range(LANES)))

    return vector(row, types.intp, types.intp, types.intp, types.intp), generate


@intrinsic
def splat(typing_context: Any, value: Any) -> Any:
    """Gives a vector with the same number in all lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, arguments[0], ir.Constant(_INT, 0))
        return _shuffle(builder, first, undefined, [0] * LANES)

    return vector(types.float32), generate


@intrinsic
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Gives a · b + c, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _function(builder, "fma", list(arguments))

    return vector(vector, vector, vector), generate


@intrinsic
def square_root(typing_context: Any, a: Any) -> Any:
    """Gives the square root of each lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _function(builder, "sqrt", list(arguments))

    return vector(vector), generate


@intrinsic
def nearest(typing_context: Any, a: Any) -> Any:
    """Gives floor(a + 1/2) of each lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _function(builder, "floor", [builder.fadd(arguments[0], _constant(0.5))])

    return vector(vector), generate


@intrinsic
def power_of_two(typing_context: Any, a: Any) -> Any:
    """Gives 2^a for whole numbers a from -126 to 127, by making the exponent's bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def each(value: int) -> Any:
            return ir.Constant(_INTEGERS, [ir.Constant(_INT, value)] * LANES)

        whole = builder.fptosi(arguments[0], _INTEGERS)
        bits = builder.shl(builder.add(whole, each(127)), each(23))
        return builder.bitcast(bits, _VECTOR)

    return vector(vector), generate


@intrinsic
def choose(typing_context: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """Gives, lane by lane, `yes` where a < b, else `no` (also where one is NaN)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        less, greater, yes, no = arguments
        return builder.select(builder.fcmp_ordered("<", less, greater), yes, no)

    return vector(vector, vector, vector, vector), generate


@intrinsic
def choose_equal(typing_context: Any, a: Any, b: Any, yes: Any, no: Any) -> Any:
    """Gives, lane by lane, `yes` where a = b, else `no`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one, other, yes, no = arguments
        return builder.select(builder.fcmp_ordered("==", one, other), yes, no)

    return vector(vector, vector, vector, vector), generate


@intrinsic
def transposed(typing_context: Any, a: Any) -> Any:
    """Gives lane i of quarter j of the vector in lane j of quarter i."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = [lane % 4 * 4 + lane // 4 for lane in range(LANES)]
        return _shuffle(builder, arguments[0], arguments[0], lanes)

    return vector(vector), generate


@intrinsic
def lane_sums(typing_context: Any, vectors: Any) -> Any:
    """Gives one vector with the sum of all lanes of each of sixteen vectors, a tuple.

    A tree: at each level two vectors become one, by adding what one half of their lanes holds to
    what the other half does. Fifteen additions do for all.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        level = cgutils.unpack_tuple(builder, arguments[0], LANES)
        for step in (8, 4, 2, 1):
            half = len(level) // 2
            pairs = zip(level[:half], level[half:], strict=True)
            level = [_merged(builder, one, other, step) for one, other in pairs]
        return level[0]

    return vector(vectors), generate


def _merged(builder: Any, one: Any, other: Any, step: int) -> Any:
    """Adds the two halves of each vector's lanes; puts one's sums where `step` is not set."""
    low = [lane if not lane & step else LANES + lane - step for lane in range(LANES)]
    high = [lane + step if not lane & step else LANES + lane for lane in range(LANES)]
    return builder.fadd(_shuffle(builder, one, other, low), _shuffle(builder, one, other, high))


def _operator(function: Callable[..., Any], method: str) -> None:
    @intrinsic
    def apply(typing_context: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, method)(*arguments)

        return vector(vector, vector), generate

    @overload(function)
    def overloaded(a: Any, b: Any) -> Any:
        if a == vector and b == vector:

            def of_vectors(a: Any, b: Any) -> Any:
                return apply(a, b)

            return of_vectors
        return None


_operator(operator.add, "fadd")
_operator(operator.sub, "fsub")
_operator(operator.mul, "fmul")
_operator(operator.truediv, "fdiv")
