"""Model cards tell what the records of a training say."""

import json

import numpy as np
import pytest

from ppocr_lite.config import Config
from ppocr_lite.errors import DataError
from ppocr_lite.interop.model_card import card
from ppocr_lite.weights.files import write_weights

RUN = {
    "kind": "run", "global_step": 0, "device": "NVIDIA X", "bfloat16": True, "torch": "2.11", "seed": 7,
    "rate": 0.003, "batch": 256, "workers": 8, "pretrained": None,
}  # fmt: skip
TRAIN = {"kind": "train", "global_step": 20, "fresh": 12, "samples": 5120, "elapsed": 31.4, "loss": 1.0}


@pytest.fixture
def run(tmp_path):
    again = {**RUN, "global_step": 20, "pretrained": "a.pdparams", "seed": 8}
    evaluated = {**TRAIN, "kind": "eval", "global_step": 40, "samples": 9000, "acc": 0.91234, "cer": 0.01}
    rows = [RUN, TRAIN, again, evaluated]
    (tmp_path / "train.jsonl").write_text(
        "\n".join(map(json.dumps, rows)) + '\n{"kind": "tr', encoding="utf-8"
    )
    weights = {"head.fc.bias": np.zeros(10, np.float32), "bn._mean": np.zeros(99, np.float32)}
    write_weights(tmp_path / "latest.pdparams", weights)
    return tmp_path


def test_card_by_hand(repo, run):
    (run / "inference.onnx").write_bytes(b"x" * 1_234_567)
    text = card(Config.load(repo / "configs/rec/en/en_rec_mv3_crnn.yml"), run, model=run, pages="mean 0.9")
    assert "MobileNetV3, SequenceEncoder, CTCHead; 10 parameters" in text
    assert "1.23 MB ONNX" in text
    assert "1. NVIDIA X, bfloat16 on, PyTorch 2.11: to step 20 (12 new batches, 5,120 samples, 31 s" in text
    assert "2. NVIDIA X" in text
    assert "seed 8, from a.pdparams." in text
    assert "On 800 rendered samples of another seed, after step 40: acc 0.9123, cer 0.0100." in text
    assert "mean 0.9" in text


def test_no_training(repo, tmp_path):
    cfg = Config.load(repo / "configs/rec/en/en_rec_mv3_crnn.yml")
    with pytest.raises(DataError, match="no records of a training"):
        card(cfg, tmp_path)
    (tmp_path / "train.jsonl").write_text("broken\n{}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"train\.jsonl:1: no record"):
        card(cfg, tmp_path)
