"""A smaller file for an int8 graph that computes what it did."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ppocr_lite.compression.qdq import SMALLEST_SCALE, WEIGHTED, constants, drop_unused, sort_nodes

SUMMED_AXES = {
    "Conv": (1, 2, 3),  # [out, in, kh, kw]
    "ConvTranspose": (0, 2, 3),  # [in, out, kh, kw]
    "LSTM": (2,),  # [directions, gates * hidden, in]
    "GRU": (2,),
    "Gemm": (0,),
    "MatMul": (0,),
}
"""Axes of a weight that a product sums over, for operations whose weights can be packed."""
CONV_DEFAULTS: Mapping[str, Any] = {
    "group": 1,
    "dilations": 1,
    "strides": 1,
    "pads": 0,
    "auto_pad": b"NOTSET",
}


def pack_floats(model: Any, *, at_least: int = 512) -> int:
    """Store the float weights that are left (LSTM, depthwise and transposed convolutions) as int8.

    They are made floats again by Cast and Mul, which engines compute once, when they load the file: the file
    shrinks, the arithmetic stays float32 and as fast as it was. Each output channel has a step.

    Args:
        model: changed in place.
        at_least: elements of a weight that is worth it.

    Returns:
        How many were packed.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    arrays = constants(graph)
    readers = {name: node.op_type for node in graph.node for name in node.input}
    packed = 0
    for name, weight in arrays.items():
        summed = SUMMED_AXES.get(readers.get(name, ""))
        if summed is None or weight.dtype != np.float32 or weight.ndim < 2 or weight.size < at_least:
            continue
        axes = tuple(axis for axis in summed if axis < weight.ndim)
        steps = np.maximum(np.abs(weight).max(axis=axes, keepdims=True) / 127, SMALLEST_SCALE)
        steps = steps.astype(np.float32)
        q = np.rint(weight / steps).astype(np.int8)
        graph.initializer.remove(next(t for t in graph.initializer if t.name == name))
        for part, array in (("int", q), ("scale", steps)):
            graph.initializer.append(numpy_helper.from_array(array, f"{name}_{part}"))
        graph.node.append(helper.make_node("Cast", [f"{name}_int"], [f"{name}_cast"], to=1))
        graph.node.append(helper.make_node("Mul", [f"{name}_cast", f"{name}_scale"], [name]))
        packed += 1
    sort_nodes(graph)
    return packed


def drop_bias_scales(model: Any) -> int:
    """A bias's step is that of the input times that of the weight: a node in place of stored numbers.

    Engines compute it once, when they load the file. In a small network the numbers are a twentieth of it.

    Args:
        model: changed in place.

    Returns:
        How many were dropped; a scale that is not that product to the last bit stays.
    """
    from onnx import helper

    graph = model.graph
    arrays = constants(graph)
    makers = {n.output[0]: n for n in graph.node if n.op_type == "DequantizeLinear"}
    dropped = 0
    for node in [n for n in graph.node if n.op_type in WEIGHTED]:
        made_by = [makers.get(name) for name in node.input[:3]]
        names = [maker.input[1] for maker in made_by if maker is not None and maker.input[1] in arrays]
        if len(names) < 3:
            continue
        of_input, of_weight, of_bias = names
        if not np.array_equal(arrays[of_input] * arrays[of_weight], arrays[of_bias]):
            continue
        product = f"{of_bias}_product"
        makers[node.input[2]].input[1] = product
        graph.node.append(helper.make_node("Mul", [of_weight, of_input], [product]))
        dropped += 1
    sort_nodes(graph)
    drop_unused(graph)
    return dropped


def shorten_names(model: Any) -> None:
    """Give all inner tensors names of a few letters: in a small network they are a tenth of the file."""
    graph = model.graph
    kept = {value.name for value in (*graph.input, *graph.output)}
    short: dict[str, str] = {"": ""}

    def new(name: str) -> str:
        return name if name in kept else short.setdefault(name, f"t{len(short):x}")

    def rename(inner: Any) -> None:
        for node in inner.node:
            node.input[:] = [new(name) for name in node.input]
            node.output[:] = [new(name) for name in node.output]
            node.ClearField("name")
            node.ClearField("doc_string")
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    rename(attribute.g)
        for tensor in (*inner.initializer, *inner.value_info, *inner.output):
            tensor.name = new(tensor.name)

    rename(graph)


def drop_the_obvious(graph: Any) -> None:
    """Take out what readers know anyway: shapes inside the graph, a convolution's defaults.

    Of a small network that is a twentieth of the file.
    """
    from onnx import helper

    del graph.value_info[:]
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        for attribute in [a for a in node.attribute if a.name in CONV_DEFAULTS]:
            value = helper.get_attribute_value(attribute)
            if value in (CONV_DEFAULTS[attribute.name], [CONV_DEFAULTS[attribute.name]] * _length(value)):
                node.attribute.remove(attribute)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0
