"""Which node of an exported graph is which layer of the model: the converter keeps no names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppocr_lite.compression import qdq
from ppocr_lite.errors import ModelFileError

SAME_WEIGHTS = 1e-3
"""Largest difference of two weights, each channel's largest made 1; folding a norm rounds by 1e-6."""
DEAD_CHANNEL = 1e-20
"""A folded channel whose weights are all smaller tells nothing: its batch norm multiplies by zero."""


@dataclass(frozen=True)
class Weights:
    """A layer's name and weight, output channels first: [out, everything else]."""

    name: str
    is_conv: bool
    array: np.ndarray


def find_nodes(graph: Any, layers: Sequence[Weights]) -> dict[str, Any]:
    """The node of each layer, by the layer's name.

    A batch norm that was folded in has multiplied whole channels, so weights are compared with each channel's
    largest one as unit, signs apart. Of layers with equal weights the first takes the first node.

    Args:
        graph: of a float export, its nodes named.
        layers: in the order in which they run.

    Raises:
        ModelFileError: a layer has no node.
    """
    arrays = qdq.constants(graph)
    free = qdq.weighted_nodes(graph)
    found = {}
    for layer in layers:
        wanted = _in_units(layer.array)
        for node in free:
            weight = qdq.channels_first(arrays[node.input[1]], qdq.channel_axis(node))
            if layer.is_conv == (node.op_type == "Conv") and _fits(weight, wanted):
                found[layer.name] = node
                free.remove(node)
                break
        else:
            raise ModelFileError(
                f"{layer.name}: the exported graph has no node with this layer's weights, "
                f"{list(layer.array.shape)}. Keep it float: Quantization.keep_float=['{layer.name}']"
            )
    return found


def _in_units(weight: np.ndarray) -> np.ndarray:
    largest = np.abs(weight).max(axis=1, keepdims=True)
    return np.abs(weight) / np.maximum(largest, DEAD_CHANNEL)


def _fits(folded: np.ndarray, wanted: np.ndarray) -> bool:
    if folded.shape != wanted.shape:
        return False
    alive = np.abs(folded).max(axis=1) > DEAD_CHANNEL
    return not alive.any() or float(np.abs(_in_units(folded) - wanted)[alive].max()) < SAME_WEIGHTS


def result_of(graph: Any, node: Any) -> str:
    """The tensor that a layer gives: after the bias, where that is a node of its own, and the batch norm."""
    constants = {tensor.name for tensor in graph.initializer}
    tensor = str(node.output[0])
    while True:
        readers = [n for n in graph.node if tensor in n.input]
        if len(readers) != 1:
            return tensor
        (reader,) = readers
        adds_bias = reader.op_type == "Add" and any(name in constants for name in reader.input)
        if reader.op_type != "BatchNormalization" and not adds_bias:
            return tensor
        tensor = str(reader.output[0])
