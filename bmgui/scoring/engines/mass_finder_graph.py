"""OpenVINO's graph of the finder's network, from the uint8 frame to the probabilities of its cells.

Names are those of `mass_finder_torch`; a test holds the two together.
"""

from typing import Any

import numpy as np

from bmgui.scoring.engines.graph import Graph, Node
from bmgui.scoring.engines.openvino_import import import_openvino
from bmgui.scoring.finder_card import FinderCard
from bmgui.scoring.weights import Weights

_EPS = 1e-5  # torch's BatchNorm


def build_finder(weights: Weights, card: FinderCard) -> Any:
    """The model: uint8 (1, side, side) → float32 (side / 4, side / 4) in [0, 1].

    Raises KnownError("weights-do-not-fit") where the tensors are not this network's.
    """
    openvino, ops = import_openvino()
    graph = Graph(weights)
    frame = ops.parameter([1, card.side, card.side], np.uint8, name="frame")
    picture = ops.unsqueeze(ops.convert(_with_mirror(ops, frame, card), np.float32), ops.constant(np.int64(1)))
    scaled = ops.multiply(picture, ops.constant(np.float32(4 / 255)))
    logits = _network(graph, weights, ops.subtract(scaled, ops.constant(np.float32(1))), card)
    weights.finish()
    cells = ops.squeeze(ops.sigmoid(logits), ops.constant(np.int64(1)))
    if card.mirror:
        here, mirrored = ops.split(cells, ops.constant(np.int64(0)), 2).outputs()
        cells = ops.multiply(ops.add(here, _flipped(ops, mirrored, card.side // 4)), ops.constant(np.float32(0.5)))
    return openvino.Model([ops.squeeze(cells, ops.constant(np.int64(0)))], [frame], card.id)


def _with_mirror(ops: Any, frame: Node, card: FinderCard) -> Node:
    return ops.concat([frame, _flipped(ops, frame, card.side)], 0) if card.mirror else frame


def _flipped(ops: Any, x: Node, columns: int) -> Node:
    backwards = ops.constant(np.arange(columns - 1, -1, -1, dtype=np.int32))
    return ops.gather(x, backwards, ops.constant(np.int32(2)))


def _network(g: Graph, weights: Weights, x: Node, card: FinderCard) -> Node:
    widths = card.widths
    x = _conv(g, x, "stem", widths[0], 5, 2)
    kept = []
    for level, (width, count) in enumerate(zip(widths[1:], card.blocks, strict=True)):
        x = _conv(g, x, f"down.{level}.0", width, 3, 2)
        for block in range(count):
            x = _block(g, x, f"down.{level}.{block + 1}", width)
        kept.append(x)
    for level in reversed(range(len(widths) - 2)):
        up = _doubled(g, _conv(g, x, f"narrow.{level}", widths[level + 1], 1, relu=False))
        x = _block(g, g.ops.relu(g.ops.add(kept[level], up)), f"join.{level}", widths[level + 1])
    kernel = weights.take("head.weight", 1, widths[1], 1, 1)
    return g.convolution(x, kernel, weights.take("head.bias", 1))


def _conv(g: Graph, x: Node, name: str, outputs: int, size: int, stride: int = 1, relu: bool = True) -> Node:
    pad = (size // 2, size // 2)
    y = g.conv_norm(x, f"{name}.conv", f"{name}.norm", outputs, (size, size), stride, pad, eps=_EPS)
    return g.ops.relu(y) if relu else y


def _block(g: Graph, x: Node, name: str, width: int) -> Node:
    return g.ops.relu(g.ops.add(x, _conv(g, _conv(g, x, f"{name}.one", width, 3), f"{name}.two", width, 3, relu=False)))


def _doubled(g: Graph, x: Node) -> Node:
    """Each cell four times, as torch's nearest neighbour does."""
    ops = g.ops
    factors, axes = ops.constant(np.array([2, 2], np.float32)), ops.constant(np.array([2, 3], np.int64))
    return ops.interpolate(
        x, factors, "nearest", "scales", coordinate_transformation_mode="asymmetric", nearest_mode="floor", axes=axes
    )
