"""Detector: the reference's box filter, side limits, very long and very large pages."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image

from ppocr_lite import TextSystem
from ppocr_lite.errors import ModelFileError
from ppocr_lite.inference import text_detector
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.text_detector import TextDetector, clip_to_image, with_resize
from ppocr_lite.inference.tiling import join_tiles, tiles_of
from ppocr_lite.structures import DetResult
from ppocr_lite.transforms.resize import DetResizeForTest

MakeModel = Callable[..., Path]


@pytest.mark.parametrize("case", ["f0", "f1"])
def test_filter_as_the_reference(golden_dir: Path, case: str) -> None:
    with np.load(golden_dir / "ops" / "det_box_filter.npz") as arrays:
        boxes, wanted = arrays[f"{case}/in/boxes"], arrays[f"{case}/out/boxes"]
    found = DetResult(boxes.astype(np.float32), np.ones(len(boxes), np.float32))
    np.testing.assert_array_equal(clip_to_image(found, 100, 160).quads, wanted)


def test_finds_lines(models: dict[str, Path], page: Callable[..., np.ndarray]) -> None:
    found = TextDetector.open(models["det"], post={"unclip_ratio": 0.02})([page(["ccc", "cc"])])[0]
    boxes = sorted((q.min(axis=0).tolist(), q.max(axis=0).tolist()) for q in found.quads)
    assert len(boxes) == 2
    np.testing.assert_allclose(boxes[0], [[16, 32], [112, 64]], atol=20)
    assert (found.scores > 0.7).all()


def test_the_map_is_chosen_among_several_outputs(
    make_det: MakeModel, tmp_path: Path, page: Callable[..., np.ndarray]
) -> None:
    file = make_det(tmp_path / "d.onnx", extra_output=True)
    assert len(TextDetector.open(file)([page(["ccc"])])[0]) == 1


def test_paddleocr_3_description(
    make_det: MakeModel, tmp_path: Path, page: Callable[..., np.ndarray]
) -> None:
    make_det(tmp_path / "inference.onnx")
    ops = [
        {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
        {"DetLabelEncode": None},
        {"DetResizeForTest": {"resize_long": 960}},
        {"NormalizeImage": {"mean": [0.485, 0.456, 0.406], "order": "hwc", "scale": "1./255.",
                            "std": [0.229, 0.224, 0.225]}},
        {"ToCHWImage": None},
        {"KeepKeys": {"keep_keys": ["image", "shape", "polys", "ignore_tags"]}},
    ]  # fmt: skip
    post = {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    }
    text = yaml.safe_dump(
        {"Global": {"model_name": "x"}, "PreProcess": {"transform_ops": ops}, "PostProcess": post}
    )
    (tmp_path / "inference.yml").write_text(text)
    detector = TextDetector.open(tmp_path)
    assert len(detector([page(["c"])])[0]) == 1
    assert detector.predictor.prepare(page(["c"]))["image"].shape == (3, 640, 1024)
    (tmp_path / "inference.yml").write_text(text.replace("ToCHWImage", "ToCHWImag"))
    with pytest.raises(ModelFileError, match="cannot be set up: .*Did you mean 'ToCHWImage'"):
        TextDetector.open(tmp_path)


def test_flags_win_over_the_models_rule() -> None:
    ops = [{"DetResizeForTest": {"resize_long": 960}}, {"ToCHWImage": None}]
    assert with_resize(ops, {}) == ops
    (changed, _) = with_resize(ops, {"limit_side_len": 1280})
    assert changed == {"DetResizeForTest": {"limit_side_len": 1280, "limit_type": "max"}}
    (changed,) = with_resize(
        [{"DetResizeForTest": {"limit_side_len": 736, "limit_type": "min"}}], {"limit_type": "max"}
    )
    assert changed == {"DetResizeForTest": {"limit_side_len": 736, "limit_type": "max"}}


def test_tiles_cover_a_ribbon_and_overlap() -> None:
    assert tiles_of(800, 600) == [(0, 0, 800, 600)]
    assert tiles_of(20, 900) == [(0, 0, 20, 900)]
    tiles = tiles_of(100, 30_000)
    assert tiles[0][1] == 0
    assert tiles[-1][3] == 30_000
    for (_, _, _, right), (_, left, _, _) in pairwise(tiles):
        assert right - left >= 100
    turned = tiles_of(30_000, 100)
    assert [(left, top, right, bottom) for top, left, bottom, right in turned] == tiles


def test_pieces_of_a_line_become_one_and_others_stay() -> None:
    tiles = [(0, 0, 50, 100), (0, 80, 50, 180)]

    def box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)

    one = DetResult(np.stack([box(10, 5, 99, 15), box(10, 30, 60, 40)]), np.array([0.8, 0.9], np.float32))
    two = DetResult(np.stack([box(0, 6, 40, 15), box(30, 30, 60, 40)]), np.array([0.9, 0.7], np.float32))
    joined = join_tiles([one, two], tiles)
    assert [q.min(axis=0).tolist() + q.max(axis=0).tolist() for q in joined.quads] == [
        [10, 5, 120, 15],
        [10, 30, 60, 40],
        [110, 30, 140, 40],
    ]
    np.testing.assert_allclose(joined.scores, [0.9, 0.9, 0.7])
    assert len(join_tiles([DetResult.empty(), DetResult.empty()], tiles)) == 0


def test_a_huge_page_is_shrunk_to_the_budget_and_said_so(
    models: dict[str, Path],
    page: Callable[..., np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(text_detector, "MAX_INPUT_PIXELS", 60_000)
    detector = TextDetector.open(models["det"], resize={"limit_side_len": 32, "limit_type": "min"})
    found = detector([page(["cccc", "cccc"])])[0]  # 320 x 480 pixels
    assert "small text may be missed" in caplog.text
    boxes = sorted(q.mean(axis=0).tolist() for q in found.quads)
    np.testing.assert_allclose(sorted(b[1] for b in boxes), [48, 112], atol=6)
    np.testing.assert_allclose([b[0] for b in boxes], [88, 88], atol=12)


def test_much_shrinking_is_said(models: dict[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    detector = TextDetector.open(models["det"], resize={"limit_side_len": 64, "limit_type": "max"})
    detector([np.full((250, 200, 3), 255, np.uint8)])
    assert not caplog.records
    detector([np.full((300, 200, 3), 255, np.uint8)])
    assert "200 x 300 pixels is detected at 32 x 64; small text may be missed" in caplog.text


def test_a_strip_that_the_rule_would_blow_up_gets_a_border(models: dict[str, Path]) -> None:
    detector = TextDetector.open(models["det"], resize={"limit_side_len": 736, "limit_type": "min"})
    image = np.full((16, 1000, 3), 255, np.uint8)
    image[2:14, 300:500] = 0
    found = detector([image])[0]
    assert len(found) == 1
    assert found.quads.max() < 1000
    assert found.quads[0, :, 1].max() <= 15


def _rows(count: int, height: int) -> np.ndarray:
    tops = np.arange(count) * 3 * height
    return np.array([[[5, y], [300, y], [300, y + height], [5, y + height]] for y in tops], np.float32)


class _Looks:
    """Two predictors that find ``count`` rows, and note the (height, width) of what they see."""

    def __init__(self, count: int, height: int, side: int) -> None:
        self.found = DetResult(_rows(count, height), np.ones(count, np.float32))
        self.side, self.seen = side, []  # type: int, list[tuple[str, int, int]]

    def predictor(self, name: str, limit: int) -> Any:
        def predict(images: list[np.ndarray], clock: StageClock) -> list[DetResult]:
            height, width = images[0].shape[:2]
            self.seen.append((name, height, width))
            scale = np.float32(height / self.side)
            return [DetResult(self.found.quads * scale, self.found.scores)]

        rule = DetResizeForTest(limit_side_len=limit, limit_type="max")
        predict.pipeline = SimpleNamespace(transforms=[rule])  # type: ignore[attr-defined]
        return predict


@pytest.mark.parametrize(
    ("side", "height", "count", "closer"),
    [
        (2000, 20, 12, 1984),  # 10 pixels where the network sees them at half the size: twice that size
        (2000, 29, 12, 1517),  # 14.4 pixels become 22
        (2000, 34, 12, None),
        (640, 11, 12, 1280),  # seen as large as they are, and enlarged
        (1900, 20, 7, None),  # too few lines to tell
        (2000, 20, 7, 1984),  # others may be too small for the first look
        (640, 20, 10, 960),  # a small picture: 30 pixels instead of 20
        (896, 20, 12, 1000),  # up to the limit
        (960, 20, 12, None),  # which is near
        (640, 26, 8, None),  # large enough
    ],
)
def test_small_print_is_looked_at_more_closely(
    side: int, height: int, count: int, closer: int | None
) -> None:
    looks = _Looks(count, height, side)
    detector = TextDetector(looks.predictor("first", 1000), closer=looks.predictor("closer", 2000))
    (found,) = detector([np.zeros((side, side, 3), np.uint8)])
    assert looks.seen[0] == ("first", side, side)
    assert [seen for seen in looks.seen if seen[0] == "closer"] == (
        [] if closer is None else [("closer", closer, closer)]
    )
    assert len(found) == count
    assert np.allclose(found.quads[:, 2, 1] - found.quads[:, 0, 1], height, atol=1)


@pytest.mark.parametrize("more", [5, -1])
def test_the_closer_look_at_few_lines_counts_where_it_shows_more(more: int) -> None:
    first, closer = _Looks(4, 20, 3000), _Looks(4 + more, 20, 3000)
    detector = TextDetector(first.predictor("first", 1000), closer=closer.predictor("closer", 2000))
    (found,) = detector([np.zeros((3000, 3000, 3), np.uint8)])
    assert len(closer.seen) == 1
    assert len(found) == max(4, 4 + more)


def test_a_reduced_look_follows_unless_the_picture_is_tiny() -> None:
    for side, reduced in ((1920, 331), (960, 320), (70, None)):
        looks = _Looks(1, 20, side)
        TextDetector(looks.predictor("first", 1000), closer=looks.predictor("closer", 2000))(
            [np.zeros((side, side, 3), np.uint8)]
        )
        expected = [("first", side, side)] + ([("first", reduced, reduced)] if reduced else [])
        assert looks.seen == expected


def test_a_limit_that_was_asked_for_is_kept(models: dict[str, Path]) -> None:
    assert TextDetector.open(models["det"], resize={"limit_side_len": None}).closer is not None
    for options in ({"resize": {"limit_side_len": 960}}, {"look_closer": False}):
        assert TextDetector.open(models["det"], **options).closer is None  # type: ignore[arg-type]
    asked = TextDetector.open(models["det"], resize={"limit_side_len": 960}, look_closer=True).closer
    assert asked is not None
    assert text_detector._resize_rule(asked).limit_side_len == 1920
    assert TextDetector.open(models["det"], resize={"limit_type": "min"}, look_closer=True).closer is None


def test_small_print_on_a_large_scan_is_read(printed: Callable[..., Image.Image]) -> None:
    """14 pixels to the em on a scan of 4000, 4.5 for the network at first, with the embedded models."""
    lines = [f"Line {number:03d} of this page is in small print" for number in range(100)]
    page = printed((2900, 4000), [((200, 40 + 28 * i), text, 14) for i, text in enumerate(lines)], paper=255)
    picture = cv2.cvtColor(np.asarray(page), cv2.COLOR_GRAY2BGR)
    right = {}
    for look_closer in (False, True):
        read = TextSystem(det_options={"look_closer": look_closer})(picture).text.splitlines()
        right[look_closer] = len(set(lines) & set(read))
    assert right[True] >= 90
    assert right[True] >= right[False] + 30


def test_letters_higher_than_the_network_can_see_are_found_whole(printed: Callable[..., Image.Image]) -> None:
    """300 pixels to the em, with the embedded models: one region, and not scraps."""
    texts = ["Garden", "Open daily from nine to five"]
    page = printed((1280, 900), [((60, 80), texts[0], 300), ((80, 700), texts[1], 24)])
    picture = cv2.cvtColor(np.asarray(page), cv2.COLOR_GRAY2BGR)
    assert TextSystem()(picture).text.splitlines() == texts
    assert "Garden" not in TextSystem(det_options={"look_closer": False})(picture).text
