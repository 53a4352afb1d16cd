"""Outputs of several models -> the results of each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import Count, NotNegative, Positive, Share
from ppocr_lite.postprocess.ctc import CTCLabelDecode
from ppocr_lite.postprocess.db import DBPostProcess
from ppocr_lite.postprocess.scores import DROP_SCORE
from ppocr_lite.registry import POSTPROCESSES, did_you_mean
from ppocr_lite.structures import DetResult, RecResult

Outputs = Mapping[str, np.ndarray]
HEAD_KEY = "head_out"
"""PaddleOCR's name for what the head gives; here it is ``logits`` in training and ``probs`` otherwise."""

R = TypeVar("R")


class PerModel(Generic[R]):
    """The same post-processing for the outputs of several sub-models.

    Args:
        single: post-processing of one sub-model's outputs.
        plain: section of a configuration that describes ``single``.
        model_name: sub-models to read, in the order of the results; all that there are without it.
    """

    def __init__(
        self,
        single: Callable[[Outputs, np.ndarray | None], list[R]],
        plain: Mapping[str, Any],
        *,
        model_name: str | Sequence[str] | None = None,
    ) -> None:
        self.single = single
        self.plain = dict(plain)
        self.model_names = [model_name] if isinstance(model_name, str) else list(model_name or ())

    def __call__(
        self, outputs: Mapping[str, Outputs], shapes: np.ndarray | None = None
    ) -> dict[str, list[R]]:
        """Results of each sub-model, one for each image.

        Args:
            outputs: {sub-model: {output: array [N, ...]}}.
            shapes: [N, 4], the same for all; see the single post-processing.

        Raises:
            ConfigError: ``model_name`` lists a sub-model that gives no output.
        """
        for name in self.model_names:
            if name not in outputs:
                raise ConfigError(
                    f"PostProcess.model_name: the model has no sub-model '{name}'."
                    f"{did_you_mean(name, outputs)} Known: {', '.join(outputs)}."
                )
        return {name: self.single(outputs[name], shapes) for name in self.model_names or outputs}


@POSTPROCESSES.register()
class DistillationDBPostProcess(PerModel[DetResult]):
    """:class:`DBPostProcess` for each of the sub-models ``model_name``; the defaults are other ones."""

    ignored_params = ("key",)

    def __init__(
        self,
        model_name: str | Sequence[str] | None = None,
        *,
        thresh: Share = 0.3,
        box_thresh: Share = 0.6,
        max_candidates: Count = 1000,
        unclip_ratio: Positive = 1.5,
        use_dilation: bool = False,
        score_mode: str = "fast",
        box_type: str = "quad",
        shift: float = 0.0,
        score_bowed: bool = False,
    ) -> None:
        params: dict[str, Any] = {
            "thresh": thresh,
            "box_thresh": box_thresh,
            "max_candidates": max_candidates,
            "unclip_ratio": unclip_ratio,
            "use_dilation": use_dilation,
            "score_mode": score_mode,
            "box_type": box_type,
            "shift": shift,
            "score_bowed": score_bowed,
        }
        super().__init__(DBPostProcess(**params), {"name": "DBPostProcess", **params}, model_name=model_name)


@POSTPROCESSES.register()
class DistillationCTCLabelDecode(PerModel[RecResult]):
    """:class:`CTCLabelDecode` for each of the sub-models ``model_name``.

    Args:
        key: ``head_out``, the output that holds the classes; the only one there is.
        character_dict_path, use_space_char, charset, drop_score: see :class:`CTCLabelDecode`.
    """

    ignored_params = ("multi_head",)

    def __init__(
        self,
        model_name: str | Sequence[str] | None = None,
        *,
        key: str | None = HEAD_KEY,
        character_dict_path: str | None = None,
        use_space_char: bool = False,
        charset: Charset | None = None,
        drop_score: NotNegative = DROP_SCORE,
    ) -> None:
        if key not in (None, HEAD_KEY):
            raise ConfigError(f"DistillationCTCLabelDecode.key: '{key}' is not '{HEAD_KEY}'.")
        own = {"character_dict_path": character_dict_path, "use_space_char": use_space_char}
        plain: dict[str, Any] = {k: v for k, v in own.items() if v}
        if drop_score != DROP_SCORE:
            plain["drop_score"] = drop_score
        self.charset = charset or Charset.load(character_dict_path, use_space_char=use_space_char)
        super().__init__(
            CTCLabelDecode(charset=self.charset, drop_score=drop_score),
            {"name": "CTCLabelDecode", **plain},
            model_name=model_name,
        )
