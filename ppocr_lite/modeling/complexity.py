"""How large a network is and how much it calculates, found by watching one forward pass."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import paddle
from paddle import Tensor, nn


class LayerCost(NamedTuple):
    """One layer: what it owns, and what it calculated in one forward pass."""

    name: str
    type: str
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Complexity:
    """Size and arithmetic of a network for one image of one size.

    Attributes:
        parameters: numbers that training could change; a parameter that has several names counts once, the
            running statistics of batch norms do not count.
        trainable: those of them that are not frozen.
        multiply_adds: see :func:`measure`.
        by_layer: every layer that owns parameters, in the order of the model; their sums are the totals.
    """

    parameters: int
    trainable: int
    multiply_adds: int
    by_layer: tuple[LayerCost, ...]


def measure(model: nn.Layer, image_shape: Sequence[int]) -> Complexity:
    """Count the parameters of ``model`` and its multiply-adds for one image, by one evaluation forward pass.

    A multiply-add is one multiplication together with its addition, which some publications count as two
    operations: a convolution to [C', H', W'] from C channels with a k x k kernel in g groups has
    C' * H' * W' * (C / g) * k * k of them. Counted are convolutions, transposed convolutions, linear layers,
    and the matrices of LSTM, GRU and plain recurrent layers and cells, once for each step. Not counted are
    biases, norms, activations, poolings, resizing, and products that no layer stands for, which are
    negligible here: the weighted sums of an attention decoder and the point transformation of TPS.

    The model's weights, statistics and training flags are left as they were.

    Args:
        model: takes an image [1, C, H, W]; a model made of models (distillation) is counted as a whole.
        image_shape: [C, H, W] of the image.
    """
    counts: dict[int, int] = {}
    with _evaluation(model), _watching(model, counts), paddle.no_grad():
        model(paddle.zeros([1, *image_shape]))
    rows = tuple(_rows(model, counts))
    parameters = _parameters(model)
    return Complexity(
        parameters=sum(_size(p) for p in parameters),
        trainable=sum(_size(p) for p in parameters if not p.stop_gradient),
        multiply_adds=sum(row.multiply_adds for row in rows),
        by_layer=rows,
    )


@contextmanager
def _evaluation(model: nn.Layer) -> Iterator[None]:
    """Evaluation mode for a while; every layer gets back its own flag, for parts of a model may differ."""
    flags = [(layer, layer.training) for layer in model.sublayers(include_self=True)]
    model.eval()
    try:
        yield
    finally:
        for layer, training in flags:
            layer.training = training


@contextmanager
def _watching(model: nn.Layer, counts: dict[int, int]) -> Iterator[None]:
    """Add up the multiply-adds of every call in ``counts``, by the id of the layer."""
    hooks = []
    for _, layer in _own_layers(model):
        count = _counter(layer)
        if count is not None:
            hooks.append(layer.register_forward_post_hook(_adder(count, counts)))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


Counter = Callable[[nn.Layer, Tensor, Tensor], int]


def _adder(count: Counter, counts: dict[int, int]) -> Callable[[nn.Layer, Any, Any], None]:
    def add(layer: nn.Layer, inputs: Any, output: Any) -> None:
        counts[id(layer)] = counts.get(id(layer), 0) + count(layer, inputs[0], output)

    return add


def _rows(model: nn.Layer, counts: dict[int, int]) -> Iterator[LayerCost]:
    seen: set[int] = set()
    for name, layer in _own_layers(model):
        # A recurrent layer owns what is in its cells, whose own forward passes it may not use.
        tensors = _parameters(layer, include_sublayers=_is_recurrent(layer))
        fresh = [p for p in tensors if id(p) not in seen]
        seen.update(id(p) for p in fresh)
        calculated = counts.get(id(layer), 0)
        if fresh or calculated:
            yield LayerCost(name, type(layer).__name__, sum(map(_size, fresh)), calculated)


NORMS = (nn.BatchNorm, nn.BatchNorm1D, nn.BatchNorm2D, nn.BatchNorm3D)


def _parameters(layer: nn.Layer, *, include_sublayers: bool = True) -> list[Tensor]:
    """The parameters, each once; Paddle's own list holds the running statistics of norms as well."""
    layers = layer.sublayers(include_self=True) if include_sublayers else [layer]
    norms = [part for part in layers if isinstance(part, NORMS)]
    statistics = {id(t) for norm in norms for t in (norm._mean, norm._variance)}
    return [p for p in layer.parameters(include_sublayers) if id(p) not in statistics]


def _own_layers(model: nn.Layer) -> Iterator[tuple[str, nn.Layer]]:
    """All layers with their names, each once; what is inside a recurrent layer is left to that layer."""
    inside: set[int] = set()
    for name, layer in model.named_sublayers(include_self=True):
        if id(layer) in inside:
            continue
        yield name, layer
        if _is_recurrent(layer):
            inside.update(id(part) for part in layer.sublayers())


def _is_recurrent(layer: nn.Layer) -> bool:
    return isinstance(layer, nn.SimpleRNN | nn.LSTM | nn.GRU)


def _counter(layer: nn.Layer) -> Counter | None:
    """The function that counts the multiply-adds of a call of ``layer``; None where it has none to count."""
    if isinstance(layer, nn.Conv2DTranspose):
        return _of_transposed_convolution
    if isinstance(layer, nn.Conv2D):
        return _of_convolution
    if isinstance(layer, nn.Linear):
        return _of_linear
    if _is_recurrent(layer):
        return _of_recurrent
    if isinstance(layer, nn.SimpleRNNCell | nn.LSTMCell | nn.GRUCell):
        return _of_cell
    return None


def _of_convolution(layer: nn.Layer, x: Tensor, y: Tensor) -> int:
    """Every output value is a sum over one kernel; weight [C', C / g, k, k]."""
    return _size(y) * _size(layer.weight) // layer.weight.shape[0]


def _of_transposed_convolution(layer: nn.Layer, x: Tensor, y: Tensor) -> int:
    """Every input value is spread by one kernel; weight [C, C' / g, k, k]."""
    return _size(x) * _size(layer.weight) // layer.weight.shape[0]


def _of_linear(layer: nn.Layer, x: Tensor, y: Tensor) -> int:
    return _size(y) * int(layer.weight.shape[0])  # weight [in, out]


def _of_recurrent(layer: nn.Layer, x: Tensor, y: Any) -> int:
    """Every matrix is used once in each of the steps; x [N, T, C] or [T, N, C]."""
    steps = int(x.shape[0]) * int(x.shape[1])
    return steps * _matrices(_parameters(layer))


def _of_cell(layer: nn.Layer, x: Tensor, y: Any) -> int:
    """One step; x [N, C]."""
    return int(x.shape[0]) * _matrices(_parameters(layer))


def _matrices(parameters: Sequence[Tensor]) -> int:
    """Numbers in the weights, biases left out."""
    return sum(_size(p) for p in parameters if p.ndim == 2)


def _size(tensor: Tensor) -> int:
    return int(np.prod(tensor.shape))
