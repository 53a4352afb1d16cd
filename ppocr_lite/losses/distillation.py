"""Losses between, and of, the sub-models of a DistillationModel.

Du et al., "PP-OCRv2: Bag of Tricks for Ultra Lightweight OCR System", 2021, arXiv:2109.03144. Predictions are
{name of the sub-model: its outputs}; a configuration's ``key`` chooses among them, see
:func:`ppocr_lite.losses.outputs.pick`. Names of entries are those of PaddleOCR's logs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.ctc import CTCLoss
from ppocr_lite.losses.db import BalanceLoss, DBLoss, DiceLoss
from ppocr_lite.losses.outputs import pick, sub_model
from ppocr_lite.losses.pairwise import DistanceLoss, DMLLoss
from ppocr_lite.registry import LOSSES, did_you_mean

Preds = Mapping[str, Mapping[str, Tensor]]
Batch = Mapping[str, Tensor]

MAP_CHANNELS = {"thrink_maps": 0, "shrink_maps": 0, "threshold_maps": 1, "binary_maps": 2}
"""Channels of a DB head's maps; the first name is PaddleOCR's spelling."""
MAPS = "maps"
TEACHER_THRESHOLD = 0.3
"""Probability above which the teacher sees text."""


@LOSSES.register()
class DistillationDMLLoss(nn.Layer):
    """Mutual learning of pairs of sub-models: DMLLoss of their outputs, or of some maps of them.

    Entries: ``{name}_{pair}``, or ``{name}_{map}_{pair}`` with ``maps_name``, and ``loss``, their sum.

    compat: a list of ``maps_name`` gives 0 in PaddleOCR, here it means all its maps; DMLLoss tells how values
    for each image are averaged.

    Args:
        model_name_pairs: ``[A, B]`` or a list of such pairs.
        act: see DMLLoss.
        use_log: see DMLLoss.
        key: of the outputs to compare.
        maps_name: maps of a DB detector, one or a list: ``thrink_maps`` (also ``shrink_maps``),
            ``threshold_maps``, ``binary_maps``.
        name: first part of the entries' names.
    """

    ignored_params = ("multi_head", "dis_head")

    def __init__(
        self,
        model_name_pairs: Sequence[Any],
        act: str | None = None,
        *,
        use_log: bool = False,
        key: str | None = None,
        maps_name: str | Sequence[str] | None = None,
        name: str = "dml",
    ) -> None:
        super().__init__()
        self._pairs = _pairs(model_name_pairs)
        self._loss = DMLLoss(act, use_log)
        self._key = key
        self._maps = _names(maps_name, "maps_name") if maps_name else []
        for entry in self._maps:
            if entry not in MAP_CHANNELS:
                raise ConfigError(
                    f"maps_name: no map '{entry}'.{did_you_mean(entry, MAP_CHANNELS)} "
                    f"Known: {', '.join(MAP_CHANNELS)}."
                )
        self._name = name

    def forward(self, preds: Preds, batch: Batch) -> dict[str, Tensor]:
        losses = {}
        for index, pair in enumerate(self._pairs):
            # A teacher may give fewer maps than its student; what counts is that both give those compared.
            first, second = _outputs(preds, pair, self._key, same_shape=not self._maps)
            if not self._maps:
                losses[f"{self._name}_{index}"] = self._loss(first, second)
            for entry in self._maps:
                channel = MAP_CHANNELS[entry]
                for name, maps in zip(pair, (first, second)):
                    _check_map(maps, channel, entry, name)
                loss = self._loss(first[:, channel], second[:, channel])  # of [N, H, W]
                losses[f"{self._name}_{entry}_{index}"] = loss
        return _with_total(losses)


@LOSSES.register()
class DistillationCTCLoss(nn.Layer):
    """CTCLoss of each sub-model; entries ``{name}_{model}_{number}`` and ``loss``, their sum.

    Args:
        model_name_list: sub-models.
        key: of the logits among a sub-model's outputs.
        name: first part of the entries' names.
    """

    ignored_params = ("multi_head",)

    def __init__(
        self, model_name_list: Sequence[str], key: str | None = None, *, name: str = "loss_ctc"
    ) -> None:
        super().__init__()
        self._models = _names(model_name_list, "model_name_list")
        self._loss = CTCLoss()
        self._key = key
        self._name = name

    def forward(self, preds: Preds, batch: Batch) -> dict[str, Tensor]:
        losses = {}
        for index, model in enumerate(self._models):
            logits = pick(sub_model(preds, model, "model_name_list"), self._key)
            losses[f"{self._name}_{model}_{index}"] = self._loss({"logits": logits}, batch)["loss"]
        return _with_total(losses)


@LOSSES.register()
class DistillationDistanceLoss(nn.Layer):
    """Distance of the features of pairs of sub-models.

    Entries ``{name}_l2_{A}_{B}_{pair}`` and ``loss``, their sum.

    compat: the names say ``l2`` whatever the mode, as in PaddleOCR, so that logs can be compared.

    Args:
        mode: see DistanceLoss.
        model_name_pairs: ``[A, B]`` or a list of such pairs.
        key: of the features among the outputs.
        reduction: ``mean`` or ``sum``.
        delta: see DistanceLoss.
        name: first part of the entries' names.
    """

    def __init__(
        self,
        model_name_pairs: Sequence[Any],
        mode: str = "l2",
        *,
        key: str | None = None,
        reduction: str = "mean",
        delta: float = 1.0,
        name: str = "loss_distance",
    ) -> None:
        super().__init__()
        if reduction not in ("mean", "sum"):
            raise ConfigError(f"reduction: expected mean or sum, got {reduction!r}.")
        self._pairs = _pairs(model_name_pairs)
        self._loss = DistanceLoss(mode, reduction=reduction, delta=delta)
        self._key = key
        self._name = name

    def forward(self, preds: Preds, batch: Batch) -> dict[str, Tensor]:
        losses = {}
        for index, (a, b) in enumerate(self._pairs):
            losses[f"{self._name}_l2_{a}_{b}_{index}"] = self._loss(*_outputs(preds, (a, b), self._key))
        return _with_total(losses)


@LOSSES.register()
class DistillationDBLoss(nn.Layer):
    """DBLoss of each sub-model against the labels.

    Entries ``{name}_{model}_{entry of DBLoss}`` and ``loss``, the sum of the models' totals.

    compat: PaddleOCR ignores ``balance_loss, main_loss_type, alpha, beta, ohem_ratio, eps`` of its
    configurations and always takes DBLoss's defaults. Here they count: values differ where a configuration
    sets others than the defaults.

    Args:
        model_name_list: sub-models.
        name: first part of the entries' names.
        balance_loss, main_loss_type, alpha, beta, ohem_ratio, gamma, eps: see DBLoss.
    """

    ignored_params = ("key",)

    def __init__(
        self,
        model_name_list: Sequence[str],
        name: str = "db",
        *,
        balance_loss: bool = True,
        main_loss_type: str = "DiceLoss",
        alpha: float = 5,
        beta: float = 10,
        ohem_ratio: float = 3,
        gamma: float = 0,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        self._models = _names(model_name_list, "model_name_list")
        self._loss = DBLoss(
            balance_loss, main_loss_type, alpha=alpha, beta=beta, ohem_ratio=ohem_ratio, gamma=gamma, eps=eps
        )
        self._name = name

    def forward(self, preds: Preds, batch: Batch) -> dict[str, Tensor]:
        losses = {}
        for model in self._models:
            maps = pick(sub_model(preds, model, "model_name_list"), MAPS)
            parts = self._loss({MAPS: maps}, batch)
            del parts["loss"]  # the sum of the others
            losses.update({f"{self._name}_{model}_{key}": value for key, value in parts.items()})
        return _with_total(losses)


@LOSSES.register()
class DistillationDilaDBLoss(nn.Layer):
    """A student's shrink and binary maps against the text that its teacher sees, a little dilated.

    The target is the teacher's shrink map above 0.3, grown by one pixel to the right and downwards (OpenCV's
    dilation with 2x2 ones); no gradient goes into it. The student's threshold map gets none either.
    Entries ``{name}_{student}_{teacher}`` and ``loss``, their sum.

    compat: as in DistillationDBLoss, PaddleOCR ignores the parameters of the maps' losses.

    Args:
        model_name_pairs: ``[student, teacher]`` or a list of such pairs.
        key: of the maps among the outputs.
        balance_loss, main_loss_type, alpha, ohem_ratio: of the shrink map, see DBLoss.
        eps: keeps the division of the binary map finite.
        name: first part of the entries' names.
    """

    ignored_params = ("beta",)  # weighs threshold maps, of which the teacher's are not used

    def __init__(
        self,
        model_name_pairs: Sequence[Any],
        key: str = MAPS,
        *,
        balance_loss: bool = True,
        main_loss_type: str = "DiceLoss",
        alpha: float = 5,
        ohem_ratio: float = 3,
        eps: float = 1e-6,
        name: str = "dila_dbloss",
    ) -> None:
        super().__init__()
        self._pairs = _pairs(model_name_pairs)
        self._key = key
        self._alpha = alpha
        self._shrink_loss = BalanceLoss(balance_loss, main_loss_type, negative_ratio=ohem_ratio)
        self._binary_loss = DiceLoss(eps)
        self._name = name

    def forward(self, preds: Preds, batch: Batch) -> dict[str, Tensor]:
        losses = {}
        mask = batch["shrink_mask"]
        for student, teacher in self._pairs:
            maps, seen = _outputs(preds, (student, teacher), self._key, same_shape=False)
            maps = maps.astype("float32")
            target = dilated_text(seen[:, 0])
            shrink = self._alpha * self._shrink_loss(maps[:, 0], target, mask)
            losses[f"{self._name}_{student}_{teacher}"] = shrink + self._binary_loss(maps[:, 2], target, mask)
        return _with_total(losses)


@paddle.no_grad()
def dilated_text(probability: Tensor) -> Tensor:
    """1 where a pixel, or its left, upper or upper left neighbour is text, else 0; without a gradient.

    Shapes: [N, H, W] in 0..1 -> float32 [N, H, W].
    """
    text = (probability > TEACHER_THRESHOLD).astype("float32").unsqueeze(1)  # [N, 1, H, W]
    text = F.pad(text, [1, 0, 1, 0])  # left, right, top, bottom
    return F.max_pool2d(text, kernel_size=2, stride=1).squeeze(1)


def _outputs(
    preds: Preds, pair: tuple[str, str], key: str | None, *, same_shape: bool = True
) -> tuple[Tensor, Tensor]:
    """The outputs ``key`` of two sub-models, ConfigError if they cannot be compared."""
    first, second = (pick(sub_model(preds, name, "model_name_pairs"), key) for name in pair)
    if same_shape and first.shape != second.shape:
        raise ConfigError(
            f"model_name_pairs: '{key or 'head_out'}' of {pair[0]} is {first.shape} and of {pair[1]} "
            f"{second.shape}. Give both models the same number of classes, channels and steps "
            "(an InferenceTeacher: time_stride)."
        )
    return first, second


def _check_map(maps: Tensor, channel: int, entry: str, name: str) -> None:
    if maps.shape[1] <= channel:
        raise ConfigError(
            f"maps_name: {name} gives {maps.shape[1]} map(s), and no {entry}; an InferenceTeacher gives "
            "shrink_maps alone."
        )


def _with_total(losses: dict[str, Tensor]) -> dict[str, Tensor]:
    return {**losses, "loss": sum(losses.values())}


def _names(value: str | Sequence[str], what: str) -> list[str]:
    names = _as_names(value)
    if not names:
        raise ConfigError(f"{what}: expected a name or a list of names, got {value!r:.80}.")
    return names


def _pairs(value: Sequence[Any]) -> list[tuple[str, str]]:
    flat = isinstance(value, Sequence) and all(isinstance(name, str) for name in value)
    pairs = [_as_names(pair) for pair in ([value] if flat else value or [])]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ConfigError(f"model_name_pairs: expected [A, B] or a list of such pairs, got {value!r:.80}.")
    return [(first, second) for first, second in pairs]


def _as_names(value: Any) -> list[str]:
    """``value`` as a list of names; empty if it is none."""
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, Sequence) else []
    return names if all(isinstance(name, str) for name in names) else []
