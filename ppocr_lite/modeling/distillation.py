"""Several models on the same pictures, so that they can learn from one another."""

from collections.abc import Collection, Mapping

from paddle import Tensor, nn

from ppocr_lite.charset import Charset
from ppocr_lite.config import Section
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.build import ARCHITECTURES, DEFAULT_NAME, build_base_model, checked_task
from ppocr_lite.registry import Registry

SUBMODELS = Registry("sub-model")
"""Kinds of sub-models, built as :data:`ARCHITECTURES` are; with an attribute ``task``."""
SUBMODELS.register(DEFAULT_NAME)(build_base_model)

KEYS = ("name", "model_type", "algorithm", "Models")
_CALM_LAYERS = (
    nn.BatchNorm,
    nn.BatchNorm1D,
    nn.BatchNorm2D,
    nn.BatchNorm3D,
    nn.SyncBatchNorm,
    nn.Dropout,
    nn.Dropout2D,
    nn.Dropout3D,
)
"""Layers that change (statistics) or draw random numbers in training mode."""


class DistillationModel(nn.Layer):
    """Named sub-models (``Teacher``, ``Student``, ...), all of which see the same pictures.

    Zhang et al., "Deep Mutual Learning", CVPR 2018, arXiv:1706.00384; in PP-OCRv2 (U-DML, CML): Du et al.,
    2021, arXiv:2109.03144. Sub-models' names are checkpoint keys (``Student.backbone...``) of PaddleOCR 2.x.

    A frozen sub-model is a fixed teacher: its parameters are not trained, and in training mode its norm and
    dropout layers stay in evaluation mode, so that its running statistics keep their values. Its head is in
    training mode nevertheless and gives all outputs that losses compare. (PaddleOCR lets the statistics of a
    frozen teacher go on, so that the teacher it saves is not the one that it loaded.)

    Args:
        models: sub-models by name; the order is kept.
        frozen: names of those that are not trained.

    Shapes: image [N, C, H, W] -> {name: the sub-model's own outputs}.
    """

    def __init__(self, models: Mapping[str, nn.Layer], *, frozen: Collection[str] = ()) -> None:
        super().__init__()
        self.model_names = tuple(models)
        self.frozen_names = tuple(name for name in models if name in frozen)
        for name, model in models.items():
            self.add_sublayer(name, model)
        for model in self.frozen_models():
            for parameter in model.parameters():
                parameter.trainable = False
        self.train()

    def submodels(self) -> dict[str, nn.Layer]:
        """The sub-models by name, in their order."""
        return {name: getattr(self, name) for name in self.model_names}

    def frozen_models(self) -> list[nn.Layer]:
        """The sub-models that are not trained."""
        return [getattr(self, name) for name in self.frozen_names]

    def train(self) -> "DistillationModel":
        """Training mode, but for the norm and dropout layers of the frozen sub-models."""
        super().train()
        for model in self.frozen_models():
            for layer in model.sublayers():
                if isinstance(layer, _CALM_LAYERS):
                    layer.training = False
        return self

    def forward(
        self, image: Tensor, targets: Mapping[str, Tensor] | None = None
    ) -> dict[str, dict[str, Tensor]]:
        """Outputs of every sub-model for the same ``image`` and ``targets``."""
        return {name: model(image, targets) for name, model in self.submodels().items()}


@ARCHITECTURES.register("DistillationModel")
def build_distillation_model(
    arch: Section, charset: Charset | None = None, *, max_text_length: int | None = None
) -> DistillationModel:
    """Build the sub-models of ``Models`` in their order; the other two count for the heads of all.

    ``pretrained`` of a sub-model is left to whoever trains (``engine/submodels.py``).
    """
    task = checked_task(arch, KEYS)
    sections = arch.section("Models")
    if not sections:
        raise ConfigError(f"{arch.path}.Models: the section is missing; give it at least one sub-model.")
    models: dict[str, nn.Layer] = {}
    frozen = []
    # In this order: it fixes the tensors' names, which optimizer states (.pdopt) use.
    for name in sections:
        section = sections.section(name)
        _check_name(name, section.path)
        if section.get("freeze_params", False):
            frozen.append(name)
        build = SUBMODELS.get(section.get("name", DEFAULT_NAME), where=section.place("name"))
        models[name] = build(section, charset, max_text_length=max_text_length)
        if models[name].task != task:
            raise ConfigError(
                f"{section.path}.model_type: '{models[name].task}', but {arch.path}.model_type is '{task}'."
            )
    return DistillationModel(models, frozen=frozen)


def _check_name(name: str, where: str) -> None:
    """A sub-model's name becomes an attribute and the first part of checkpoint keys."""
    if not str(name).isidentifier() or hasattr(nn.Layer, name):
        raise ConfigError(
            f"{where}: '{name}' cannot name a sub-model. Use letters, digits and underscores: 'Student'."
        )
