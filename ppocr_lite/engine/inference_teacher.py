"""A teacher that is only an exported model: an ONNX (or Paddle) file as a frozen sub-model of a distillation.

It sees the very batches that the students see. What its own pre-processing would have done otherwise (other
normalization, order of the channels, height of a line) is made up for in the batch; what cannot be made up
for is a ConfigError.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config, Section
from ppocr_lite.engine.teacher_inputs import Pictures, pictures_of
from ppocr_lite.engine.teacher_outputs import ClassMap, check_map, resampled
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.inference.model_files import EngineOptions, Model, open_model
from ppocr_lite.inference.predictor import map_output, sequence_output
from ppocr_lite.inference.text_detector import DEFAULT_OPS
from ppocr_lite.inference.text_recognizer import DEFAULT_SHAPE, TextRecognizer, network_shape
from ppocr_lite.modeling.distillation import SUBMODELS
from ppocr_lite.registry import did_you_mean

logger = logging.getLogger(__name__)

NAME = "InferenceTeacher"
KEYS = (
    *("name", "model_dir", "model_type", "algorithm", "freeze_params", "pretrained", "return_all_feats"),
    *("character_dict_path", "time_stride", "threads", "device"),
)
STEPS = "student_transforms"
"""Key that :func:`with_student_transforms` adds: what makes the students' batches."""
TASKS = ("det", "rec")
LEAST = 1e-10
"""Of a probability before the logarithm."""


def with_student_transforms(cfg: Config) -> Config:
    """``cfg`` with the task and the transforms of the data told to each teacher that is an exported model."""
    changes: dict[str, Any] = {}
    models = cfg.section("Architecture.Models")
    for name in models:
        section = models.section(name)
        if section.get("name") == NAME:
            changes[f"{section.path}.model_type"] = cfg.get("Architecture.model_type")
            changes[f"{section.path}.{STEPS}"] = _data_steps(cfg)
    return cfg.replace(changes) if changes else cfg


def _data_steps(cfg: Config) -> Any:
    """Transforms of ``Train``, of the first of the datasets that it mixes, or else those of ``Eval``."""
    for mode in ("Train", "Eval"):
        dataset = cfg.section(f"{mode}.dataset")
        for section in (dataset, *dataset.sections("datasets")):
            if section.get("transforms"):
                return section["transforms"]
    return None


@SUBMODELS.register(NAME)
def build_inference_teacher(
    section: Section, charset: Charset | None = None, *, max_text_length: int | None = None
) -> "InferenceTeacher":
    """Open the model that ``model_dir`` names (a folder or file), for the students' ``charset``.

    Keys of the section: ``model_dir``; ``character_dict_path``, where no charset travels with the model;
    ``time_stride``, pixels of the students' width per time step of their output, where the teacher's own
    steps differ; ``threads`` (0: all) and ``device`` of the engine.

    Raises:
        ConfigError: unknown keys, a task or charset that does not fit; the message begins with the key.
    """
    _check_keys(section)
    options = EngineOptions(device=section.get("device", "auto"), threads=int(section.get("threads", 0)))
    try:
        model = open_model(section["model_dir"], options)
        students = pictures_of(section.get(STEPS) or (), section["model_type"])
        if section["model_type"] == "det":
            return DetectorTeacher(model, students)
        return _recognizer(model, students, section=section, charset=charset)
    except ModelFileError as error:
        raise ConfigError(f"{section.place('model_dir')}: {error}") from error
    except ConfigError as error:
        # Of what is below, only the name of the key is known there.
        raise (
            error if str(error).startswith(section.path) else ConfigError(f"{section.path}.{error}")
        ) from error


def _check_keys(section: Section) -> None:
    for key in section:
        if key not in (*KEYS, STEPS):
            raise ConfigError(
                f"{section.place(key)}: an {NAME} has no key '{key}'.{did_you_mean(str(key), KEYS)}"
            )
    for key, value in (("freeze_params", False), ("return_all_feats", True)):
        if section.get(key) is value:
            raise ConfigError(
                f"{section.place(key)}: {str(value).lower()} cannot be, an exported model is not trained and "
                "gives nothing but its output. Leave the key out."
            )
    if section.get("pretrained"):
        raise ConfigError(f"{section.place('pretrained')}: the weights of an {NAME} are in its model_dir.")
    if section["model_type"] not in TASKS:
        raise ConfigError(f"{section.place('model_type')}: an {NAME} is one of {', '.join(TASKS)}.")


def _recognizer(
    model: Model, students: Pictures, *, section: Section, charset: Charset | None
) -> "RecognizerTeacher":
    decoder = str(model.post_process.get("name") or "CTC")
    if model.decoded or "CTC" not in decoder:
        what = "indices of classes" if model.decoded else decoder
        raise ConfigError(
            f"model_dir: {model.path} gives {what}; probabilities of a CTC recognizer are needed. "
            "Export it without Global.export_decode."
        )
    opened = TextRecognizer.open(model, char_dict_path=section.get("character_dict_path"))
    own: Charset = opened.predictor.postprocess.charset  # type: ignore[attr-defined]
    classes = ClassMap(own, charset) if charset is not None else None
    stride = section.get("time_stride")
    if stride is not None and (isinstance(stride, bool) or not isinstance(stride, int) or stride < 1):
        raise ConfigError(f"time_stride: expected a whole number of pixels from 1, got {stride!r}.")
    return RecognizerTeacher(model, students, classes=classes, time_stride=stride)


class InferenceTeacher(nn.Layer):
    """An exported model without parameters: nothing of it is trained or in a checkpoint.

    Args:
        model: the opened model.
        pictures: what the network expects.
        students: what the batches hold.
    """

    task: str

    def __init__(self, model: Model, pictures: Pictures, *, students: Pictures) -> None:
        super().__init__()
        self._model = model
        self._fit = students.conversion_to(pictures)
        self.path = Path(model.path)
        if self._fit.steps:
            logger.info(
                "%s: of each batch of the students it gets: %s.", self.path, ", ".join(self._fit.steps)
            )

    @paddle.no_grad()
    def _outputs(self, image: Tensor) -> list[np.ndarray]:
        batch = self._fit(image.detach().astype("float32"))
        return self._model.engine.run(np.ascontiguousarray(batch.numpy()))


class DetectorTeacher(InferenceTeacher):
    """A DB detector. Shapes: image [N, 3, H, W] -> {"maps": [N, 1, H, W]}, the probability of text."""

    task = "det"

    def __init__(self, model: Model, students: Pictures) -> None:
        if not model.transform_ops:
            logger.info(
                "%s: comes without inference.yml; the normalization of ImageNet is assumed.", model.path
            )
        super().__init__(model, pictures_of(model.transform_ops or DEFAULT_OPS, "det"), students=students)

    def forward(self, image: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        maps = map_output(self._model.engine, self._outputs(image))[:, :1]
        check_map(maps, image.shape, self.path)
        return {"maps": paddle.to_tensor(maps)}


class RecognizerTeacher(InferenceTeacher):
    """A CTC recognizer.

    Args:
        classes: from the teacher's classes to the students'; None where they are the same.
        time_stride: see :func:`build_inference_teacher`.

    Shapes: image [N, C, H, W] -> {"logits": [N, T, K]} in training, logarithms of the probabilities, whose
    softmax are these again; {"probs": [N, T, K]} otherwise. K are the students' classes; T is the teacher's,
    or W / ``time_stride``.
    """

    task = "rec"

    def __init__(
        self, model: Model, students: Pictures, *, classes: ClassMap | None, time_stride: int | None = None
    ) -> None:
        step = model.step("ResizeImg")
        channels, height, _ = network_shape(model, None, step.get("image_shape") or DEFAULT_SHAPE)
        super().__init__(model, students.line(channels, height), students=students)
        self._classes = classes
        self._time_stride = time_stride

    def forward(self, image: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        probs = sequence_output(self._model.engine, self._outputs(image))
        if self._classes is not None:
            probs = self._classes(probs)
        if self._time_stride is not None:
            probs = resampled(probs, image.shape[3] // self._time_stride)
        tensor = paddle.to_tensor(probs)
        if not self.training:
            return {"probs": tensor}
        return {"logits": paddle.log(F.relu(tensor - LEAST) + LEAST)}
