"""QuantizeLinear and DequantizeLinear put into a float ONNX graph, so that engines run it in 8-bit integers.

Activations are uint8 with one scale for a tensor, weights int8 with one scale for each output channel and
zero point 0: the pair for which processors have an instruction (``vpdpbusd`` of x86). Without it (x86 before
VNNI) ONNX Runtime adds two products in 16 bits, which can overflow; ``weight_bits=7`` is the way out there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppocr_lite.errors import ModelFileError

OPSET = 13
"""The first with a scale for each channel."""
WEIGHTED = ("Conv", "Gemm", "MatMul")
"""Operations whose second input can be a constant int8 weight."""
LEVELS = 255
SMALLEST_SCALE = 1e-12
BIAS_LIMIT = 2.0**30
"""int32 biases stay below, half of the type's range."""


@dataclass(frozen=True)
class Grid:
    """Where the 256 values of a uint8 tensor lie: real = scale * (q - zero_point), q in 0..255."""

    scale: float
    zero_point: int

    @classmethod
    def between(cls, low: float, high: float) -> "Grid":
        """The finest grid that holds ``low``, ``high`` and 0, which padding needs exactly."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max((high - low) / LEVELS, SMALLEST_SCALE)
        return cls(scale, int(np.clip(round(-low / scale), 0, LEVELS)))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """What is left of real values: rounded half to even, saturated."""
        q = np.clip(np.rint(values / np.float32(self.scale)) + self.zero_point, 0, LEVELS)
        return np.asarray((q - self.zero_point) * np.float32(self.scale), np.float32)


@dataclass(frozen=True)
class Place:
    """A tensor of the graph that is rounded to a grid.

    Args:
        tensor: its name.
        grid: of its values.
        readers: names of the nodes that read the rounded tensor; None for all of them.
    """

    tensor: str
    grid: Grid
    readers: frozenset[str] | None = None


def name_nodes(graph: Any) -> None:
    """Give every node a name of its own, by which the others here speak of it."""
    seen: set[str] = set()
    for number, node in enumerate(graph.node):
        if not node.name or node.name in seen:
            node.name = f"{node.op_type}_{number}"
        seen.add(node.name)


def constants(graph: Any) -> dict[str, np.ndarray]:
    """The graph's initializers as arrays."""
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def weighted_nodes(graph: Any) -> list[Any]:
    """Nodes of :data:`WEIGHTED` with a constant float weight, in the order of the graph."""
    shapes = {tensor.name: (len(tensor.dims), tensor.data_type) for tensor in graph.initializer}
    found = []
    for node in graph.node:
        rank, kind = shapes.get(node.input[1] if len(node.input) > 1 else "", (0, 0))
        if node.op_type in WEIGHTED and kind == 1 and rank >= 2:  # 1: float32
            found.append(node)
    return found


def channel_axis(node: Any) -> int:
    """Axis of the output channels in the weight of a node."""
    if node.op_type == "Gemm":
        return 0 if any(a.name == "transB" and a.i for a in node.attribute) else 1
    return 0 if node.op_type == "Conv" else -1


def channels_first(weight: np.ndarray, axis: int) -> np.ndarray:
    """The weight as [out, everything else]."""
    moved = np.moveaxis(weight, axis, 0)
    return moved.reshape(len(moved), -1)


def weight_scales(weight: np.ndarray, axis: int, *, bits: int = 8) -> np.ndarray:
    """float32 [out]: the step of each channel, whose largest weight becomes 2 ** (bits - 1) - 1."""
    largest = np.abs(channels_first(weight, axis)).max(axis=1)
    return np.maximum(largest / (2 ** (bits - 1) - 1), SMALLEST_SCALE).astype(np.float32)


def quantize_graph(
    model: Any, places: Sequence[Place], nodes: Collection[str], *, weight_bits: int = 8
) -> None:
    """Put the pairs of nodes in.

    Args:
        model: onnx.ModelProto with named nodes (:func:`name_nodes`); changed in place.
        places: activations. The first input of each of ``nodes`` has to be among them.
        nodes: names of nodes of :data:`WEIGHTED` whose weights become int8 and biases int32.
        weight_bits: 8, or fewer for weights that use a part of the int8 range only.

    Raises:
        ModelFileError: the graph is older than opset 13, or a node's input has no place.
    """
    _check_opset(model)
    graph = model.graph
    arrays = constants(graph)
    grids = {(place.tensor, name): place.grid for place in places for name in place.readers or ("",)}
    chosen = [node for node in weighted_nodes(graph) if node.name in nodes]
    for node in chosen:
        grid = grids.get((node.input[0], node.name), grids.get((node.input[0], "")))
        if grid is None:
            raise ModelFileError(f"{node.name}: its input {node.input[0]} has no range; calibrate it first.")
        _quantize_weight(graph, node, arrays, input_scale=grid.scale, bits=weight_bits)
    for number, place in enumerate(places):
        _quantize_activation(graph, place, f"{place.tensor}_q{number}")
    sort_nodes(graph)
    drop_unused(graph)


def _check_opset(model: Any) -> None:
    version = next((e.version for e in model.opset_import if e.domain in ("", "ai.onnx")), 0)
    if version < OPSET:
        raise ModelFileError(
            f"The graph has opset {version}; a scale for each channel needs {OPSET}. Export the model again."
        )


def _quantize_weight(
    graph: Any, node: Any, arrays: dict[str, np.ndarray], *, input_scale: float, bits: int
) -> None:
    """int8 weight and int32 bias in place of float ones."""
    weight, axis = arrays[node.input[1]], channel_axis(node)
    steps = weight_scales(weight, axis, bits=bits)
    bias = arrays.get(node.input[2]) if len(node.input) > 2 and node.op_type != "MatMul" else None
    if bias is not None and bias.shape == steps.shape:
        # A channel of weights next to nothing with a bias would ask for more than 32 bits.
        steps = np.maximum(steps, np.abs(bias) / (input_scale * BIAS_LIMIT)).astype(np.float32)
    shape = [1] * weight.ndim
    shape[axis] = -1
    limit = 2 ** (bits - 1) - 1
    q = np.clip(np.rint(weight / steps.reshape(shape)), -limit, limit).astype(np.int8)
    name = f"{node.name}_weight"
    # ONNX Runtime takes a Gemm for one of integers only if its weight's zero point is written out.
    node.input[1] = _dequantized(graph, name, q, steps, axis % weight.ndim, with_zero=node.op_type != "Conv")
    if bias is not None and bias.shape == steps.shape:
        unit = (steps * np.float32(input_scale)).astype(np.float32)
        node.input[2] = _dequantized(
            graph, f"{node.name}_bias", np.rint(bias / unit).astype(np.int32), unit, 0
        )


def _dequantized(
    graph: Any, name: str, q: np.ndarray, steps: np.ndarray, axis: int, *, with_zero: bool = False
) -> str:
    """Constants and the node that makes floats of them; gives the floats' name."""
    from onnx import helper, numpy_helper

    parts = {"int": q, "scale": steps, **({"zero": np.zeros(len(steps), q.dtype)} if with_zero else {})}
    names = [f"{name}_{part}" for part in parts]
    for tensor, array in zip(names, parts.values()):
        graph.initializer.append(numpy_helper.from_array(array, tensor))
    graph.node.append(helper.make_node("DequantizeLinear", names, [name], f"{name}_dequantize", axis=axis))
    return name


def _quantize_activation(graph: Any, place: Place, name: str) -> None:
    from onnx import helper, numpy_helper

    scale, zero, q, real = (f"{name}_{part}" for part in ("scale", "zero", "int", "real"))
    grid = place.grid
    graph.initializer.append(numpy_helper.from_array(np.array(grid.scale, np.float32), scale))
    graph.initializer.append(numpy_helper.from_array(np.array(grid.zero_point, np.uint8), zero))
    for node in graph.node:
        if place.readers is None or node.name in place.readers:
            node.input[:] = [real if tensor == place.tensor else tensor for tensor in node.input]
    inputs, outputs = [place.tensor, scale, zero], [q]
    graph.node.append(helper.make_node("QuantizeLinear", inputs, outputs, f"{name}_quantize"))
    graph.node.append(helper.make_node("DequantizeLinear", [q, scale, zero], [real], f"{name}_dequantize"))


def _inner_reads(node: Any) -> set[str]:
    """What a node reads, also in the branches of an ``If``."""
    read = set(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node:
            read |= _inner_reads(inner)
    return read


def sort_nodes(graph: Any) -> None:
    """Every node after those whose results it reads, otherwise in the order they had."""
    made = {name for node in graph.node for name in node.output}
    ready: set[str] = set()
    waiting = list(graph.node)
    ordered: list[Any] = []
    while waiting:
        later = []
        for node in waiting:
            if (_inner_reads(node) & made) <= ready:
                ordered.append(node)
                ready.update(node.output)
            else:
                later.append(node)
        waiting = later
    del graph.node[:]
    graph.node.extend(ordered)


def drop_unused(graph: Any) -> None:
    """Take out the constants that no node reads."""
    read = {output.name for output in graph.output}.union(*(_inner_reads(node) for node in graph.node))
    for tensor in [t for t in graph.initializer if t.name not in read]:
        graph.initializer.remove(tensor)
