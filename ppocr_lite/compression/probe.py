"""How the layers of a network hang together, found by watching one run of it.

Each layer's result is replaced by noise of both signs, so that what is found (whether a tensor can be
negative, whether a ReLU lies between two layers) depends on the network alone, never on the weights that it
happens to have: a training, its resumption and the export must all find the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

NORMS = (nn.BatchNorm, nn.BatchNorm2D, nn.SyncBatchNorm)
WEIGHTED = (nn.Conv2D, nn.Linear)


@dataclass
class Seen:
    """One convolution or linear layer of the run.

    Args:
        name: of the layer in the model.
        layer: itself.
        source: what it read.
        result: what it gave, after the batch norm that follows it, if one does.
        end: the layer that gave ``result``: itself or that batch norm.
        runs: how often it ran.
    """

    name: str
    layer: nn.Layer
    source: Tensor
    result: Tensor
    end: nn.Layer
    runs: int = 1
    readers: list["Seen"] = field(default_factory=list)
    """Layers that read ``result`` as it is."""
    relu_readers: list["Seen"] = field(default_factory=list)
    """Layers that read what a ReLU makes of ``result``."""


def watch(model: nn.Layer, batch: np.ndarray) -> list[Seen]:
    """The convolutions and linear layers that an evaluation runs, in their order.

    Args:
        model: left in the mode it was in.
        batch: float32 [N, C, H, W], noise; it is run twice over, for even a channel of one value to have
            both signs.
    """
    found: dict[int, Seen] = {}
    by_result: dict[int, Seen] = {}

    def after(name: str) -> Callable[..., None]:
        def note(layer: nn.Layer, inputs: Any, output: Tensor) -> Tensor:
            source, result = inputs[0], noise_like(output)
            if isinstance(layer, WEIGHTED):
                if id(layer) in found:
                    found[id(layer)].runs += 1
                    return result
                seen = found[id(layer)] = Seen(name, layer, source, result, layer)
            else:
                maker = by_result.get(id(source))
                if maker is None or maker.end is not maker.layer:
                    return result
                seen, seen.result, seen.end = maker, result, layer
            by_result[id(result)] = seen  # Seen keeps the tensor, so that no other gets its id
            return result

        return note

    hooks = [
        layer.register_forward_post_hook(after(name))
        for name, layer in model.named_sublayers()
        if isinstance(layer, (*WEIGHTED, *NORMS))
    ]
    training = model.training
    model.eval()
    try:
        with paddle.no_grad():
            model(paddle.to_tensor(np.concatenate([batch, batch])))
    finally:
        for hook in hooks:
            hook.remove()
        if training:
            model.train()
    order = list(found.values())
    for seen in order:
        _note_origin(seen, order)
    return order


def noise_like(tensor: Tensor) -> Tensor:
    """Noise around +1 and -1 by turns, from channel to channel and from picture to picture.

    A mean over a channel has both signs as well, and so has what hard-swish makes of it.

    Shapes: [N, C, H, W] or [N, ..., C] -> alike.
    """
    shape = [int(size) for size in tensor.shape]
    channel = 1 if len(shape) == 4 else len(shape) - 1
    numbers = np.indices(shape, sparse=True)
    middle = 1.0 - 2.0 * ((numbers[0] + numbers[channel]) % 2)
    spread = 0.5 * np.random.default_rng(0).standard_normal(shape)
    return paddle.to_tensor((middle + spread).astype(np.float32))


def _note_origin(reader: Seen, order: list[Seen]) -> None:
    """Tell the layer whose result ``reader`` reads, as it is or through a ReLU."""
    for maker in order:
        if maker is reader:
            continue
        if maker.result is reader.source:
            maker.readers.append(reader)
            return
        if _is_relu(maker.result, reader.source):
            maker.relu_readers.append(reader)
            return


def _is_relu(x: Tensor, y: Tensor) -> bool:
    """Whether y = relu(x): a function has no hook like a layer, but it is known by what it does."""
    if list(x.shape) != list(y.shape) or not bool((x < 0).any()):
        return False
    return bool((F.relu(x) == y).all())
