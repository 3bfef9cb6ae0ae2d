"""The engine for a CPU: OpenVINO, with no torch in the process.

Everything from the uint8 crop to margin and map is one graph: normalisation, the mirror image, the network, the head.
One crop is one inference (with its mirror image two pictures): measured, a larger batch is no faster on a CPU, and one
shape compiles once.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.scoring.card import Card
from bmgui.scoring.engines.engine import Crops, Maps, Progress, check_crops, further_methods
from bmgui.scoring.engines.graph import Graph, Node, channels, trunk
from bmgui.scoring.engines.openvino_import import import_openvino
from bmgui.scoring.weights import WEIGHTS_FILE, Tensor, Weights, load_weights


class OpenVinoEngine:
    """See `Engine`. throughput: several crops at a time, as many as OpenVINO finds best."""

    name = "OpenVINO"
    device = "CPU"

    def __init__(self, folder: Path, card: Card, throughput: bool = False, note: str = "") -> None:
        self.note = note
        self.methods = further_methods()
        self._folder = folder
        self._card = card
        self._explainer: Any = None
        openvino, _ = import_openvino()
        model, self.bias = build(Weights(load_weights(folder, card), str(folder / WEIGHTS_FILE)), card)
        hints = {"PERFORMANCE_HINT": "THROUGHPUT" if throughput else "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino.Core().compile_model(model, "CPU", hints)
        self._request = compiled.create_infer_request()
        self._queue = openvino.AsyncInferQueue(compiled) if throughput else None

    def score(self, crops: Crops) -> tuple[NDArray[np.float32], Maps]:
        check_crops(crops, self._card.side, self._card.channels)
        results: list[Any] = [None] * len(crops)
        if self._queue is None or len(crops) == 1:
            for index, crop in enumerate(crops):
                results[index] = _read(self._request, crop)
        else:
            self._queue.set_callback(lambda request, index: results.__setitem__(index, _outputs(request)))
            for index, crop in enumerate(crops):
                self._queue.start_async([crop[None]], index)
            self._queue.wait_all()
        return np.concatenate([margin for margin, _ in results]), np.concatenate([evidence for _, evidence in results])

    def explain(self, method: str, crop: NDArray[np.uint8], on_progress: Progress) -> Maps:
        if self._explainer is None:
            from bmgui.scoring.engines.methods import load_explainer  # late: torch

            self._explainer = load_explainer(self._folder, self._card)
        evidence: Maps = self._explainer.explain(method, crop, on_progress)
        return evidence


def _read(request: Any, crop: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    request.infer([crop[None]])
    return _outputs(request)


def _outputs(request: Any) -> tuple[Tensor, Tensor]:
    """Copies: the request's own memory is overwritten by the next crop."""
    return request.get_output_tensor(0).data.copy(), request.get_output_tensor(1).data.copy()


def build(weights: Weights, card: Card) -> tuple[Any, float]:
    """The model (uint8 (1, side, side[, 3]) → margin float32 (1,), map float32 (1, h, w)) and the head's bias.

    Raises KnownError("weights-do-not-fit") where the tensors are not the architecture's.
    """
    openvino, ops = import_openvino()
    graph = Graph(weights)
    shape = [1, card.side, card.side] + ([3] if card.channels == "rgb" else [])
    crop = ops.parameter(shape, np.uint8, name="crop")
    features = trunk(graph, card.architecture, _pictures(ops, crop, card))
    evidence, bias = _head(graph, weights, features)
    weights.finish()
    if card.flip_average:
        evidence = _average_with_mirror(ops, evidence)
    margin = ops.add(ops.reduce_mean(evidence, [1, 2], False), ops.constant(np.float32(bias)))
    return openvino.Model([margin, evidence], [crop], card.id), bias


def _pictures(ops: Any, crop: Node, card: Card) -> Node:
    """Normalised pictures float32 (1 or 2, 3, side, side): the crop, then its mirror image if the card wants both.

    Normalised before the network, not inside its first convolution: that one pads with zeros after normalisation.
    """
    pixels = crop
    if card.flip_average:
        backwards = ops.constant(np.arange(card.side - 1, -1, -1, dtype=np.int32))
        pixels = ops.concat([crop, ops.gather(crop, backwards, ops.constant(np.int32(2)))], 0)
    x = ops.convert(pixels, np.float32)
    if card.channels == "grey":
        x = ops.unsqueeze(x, ops.constant(np.int64(1)))
    else:
        x = ops.transpose(x, ops.constant(np.array([0, 3, 1, 2], np.int64)))
    mean, std = (np.array(values, np.float64).reshape(1, 3, 1, 1) for values in (card.mean, card.std))
    scaled = ops.multiply(x, ops.constant((1 / (255 * std)).astype(np.float32)))
    return ops.add(scaled, ops.constant((-mean / std).astype(np.float32)))


def _head(graph: Graph, weights: Weights, features: Node) -> tuple[Node, float]:
    """The signed evidence map (n, h, w), one 1 × 1 convolution of the head's difference, and the bias' difference."""
    head = weights.take("fc.weight", 2, channels(features))
    benign, malignant = weights.take("fc.bias", 2).astype(np.float64)
    evidence = graph.convolution(features, (head[1] - head[0]).reshape(1, -1, 1, 1), None)
    return graph.ops.squeeze(evidence, graph.ops.constant(np.int64(1))), float(np.float32(malignant - benign))


def _average_with_mirror(ops: Any, evidence: Node) -> Node:
    """(2, h, w) → (1, h, w): the mirror image's map turned back, then the mean of both."""
    columns = int(evidence.get_output_partial_shape(0)[2].get_length())
    straight, mirrored = ops.split(evidence, ops.constant(np.int64(0)), 2).outputs()
    backwards = ops.constant(np.arange(columns - 1, -1, -1, dtype=np.int32))
    turned = ops.gather(mirrored, backwards, ops.constant(np.int32(2)))
    return ops.multiply(ops.add(straight, turned), ops.constant(np.float32(0.5)))
