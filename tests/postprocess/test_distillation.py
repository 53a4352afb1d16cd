import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.postprocess.ctc import CTCLabelDecode
from ppocr_lite.postprocess.db import DBPostProcess
from ppocr_lite.postprocess.distillation import DistillationCTCLabelDecode, DistillationDBPostProcess
from ppocr_lite.registry import POSTPROCESSES


def steps(*classes: int) -> dict[str, np.ndarray]:
    """Logits of one image that say ``classes``, one a step."""
    return {"logits": 20 * np.eye(4, dtype=np.float32)[None, list(classes)]}


def test_text_of_each_named_model():
    decode = DistillationCTCLabelDecode(["Student", "Teacher"], charset=Charset(tuple("abc")))
    outputs = {"Teacher": steps(1, 0, 2), "Student2": steps(0, 0, 0), "Student": steps(3, 3, 1)}
    results = decode(outputs)
    assert list(results) == ["Student", "Teacher"]
    assert [results[name][0].text for name in results] == ["ca", "ab"]
    assert results["Student"][0].score == pytest.approx(1)


def test_all_models_without_names_and_one_by_its_name():
    outputs = {"A": steps(1), "B": steps(2)}
    assert list(DistillationCTCLabelDecode(charset=Charset(tuple("abc")))(outputs)) == ["A", "B"]
    assert list(DistillationCTCLabelDecode("B", charset=Charset(tuple("abc")))(outputs)) == ["B"]


def test_boxes_of_each_model_in_the_image():
    maps = np.zeros((1, 3, 64, 64), np.float32)
    maps[0, 0, 20:30, 10:50] = 0.9
    decode = DistillationDBPostProcess(["Student", "Teacher"])
    results = decode(
        {"Teacher": {"maps": maps}, "Student": {"maps": 0 * maps}}, np.array([[128.0, 128.0, 0.5, 0.5]])
    )
    assert results["Teacher"][0].quads.tolist() == [[[10, 30], [108, 30], [108, 68], [10, 68]]]
    assert len(results["Student"][0]) == 0


def test_plain_section_builds_the_same_post_processing_alone():
    detector = DistillationDBPostProcess(thresh=0.2, score_mode="slow")
    alone = POSTPROCESSES.build(detector.plain)
    assert isinstance(alone, DBPostProcess)
    assert vars(alone) == vars(detector.single)
    assert (alone.thresh, alone.box_thresh, alone.unclip_ratio, alone.score_mode) == (0.2, 0.6, 1.5, "slow")
    reader = DistillationCTCLabelDecode(use_space_char=True)
    alone = POSTPROCESSES.build(reader.plain)
    assert isinstance(alone, CTCLabelDecode)
    assert alone.charset.ctc_size == reader.charset.ctc_size == 38


def test_model_without_outputs():
    decode = DistillationDBPostProcess(["Student", "Techer"])
    with pytest.raises(ConfigError) as failed:
        decode({"Student": {}, "Teacher": {}})
    assert str(failed.value) == (
        "PostProcess.model_name: the model has no sub-model 'Techer'. Did you mean 'Teacher'? "
        "Known: Student, Teacher."
    )


def test_other_output_than_the_heads():
    with pytest.raises(ConfigError, match="DistillationCTCLabelDecode.key: 'neck_out' is not 'head_out'"):
        DistillationCTCLabelDecode(key="neck_out")


def test_the_score_below_which_lines_are_dropped_reaches_the_exported_decoder():
    assert DistillationCTCLabelDecode(charset=Charset(("a",)), drop_score=0.6).plain["drop_score"] == 0.6
    assert "drop_score" not in DistillationCTCLabelDecode(charset=Charset(("a",))).plain
