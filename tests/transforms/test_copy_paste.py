"""CopyPaste: what is pasted, where, and how its polygons follow the pixels."""

import cv2
import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.copy_paste import CopyPaste, cut_out, without_padding


def box(x0, y0, x1, y1):
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def page(quads, *, value=255, size=(300, 400), ignored=()):
    """A page of one grey value; texts are named by number."""
    return {
        "image": np.full((*size, 3), value, np.uint8),
        "polys": np.array(quads, np.float32),
        "ignore_tags": np.array([i in ignored for i in range(len(quads))]),
        "texts": [str(i) for i in range(len(quads))],
        "ext_data": [],
    }


def black(quads, **options):
    """An extra page: all of it black, so that pasted pixels are told from white ones."""
    extra = page(quads, value=0, **options)
    extra["texts"] = [f"x{text}" for text in extra["texts"]]
    return extra


def paste(sample, extra, seed=0, **options):
    sample["ext_data"] = [extra]
    return CopyPaste(**options)(sample, np.random.default_rng(seed))


WORDS = [box(20 * i, 10 * i, 20 * i + 60, 10 * i + 20) for i in range(10)]


def inside(polygon, shape, grow):
    """Mask of the pixels inside a polygon, grown (or shrunk) by some pixels."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint((polygon - 0.5) * 16).astype(np.int32)], 1, shift=4)
    kernel = np.ones((2 * abs(grow) + 1,) * 2, np.uint8)
    return (cv2.dilate if grow > 0 else cv2.erode)(mask, kernel).astype(bool)


@pytest.mark.parametrize("seed", range(8))
def test_pixels_under_the_pasted_polygons_change_and_no_others(seed):
    sample = paste(
        page([box(100, 100, 300, 150)]), black(WORDS), seed, objects_paste_ratio=1.0, flip_prob=0.5
    )
    pasted = sample["polys"][1:]
    assert len(pasted) >= 5
    shape = sample["image"].shape[:2]
    core = np.any([inside(p, shape, -2) for p in pasted], axis=0)
    reach = np.any([inside(p, shape, 1) for p in pasted], axis=0)
    assert core.any()
    assert (sample["image"][core] == 0).all()
    assert (sample["image"][~reach] == 255).all()


@pytest.mark.parametrize("seed", range(8))
def test_pasted_polygons_lie_inside_and_touch_nothing(seed):
    existing = [box(100, 100, 300, 150), box(10, 200, 390, 230)]
    sample = paste(page(existing), black(WORDS), seed, objects_paste_ratio=1.0)
    polys = sample["polys"]
    assert len(polys) > len(existing) + 2
    assert polys.min() >= 0
    assert (polys <= [400, 300]).all()
    for i, second in enumerate(polys):
        for first in polys[:i]:
            assert cv2.intersectConvexConvex(first, second)[0] == 0


def test_without_limit_text_may_be_covered():
    whole = [box(0, 0, 400, 300)]
    assert len(paste(page(whole), black(WORDS))["polys"]) == 1
    sample = paste(page(whole), black(WORDS), limit_paste=False)
    assert len(sample["polys"]) == 3  # a fifth of ten
    assert (sample["image"] == 0).any()


def test_texts_and_tags_are_appended_together():
    extra = black(WORDS, ignored=(0, 1, 2))
    sample = paste(page([box(0, 0, 50, 20)], ignored=(0,)), extra, objects_paste_ratio=1.0)
    names = sample["texts"][1:]
    assert len(sample["polys"]) == len(sample["texts"]) == len(sample["ignore_tags"])
    assert sample["ignore_tags"].tolist() == [True] + [False] * len(names)
    assert sample["ignore_tags"].dtype == bool
    assert len(set(names)) == len(names)
    assert not {"x0", "x1", "x2"} & set(names)


def test_number_of_pasted_regions():
    one = paste(page([box(0, 0, 9, 9)]), black(WORDS), objects_paste_ratio=0.0)
    assert len(one["polys"]) == 2
    many = black([box(0, 0, 5, 4)] * 200)
    assert len(paste(page([box(0, 0, 9, 9)]), many, objects_paste_ratio=1.0)["polys"]) == 31


def test_same_seed_same_page():
    first, second, other = (paste(page([box(0, 0, 9, 9)]), black(WORDS), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first["image"], second["image"])
    np.testing.assert_array_equal(first["polys"], second["polys"])
    assert not np.array_equal(first["polys"][1:], other["polys"][1:])


def test_the_given_image_and_the_extra_page_stay_as_they_are():
    sample, extra = page([box(0, 0, 9, 9)]), black(WORDS)
    image, polys = sample["image"], extra["polys"].copy()
    paste(sample, extra)
    assert (image == 255).all()
    np.testing.assert_array_equal(extra["polys"], polys)


def test_polygons_of_more_points_are_pasted_along_their_outline():
    curved = [[10, 40], [40, 20], [70, 40], [70, 60], [40, 40], [10, 60]]
    sample = paste(page([box(0, 0, 9, 9)]), black([curved]), scale=1, rotate=0)
    assert sample["polys"].shape == (2, 6, 2)
    assert (sample["polys"][0, 3:] == [0, 9]).all()  # the quad repeats its last point
    shift = sample["polys"][1, 0] - curved[0]
    np.testing.assert_allclose(sample["polys"][1], np.array(curved) + shift, atol=1e-3)
    x, y = (shift + np.array([40, 55])).astype(int)
    assert (sample["image"][y, x] == 255).all()  # under the bow: inside the bounding box, not the polygon


def test_a_quad_among_longer_polygons_loses_its_padding():
    padded = np.array([*box(0, 0, 60, 20), [0, 20], [0, 20]], np.float32)
    assert without_padding(padded).tolist() == box(0, 0, 60, 20)
    assert paste(page([box(0, 0, 9, 9)]), black([padded]))["polys"].shape == (2, 4, 2)


def test_a_patch_by_hand():
    image = np.zeros((20, 30, 3), np.uint8)
    image[4:8, 6:16] = [[[10], [20], [30], [40], [50], [60], [70], [80], [90], [100]]]
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])  # counter-clockwise on the screen
    patch = cut_out(image, np.array(box(6, 4, 16, 8), np.float32), quarter)
    assert patch.size == (4, 10)
    assert patch.polygon.tolist() == [[0, 10], [0, 0], [4, 0], [4, 10]]
    assert patch.pixels[:, 2, 0].tolist() == [100, 90, 80, 70, 60, 50, 40, 30, 20, 10]
    assert (patch.alpha[1:-1, 1:-1] == 1).all()
    assert cut_out(image, np.array(box(6, 4, 7, 5), np.float32), quarter) is None


def test_scale_and_angle_by_hand():
    region = [box(50, 50, 110, 70)]
    sample = paste(page([box(0, 0, 9, 9)]), black(region), scale=[2, 2], rotate=[90, 90])
    width, height = np.ptp(sample["polys"][1], axis=0)
    assert (width, height) == (pytest.approx(40, abs=1e-3), pytest.approx(120, abs=1e-3))
    assert sample["polys"][1, 0].tolist() == pytest.approx(
        [sample["polys"][1, :, 0].min(), sample["polys"][1, :, 1].max()]
    )


def test_a_mirrored_quad_still_runs_clockwise_from_its_upper_left():
    sample = paste(page([box(0, 0, 9, 9)]), black([box(50, 50, 110, 70)]), scale=1, rotate=0, flip_prob=1.0)
    (x, y) = sample["polys"][1, 0]
    np.testing.assert_allclose(sample["polys"][1], box(x, y, x + 60, y + 20), atol=1e-3)


def test_a_region_larger_than_the_page_is_left_out():
    sample = paste(page([box(0, 0, 9, 9)], size=(30, 30)), black([box(0, 0, 300, 40)]))
    assert len(sample["polys"]) == 1
    assert (sample["image"] == 255).all()


def test_no_extra_page_no_change():
    sample = page([box(0, 0, 9, 9)])
    assert len(CopyPaste()(sample, np.random.default_rng(0))["polys"]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objects_paste_ratio": 2}, r"CopyPaste.objects_paste_ratio: expected a share in 0..1, got 2"),
        ({"prob": -1}, r"CopyPaste.prob: expected a share"),
        ({"scale": [0, 1]}, r"CopyPaste.scale: factors must be above 0"),
        ({"rotate": [90, 0]}, r"CopyPaste.rotate: expected a number or \[low, high\]"),
    ],
)
def test_wrong_parameters(options, message):
    with pytest.raises(ConfigError, match=message):
        CopyPaste(**options)
