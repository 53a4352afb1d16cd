"""The operations of a network, found by having Paddle trace it."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import paddle
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One operation; values are known by their ids, None stands for an optional one that is absent.

    Attributes:
        name: Paddle's, without the dialect and the underscore of operations in place.
        inner: values that operations within this one (a branch, a loop) use.
    """

    name: str
    operands: tuple[str | None, ...]
    results: tuple[str, ...]
    attributes: Mapping[str, Any]
    inner: tuple[str, ...] = ()


@dataclass
class Graph:
    """Operations in their order, and what is known of the values.

    Attributes:
        shapes: by value; lists of tensors have none.
        constants: values that the program itself fixes, as lists of numbers.
        parameters: names of the tensors (not those of the state_dict) that are values.
        outputs: values that the network gives.
    """

    operations: list[Operation] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    constants: dict[str, list[int]] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    _lists: dict[str, tuple[str | None, ...]] = field(default_factory=dict)

    def shape(self, value: str | None) -> Any:
        """Shape of a value, a list of shapes of a list of tensors."""
        if value in self._lists:
            return [self.shape(part) for part in self._lists[value]]
        return self.shapes.get(value or "", ())


class _Outputs(nn.Layer):
    """A network whose outputs, in dictionaries within dictionaries, come as one list of tensors."""

    def __init__(self, model: nn.Layer) -> None:
        super().__init__()
        self.model = model
        self.training = model.training

    def forward(self, x: Tensor) -> list[Tensor]:
        return self._run(x)

    @paddle.jit.not_to_static
    def _run(self, x: Tensor) -> list[Tensor]:
        # Without the rewriting of its source, which is slow and serves branches on values of tensors only.
        return _tensors(self.model(x))


def _tensors(outputs: Any) -> list[Tensor]:
    if isinstance(outputs, Mapping):
        outputs = list(outputs.values())
    if isinstance(outputs, list | tuple):
        return [tensor for part in outputs for tensor in _tensors(part)]
    return [outputs]


def trace(model: nn.Layer, image_shape: Sequence[int], *, training: bool) -> Graph:
    """Trace ``model`` for one image; in training mode it may have outputs, and so layers, of its own.

    Nothing is run; weights, statistics and training flags stay as they are.

    Args:
        image_shape: [C, H, W].

    Raises:
        ConfigError: which operations are run depends on the values of tensors.
    """
    spec = paddle.static.InputSpec([1, *image_shape], "float32", name="x")
    with _mode(model, training=training):
        traced = paddle.jit.to_static(_Outputs(model), input_spec=[spec], full_graph=True)
        try:
            concrete = traced.forward.concrete_program
        except TypeError as error:
            raise ConfigError(
                "The network cannot be traced for pruning; does its forward pass branch on the values of "
                f"tensors? ({error!s:.200})"
            ) from error
    graph = Graph()
    for operation in concrete.main_program.global_block().ops:
        _add(graph, operation)
    graph.outputs = [value.id for value in _tensors(concrete.outputs) if _is_value(value)]
    return graph


@contextlib.contextmanager
def _mode(model: nn.Layer, *, training: bool) -> Iterator[None]:
    """Training or evaluation mode for a while; every layer gets back its own flag."""
    flags = [(layer, layer.training) for layer in model.sublayers(include_self=True)]
    model.train() if training else model.eval()
    try:
        yield
    finally:
        for layer, flag in flags:
            layer.training = flag


def _add(graph: Graph, operation: Any) -> None:
    name = operation.name().rpartition(".")[2].rstrip("_")
    attributes = operation.attrs()
    operands = tuple(v.id if _is_value(v) else None for v in operation.operands_source())
    results = tuple(value.id for value in operation.results())
    for value in operation.results():
        if value.is_dense_tensor_type():
            graph.shapes[value.id] = tuple(value.shape)
    if name == "parameter":
        graph.parameters[results[0]] = attributes["parameter_name"]
    elif name in ("full_int_array", "full"):
        found = attributes["value"]
        numbers = found if isinstance(found, list) else [found]
        if all(float(number).is_integer() for number in numbers):
            graph.constants[results[0]] = [int(number) for number in numbers]
    elif name == "combine":
        graph._lists[results[0]] = operands
    inner = tuple(_inner_values(operation))
    graph.operations.append(Operation(name, operands, results, attributes, inner))


def _inner_values(operation: Any) -> Iterator[str]:
    for block in operation.blocks():
        for inner in block.ops:
            yield from (v.id for v in inner.operands_source() if _is_value(v))
            yield from _inner_values(inner)


def _is_value(value: Any) -> bool:
    return isinstance(value, paddle.pir.Value) and not paddle.pir.is_fake_value(value)
