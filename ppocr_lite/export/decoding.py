"""Recognizers that decode in the network: one class for each step and its score, in place of all classes.

CTC recognizers where the configuration wants it, and heads with a beam search, whose answer can't be found in
the probabilities of single steps.
"""

from collections.abc import Sequence
from typing import Any

import paddle

from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError
from ppocr_lite.export.static_graph import InferenceNetwork

KEY = "Global.export_decode"
DECODER = "CTCLabelDecode"
OUTPUT = "indices"
"""What a model has in place of probabilities if it decodes by itself; ``scores`` come with it."""


class DecodingNetwork(InferenceNetwork):
    """A recognizer in evaluation mode, reduced to the greatest probability of each step and its class.

    Of a model that decodes by itself, to the classes that it chose and their probabilities.
    """

    def forward(self, x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
        """[N, C, H, W] -> class indices int64 [N, T] and their probabilities float32 [N, T]."""
        outputs = self.model(x)
        if OUTPUT in outputs:
            return outputs[OUTPUT], outputs["scores"]
        # ONNX Runtime finds both at once in less time than it takes for the index by itself (ArgMax).
        scores, indices = paddle.topk(outputs[self.output], 1, axis=-1)  # [N, T, 1]
        return indices.squeeze(-1), scores.squeeze(-1)


def is_wanted(cfg: Config) -> bool:
    """Whether ``Global.export_decode`` is set.

    Raises:
        ConfigError: it is, but the network's results are not what CTCLabelDecode makes of them.
    """
    if not cfg.get(KEY, False):
        return False
    name = cfg.get("PostProcess.name")
    if name != DECODER:
        raise ConfigError(
            f"{KEY}: only recognizers with {DECODER} can, but PostProcess.name is {name}. Leave it out."
        )
    return True


def describe(values: dict[str, Any], probs_shape: Sequence[int | None]) -> None:
    """Say in ``inference.yml`` that the network decodes, and how many classes it tells apart."""
    batch, steps, classes = probs_shape
    values["Global"]["decoded"] = True
    values["Shapes"].update(output=[[batch, steps], [batch, steps]], classes=classes)
