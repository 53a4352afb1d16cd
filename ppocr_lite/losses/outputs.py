"""What a model gave, by the names that configurations use."""

from collections.abc import Mapping

from paddle import Tensor

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean

HEAD_OUT = "head_out"
HEAD_ENTRIES = ("logits", "probs", "maps")
"""What ``head_out`` may stand for: the output of a recognizer in training, in evaluation, of a detector."""


def pick(outputs: Mapping[str, Tensor], key: str | None) -> Tensor:
    """The entry of a model's outputs that a configuration's ``key`` means.

    Args:
        outputs: what one model, or one sub-model, gave.
        key: ``head_out`` or None: the head's main output, which is ``logits`` in training and ``probs``
            otherwise, or ``maps`` of a detector. Every other key names an entry: ``maps``, ``backbone_out``,
            ``neck_out``, ``feats``.

    Raises:
        ConfigError: there is no such entry; the message says which option of the model gives it.
    """
    if key is None or key == HEAD_OUT:
        for name in HEAD_ENTRIES:
            if name in outputs:
                return outputs[name]
    elif key in outputs:
        return outputs[key]
    raise ConfigError(
        f"key: the model gives no '{key or HEAD_OUT}'.{_option(key)}"
        f"{did_you_mean(key or HEAD_OUT, outputs)} It gives: {', '.join(outputs) or 'nothing'}."
    )


def _option(key: str | None) -> str:
    if key in ("backbone_out", "neck_out"):
        return " Set return_all_feats: true in the Architecture of this model."
    if key == "feats":
        return " Set Architecture.Head.return_feats: true."
    return ""


def sub_model(preds: Mapping[str, Mapping[str, Tensor]], name: str, where: str) -> Mapping[str, Tensor]:
    """The outputs of the sub-model ``name`` of a DistillationModel.

    Raises:
        ConfigError: no sub-model has this name, or ``preds`` came from a model without sub-models.
    """
    if name in preds and isinstance(preds[name], Mapping):
        return preds[name]
    known = [str(key) for key, value in preds.items() if isinstance(value, Mapping)]
    if not known:
        raise ConfigError(
            f"{where}: needs the sub-model '{name}', and the model has none. "
            "Use Architecture.name: DistillationModel, or another loss."
        )
    raise ConfigError(
        f"{where}: no sub-model named '{name}'.{did_you_mean(name, known)} "
        f"Architecture.Models has: {', '.join(known)}."
    )
