"""OpenVINO's graph of one of the three networks, built straight from the tensors: no torch, no converter.

Names and shapes are torchvision's. BatchNorm is folded into the convolution before it.
"""

from typing import Any

import numpy as np

from bmgui.scoring.engines.openvino_import import import_openvino
from bmgui.scoring.weights import Tensor, Weights

Node = Any
_RESNET_EPS = 1e-5
_INCEPTION_EPS = 1e-3


class Graph:
    """The operations that the networks are made of, on one set of weights. All pictures are float32 (n, c, h, w)."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        _, self.ops = import_openvino()

    def convolution(
        self, x: Node, kernel: Tensor, bias: Tensor | None, stride: int = 1, pad: tuple[int, int] = (0, 0)
    ) -> Node:
        edge = list(pad)
        shared = self.ops.constant(
            kernel, shared_memory=True
        )  # the node keeps the array; a copy costs a tenth of a second
        y = self.ops.convolution(x, shared, [stride, stride], edge, edge, [1, 1])
        return y if bias is None else self.ops.add(y, self.ops.constant(bias.reshape(1, -1, 1, 1)))

    def conv_relu(self, x: Node, name: str, outputs: int) -> Node:
        """VGG's: a 3 × 3 convolution with a bias, then ReLU."""
        kernel = self._weights.take(f"{name}.weight", outputs, channels(x), 3, 3)
        return self.ops.relu(self.convolution(x, kernel, self._weights.take(f"{name}.bias", outputs), 1, (1, 1)))

    def conv_norm(
        self,
        x: Node,
        conv: str,
        norm: str,
        outputs: int,
        size: tuple[int, int],
        stride: int = 1,
        pad: tuple[int, int] = (0, 0),
        *,
        eps: float,
    ) -> Node:
        """A convolution without bias and the BatchNorm behind it, as one convolution."""
        kernel = self._weights.take(f"{conv}.weight", outputs, channels(x), *size)
        take = (self._weights.take(f"{norm}.{part}", outputs) for part in ("weight", "bias", "running_mean"))
        scale, shift, mean = (value.astype(np.float64) for value in take)
        factor = scale / np.sqrt(self._weights.take(f"{norm}.running_var", outputs).astype(np.float64) + eps)
        kernel *= factor.astype(np.float32)[:, None, None, None]  # in place: it was taken, nobody else has it
        return self.convolution(x, kernel, (shift - mean * factor).astype(np.float32), stride, pad)

    def max_pool(self, x: Node, size: int, stride: int, pad: int = 0) -> Node:
        edge = [pad, pad]
        return self.ops.max_pool(x, [stride, stride], [1, 1], edge, edge, [size, size]).output(0)

    def mean_pool(self, x: Node) -> Node:
        """3 × 3, stride 1, the zeros of its padding counted, as torch does."""
        return self.ops.avg_pool(x, [1, 1], [1, 1], [1, 1], [3, 3], False)

    def concat(self, *parts: Node) -> Node:
        return self.ops.concat(list(parts), 1)


def channels(x: Node) -> int:
    shape = x.get_output_partial_shape(0) if hasattr(x, "get_output_partial_shape") else x.get_partial_shape()
    return int(shape[1].get_length())


def trunk(graph: Graph, architecture: str, x: Node) -> Node:
    """The features of a normalised picture, float32 (n, k, h, w), up to the trunk's end."""
    return {"resnet50": _resnet50, "vgg16": _vgg16, "inception_v3": _inception_v3}[architecture](graph, x)


def _vgg16(g: Graph, x: Node) -> Node:
    index = 0
    for stage, widths in enumerate(((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))):
        if stage:
            x = g.max_pool(x, 2, 2)
            index += 1
        for width in widths:
            x = g.conv_relu(x, f"features.{index}", width)
            index += 2
    return x  # features[29]; the pool after it is left out


def _resnet50(g: Graph, x: Node) -> Node:
    x = g.ops.relu(g.conv_norm(x, "conv1", "bn1", 64, (7, 7), 2, (3, 3), eps=_RESNET_EPS))
    x = g.max_pool(x, 3, 2, 1)
    for stage, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), start=1):
        for block in range(blocks):
            x = _bottleneck(g, x, f"layer{stage}.{block}.", width, 2 if stage > 1 and block == 0 else 1, block == 0)
    return x


def _bottleneck(g: Graph, x: Node, name: str, width: int, stride: int, projected: bool) -> Node:
    def step(y: Node, number: int, outputs: int, size: int, by: int = 1) -> Node:
        pad = (size // 2, size // 2)
        return g.conv_norm(
            y, f"{name}conv{number}", f"{name}bn{number}", outputs, (size, size), by, pad, eps=_RESNET_EPS
        )

    y = g.ops.relu(step(x, 1, width, 1))
    y = g.ops.relu(step(y, 2, width, 3, stride))
    y = step(y, 3, 4 * width, 1)
    if projected:
        names = f"{name}downsample.0", f"{name}downsample.1"
        x = g.conv_norm(x, *names, 4 * width, (1, 1), stride, eps=_RESNET_EPS)
    return g.ops.relu(g.ops.add(y, x))


def _inception_v3(g: Graph, x: Node) -> Node:
    x = _basic(g, x, "Conv2d_1a_3x3", 32, 3, stride=2)
    x = _basic(g, x, "Conv2d_2a_3x3", 32, 3)
    x = _basic(g, x, "Conv2d_2b_3x3", 64, 3, same=True)
    x = g.max_pool(x, 3, 2)
    x = _basic(g, x, "Conv2d_3b_1x1", 80, 1)
    x = _basic(g, x, "Conv2d_4a_3x3", 192, 3)
    x = g.max_pool(x, 3, 2)
    for name, pooled in (("Mixed_5b.", 32), ("Mixed_5c.", 64), ("Mixed_5d.", 64)):
        x = _mixed_5(g, x, name, pooled)
    x = _mixed_6a(g, x, "Mixed_6a.")
    for name, width in (("Mixed_6b.", 128), ("Mixed_6c.", 160), ("Mixed_6d.", 160), ("Mixed_6e.", 192)):
        x = _mixed_6(g, x, name, width)
    x = _mixed_7a(g, x, "Mixed_7a.")
    for name in ("Mixed_7b.", "Mixed_7c."):
        x = _mixed_7(g, x, name)
    return x


def _basic(
    g: Graph, x: Node, name: str, outputs: int, size: int | tuple[int, int], stride: int = 1, same: bool = False
) -> Node:
    """Inception's block: convolution, BatchNorm, ReLU. same: padded so that the size stays."""
    height, width = (size, size) if isinstance(size, int) else size
    pad = (height // 2, width // 2) if same else (0, 0)
    names = f"{name}.conv", f"{name}.bn"
    return g.ops.relu(g.conv_norm(x, *names, outputs, (height, width), stride, pad, eps=_INCEPTION_EPS))


def _chain(g: Graph, x: Node, name: str, *steps: tuple[str, int, int | tuple[int, int]]) -> Node:
    for part, outputs, size in steps:
        x = _basic(g, x, name + part, outputs, size, same=True)
    return x


def _mixed_5(g: Graph, x: Node, name: str, pooled: int) -> Node:
    return g.concat(
        _basic(g, x, name + "branch1x1", 64, 1),
        _chain(g, x, name, ("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)),
        _chain(g, x, name, ("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)),
        _basic(g, g.mean_pool(x), name + "branch_pool", pooled, 1),
    )


def _mixed_6a(g: Graph, x: Node, name: str) -> Node:
    doubled = _chain(g, x, name, ("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3))
    return g.concat(
        _basic(g, x, name + "branch3x3", 384, 3, stride=2),
        _basic(g, doubled, name + "branch3x3dbl_3", 96, 3, stride=2),
        g.max_pool(x, 3, 2),
    )


def _mixed_6(g: Graph, x: Node, name: str, width: int) -> Node:
    across, down = (1, 7), (7, 1)
    once = (("branch7x7_1", width, 1), ("branch7x7_2", width, across), ("branch7x7_3", 192, down))
    twice = (
        ("branch7x7dbl_1", width, 1),
        ("branch7x7dbl_2", width, down),
        ("branch7x7dbl_3", width, across),
        ("branch7x7dbl_4", width, down),
        ("branch7x7dbl_5", 192, across),
    )
    return g.concat(
        _basic(g, x, name + "branch1x1", 192, 1),
        _chain(g, x, name, *once),
        _chain(g, x, name, *twice),
        _basic(g, g.mean_pool(x), name + "branch_pool", 192, 1),
    )


def _mixed_7a(g: Graph, x: Node, name: str) -> Node:
    small = _basic(g, x, name + "branch3x3_1", 192, 1)
    steps = (("branch7x7x3_1", 192, 1), ("branch7x7x3_2", 192, (1, 7)), ("branch7x7x3_3", 192, (7, 1)))
    return g.concat(
        _basic(g, small, name + "branch3x3_2", 320, 3, stride=2),
        _basic(g, _chain(g, x, name, *steps), name + "branch7x7x3_4", 192, 3, stride=2),
        g.max_pool(x, 3, 2),
    )


def _mixed_7(g: Graph, x: Node, name: str) -> Node:
    small = _basic(g, x, name + "branch3x3_1", 384, 1)
    large = _chain(g, x, name, ("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3))
    return g.concat(
        _basic(g, x, name + "branch1x1", 320, 1),
        _basic(g, small, name + "branch3x3_2a", 384, (1, 3), same=True),
        _basic(g, small, name + "branch3x3_2b", 384, (3, 1), same=True),
        _basic(g, large, name + "branch3x3dbl_3a", 384, (1, 3), same=True),
        _basic(g, large, name + "branch3x3dbl_3b", 384, (3, 1), same=True),
        _basic(g, g.mean_pool(x), name + "branch_pool", 192, 1),
    )
