"""Trained weights as a benchmark's reader; the numbers agree with tools/eval.py's."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")
lmdb = pytest.importorskip("lmdb")

from ppocr_lite.benchmark.databases import find_sets  # noqa: E402
from ppocr_lite.benchmark.evaluate import Evaluation  # noqa: E402
from ppocr_lite.benchmark.protocol import Protocol  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, benchmark  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.train
CONFIGS = Path(__file__).resolve().parents[2] / "configs/rec"
NET = {"Architecture.Backbone.model_name": "small", "Architecture.Backbone.scale": 0.35}
SMALL = {
    "Global.use_gpu": False,
    "Eval.loader.num_workers": 0,
    "Eval.loader.batch_size_per_card": 4,
}


@pytest.fixture
def data(tmp_path):
    """evaluation/SVT and evaluation/nested/IC13: eight words of noise in the benchmarks' layout."""
    rng = np.random.default_rng(0)
    for name, words in (
        ("SVT", ["abcdefghi", "JKLmnopqr", "stuvwxyz", "0123456789"]),
        ("nested/IC13", ["CAFE", "x", "yes", "no"]),
    ):
        folder = tmp_path / "evaluation" / name
        folder.mkdir(parents=True)
        with lmdb.open(str(folder), map_size=1 << 22) as environment, environment.begin(write=True) as put:
            put.put(b"num-samples", b"4")
            for number, word in enumerate(words, 1):
                image = rng.integers(0, 256, (30, 12 * len(word) + 20, 3), np.uint8)
                put.put(b"image-%09d" % number, cv2.imencode(".png", image)[1].tobytes())
                put.put(b"label-%09d" % number, word.encode())
    return tmp_path / "evaluation"


@pytest.fixture
def config(tmp_path):
    """Function that gives a small configuration with weights of random numbers."""

    def make(file="rec_mv3_none_bilstm_ctc.yml", **changes):
        own = {} if "distillation" in file else NET
        cfg = Config.load(CONFIGS / file).replace({**SMALL, **own, **changes})
        paddle.seed(3)
        model = assemble.parts(cfg).model
        for name, tensor in model.state_dict().items():  # so that other classes than the first come up
            if "head" in name:
                tensor.set_value(paddle.uniform(tensor.shape, min=-2.0, max=2.0))
        paddle.save(model.state_dict(), str(tmp_path / "weights.pdparams"))
        return cfg.replace({"Global.pretrained_model": str(tmp_path / "weights")})

    return make


def test_the_numbers_are_those_of_an_evaluation(config, data):
    """All eight words together, as RecMetric with is_filter compares them."""
    # An environment of LMDB can be opened once in a process, so the evaluation gets a copy.
    shutil.copytree(data, data.with_name("copy"))
    cfg = config(**{"Metric.is_filter": True, "Eval.dataset.data_dir": str(data.with_name("copy"))})
    evaluator, model = assemble.evaluator(cfg)
    expected = evaluator(model)
    reader = benchmark.reader(cfg, batch_size=3)
    report = Evaluation(reader, Protocol(), wanted={"full": None})(find_sets(data))
    assert [one.name for one in report.sets] == ["SVT", "nested/IC13"]
    scores = [one.scores["none"] for one in report.sets]
    assert sum(s.norm_edit_distance for s in scores) / 2 == pytest.approx(expected["norm_edit_dis"], abs=1e-5)
    assert report.mean("none").weighted == pytest.approx(expected["acc"], abs=1e-5)
    assert any(0 < s.norm_edit_distance < 1 for s in scores)  # or this would compare nothing
    assert [one.lexicons["full"].chosen_by for one in report.sets] == [{"by CTC probability": 4}] * 2
    assert report.recognizer == cfg.get("Global.pretrained_model")


def test_attention_chooses_by_edits(config, data):
    cfg = config(
        "rec_mv3_tps_bilstm_att.yml", **{"Global.max_text_length": 6, "Architecture.Transform": None}
    )
    report = Evaluation(benchmark.reader(cfg), Protocol(), wanted={"full": None})(find_sets(data, ["SVT"]))
    assert report.sets[0].lexicons["full"].chosen_by == {"by edit distance": 4}
    assert report.sets[0].scores["full"].samples == 4


def test_a_sub_model_of_a_distillation(config, data, tmp_path):
    file = "ch_PP-OCRv2/ch_PP-OCRv2_rec_distillation.yml"
    changes = {f"Architecture.Models.{name}.Backbone.scale": 0.25 for name in ("Teacher", "Student")}
    dictionary = tmp_path / "dictionary.txt"
    dictionary.write_text("\n".join("abcdefghijklmnopqrstuvwxyz0123456789"))
    cfg = config(file, **changes, **{"Global.character_dict_path": str(dictionary)})
    reader = benchmark.reader(cfg)
    assert reader.name.endswith("weights (Student)")
    assert Evaluation(reader, Protocol())(find_sets(data, ["SVT"])).sets[0].scores["none"].samples == 4


def test_what_cannot_be_measured(config):
    cls = Config.load(CONFIGS.parent / "cls/cls_mv3.yml")
    with pytest.raises(
        ConfigError, match=r"Architecture.model_type.*: a benchmark measures recognizers \(rec\)"
    ):
        benchmark.reader(cls)
    with pytest.raises(ConfigError, match="Global.pretrained_model.*: not set"):
        benchmark.reader(config().replace({"Global.pretrained_model": None}))
