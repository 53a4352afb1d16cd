"""Networks with fewer channels than their configuration says: parameters are cut, layers told their sizes."""

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np
import paddle
from paddle import Tensor, nn

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights.structures import Cut, Structure, merged

_ATTRIBUTE = "pruned_structure"
_CONVOLUTIONS = (nn.Conv2D, nn.Conv2DTranspose)


def apply_structure(model: nn.Layer, structure: Structure, *, where: str = "structure") -> None:
    """Cut the parameters of ``model`` in place; they keep their names, objects and remaining values.

    A parameter that has been cut in the very same way already is left alone. Build optimizers afterwards.

    Args:
        structure: indices are those of the model as the configuration builds it.
        where: for messages, the file that the structure is from.

    Raises:
        ModelFileError: the model has other parameters than the structure.
    """
    present, done = structure_of(model), {}
    tensors = model.state_dict()
    for name, cut in structure.cuts.items():
        if name not in tensors:
            raise ModelFileError(f"{where}: the model has no parameter '{name}'. {_OTHER_CONFIG}")
        if present is not None and name in present.cuts:
            if dict(present.cuts[name].kept) != dict(cut.kept):
                raise ModelFileError(f"{where}: '{name}' has been pruned in another way already.")
        elif tuple(tensors[name].shape) != cut.shape:
            raise ModelFileError(
                f"{where}: '{name}' has the shape {list(tensors[name].shape)} in the model, and was cut from "
                f"{list(cut.shape)}. {_OTHER_CONFIG}"
            )
        else:
            done[name] = cut
    _cut_tensors(model, done)
    if done:
        _remember(model, merged([present or Structure({}), Structure(done)]))


_OTHER_CONFIG = "Give the configuration with which the model was pruned."


def prune_further(model: nn.Layer, structure: Structure) -> None:
    """Cut the parameters as they are now, of a model that may have been pruned before."""
    present = structure_of(model) or Structure({})
    _cut_tensors(model, structure.cuts)
    _remember(model, present.then(structure))


def structure_of(model: nn.Layer) -> Structure | None:
    """What has been cut of ``model`` and the models in it, by the names in ``model``; None for nothing."""
    found = []
    for name, layer in model.named_sublayers(include_self=True):
        own = getattr(layer, _ATTRIBUTE, None)
        if own is not None:
            found.append(own.below(f"{name}." if name else ""))
    return merged(found) if found else None


@contextlib.contextmanager
def temporarily_pruned(model: nn.Layer, structure: Structure) -> Iterator[None]:
    """Cut the parameters as they are now, and give them back whole."""
    tensors = model.state_dict()
    before = {name: tensors[name].numpy() for name in structure.cuts}
    # A depthwise convolution of one channel can no more be told from others.
    convolutions = [layer for layer in model.sublayers(include_self=True) if isinstance(layer, _CONVOLUTIONS)]
    sizes = [(layer._groups, layer._in_channels, layer._out_channels) for layer in convolutions]
    _cut_tensors(model, structure.cuts)
    try:
        yield
    finally:
        for name, array in before.items():
            _replace(tensors[name], array)
        for layer, numbers in zip(convolutions, sizes):
            layer._groups, layer._in_channels, layer._out_channels = numbers
        _tell_layers(model)


def _remember(model: nn.Layer, structure: Structure) -> None:
    for layer in model.sublayers(include_self=True):  # models within it: their cuts are in here now
        if hasattr(layer, _ATTRIBUTE):
            delattr(layer, _ATTRIBUTE)
    setattr(model, _ATTRIBUTE, structure)


def _cut_tensors(model: nn.Layer, cuts: Mapping[str, Cut]) -> None:
    tensors = model.state_dict()
    for name, cut in cuts.items():
        array = tensors[name].numpy()
        for axis, indices in cut.kept.items():
            array = np.take(array, indices, axis=axis)
        _replace(tensors[name], array)
    _tell_layers(model)


def _replace(tensor: Tensor, array: np.ndarray) -> None:
    """Give a tensor another shape and content; layers and optimizers go on holding the same object."""
    place = tensor.place
    target = paddle.CUDAPlace(place.gpu_device_id()) if place.is_gpu_place() else paddle.CPUPlace()
    tensor.clear_gradient(False)
    tensor.get_tensor().set(np.ascontiguousarray(array), target)


def _tell_layers(model: nn.Layer) -> None:
    """Set the sizes that layers keep beside their parameters."""
    for layer in model.sublayers(include_self=True):
        if isinstance(layer, nn.Conv2D):
            _tell_convolution(layer)
        elif isinstance(layer, nn.Conv2DTranspose):
            _tell_transposed(layer)
        elif isinstance(layer, nn.layer.norm._BatchNormBase) and layer.weight is not None:
            layer._num_features = int(layer.weight.shape[0])
        elif isinstance(layer, nn.Linear):
            layer.in_features, layer.out_features = map(int, layer.weight.shape)
        elif isinstance(layer, nn.SimpleRNN | nn.LSTM | nn.GRU):
            _tell_recurrent(layer)
        elif isinstance(layer, nn.SimpleRNNCell | nn.LSTMCell | nn.GRUCell):
            layer.input_size = int(layer.weight_ih.shape[1])


def _tell_convolution(layer: nn.Conv2D) -> None:
    """weight [C', C / groups, k, k]; a depthwise one keeps its number of outputs for each input."""
    out, per_group = (int(size) for size in layer.weight.shape[:2])
    if layer._groups > 1 and layer._groups == layer._in_channels:
        layer._groups = out // (layer._out_channels // layer._groups)
    layer._in_channels, layer._out_channels = per_group * layer._groups, out


def _tell_transposed(layer: nn.Conv2DTranspose) -> None:
    """weight [C, C' / groups, k, k]."""
    channels, per_group = (int(size) for size in layer.weight.shape[:2])
    if layer._groups > 1 and layer._groups == layer._in_channels:
        layer._groups = channels
    layer._in_channels, layer._out_channels = channels, per_group * layer._groups


def _tell_recurrent(layer: nn.LSTM) -> None:
    size = int(layer.weight_ih_l0.shape[1])
    if layer.input_size != size:
        layer.input_size = size
        layer.flatten_parameters()  # cuDNN wants all of them in one piece of memory
