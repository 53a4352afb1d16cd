import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.postprocess.cls import ClsPostProcess
from ppocr_lite.postprocess.ctc import CTCLabelDecode
from ppocr_lite.postprocess.db import DBPostProcess, mean_inside


def block_map() -> np.ndarray:
    maps = np.zeros((1, 1, 64, 64), np.float32)
    maps[0, 0, 20:30, 10:50] = 0.9
    return maps


def test_db_known_block():
    decode = DBPostProcess(0.3, 0.6, unclip_ratio=1.5)
    (result,) = decode({"maps": block_map()}, np.array([[128.0, 128.0, 0.5, 0.5]]))
    assert result.quads.tolist() == [[[10, 30], [108, 30], [108, 68], [10, 68]]]
    assert result.quads.dtype == np.float32
    assert result.scores == pytest.approx([0.9])


def test_db_keeps_inside_the_image_and_does_without_shapes():
    maps = np.full((2, 1, 32, 32), 0.9, np.float32)
    maps[1] = 0.1
    full, empty = DBPostProcess()({"maps": maps})
    assert full.quads.min() == 0
    assert full.quads.max() == 32
    assert empty.quads.shape == (0, 4, 2)
    assert len(empty) == 0


def test_db_drops_low_scores_and_thin_regions():
    maps = block_map()
    maps[maps > 0] = 0.5
    maps[0, 0, 50, 10:50] = 0.9  # one pixel high
    assert len(DBPostProcess(0.3, 0.6)({"maps": maps})[0]) == 0
    assert len(DBPostProcess(0.3, 0.4)({"maps": maps})[0]) == 1


def arch_map(rise: float, *, value: float = 0.9) -> np.ndarray:
    """A band 8 pixels high from 10 to 190 that hangs by ``rise`` in its middle."""
    maps = np.zeros((1, 1, 100, 200), np.float32)
    for x in range(10, 190):
        top = 30 + round(rise * (1 - ((x - 99.5) / 89.5) ** 2))
        maps[0, 0, top : top + 8, x] = value
    return maps


def test_db_spines_follow_the_middles_of_regions():
    size = np.array([[200.0, 400.0, 2.0, 2.0]])  # the image is twice as large as the map
    (result,) = DBPostProcess(0.3, 0.2)({"maps": arch_map(20)}, size)
    (spine,) = result.spines
    assert spine.shape == (9, 2)
    x = 10 + 20 * np.arange(9) + 9.5
    np.testing.assert_allclose(spine[:, 0], 2 * x, atol=0.01)
    y = 33.5 + 20 * (1 - ((x - 99.5) / 89.5) ** 2)
    np.testing.assert_allclose(spine[:, 1], 2 * y, atol=2 * 0.8)  # means over a ninth of an arch
    upright = np.ascontiguousarray(arch_map(0).transpose(0, 1, 3, 2))
    (tall,) = DBPostProcess(0.3, 0.2)({"maps": upright})
    assert np.ptp(tall.spines[0], axis=0).tolist() == [0, 0]  # its middle, nine times


@pytest.mark.parametrize(
    ("rise", "value", "found"), [(0, 0.9, True), (20, 0.9, True), (20, 0.5, False), (0, 0.5, False)]
)
def test_db_scores_regions_that_bow_by_their_own_outline(rise, value, found):
    maps = arch_map(rise, value=value)
    (plain,) = DBPostProcess(0.3, 0.6)({"maps": maps})
    (result,) = DBPostProcess(0.3, 0.6, score_bowed=True)({"maps": maps})
    assert len(plain) == (rise == 0 and value > 0.6)  # two thirds of the rectangle around the arch are empty
    assert len(result) == found
    if found:
        assert result.scores == pytest.approx([value], abs=0.02)


def test_db_a_straight_region_with_a_low_score_is_no_arch():
    maps = arch_map(0, value=0.9)
    maps[0, 0, 30:38, 60:150] = 0.35
    assert len(DBPostProcess(0.3, 0.7, score_bowed=True)({"maps": maps})[0]) == 0


def test_db_poly():
    pytest.importorskip("pyclipper")
    (result,) = DBPostProcess(0.3, 0.6, unclip_ratio=1.5, box_type="poly")({"maps": block_map()})
    assert len(result.polys) == 1
    assert result.polys[0].shape[1] == 2
    assert result.quads.shape == (1, 4, 2)


@pytest.mark.parametrize("box_type", ["quad", "poly"])
def test_db_shift_moves_regions_by_pixels_of_the_map(box_type):
    if box_type == "poly":
        pytest.importorskip("pyclipper")
    size = np.array([[200.0, 400.0, 1.0, 1.0]])  # the image is twice as large as the map
    maps = block_map()[:, :, :100, :100]
    plain, moved = (
        DBPostProcess(0.3, 0.6, box_type=box_type, shift=shift)({"maps": maps}, size)[0] for shift in (0, 1)
    )
    scale = np.array([400 / maps.shape[3], 200 / maps.shape[2]])
    np.testing.assert_allclose(moved.quads - plain.quads, np.broadcast_to(scale, (1, 4, 2)), atol=1)
    np.testing.assert_allclose((moved.quads - plain.quads).mean(axis=(0, 1)), scale, atol=0.5)
    for outline, before in zip(moved.polys, plain.polys):
        np.testing.assert_allclose((outline - before).mean(axis=0), scale, atol=0.5)


def test_db_dilation_grows_regions():
    plain = DBPostProcess()({"maps": block_map()})[0].quads
    grown = DBPostProcess(use_dilation=True)({"maps": block_map()})[0].quads
    assert np.ptp(grown[0, :, 1]) > np.ptp(plain[0, :, 1])


def test_db_wrong_parameters():
    with pytest.raises(ConfigError, match="score_mode"):
        DBPostProcess(score_mode="quick")
    with pytest.raises(ConfigError, match="box_type"):
        DBPostProcess(box_type="circle")


def test_mean_inside_by_hand():
    values = np.arange(25, dtype=np.float32).reshape(5, 5)
    assert mean_inside(values, np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]])) == 12.0


def steps(*classes: int, size: int = 3) -> np.ndarray:
    probs = np.full((1, len(classes), size), 0.1, np.float32)
    for t, c in enumerate(classes):
        probs[0, t, c] = 0.5 + 0.1 * t
    return probs


def test_ctc_by_hand():
    decode = CTCLabelDecode(charset=Charset(("a", "b")))
    (result,) = decode({"probs": steps(1, 1, 0, 1, 2)})
    assert result.text == "aab"
    assert result.char_scores == pytest.approx((0.5, 0.8, 0.9))
    assert result.score == pytest.approx(2.2 / 3)


def test_ctc_empty_and_logits():
    decode = CTCLabelDecode(charset=Charset(("a", "b")))
    assert decode({"probs": steps(0, 0)})[0] == decode({"probs": steps(0)})[0]
    assert decode({"probs": steps(0)})[0].score == 0.0
    (result,) = decode({"logits": np.log(np.array([[[0.2, 0.7, 0.1]]], np.float32))})
    assert (result.text, result.score) == ("a", pytest.approx(0.7, abs=1e-6))


def test_ctc_wrong_class_count():
    with pytest.raises(ModelFileError, match=r"gives 3 classes but the charset needs 2"):
        CTCLabelDecode(charset=Charset(("a",)))({"probs": steps(1)})


def test_right_to_left_runs_and_their_scores():
    charset = Charset(("\u0627", "\u0628", "1", "2"), right_to_left=True)
    (result,) = CTCLabelDecode(charset=charset)({"probs": steps(1, 2, 3, 4, size=5)})
    assert result.text == "12\u0628\u0627"
    assert result.char_scores == pytest.approx((0.7, 0.8, 0.6, 0.5))


def test_cls():
    probs = np.array([[0.2, 0.8], [0.9, 0.1]], np.float32)
    first, second = ClsPostProcess(["0", "180"])({"probs": probs})
    assert (first.label, first.score) == ("180", pytest.approx(0.8))
    assert second.label == "0"
    assert ClsPostProcess()({"probs": probs})[0].label == "1"
    with pytest.raises(ModelFileError, match="label_list names 3"):
        ClsPostProcess(["0", "90", "180"])({"probs": probs})
