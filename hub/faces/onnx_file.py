"""Writes a small ONNX file: the few fields of its protobuf messages that one network needs.

Field numbers are those of `onnx.proto` (IR 8, operators 13); the library that writes such files
weighs more than everything else that faces need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

IR_VERSION: Final = 8
OPERATORS: Final = 13
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_ATTRIBUTE_INT, _ATTRIBUTE_INTS, _ATTRIBUTE_TEXT = 2, 7, 3  # AttributeProto.AttributeType

Value = int | str | Sequence[int]


@dataclass(slots=True)
class Graph:
    """Nodes in order, constants by name."""

    name: str
    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)

    def constant(self, name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """Add a constant and give back its name."""
        kind = _INT64 if values.dtype == np.int64 else _FLOAT
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        message = b"".join(_number(1, size) for size in values.shape)
        message += _number(2, kind) + _text(8, name) + _bytes(9, little.tobytes())
        self.constants.append(message)
        return name

    def node(
        self, kind: str, inputs: Iterable[str], output: str, given: Mapping[str, Value] = {}
    ) -> str:
        """Add an operator with attributes and give back the name of what comes out."""
        message = b"".join(_text(1, one) for one in inputs)
        message += _text(2, output) + _text(3, output) + _text(4, kind)
        message += b"".join(_bytes(5, _attribute(name, value)) for name, value in given.items())
        self.nodes.append(message)
        return output

    def model(self, entry: tuple[str, Sequence[int | str]], out: tuple[str, int]) -> bytes:
        """The whole file; ``entry``: name and sizes (a text is a free size), ``out``: name, dim."""
        graph = b"".join(_bytes(1, node) for node in self.nodes) + _text(2, self.name)
        graph += b"".join(_bytes(5, constant) for constant in self.constants)
        graph += _bytes(11, _shaped(*entry)) + _bytes(12, _shaped(out[0], ("n", out[1])))
        operators = _bytes(8, _text(1, "") + _number(2, OPERATORS))
        return _number(1, IR_VERSION) + _text(2, "linli") + _bytes(7, graph) + operators


def _attribute(name: str, value: Value) -> bytes:
    if isinstance(value, str):
        return _text(1, name) + _bytes(4, value.encode()) + _number(20, _ATTRIBUTE_TEXT)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    numbers = b"".join(_number(8, one) for one in value)
    return _text(1, name) + numbers + _number(20, _ATTRIBUTE_INTS)


def _shaped(name: str, sizes: Sequence[int | str]) -> bytes:
    """ValueInfoProto of a float tensor."""
    dims = b"".join(
        _bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in sizes
    )
    tensor = _number(1, _FLOAT) + _bytes(2, dims)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # a negative number is its two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, value: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(value)) + value


def _text(tag: int, value: str) -> bytes:
    return _bytes(tag, value.encode())
