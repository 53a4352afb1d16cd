"""Tiny networks that really read: dark pixels are text, and a letter is where its cell is dark.

The alphabet of the test script: a cell that is dark in its upper half is ``a``, in its lower half ``b``, in
both ``c``. A line turned upside down therefore swaps ``a`` and ``b``.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

onnx = pytest.importorskip("onnx")
helper, TensorProto, numpy_helper = onnx.helper, onnx.TensorProto, onnx.numpy_helper

HEIGHT, CELL = 32, 16


def save(
    path: Path,
    nodes: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    *,
    constants: dict[str, np.ndarray],
    metadata: dict[str, str] | None = None,
) -> Path:
    tensors = [numpy_helper.from_array(v, k) for k, v in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    for key, value in (metadata or {}).items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def value(name: str, shape: Sequence[Any]) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


@pytest.fixture(scope="session")
def make_det() -> Callable[..., Path]:
    """Write a detector: the map is 1 around dark pixels, closed over 31 px along the line."""

    def make(path: Path, *, extra_output: bool = False) -> Path:
        nodes = [
            helper.make_node("ReduceMean", ["x"], ["grey"], axes=[1], keepdims=1),
            helper.make_node("Mul", ["grey", "steep"], ["scaled"]),
            helper.make_node("Sigmoid", ["scaled"], ["dark"]),
            helper.make_node(
                "MaxPool", ["dark"], ["maps"], kernel_shape=[1, 31], strides=[1, 1], pads=[0, 15, 0, 15]
            ),
            helper.make_node("ReduceMean", ["maps"], ["mean"], axes=[2, 3], keepdims=0),
        ]
        outputs = [value("maps", ["n", 1, "h", "w"])]
        if extra_output:
            outputs.insert(0, value("mean", ["n", 1]))
        return save(
            path,
            nodes,
            [value("x", ["n", 3, "h", "w"])],
            outputs,
            constants={"steep": np.array(-20, np.float32)},
        )

    return make


@pytest.fixture(scope="session")
def make_rec() -> Callable[..., Path]:
    """Write a recognizer of the test script: one step each 8 px, classes blank, a, b, c, and unused ones."""

    def make(
        path: Path,
        *,
        height: int = HEIGHT,
        channels: int = 3,
        classes: int = 4,
        characters: str | None = "abc",
        width: int | None = None,
        softmax: bool = True,
        dynamic_height: bool = False,
    ) -> Path:
        weight = np.zeros((2, classes), np.float32)
        weight[:, :4] = [[-20, 20, -20, 20], [-20, -20, 20, 20]]
        bias = np.full(classes, -30, np.float32)
        bias[:4] = [10, -10, -10, -30]
        nodes = [
            helper.make_node("ReduceMean", ["x"], ["grey"], axes=[1], keepdims=1),
            helper.make_node(
                "AveragePool", ["grey"], ["halves"], kernel_shape=[height // 2, 8], strides=[height // 2, 8]
            ),
            helper.make_node("Add", ["halves", "shift"], ["shifted"]),
            helper.make_node("Mul", ["shifted", "steep"], ["scaled"]),
            helper.make_node("Sigmoid", ["scaled"], ["dark"]),  # [n, 1, 2, t]
            helper.make_node("Squeeze", ["dark", "one"], ["flat"]),
            helper.make_node("Transpose", ["flat"], ["steps"], perm=[0, 2, 1]),
            helper.make_node("MatMul", ["steps", "weight"], ["product"]),
            helper.make_node("Add", ["product", "bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["softmax_0.tmp_0"], axis=2),
        ]
        steps = width // 8 if width else "t"
        name = "softmax_0.tmp_0" if softmax else "logits"
        constants = {
            "shift": np.array(0.3, np.float32),
            "steep": np.array(-20, np.float32),
            "one": np.array([1], np.int64),
            "weight": weight,
            "bias": bias,
        }
        input_shape = ["n", channels, "h" if dynamic_height else height, width or "w"]
        return save(
            path,
            nodes if softmax else nodes[:-1],
            [value("x", input_shape)],
            [value(name, ["n", steps, classes])],
            constants=constants,
            metadata=None if characters is None else {"character": "\n".join(characters)},
        )

    return make


@pytest.fixture(scope="session")
def make_cls() -> Callable[..., Path]:
    """Write a classifier: 180 when the lower half is darker (more ``b`` than ``a``)."""

    def make(path: Path, *, sure: float = 40.0) -> Path:
        nodes = [
            helper.make_node("AveragePool", ["x"], ["halves"], kernel_shape=[24, 192], strides=[24, 192]),
            helper.make_node(
                "ReduceMean", ["halves"], ["pair"], axes=[1, 3], keepdims=0
            ),  # [n, 2] top, bottom
            helper.make_node("MatMul", ["pair", "weight"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probs"], axis=1),
        ]
        weight = np.array([[-sure, sure], [sure, -sure]], np.float32)
        return save(
            path,
            nodes,
            [value("x", ["n", 3, 48, 192])],
            [value("probs", ["n", 2])],
            constants={"weight": weight},
        )

    return make


@pytest.fixture(scope="session")
def script() -> Callable[..., np.ndarray]:
    """Write a text in the test script: uint8 BGR [height, w, 3], a white cell between black letters."""

    def write(text: str, *, height: int = HEIGHT, cell: int = CELL) -> np.ndarray:
        image = np.full((height, (2 * len(text) + 1) * cell, 3), 255, np.uint8)
        for i, letter in enumerate(text):
            rows = {"a": slice(0, height // 2), "b": slice(height // 2, height), "c": slice(0, height)}
            if letter in rows:
                image[rows[letter], (2 * i + 1) * cell : (2 * i + 2) * cell] = 0
        return image

    return write


@pytest.fixture(scope="session")
def page(script: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """A white page [h, w, 3] with lines of the test script, one below the other."""

    def make(lines: Sequence[str], *, size: tuple[int, int] = (320, 480)) -> np.ndarray:
        image = np.full((*size, 3), 255, np.uint8)
        for i, text in enumerate(lines):
            line = script(text)
            top = 32 + i * 64
            image[top : top + line.shape[0], 16 : 16 + line.shape[1]] = line
        return image

    return make


@pytest.fixture(scope="session")
def models(
    tmp_path_factory: pytest.TempPathFactory,
    make_det: Callable[..., Path],
    make_rec: Callable[..., Path],
    make_cls: Callable[..., Path],
) -> dict[str, Path]:
    """A detector, recognizer and classifier as bare .onnx files."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "det": make_det(folder / "det.onnx"),
        "rec": make_rec(folder / "rec.onnx"),
        "cls": make_cls(folder / "cls.onnx"),
    }


Placed = tuple[tuple[float, float], str, int]
"""Left and top of a text in pixels, the text, pixels to the em."""


@pytest.fixture
def printed() -> Callable[..., Image.Image]:
    """Draws texts in DejaVu Sans, dark on a grey page; skips the test where the font is missing."""

    def draw(size: tuple[int, int], texts: Sequence[Placed], *, paper: int = 250) -> Image.Image:
        page = Image.new("L", size, paper)
        for place, text, em in texts:
            try:
                font = ImageFont.truetype("DejaVuSans.ttf", em)
            except OSError:
                pytest.skip("DejaVuSans.ttf is not on this machine")
            ImageDraw.Draw(page).text(place, text, font=font, fill=10)
        return page

    return draw
