"""Models that exist only as Paddle files, in the formats of Paddle 2 and 3."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.inference.model_files import EngineOptions, open_model
from ppocr_lite.inference.text_recognizer import TextRecognizer

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def paddle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inference folder that reads the test script, as PaddleOCR's export writes one."""
    paddle = pytest.importorskip("paddle")

    class Reader(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.pool = paddle.nn.AvgPool2D([16, 8], stride=[16, 8])
            self.head = paddle.nn.Linear(2, 4)
            self.head.weight.set_value(np.array([[-20, 20, -20, 20], [-20, -20, 20, 20]], np.float32))
            self.head.bias.set_value(np.array([10, -10, -10, -30], np.float32))

        def forward(self, x):  # type: ignore[no-untyped-def]
            dark = paddle.nn.functional.sigmoid(-20 * (self.pool(x.mean(axis=1, keepdim=True)) + 0.3))
            return paddle.nn.functional.softmax(self.head(dark.squeeze(1).transpose([0, 2, 1])), axis=2)

    folder = tmp_path_factory.mktemp("paddle")
    spec = [paddle.static.InputSpec([None, 3, 32, None], "float32", name="x")]
    paddle.jit.save(paddle.jit.to_static(Reader(), input_spec=spec), str(folder / "inference"))
    return folder


def test_paddle_folder_reads(paddle_folder: Path, script: Callable[..., np.ndarray], tmp_path: Path) -> None:
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("a\nb\nc\n", encoding="utf-8")
    recognizer = TextRecognizer.open(
        paddle_folder, engine=EngineOptions(threads=1), image_shape=[3, 32, 320], char_dict_path=dictionary
    )
    assert [r.text for r in recognizer([script("cab"), script("bca" * 8)])] == ["cab", "bca" * 8]


def test_wrong_height_says_which_flag(paddle_folder: Path) -> None:
    with pytest.raises(ModelFileError, match="refused a batch .*--rec_image_shape"):
        TextRecognizer.open(paddle_folder, image_shape=[3, 8, 320], char_dict_path="en_printable.txt")


def test_missing_weights(paddle_folder: Path, tmp_path: Path) -> None:
    program = next(p for p in paddle_folder.iterdir() if p.suffix in (".json", ".pdmodel"))
    (tmp_path / program.name).write_bytes(program.read_bytes())
    with pytest.raises(ModelFileError, match=r"inference\.pdiparams: missing"):
        open_model(tmp_path)
