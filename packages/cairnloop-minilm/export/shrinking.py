"""Weights as 8-bit integers with a scale for each output, turned back into numbers when the model is loaded.

Only what is stored is rounded. The arithmetic stays that of the full model, so a vector is the same whatever texts
stand beside it and whichever processor computes it.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS = 30522
SMALLEST_SIDE = 384


def shrink(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with its word vectors and matrices as integers; biases and the rest stay as they are."""
    graph = model.graph
    restored = []
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or len(weight.dims) != 2 or min(weight.dims) < SMALLEST_SIDE:
            continue
        graph.initializer.remove(weight)
        if weight.dims[0] == WORDS:
            _shrink_words(graph, weight)
        else:
            restored += _shrink_matrix(graph, weight)
    # In front: whoever uses a weight must find it made.
    nodes = [*restored, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _shrink_matrix(graph: onnx.GraphProto, weight: onnx.TensorProto) -> list[onnx.NodeProto]:
    """Store a matrix; return the nodes that make it again. ONNX Runtime does so once, at load."""
    whole, scale = _rounded(numpy_helper.to_array(weight), axis=0)
    stored, scales, numbers = f"{weight.name}.int8", f"{weight.name}.scale", f"{weight.name}.numbers"
    graph.initializer.extend([numpy_helper.from_array(whole, stored), numpy_helper.from_array(scale, scales)])
    return [
        helper.make_node("Cast", [stored], [numbers], to=TensorProto.FLOAT),
        helper.make_node("Mul", [numbers, scales], [weight.name]),
    ]


def _shrink_words(graph: onnx.GraphProto, weight: onnx.TensorProto) -> None:
    """Store the word vectors. They stay integers in memory, and only the rows a text needs become numbers."""
    whole, scale = _rounded(numpy_helper.to_array(weight), axis=1)
    graph.initializer.extend(
        [numpy_helper.from_array(whole, "words.int8"), numpy_helper.from_array(scale, "words.scale")]
    )
    (lookup,) = (node for node in graph.node if node.op_type == "Gather" and node.input[0] == weight.name)
    ids, result = lookup.input[1], lookup.output[0]
    place = list(graph.node).index(lookup)
    graph.node.remove(lookup)
    for node in (
        helper.make_node("Mul", ["words.numbers", "words.scales"], [result]),
        helper.make_node("Gather", ["words.scale", ids], ["words.scales"]),
        helper.make_node("Cast", ["words.rows"], ["words.numbers"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["words.int8", ids], ["words.rows"]),
    ):
        graph.node.insert(place, node)


def _rounded(weight: np.ndarray, *, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers from -127 to 127, and what to multiply them with; one scale along the axis."""
    scale = np.abs(weight).max(axis=axis, keepdims=True) / 127
    scale[scale == 0] = 1
    return np.rint(weight / scale).astype(np.int8), scale.astype(np.float32)
