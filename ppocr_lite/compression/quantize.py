"""Quantization-aware training: a float network whose convolutions and linear layers round to 8 bits."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.compression import fake_quant, probe
from ppocr_lite.compression.fake_quant import ActivationQuantizer, fake_quantize_weight
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean

logger = logging.getLogger(__name__)

OUTPUT = "quant_out"
"""Name of the quantizer that a convolution, or its batch norm, has for its result."""


@dataclass(frozen=True)
class QuantOptions:
    """What is quantized and how: the section ``Quantization`` of a configuration.

    Args:
        pact: learn a bound for each layer's input; without it only the moving average counts.
        depthwise: quantize depthwise convolutions too. They have few weights and lose most by rounding, and
            the CPU engines run them no faster in 8 bits.
        first, last: quantize the first, the last layer that an evaluation runs. The first one has few
            weights, and what it rounds away of the picture is lost.
        keep_float: patterns of layer names, such as ``neck.*``, that are left as they are.
        weight_bits: 8; 7 for x86 processors without VNNI (see :mod:`~ppocr_lite.compression.qdq`).
        alpha, alpha_decay: least initial bound of PACT (the largest value of the first batch, where that is
            more), and the L2 of its own.
        moving_rate: weight of the past in the ranges.
        pack_float: store the weights of the layers that stay float as int8 in the exported file; see
            :func:`~ppocr_lite.compression.shrink.pack_floats`. Training does not see this rounding.
    """

    pact: bool = True
    depthwise: bool = False
    first: bool = False
    last: bool = True
    keep_float: tuple[str, ...] = ("transform.*",)
    weight_bits: int = 8
    alpha: float = fake_quant.ALPHA
    alpha_decay: float = fake_quant.ALPHA_DECAY
    moving_rate: float = fake_quant.MOVING_RATE
    pack_float: bool = False

    def __post_init__(self) -> None:
        if not 2 <= self.weight_bits <= 8:
            raise ConfigError(f"Quantization.weight_bits: expected 2 to 8, got {self.weight_bits}.")
        if not 0 <= self.moving_rate < 1:
            raise ConfigError(f"Quantization.moving_rate: expected 0 up to 1, got {self.moving_rate}.")
        if isinstance(self.keep_float, str):
            raise ConfigError(f"Quantization.keep_float: expected a list, got {self.keep_float!r}.")

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> "QuantOptions":
        """From a configuration's section; ConfigError for an unknown key."""
        known = [field.name for field in fields(cls)]
        for key in section:
            if key not in known:
                raise ConfigError(
                    f"Quantization.{key}: nothing reads this key.{did_you_mean(key, known)} "
                    f"Known: {', '.join(known)}."
                )
        values = dict(section)
        if isinstance(values.get("keep_float"), list):
            values["keep_float"] = tuple(values["keep_float"])
        return cls(**values)


class QuantizedConv2D(nn.Layer):
    """A convolution that rounds its weight, and its input where it has a quantizer; names stay as they were.

    Args:
        conv: gives the parameters and all sizes.
        pact: quantizer of the input; None where the tensor comes rounded.
    """

    def __init__(self, conv: nn.Conv2D, pact: ActivationQuantizer | None, *, bits: int = 8) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.settings = {
            "stride": conv._stride,
            "padding": conv._padding,
            "dilation": conv._dilation,
            "groups": conv._groups,
        }
        self.pact = pact
        self.bits = bits
        self.active = True
        self._result: tuple[ActivationQuantizer, ...] = ()  # a tuple, lest it becomes a sublayer here too

    @property
    def result_quantizer(self) -> ActivationQuantizer | None:
        """The quantizer of the block's result, which belongs to the last layer of the block."""
        return self._result[0] if self._result else None

    def forward(self, x: Tensor) -> Tensor:
        if self.pact is not None:
            x = self.pact(x)
        weight = fake_quantize_weight(self.weight, 0, bits=self.bits) if self.active else self.weight
        return F.conv2d(x, weight, self.bias, **self.settings)


class QuantizedLinear(nn.Layer):
    """A linear layer that rounds its weight [in, out] and its input; names stay as they were."""

    result_quantizer = None

    def __init__(self, linear: nn.Linear, pact: ActivationQuantizer | None, *, bits: int = 8) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        self.pact = pact
        self.bits = bits
        self.active = True

    def forward(self, x: Tensor) -> Tensor:
        if self.pact is not None:
            x = self.pact(x)
        weight = fake_quantize_weight(self.weight, 1, bits=self.bits) if self.active else self.weight
        return F.linear(x, weight, self.bias)


Quantized = QuantizedConv2D | QuantizedLinear


def quantize(model: nn.Layer, batch: np.ndarray, options: QuantOptions | None = None) -> list[str]:
    """Make ``model`` round its activations and weights; gives the names of the layers that do.

    The layers are found by running the model once on ``batch``. Those that this does not reach (a head that
    only training has), that run more than once (an attention decoder's), and recurrent layers and transposed
    convolutions stay float. Activations are rounded where a chosen layer reads them, and where a chosen
    convolution gives them, unless the latter goes through a ReLU to the former: engines compute a convolution
    in integers only if its result is rounded as well.

    Args:
        model: changed in place; parameters keep their names and tensors, so float checkpoints load. Call it
            before the optimizer is built.
        batch: float32 [N, C, H, W], noise.

    Raises:
        ConfigError: nothing is left to be quantized, or a pattern fits no layer.
    """
    options = options or QuantOptions()
    seen = probe.watch(model, batch)
    chosen = _chosen(seen, options)
    if not chosen:
        raise ConfigError("Quantization: no layer of this model is quantized. Check Quantization.keep_float.")
    ids = {id(item) for item in chosen}
    given = {
        id(reader)
        for item in chosen
        if isinstance(item.layer, nn.Conv2D)
        for reader in item.readers
        if id(reader) in ids
    }
    for item in chosen:
        new = _replace(model, item, None if id(item) in given else _input_quantizer(item, options), options)
        through_relu = any(id(reader) in ids for reader in item.relu_readers)
        if isinstance(new, QuantizedConv2D) and not through_relu:
            new._result = (_round_result(item, options),)
    names = [item.name for item in chosen]
    logger.info("quantized: %d of %d convolutions and linear layers", len(names), len(seen))
    return names


def _chosen(seen: Sequence[probe.Seen], options: QuantOptions) -> list[probe.Seen]:
    names = [item.name for item in seen]
    for pattern in options.keep_float:
        if pattern not in QuantOptions().keep_float and not any(fnmatchcase(n, pattern) for n in names):
            raise ConfigError(
                f"Quantization.keep_float: no layer is called {pattern!r}.{did_you_mean(pattern, names)}"
            )
    left_out = set() if options.first else {names[0]}
    left_out |= set() if options.last else {names[-1]}
    return [item for item in seen if _is_chosen(item, options) and item.name not in left_out]


def _is_chosen(item: probe.Seen, options: QuantOptions) -> bool:
    layer = item.layer
    if item.runs > 1 or any(fnmatchcase(item.name, pattern) for pattern in options.keep_float):
        return False
    if isinstance(layer, nn.Conv2D):
        return layer._padding_mode == "zeros" and (options.depthwise or layer._groups == 1)
    return True


def _input_quantizer(item: probe.Seen, options: QuantOptions) -> ActivationQuantizer:
    return ActivationQuantizer(
        with_pact=options.pact,
        name=f"{item.layer.full_name()}.pact",
        alpha=options.alpha,
        decay=options.alpha_decay,
        rate=options.moving_rate,
    )


def _replace(
    model: nn.Layer, item: probe.Seen, quantizer: ActivationQuantizer | None, options: QuantOptions
) -> "Quantized":
    kind = QuantizedConv2D if isinstance(item.layer, nn.Conv2D) else QuantizedLinear
    new = kind(item.layer, quantizer, bits=options.weight_bits)
    new.training = item.layer.training
    parent, _, name = item.name.rpartition(".")
    setattr(_sublayer(model, parent), name, new)
    if item.end is item.layer:
        item.end = new
    return new


def _sublayer(model: nn.Layer, name: str) -> nn.Layer:
    return dict(model.named_sublayers(include_self=True))[name]


def _round_result(item: probe.Seen, options: QuantOptions) -> ActivationQuantizer:
    """Let the layer that ends the block round what it gives."""
    quantizer = ActivationQuantizer(with_pact=False, rate=options.moving_rate)
    quantizer.training = item.end.training
    item.end.add_sublayer(OUTPUT, quantizer)
    item.end.register_forward_post_hook(_rounded)
    return quantizer


def _rounded(layer: nn.Layer, inputs: Any, output: Tensor) -> Tensor:
    result: Tensor = getattr(layer, OUTPUT)(output)
    return result


def quantizers(model: nn.Layer) -> dict[str, ActivationQuantizer]:
    """The quantizers of activations by their names in the model."""
    return {n: layer for n, layer in model.named_sublayers() if isinstance(layer, ActivationQuantizer)}


def quantized_layers(model: nn.Layer) -> dict[str, Quantized]:
    """The layers with rounded weights by their names in the model."""
    return {n: layer for n, layer in model.named_sublayers() if isinstance(layer, Quantized)}


@contextmanager
def in_float(model: nn.Layer) -> Iterator[None]:
    """Inside, nothing is rounded: the network as it was before :func:`quantize`, with its weights of now."""
    layers = [*quantizers(model).values(), *quantized_layers(model).values()]
    for layer in layers:
        layer.active = False
    try:
        yield
    finally:
        for layer in layers:
            layer.active = True


@contextmanager
def with_fixed_ranges(model: nn.Layer) -> Iterator[None]:
    """Inside, the ranges are plain numbers, as a static graph needs them."""
    layers = quantizers(model).values()
    for layer in layers:
        layer.fixed = layer.grid
    try:
        yield
    finally:
        for layer in layers:
            layer.fixed = None
