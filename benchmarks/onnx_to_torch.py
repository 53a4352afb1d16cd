"""A PyTorch copy of an ONNX graph, for CTC recognizers made of convolutions and LSTMs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn

TORCH_GATES = (0, 2, 3, 1)
"""ONNX has an LSTM's gates in the order input, output, forget, cell; PyTorch input, forget, cell, output."""


class TorchGraph(nn.Module):
    """Runs the nodes of an ONNX file one after the other; weights are parameters.

    Raises:
        NotImplementedError: an operation, or a way of using it, that is not known here.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        graph = onnx.load(str(file)).graph
        self._input, self._output = graph.input[0].name, graph.output[0].name
        # Copies: the arrays of a model file can't be written to, of which PyTorch warns.
        constants = {
            t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in graph.initializer
        }
        self._numbers = {name: t for name, t in constants.items() if not t.is_floating_point()}
        weights = {name: t for name, t in constants.items() if t.is_floating_point()}
        self._places = {name: f"weight{number}" for number, name in enumerate(weights)}
        for name, place in self._places.items():
            self.register_parameter(place, nn.Parameter(weights[name], requires_grad=False))
        self.lstms = nn.ModuleList()
        self._steps: list[tuple[Callable[..., Any], list[str], list[str], dict[str, Any]]] = []
        for node in graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            names = list(node.input)
            if node.op_type == "LSTM":
                self.lstms.append(_lstm(*(weights[name] for name in names[1:4]), attributes))
                attributes, names = {"lstm": len(self.lstms) - 1}, [names[0], *names[5:7]]
            elif node.op_type not in OPERATIONS:
                raise NotImplementedError(f"{file}: the operation {node.op_type} is not known here.")
            operation = OPERATIONS.get(node.op_type, self._recurrent)
            self._steps.append((operation, names, list(node.output), attributes))

    def forward(self, x: Tensor) -> Tensor:
        values: dict[str, Any] = {"": None, self._input: x, **self._numbers}
        values |= {name: getattr(self, place) for name, place in self._places.items()}
        for operation, inputs, outputs, attributes in self._steps:
            values[outputs[0]] = operation(*(values[name] for name in inputs), **attributes)
        return values[self._output]

    def _recurrent(self, x: Tensor, hidden: Tensor, cell: Tensor, *, lstm: int) -> Tensor:
        """x [T, N, C] -> [T, directions, N, H]."""
        y, _ = self.lstms[lstm](x, (hidden.contiguous(), cell.contiguous()))
        directions = hidden.shape[0]
        return y.reshape(*y.shape[:2], directions, -1).transpose(1, 2)


def _lstm(weight: Tensor, recurrent: Tensor, bias: Tensor, attributes: Mapping[str, Any]) -> nn.LSTM:
    """weight [directions, 4 H, C], recurrent [directions, 4 H, H], bias [directions, 8 H]."""
    directions, _, width = weight.shape
    hidden = int(attributes["hidden_size"])
    if attributes.get("layout", 0) or attributes.get("input_forget", 0):
        raise NotImplementedError(f"an LSTM with {dict(attributes)} is not known here.")
    found = nn.LSTM(width, hidden, bidirectional=directions == 2)
    for number in range(directions):
        suffix = "_l0_reverse" if number else "_l0"
        for name, rows in (
            ("weight_ih", weight[number]),
            ("weight_hh", recurrent[number]),
            ("bias_ih", bias[number][: 4 * hidden]),
            ("bias_hh", bias[number][4 * hidden :]),
        ):
            gates = rows.reshape(4, hidden, *rows.shape[1:])[list(TORCH_GATES)]
            getattr(found, name + suffix).data.copy_(gates.reshape(rows.shape))
    return found


def _conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    strides: list[int],
    pads: list[int],
    dilations: list[int],
    group: int = 1,
    **_: Any,
) -> Tensor:
    return F.conv2d(x, weight, bias, strides, _symmetric(pads), dilations, group)


def _max_pool(x: Tensor, *, kernel_shape: list[int], strides: list[int], pads: list[int], **_: Any) -> Tensor:
    return F.max_pool2d(x, kernel_shape, strides, _symmetric(pads))


def _symmetric(pads: list[int]) -> list[int]:
    half = len(pads) // 2
    if pads[:half] != pads[half:]:
        raise NotImplementedError(f"padding of {pads} is not known here.")
    return pads[:half]


def _slice(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, steps: Tensor | None = None) -> Tensor:
    index = [slice(None)] * x.ndim
    strides = [1] * len(axes) if steps is None else steps.tolist()
    for axis, start, end, step in zip(axes.tolist(), starts.tolist(), ends.tolist(), strides):
        index[axis] = slice(start, end, step)
    return x[tuple(index)]


def _squeeze(x: Tensor, axes: Tensor) -> Tensor:
    return x.squeeze(tuple(axes.tolist()))


def _reshape(x: Tensor, shape: Tensor, *, allowzero: int = 0) -> Tensor:
    sizes = [x.shape[i] if size == 0 and not allowzero else size for i, size in enumerate(shape.tolist())]
    return x.reshape(sizes)


OPERATIONS: Mapping[str, Callable[..., Tensor]] = {
    "Conv": _conv,
    "Relu": F.relu,
    "MaxPool": _max_pool,
    "Add": torch.add,
    "MatMul": torch.matmul,
    "Softmax": lambda x, *, axis: F.softmax(x, axis),
    "Transpose": lambda x, *, perm: x.permute(perm),
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Slice": _slice,
    "Concat": lambda *parts, axis: torch.cat([p.reshape(-1) if p.ndim == 0 else p for p in parts], axis),
    "Shape": lambda x: torch.tensor(x.shape),
    "Gather": lambda x, index, *, axis: torch.index_select(x, axis, index.reshape(-1)).reshape(
        *x.shape[:axis], *index.shape, *x.shape[axis + 1 :]
    ),
    "Expand": lambda x, shape: x.expand(np.broadcast_shapes(tuple(x.shape), tuple(shape.tolist()))),
}
