"""A trained network as Paddle inference files: ``inference.json`` (or ``.pdmodel``) and ``.pdiparams``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import paddle

from ppocr_lite.errors import ModelFileError

NAME = "inference"
INPUT_NAME = "x"  # as in PaddleOCR's own exports
MAIN_OUTPUTS = ("probs", "maps", "indices")
"""What the post-processing reads: of recognition and classification, of detection, of a beam search."""


class InferenceNetwork(paddle.nn.Layer):
    """A model in evaluation mode reduced to its one output tensor."""

    def __init__(self, model: paddle.nn.Layer, output: str) -> None:
        super().__init__()
        self.model = model
        self.output = output
        self.eval()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        """[N, C, H, W] -> probabilities: [N, 1, H, W], [N, T, K] or [N, K]."""
        return self.model(x)[self.output]


def main_output(model: paddle.nn.Layer, input_shape: Sequence[int | None]) -> str:
    """Name of the entry of the model's output that is exported; found by running it once."""
    model.eval()
    with paddle.no_grad():
        outputs = model(paddle.to_tensor(filled(input_shape)))
    for name in MAIN_OUTPUTS:
        if name in outputs:
            return name
    raise ModelFileError(
        f"The model gives {', '.join(outputs)}, none of which is exported ({', '.join(MAIN_OUTPUTS)})."
    )


def filled(input_shape: Sequence[int | None], scale: int = 1) -> np.ndarray:
    """Zeros [N, C, H, W] of ``input_shape``, with small sizes (times ``scale``) for those that vary."""
    free = (scale, 3, 64 * scale, 64 * scale)
    return np.zeros([size or other for size, other in zip(input_shape, free)], np.float32)


def save_static(
    network: InferenceNetwork, folder: Path, input_shape: Sequence[int | None]
) -> tuple[Path, Path]:
    """Trace ``network`` for inputs of ``input_shape`` (None: any size) and write it to ``folder``.

    Returns:
        The files of the graph and of the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec = paddle.static.InputSpec(
        [-1 if size is None else size for size in input_shape], "float32", name=INPUT_NAME
    )
    # to_static replaces the forward of the layer it gets; the caller's one must stay the live network.
    copy = type(network)(network.model, network.output)
    traced = paddle.jit.to_static(copy, input_spec=[spec], full_graph=True)
    paddle.jit.save(traced, str(folder / NAME))
    graph = next((p for s in ("json", "pdmodel") if (p := folder / f"{NAME}.{s}").is_file()), None)
    params = folder / f"{NAME}.pdiparams"
    if graph is None or not params.is_file():
        raise ModelFileError(f"{folder}: Paddle wrote no inference files. Is there space on the disk?")
    return graph, params


def clear(folder: Path) -> None:
    """Remove the files of an earlier export, so that none of them stays beside new ones."""
    for suffix in ("json", "pdmodel", "pdiparams", "pdiparams.info", "onnx", "yml"):
        (folder / f"{NAME}.{suffix}").unlink(missing_ok=True)
