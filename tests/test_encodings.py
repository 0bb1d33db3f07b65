from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import Encoding
from fizzlab.errors import ConfigError, IntegerError

encodings = st.builds(
    Encoding,
    scheme=st.sampled_from(["binary", "digits", "scaled"]),
    bits=st.integers(1, 24),
    base=st.integers(2, 20),
) | st.builds(Encoding, bits=st.integers(1, 200))


@given(encodings, st.data())
def test_decoding_gives_back_the_integers(encoding: Encoding, data: st.DataObject) -> None:
    integers = data.draw(st.lists(st.integers(0, encoding.capacity - 1), max_size=10))
    rows = encoding.rows(integers)
    assert rows.shape == (len(integers), encoding.features)
    assert rows.dtype == np.float32
    assert encoding.decode(rows).tolist() == integers


@given(st.integers(0, 1023))
def test_binary_rows_are_least_significant_bit_first(n: int) -> None:
    expected = [int(character) for character in reversed(format(n, "010b"))]
    assert Encoding().rows([n])[0].tolist() == expected


@given(st.integers(0, 4095), st.integers(2, 16))
def test_digits_are_those_of_division(n: int, base: int) -> None:
    encoding = Encoding(scheme="digits", bits=12, base=base)
    digits, rest = [], n
    for _ in range(encoding.num_digits):
        rest, digit = divmod(rest, base)
        digits.append(digit)
    assert rest == 0
    assert encoding.digits([n])[0].tolist() == digits
    assert encoding.rows([n]).sum() == encoding.num_digits


def test_scaled_is_the_share_of_the_capacity() -> None:
    assert Encoding(scheme="scaled").rows([0, 512]).tolist() == [[0.0], [0.5]]


def test_an_integer_that_does_not_fit_names_its_bits() -> None:
    with pytest.raises(IntegerError) as caught:
        Encoding().rows([1, 1024])
    assert str(caught.value) == (
        "1024 does not fit the encoding: it needs 11 bits.\n"
        "  expected: integers below 2^10 = 1024\n"
        "  got:      1024\n"
        "  to do:    train a net on more bits (--set encoding.bits=11)"
    )
    with pytest.raises(IntegerError, match="an integer of 10001 bits does not fit"):
        Encoding().rows([2**10000])
    with pytest.raises(IntegerError, match="negative integer cannot be encoded"):
        Encoding().rows([-1])


@pytest.mark.parametrize(
    "rows", [np.zeros((1, 9)), np.zeros(10), np.full((1, 10), 0.5), np.full((1, 10), 2.0)]
)
def test_rows_that_encode_nothing_are_refused(rows: np.ndarray) -> None:
    with pytest.raises(IntegerError, match=r"These|does not fit"):
        Encoding().decode(rows)


@pytest.mark.parametrize(
    "settings", [{"bits": 0}, {"bits": 1025}, {"scheme": "scaled", "bits": 25}, {"base": 1}]
)
def test_bounds(settings: dict) -> None:
    with pytest.raises(ConfigError, match="expected"):
        Encoding(**settings)


@given(st.integers(1, 1024), st.data())
def test_binary_rows_are_those_of_format(bits: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 2**bits - 1))
    expected = [int(character) for character in reversed(format(n, f"0{bits}b"))]
    encoding = Encoding(bits=bits)
    assert encoding.rows([n, 0])[0].tolist() == expected == encoding.digits([n])[0].tolist()
    assert encoding.decode(encoding.rows([n])).tolist() == [n]


@given(st.integers(1, 24))
def test_scaled_rows_are_exact_at_the_edge(bits: int) -> None:
    encoding = Encoding(scheme="scaled", bits=bits)
    last = encoding.capacity - 1
    assert encoding.rows([last])[0, 0] * encoding.capacity == last
    assert encoding.decode(encoding.rows([last, 0])).tolist() == [last, 0]


@pytest.mark.parametrize("base", range(2, 17))
def test_digits_are_one_hot_blocks(base: int) -> None:
    encoding = Encoding(scheme="digits", base=base)
    rows = encoding.rows(range(1024)).reshape(1024, encoding.num_digits, base)
    assert (rows.sum(axis=2) == 1).all()
    assert base ** (encoding.num_digits - 1) < 1024 <= base**encoding.num_digits
    values = (rows.argmax(axis=2) * base ** np.arange(encoding.num_digits)).sum(axis=1)
    assert values.tolist() == list(range(1024))


@pytest.mark.parametrize(
    ("wrong", "got"), [([1, 1.0], "1.0"), ([True], "True"), (["1"], "'1'"), ([None], "None")]
)
def test_only_integers_are_encoded(wrong: list, got: str) -> None:
    with pytest.raises(IntegerError) as caught:
        Encoding().rows(np.array(wrong, dtype=object))
    assert str(caught.value) == f"Not an integer.\n  expected: integers\n  got:      {got}"


@pytest.mark.parametrize("kind", ["binary", "digits", "scaled"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1e30, 0.3])
def test_rows_of_odd_numbers_are_refused(kind: str, value: float) -> None:
    encoding = Encoding(scheme=kind)  # type: ignore[arg-type]
    with pytest.raises(IntegerError):
        encoding.decode(np.full((1, encoding.features), value))
