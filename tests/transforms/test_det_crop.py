"""RandomTextCrop: the scale follows the text, polygons are cut with the picture."""

import cv2
import numpy as np
import pytest

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.transforms.det_crop import RandomCropImgMask, RandomTextCrop, Resize
from ppocr_lite.transforms.det_targets import MakeBorderMap, MakeShrinkMap


def page(quads):
    return {
        "image": np.full((400, 600, 3), 127, np.uint8),
        "polys": np.array(quads, np.float32),
        "ignore_tags": np.zeros(len(quads), bool),
        "texts": [str(i) for i in range(len(quads))],
    }


def box(x0, y0, x1, y1):
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def test_lines_get_the_drawn_height():
    crop = RandomTextCrop((200, 200), text_height=(30, 30), max_enlarge=4)
    out = crop(page([box(100, 100, 140, 110)]), np.random.default_rng(3))
    assert out["image"].shape == (200, 200, 3)
    assert np.ptp(out["polys"][0][:, 1]) == pytest.approx(30, abs=0.01)


def test_polygon_follows_the_pixels():
    sample = page([box(100, 100, 140, 110)])
    sample["image"][100:110, 100:140] = 255
    sample["image"][:100] = sample["image"][110:] = 0
    sample["image"][100:110, :100] = sample["image"][100:110, 140:] = 0
    out = RandomTextCrop((200, 200), text_height=(20, 20))(sample, np.random.default_rng(0))
    x0, y0 = out["polys"][0].min(0).round().astype(int)
    x1, y1 = out["polys"][0].max(0).round().astype(int)
    assert out["image"][y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].min() == 255


def test_line_cut_lengthwise_is_ignored_and_cut_across_is_kept():
    crop = RandomTextCrop((100, 100))
    across, ignored = crop._clip(np.array(box(50, 40, 160, 60), np.float32))
    assert not ignored
    assert across.max(0).tolist() == [100, 60]
    _, ignored = crop._clip(np.array(box(10, 90, 90, 110), np.float32))
    assert ignored
    assert crop._clip(np.array(box(150, 10, 190, 20), np.float32)) == (None, False)


def test_windows_anywhere_may_be_without_text():
    crop = RandomTextCrop((100, 100), text_height=(20, 20), anywhere=1.0)
    counts = []
    for seed in range(60):
        sample = page([box(10, 10, 90, 30)])
        out = crop(sample, np.random.default_rng(seed))
        assert out["image"].shape == (100, 100, 3)
        assert out["polys"].shape == (len(out["texts"]), 4, 2)
        counts.append(len(out["texts"]))
    assert 2 < sum(counts) < 40  # a quarter of the page is near the line
    maps = MakeShrinkMap()(MakeBorderMap()(crop(page([box(0, 0, 5, 5)]), np.random.default_rng(1))))
    assert maps["shrink_map"].max() == 0
    assert maps["shrink_mask"].min() == 1


def test_bad_range():
    with pytest.raises(ConfigError, match="ascending range"):
        RandomTextCrop(text_height=(20, 10))
    with pytest.raises(ConfigError, match="tilt: expected 0 to 90"):
        RandomTextCrop(tilt=-5)


def masked(height=60, width=80):
    """Image [3, H, W], a map with one row of text, and a mask; each pixel of the image names its place."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    text = np.zeros((height, width), np.float32)
    text[50, 10:20] = 1
    return {"image": np.stack([rows, columns, rows]), "text": text, "mask": np.ones_like(text)}


def window_crop(**options):
    return RandomCropImgMask([20, 30], "text", crop_keys=["image", "text", "mask"], **options)


def test_image_and_maps_get_the_same_window_with_text():
    for seed in range(20):
        sample = window_crop(p=0.0)(masked(), np.random.default_rng(seed))
        assert sample["image"].shape == (3, 20, 30)
        assert sample["text"].sum() > 0
        rows, columns = (sample["image"][i].astype(int) for i in (0, 1))
        np.testing.assert_array_equal(sample["text"], masked()["text"][rows, columns])
        assert (np.diff(rows[:, 0]) == 1).all()
    anywhere = [window_crop(p=1.0)(masked(), np.random.default_rng(s))["text"].sum() for s in range(40)]
    assert min(anywhere) == 0


def test_small_pictures_are_filled_up_and_layouts_are_told_apart():
    sample = {"image": np.full((10, 12, 3), 9, np.uint8), "text": np.zeros((10, 12), np.uint8)}
    out = RandomCropImgMask([20, 30], "text", crop_keys=["image"])(sample, np.random.default_rng(0))
    assert out["image"].shape == (20, 30, 3)
    assert int(out["image"].astype(int).sum()) == 10 * 12 * 3 * 9
    assert out["text"].shape == (10, 12)
    step = RandomCropImgMask([4, 4], "text", crop_keys=["image"])
    with pytest.raises(DataError, match=r"'image' has the shape \(7, 9, 3\), 'text' the size \(10, 12\)"):
        step({"image": np.zeros((7, 9, 3)), "text": np.ones((10, 12))}, np.random.default_rng(0))
    with pytest.raises(ConfigError, match=r"RandomCropImgMask\.size"):
        RandomCropImgMask([0, 4], "text", crop_keys=[])


def test_resize_stretches_polygons_too():
    sample = {"image": np.zeros((50, 200, 3), np.uint8), "polys": np.array([[[20, 10], [40, 25.0]]])}
    out = Resize([100, 100])(sample)
    assert out["image"].shape == (100, 100, 3)
    assert out["polys"].tolist() == [[[10, 20], [20, 50]]]
    with pytest.raises(ConfigError, match=r"Resize\.size: expected \[height, width\]"):
        Resize([640])


def test_a_turned_page_keeps_polygon_and_pixels_together():
    crop = RandomTextCrop((400, 400), text_height=(20, 20), tilt=15)
    angles = []
    for seed in range(40):
        sample = page([box(200, 200, 300, 220)])
        sample["image"][:] = 0
        sample["image"][200:220, 200:300] = 255
        out = crop(sample, np.random.default_rng(seed))
        if out["ignore_tags"][0] or (out["polys"] < 5).any() or (out["polys"] > 395).any():
            continue
        quad = out["polys"][0]
        drawn = np.zeros((400, 400), np.uint8)
        cv2.fillConvexPoly(drawn, quad.round().astype(np.int32), 255)
        text = out["image"][:, :, 0] > 127
        inside = cv2.erode(drawn, np.ones((5, 5))) > 0
        assert text[inside].all()
        angles.append(float(np.degrees(np.arctan2(*(quad[1] - quad[0])[::-1]))))
    assert len(angles) > 10
    straight = sum(abs(a) < 0.01 for a in angles)
    assert 0.2 < straight / len(angles) < 0.8
    assert 5 < max(np.abs(angles)) <= 15
