import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms import ARRAY_SOURCES, build_pipeline

REC = [
    {"DecodeImage": {"img_mode": "BGR", "channel_first": False}},
    {"CTCLabelEncode": None},
    {"RecResizeImg": {"image_shape": [3, 32, 64]}},
    {"KeepKeys": {"keep_keys": ["length", "image", "label"]}},
]
GLOBAL = {"max_text_length": 5, "epoch_num": 3, "infer_mode": False}


def test_runs_in_order_and_keeps_the_keys_in_their_order():
    pipeline = build_pipeline(REC, GLOBAL, charset=Charset(("a", "b")), sources=ARRAY_SOURCES)
    sample = pipeline({"image": np.zeros((32, 40, 3), np.uint8), "label": "ab"})
    assert list(sample) == ["length", "image", "label"]
    assert sample["label"].tolist() == [1, 2, 0, 0, 0]
    assert len(pipeline) == 4
    assert [type(t).__name__ for t in pipeline[:2]] == ["DecodeImage", "CTCLabelEncode"]


def test_global_values_win_over_the_step_s_own():
    specs = [{"CTCLabelEncode": {"max_text_length": 50}}]
    pipeline = build_pipeline(specs, GLOBAL, charset=Charset(("a",)))
    assert pipeline({"label": "aaaaaa"}) is None
    assert pipeline.run({"label": "aaaaaa"})[1] == "dropped by CTCLabelEncode"


def test_missing_key_names_the_step_that_would_provide_it():
    with pytest.raises(ConfigError, match=r"Train\.x\[0\]\.MakeShrinkMap: needs 'image'.*DecodeImage"):
        build_pipeline([{"MakeShrinkMap": None}], where="Train.x")
    with pytest.raises(ConfigError, match=r"\[1\]\.MakeShrinkMap: needs 'polys'.*DetLabelEncode"):
        build_pipeline([{"DecodeImage": None}, {"MakeShrinkMap": None}])


def test_keep_keys_hides_what_it_drops():
    with pytest.raises(ConfigError, match=r"\[2\]\.ToCHWImage: needs 'image'"):
        build_pipeline([{"DecodeImage": None}, {"KeepKeys": {"keep_keys": ["label"]}}, {"ToCHWImage": None}])
    with pytest.raises(ConfigError, match=r"KeepKeys: needs 'lable'"):
        build_pipeline([{"KeepKeys": {"keep_keys": ["lable"]}}])


def test_unknown_names_and_shapes_of_a_spec():
    with pytest.raises(ConfigError, match="Did you mean 'ToCHWImage'"):
        build_pipeline([{"ToChwImage": None}])
    with pytest.raises(ConfigError, match=r"DecodeImage\.img_mod: .*Did you mean 'img_mode'"):
        build_pipeline([{"DecodeImage": {"img_mod": "BGR"}}])
    with pytest.raises(ConfigError, match="expected one step as 'Name:"):
        build_pipeline([{"ToCHWImage": None, "KeepKeys": None}])
    with pytest.raises(ConfigError, match="expected parameters as keys and values"):
        build_pipeline([{"DecodeImage": ["BGR"]}])
