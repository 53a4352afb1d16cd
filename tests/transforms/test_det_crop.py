"""RandomTextCrop: the scale follows the text, polygons are cut with the picture."""

import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.det_crop import RandomTextCrop


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


def test_bad_range():
    with pytest.raises(ConfigError, match="ascending range"):
        RandomTextCrop(text_height=(20, 10))
