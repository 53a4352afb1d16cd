"""What follows a transposed convolution becomes part of it; ONNX Runtime does that to plain ones only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

TRANSPOSED = "ConvTranspose"
"""Its weights are [in, out, kh, kw]."""


def fold_biases(model: Any) -> int:
    """Make the bias that Paddle adds after a transposed convolution part of it.

    Returns:
        How many were folded.
    """
    from onnx import numpy_helper

    graph, arrays = model.graph, _constants(model.graph)
    folded = []
    for conv, add in _pairs(graph, "Add"):
        bias = arrays.get(add.input[1])
        if len(conv.input) > 2 or bias is None:
            continue
        if bias.ndim != 4 or bias.size != bias.shape[1]:  # [1, C, 1, 1]
            continue
        name = f"{add.output[0]}_bias"
        graph.initializer.append(numpy_helper.from_array(bias.reshape(-1), name))
        conv.input.append(name)
        conv.output[0] = add.output[0]
        folded.append(add)
    return _remove(graph, folded, [name for add in folded for name in add.input])


def fold_norms(model: Any) -> int:
    """Fold batch norms that follow a transposed convolution into it.

    Returns:
        How many were folded.
    """
    graph, arrays = model.graph, _constants(model.graph)
    folded, replaced = [], list[str]()
    for conv, norm in _pairs(graph, "BatchNormalization"):
        if any(name not in arrays for name in [*conv.input[1:], *norm.input[1:]]):
            continue
        if next((a.i for a in conv.attribute if a.name == "group"), 1) != 1:
            continue
        replaced += [*conv.input[1:], *norm.input[1:]]
        _fold_norm(graph, conv, norm, arrays)
        folded.append(norm)
    return _remove(graph, folded, replaced)


def _fold_norm(graph: Any, conv: Any, norm: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Give ``conv`` the weights and bias that make ``norm`` superfluous."""
    from onnx import numpy_helper

    weight = arrays[conv.input[1]]
    bias = arrays[conv.input[2]] if len(conv.input) > 2 else np.zeros(weight.shape[1], weight.dtype)
    scale, shift, mean, variance = (arrays[name].astype(np.float64) for name in norm.input[1:5])
    epsilon = next((a.f for a in norm.attribute if a.name == "epsilon"), 1e-5)
    factor = scale / np.sqrt(variance + epsilon)
    new_weight = (weight * factor[None, :, None, None]).astype(weight.dtype)
    new_bias = ((bias - mean) * factor + shift).astype(weight.dtype)
    names = [f"{norm.output[0]}_weight", f"{norm.output[0]}_bias"]
    for name, array in zip(names, (new_weight, new_bias)):
        graph.initializer.append(numpy_helper.from_array(array, name))
    conv.input[:] = [conv.input[0], *names]
    conv.output[0] = norm.output[0]


def _constants(graph: Any) -> dict[str, np.ndarray]:
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def _pairs(graph: Any, kind: str) -> list[tuple[Any, Any]]:
    """(transposed convolution, node of this kind) where that node alone reads what the first one gives."""
    makers = {name: node for node in graph.node for name in node.output}
    readers = Counter(name for node in graph.node for name in node.input)
    given = {output.name for output in graph.output}
    found = []
    for node in graph.node:
        conv = makers.get(node.input[0]) if node.op_type == kind else None
        if conv is None or conv.op_type != TRANSPOSED:
            continue
        if readers[conv.output[0]] == 1 and conv.output[0] not in given:
            found.append((conv, node))
    return found


def _remove(graph: Any, nodes: Sequence[Any], constants: Sequence[str]) -> int:
    """Remove nodes, and those constants that no node reads any more; gives the number of nodes."""
    for node in nodes:
        graph.node.remove(node)
    read = {name for node in graph.node for name in node.input}
    for tensor in [t for t in graph.initializer if t.name in constants and t.name not in read]:
        graph.initializer.remove(tensor)
    return len(nodes)
