"""dlib's face network as ONNX: 29 convolutions in 14 residual blocks, 150 x 150 RGB to 128 numbers.

The layers are those of dlib's published example of this network. What it does otherwise than
others: strided layers are not padded, and where two branches differ in size or channels the smaller
is filled up with zeros before they are added.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hub.faces import dlib_weights
from hub.faces.dlib_weights import Filters
from hub.faces.onnx_file import Graph

CHIP_PX: Final = 150
DIM: Final = 128
ENTRY: Final = "chips"  # N x 150 x 150 x 3, red green blue, 0..255 as floats
_FIRST: Final = (32, 7)
# Blocks in the data's order: channels, and whether the block halves the picture.
_BLOCKS: Final = (
    *((32, False),) * 3,
    (64, True), *((64, False),) * 3,
    (128, True), *((128, False),) * 2,
    (256, True), *((256, False),) * 2,
    (256, True),
)  # fmt: skip


def shapes() -> tuple[tuple[int, int, int], ...]:
    """Out, in and side of every convolution."""

    def each() -> Iterator[tuple[int, int, int]]:
        yield _FIRST[0], 3, _FIRST[1]
        into = _FIRST[0]
        for channels, _ in _BLOCKS:
            yield channels, into, 3
            yield channels, channels, 3
            into = channels

    return tuple(each())


def convert(content: bytes) -> bytes:
    """The ONNX file of dlib's weights; raises WeightsBroken."""
    weights = dlib_weights.read(content, shapes(), DIM)
    graph = Graph("dlib-face-resnet-v1")
    means = np.array(weights.means, np.float32)
    graph.node("Sub", [ENTRY, graph.constant("means", means)], "centred")
    scale = graph.constant("scale", np.array([1 / 256], np.float32))
    graph.node("Mul", ["centred", scale], "scaled")
    graph.node("Transpose", ["scaled"], "planes", {"perm": (0, 3, 1, 2)})
    filters = iter(weights.convolutions)
    at = graph.node("Relu", [_convolved(graph, "planes", next(filters), "c0", 2)], "r0")
    pooled = {"kernel_shape": (3, 3), "strides": (2, 2)}
    at = graph.node("MaxPool", [at], "pooled", pooled)
    side, into = 35, _FIRST[0]
    for number, (channels, halves) in enumerate(_BLOCKS, 1):
        pair = next(filters), next(filters)
        at, side = _block(graph, at, pair, f"b{number}", (into, channels, side), halves=halves)
        into = channels
    at = graph.node("GlobalAveragePool", [at], "average")
    at = graph.node("Flatten", [at], "flat", {"axis": 1})
    graph.node("MatMul", [at, graph.constant("matrix", weights.matrix)], "embedding")
    return graph.model((ENTRY, ("n", CHIP_PX, CHIP_PX, 3)), ("embedding", DIM))


def _convolved(graph: Graph, at: str, filters: Filters, name: str, stride: int) -> str:
    side = filters.kernel.shape[2]
    pad = 0 if stride != 1 else side // 2
    kernel = graph.constant(f"{name}.k", filters.kernel)
    offset = graph.constant(f"{name}.o", filters.offset)
    given = {"kernel_shape": (side, side), "strides": (stride,) * 2, "pads": (pad,) * 4}
    return graph.node("Conv", [at, kernel, offset], name, given)


def _block(
    graph: Graph,
    at: str,
    filters: tuple[Filters, Filters],
    name: str,
    sizes: tuple[int, int, int],
    *,
    halves: bool,
) -> tuple[str, int]:
    """One residual block; gives back its end and the side of the picture there."""
    into, channels, side = sizes
    inner = graph.node("Relu", [_convolved(graph, at, filters[0], f"{name}.a", 1 + halves)],
                       f"{name}.r")  # fmt: skip
    main = _convolved(graph, inner, filters[1], f"{name}.c", 1)
    aside = at
    if halves:
        given = {"kernel_shape": (2, 2), "strides": (2, 2)}
        aside = graph.node("AveragePool", [at], f"{name}.p", given)
        main_side, aside_side = (side - 3) // 2 + 1, side // 2
        side = max(main_side, aside_side)
        main = _filled(graph, main, f"{name}.m", 0, side - main_side)
        aside = _filled(graph, aside, f"{name}.s", channels - into, side - aside_side)
    total = graph.node("Add", [main, aside], f"{name}.sum")
    return graph.node("Relu", [total], name), side


def _filled(graph: Graph, at: str, name: str, channels: int, side: int) -> str:
    if not channels and not side:
        return at
    pads = np.array([0, 0, 0, 0, 0, channels, side, side], np.int64)
    return graph.node("Pad", [at, graph.constant(f"{name}.n", pads)], name)
