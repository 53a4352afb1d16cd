"""Trying configurations without data and weights."""

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.charset import Charset  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import trial  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.train


def config(repo, name, **overrides):
    return Config.load(repo / "configs" / name).replace(overrides)


def test_known_dictionary_gets_a_stand_in_of_its_length(repo, tmp_path):
    cfg = config(repo, "rec/ch_PP-OCRv2/ch_PP-OCRv2_rec.yml")
    path = trial.with_stand_in_dictionary(cfg, tmp_path).get("Global.character_dict_path")
    assert Charset.load(path, use_space_char=True).ctc_size == 6625


def test_installed_dictionary_is_kept(repo, tmp_path):
    cfg = config(repo, "rec/en/en_rec_mv3_crnn.yml")
    assert trial.with_stand_in_dictionary(cfg, tmp_path) is cfg


def test_unknown_dictionary_is_an_error(repo, tmp_path):
    cfg = config(repo, "rec/en/en_rec_mv3_crnn.yml", **{"Global.character_dict_path": "nowhere.txt"})
    with pytest.raises(ConfigError, match=r"nowhere\.txt: no such dictionary"):
        trial.with_stand_in_dictionary(cfg, tmp_path)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml", (3, 640, 640)),
        ("rec/ch_PP-OCRv2/ch_PP-OCRv2_rec.yml", (3, 32, 320)),
        ("cls/cls_mv3.yml", (3, 48, 192)),
    ],
)
def test_image_shape(repo, name, shape):
    assert trial.image_shape(config(repo, name)) == shape


def test_image_shape_of_a_detector_with_a_size(repo):
    cfg = config(repo, "det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml")
    steps = cfg.get("Eval.dataset.transforms")
    resized = [
        {"DetResizeForTest": {"image_shape": [736, 1280]}} if "DetResizeForTest" in s else s for s in steps
    ]
    assert trial.image_shape(cfg.replace({"Eval.dataset.transforms": resized})) == (3, 736, 1280)


def test_settled_statistics_are_those_of_noise():
    """A convolution that doubles noise of variance 1: mean 0, variance 4."""
    conv = paddle.nn.Conv2D(1, 1, 1, bias_attr=False)
    conv.weight.set_value(np.full((1, 1, 1, 1), 2.0, np.float32))
    norm = paddle.nn.BatchNorm2D(1)
    model = paddle.nn.Sequential(conv, norm)
    model.eval()
    trial.settle_statistics(model, (1, 64, 64))
    assert norm._mean.item() == pytest.approx(0, abs=0.1)
    assert norm._variance.item() == pytest.approx(4, rel=0.1)
    assert not model.training
    assert norm._momentum == 0.9


def test_exported_graph_runs_and_is_timed(tmp_path):
    class Reader(paddle.nn.Layer):
        def __init__(self):
            super().__init__()
            self.conv = paddle.nn.Conv2D(3, 5, (32, 4), stride=(32, 4))

        def forward(self, image):
            return {"probs": self.conv(image).squeeze(2).transpose([0, 2, 1])}

    file = trial.export_graph(Reader(), (3, 32, 64), tmp_path)
    times = trial.forward_ms({"a": file, "b": file}, trial.batch((3, 32, 128)), threads=1, runs=4)
    assert [len(entries) for entries in times.values()] == [4, 4]
    assert min(times["a"]) > 0
    limited = trial.forward_ms({"a": file}, trial.batch((3, 32, 128)), threads=1, runs=9, seconds=0)
    assert len(limited["a"]) == 3
