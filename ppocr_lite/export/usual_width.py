"""Values that depend on the size of the image alone, kept ready for the width that images usually have.

A rectifier weighs every fiducial point for every pixel, which takes a quarter of a small recognizer's time
and gives the same numbers for every image of one size. The exported graph carries them for the width of the
configuration, and computes them for any other width.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

WORTH_KEEPING = 1000
"""Numbers in a value; smaller ones are computed as fast as they are chosen."""
FIRST_OPSET = 15
"""The first whose Shape gives a single size."""
KNOWN, ANY = "_known", "_any"


def keep_for_width(model: Any, width: int) -> int:
    """Put an ``If`` into an ONNX model of a fixed image height: values ready for ``width``, or computed.

    Returns:
        How many values are kept; 0 where there is nothing worth it, or where the height varies too.
    """
    graph = model.graph
    _, channels, height, free = (d.dim_value for d in graph.input[0].type.tensor_type.shape.dim)
    opset = max(entry.version for entry in model.opset_import if not entry.domain)
    if channels <= 0 or height <= 0 or free > 0 or opset < FIRST_OPSET:
        return 0
    sized = _sized_nodes(graph)
    values = _values(model, _read_outside(graph, sized), (channels, height, width))
    if values:
        _replace(graph, sized, values, width=width)
    return len(values)


def _sized_nodes(graph: Any) -> list[Any]:
    """Nodes that see nothing of the image but its shape, in their order."""
    constants = {tensor.name for tensor in graph.initializer} | {""}
    sized: set[str] = set()
    nodes = []
    for node in graph.node:
        of_image = node.op_type == "Shape" and node.input[0] == graph.input[0].name
        of_sized = any(i in sized for i in node.input) and all(i in sized | constants for i in node.input)
        if of_image or of_sized:
            sized.update(node.output)
            nodes.append(node)
    return nodes


def _read_outside(graph: Any, nodes: Sequence[Any]) -> list[str]:
    """Outputs of ``nodes`` that other nodes read."""
    made = [name for node in nodes for name in node.output]
    own = {name for node in nodes for name in node.output}
    others = [node for node in graph.node if not own.intersection(node.output)]
    read = {name for node in others for name in node.input}
    return [name for name in made if name in read]


def _values(model: Any, names: Sequence[str], image: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """Those of ``names`` that are large and do not depend on the size of the batch."""
    import onnx
    import onnxruntime

    if not names:
        return {}
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        watched.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feeds = [{model.graph.input[0].name: np.zeros((n, *image), np.float32)} for n in (1, 2)]
    one, two = (session.run(list(names), feed) for feed in feeds)
    same = [np.array_equal(a, b) for a, b in zip(one, two)]
    return {n: a for n, a, equal in zip(names, one, same) if equal and a.size >= WORTH_KEEPING}


def _replace(graph: Any, sized: Sequence[Any], values: dict[str, np.ndarray], *, width: int) -> None:
    """Let an ``If`` give ``values``, and remove what nothing reads any more."""
    from onnx import helper, numpy_helper

    shape, usual, answer = (f"width{suffix}" for suffix in ("", "_usual", "_is_usual"))
    graph.initializer.append(numpy_helper.from_array(np.array([width], np.int64), usual))
    first = [
        helper.make_node("Shape", [graph.input[0].name], [shape], start=3, end=4),
        helper.make_node("Equal", [shape, usual], [answer]),
        helper.make_node(
            "If", [answer], list(values), then_branch=_ready(values), else_branch=_computed(sized, values)
        ),
    ]
    rest = _read(graph, [node for node in graph.node if not set(values).intersection(node.output)])
    del graph.node[:]
    graph.node.extend([*first, *rest])


def _ready(values: dict[str, np.ndarray]) -> Any:
    """The branch that has the values as constants."""
    from onnx import helper, numpy_helper

    nodes = [
        helper.make_node("Constant", [], [name + KNOWN], value=numpy_helper.from_array(array))
        for name, array in values.items()
    ]
    return helper.make_graph(nodes, "ready", [], _declared(values, KNOWN))


def _computed(sized: Sequence[Any], values: dict[str, np.ndarray]) -> Any:
    """The branch that computes them, with names of its own."""
    import onnx
    from onnx import helper

    needed = set(values)
    chosen: list[Any] = []
    for node in reversed(sized):
        if needed.intersection(node.output):
            chosen.insert(0, node)
            needed.update(node.input)
    inside = {name for node in chosen for name in node.output}
    copies = []
    for node in chosen:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name = node.name + ANY if node.name else ""
        for names in (copy.input, copy.output):
            names[:] = [name + ANY if name in inside else name for name in names]
        copies.append(copy)
    return helper.make_graph(copies, "computed", [], _declared(values, ANY))


def _declared(values: dict[str, np.ndarray], suffix: str) -> list[Any]:
    """The values as outputs of a branch, of any sizes."""
    from onnx import helper

    return [
        helper.make_tensor_value_info(
            name + suffix, helper.np_dtype_to_tensor_dtype(array.dtype), [None] * array.ndim
        )
        for name, array in values.items()
    ]


def _read(graph: Any, nodes: list[Any]) -> list[Any]:
    """``nodes`` without those whose outputs nothing reads."""
    given = {output.name for output in graph.output}
    while True:
        read = given.union(*(node.input for node in nodes))
        kept = [node for node in nodes if read.intersection(node.output)]
        if len(kept) == len(nodes):
            return kept
        nodes = kept
