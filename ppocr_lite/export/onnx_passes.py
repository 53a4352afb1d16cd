"""Passes over an ONNX graph that ONNX Runtime leaves to others; each one leaves the results as they are."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

logger = logging.getLogger(__name__)

PAGE_PROBES = ((1, 32, 64), (2, 64, 32), (3, 96, 160), (1, 160, 96))
"""(N, H, W) that a network of any height and width is tried with: multiples of 32, which detectors need."""
LINE_PROBES = ((1, 32, 64), (2, 32, 100), (3, 32, 37), (1, 32, 201))
"""The same for a network of one height, whatever it is."""


def name_dimensions(path: Path) -> int:
    """Write the shapes of all intermediate values into the file, equal sizes under equal names.

    Without them ONNX Runtime cannot know that, say, the two sides of an addition have the same height, and
    adds what it could have let the convolution do. Which sizes are equal is found by running the graph on
    batches of several sizes; ONNX Runtime still compares the shapes when it runs.

    Returns:
        How many values got a shape; 0 for a network that cannot take the batches, which stays as it is.
    """
    import onnx

    model = onnx.load(str(path))
    graph = model.graph
    known = {value.name for value in (*graph.input, *graph.output)}
    names = [name for node in graph.node for name in node.output if name and name not in known]
    try:
        shapes = _observed_shapes(model, names)
    except Exception as error:  # onnxruntime has no common base class for its errors
        logger.info("%s: the shapes inside the network stay unknown: %s", path, error)
        return 0
    symbols: dict[tuple[int, ...], str] = {}
    del graph.value_info[:]
    for name in names:
        sizes = list(zip(*(shape for shape, _ in shapes[name])))
        dims = [s[0] if len(set(s)) == 1 else symbols.setdefault(s, f"size_{len(symbols)}") for s in sizes]
        kind = onnx.helper.np_dtype_to_tensor_dtype(shapes[name][0][1])
        graph.value_info.append(onnx.helper.make_tensor_value_info(name, kind, dims))
    onnx.save(model, str(path))
    return len(names)


def _observed_shapes(
    model: Any, names: Sequence[str]
) -> Mapping[str, list[tuple[tuple[int, ...], np.dtype[Any]]]]:
    """Shape and type of every value in ``names`` for each of the probes."""
    import onnx
    import onnxruntime

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        watched.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    found: dict[str, list[tuple[tuple[int, ...], np.dtype[Any]]]] = {name: [] for name in names}
    for batch in _probes(session.get_inputs()[0].shape):
        values = session.run(list(names), {session.get_inputs()[0].name: batch})
        for name, value in zip(names, values):
            found[name].append((value.shape, value.dtype))
    return found


def _probes(shape: Sequence[Any]) -> list[np.ndarray]:
    """Batches for an input [N, C, H, W] whose free sizes are not numbers, or are negative."""
    fixed = [size if isinstance(size, int) and size > 0 else None for size in shape]
    sizes = PAGE_PROBES if fixed[2] is None else LINE_PROBES
    batches = []
    for n, height, width in sizes:
        wanted = (n, 3, height, width)
        batches.append(np.zeros([a or b for a, b in zip(fixed, wanted)], np.float32))
    return batches
