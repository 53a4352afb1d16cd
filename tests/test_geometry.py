"""Geometry against hand-worked numbers and the reference's own boxes and crops."""

import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ppocr_lite import geometry as g

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float32)


def line(x: float, y: float, width: float, height: float = 20, angle: float = 0.0) -> np.ndarray:
    """A text line's quad, turned by ``angle`` degrees around the page's origin."""
    quad = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float64)
    a = math.radians(angle)
    return quad @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])


@pytest.mark.parametrize("shift", range(4))
def test_order_quad_starts_top_left_whatever_the_first_point(shift: int) -> None:
    quad = np.array([[2, 1], [30, 5], [29, 15], [1, 11]], np.float32)
    np.testing.assert_array_equal(g.order_quad(np.roll(quad, shift, axis=0)), quad)


def test_area_and_perimeter() -> None:
    assert g.polygon_area(SQUARE) == 100
    assert g.polygon_area(SQUARE[::-1]) == 100
    assert g.polygon_perimeter(SQUARE) == 40


def test_unclip_grows_each_side_by_area_times_ratio_over_perimeter() -> None:
    grown = g.unclip(SQUARE, 1.6)  # 100 * 1.6 / 40 = 4
    np.testing.assert_allclose(grown, [[-4, -4], [14, -4], [14, 14], [-4, 14]])


def test_unclip_many_equals_one_by_one_and_a_turned_rectangle_keeps_its_direction() -> None:
    turned = line(5, 5, 60, 20, angle=30).astype(np.float32)
    both = g.unclip(np.stack([SQUARE, turned]), 1.5)
    np.testing.assert_allclose(both[1], g.unclip(turned, 1.5))
    distance = 60 * 20 * 1.5 / 160
    assert g.quad_size(both[1]) == pytest.approx((60 + 2 * distance, 20 + 2 * distance), abs=1e-3)


def test_unclip_of_a_point_stays_finite() -> None:
    assert np.isfinite(g.unclip(np.zeros((4, 2)), 2.0)).all()


def test_iou_of_convex_quads_is_exact() -> None:
    assert g.polygon_iou(SQUARE, SQUARE + np.array([5, 0])) == pytest.approx(50 / 150, abs=1e-12)
    assert g.polygon_iou(SQUARE, SQUARE[::-1]) == pytest.approx(1.0)
    assert g.polygon_iou(SQUARE, SQUARE + np.array([10, 0])) == 0
    diamond = np.array([[5, -5], [15, 5], [5, 15], [-5, 5]])
    assert g.intersection_area(SQUARE, diamond) == pytest.approx(100)
    assert g.intersection_area(SQUARE, diamond + np.array([5, 0])) == pytest.approx(75)


def test_intersection_of_a_polygon_that_is_not_convex() -> None:
    notched = np.array([[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]])
    strip = np.array([[0, 6], [10, 6], [10, 10], [0, 10]])
    assert g.intersection_area(notched, notched) == pytest.approx(g.polygon_area(notched))
    # Two right triangles, 4 high and 2.5 wide, are left of the notch's strip.
    assert g.intersection_area(notched, strip) == pytest.approx(2 * 4 * 2.5 / 2)
    assert g.intersection_area(strip[::-1], notched[::-1]) == pytest.approx(10)


def test_intersection_agrees_with_pixel_counting_on_random_quads() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:200, 0:200] / 2 + 0.25
    for _ in range(10):
        quads = [g.min_area_quad(rng.uniform(10, 90, (3, 2))) for _ in range(2)]
        inside = np.ones_like(x, bool)
        for quad in quads:
            for a, b in zip(quad, np.roll(quad, -1, axis=0)):
                inside &= (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) >= 0
        assert g.intersection_area(*quads) == pytest.approx(inside.sum() / 4, abs=12)


def test_degenerate_polygons_share_nothing() -> None:
    assert g.polygon_iou(np.zeros((4, 2)), np.zeros((4, 2))) == 0
    assert g.polygon_iou(SQUARE, np.array([[1, 1], [2, 2]])) == 0


def test_crop_of_upright_pixels_is_a_copy() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    quad = np.array([[10, 5], [40, 5], [40, 20], [10, 20]], np.float32)
    np.testing.assert_array_equal(g.crop_quad(image, quad), image[5:20, 10:40])


def test_tall_crop_is_turned_to_the_left() -> None:
    image = np.arange(60 * 40, dtype=np.uint16).reshape(60, 40).astype(np.uint8)
    quad = np.array([[10, 5], [20, 5], [20, 20], [10, 20]], np.float32)
    np.testing.assert_array_equal(g.crop_quad(image, quad), np.rot90(image[5:20, 10:20]))
    np.testing.assert_array_equal(g.straighten(image, quad), image[5:20, 10:20])


@pytest.mark.parametrize("more", [0, 2, 3])
@pytest.mark.parametrize(
    "quad",
    [
        [[20, 30], [80, 30], [80, 50], [20, 50]],
        [[30, 20], [45, 20], [45, 90], [30, 90]],
        [[20, 40], [80, 20], [85, 40], [26, 62]],
        [[50, 10], [65, 14], [40, 90], [22, 84]],
    ],
)
def test_what_is_in_a_crop_is_found_in_the_image(quad: list[list[float]], more: int) -> None:
    place = np.mean(quad, axis=0) + np.array([3, 5])
    y, x = np.mgrid[0:100, 0:100] + 0.5
    image = (255 * np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / 18)).astype(np.uint8)
    crop = np.rot90(g.crop_quad(image, np.array(quad)), more).astype(float)
    rows, columns = np.mgrid[0 : crop.shape[0], 0 : crop.shape[1]] + 0.5
    u, v = (columns * crop).sum() / crop.sum(), (rows * crop).sum() / crop.sum()
    box = np.array([[[u - 2, v - 2], [u + 2, v - 2], [u + 2, v + 2], [u - 2, v + 2]]])
    turns = g.crop_turns(np.array(quad)) + more
    (found,) = g.crop_to_image(box, np.array(quad), turns=turns)
    np.testing.assert_allclose(found.mean(axis=0), place, atol=1.2)
    # the corners stand as those of the quad do
    to_second, sides = found[1] - found[0], np.array(quad[1], float) - quad[0]
    assert to_second @ sides > 0.9 * np.linalg.norm(to_second) * np.linalg.norm(sides)


@pytest.mark.parametrize(
    "quad",
    [
        [[5, 5]] * 4,
        [[5, 5], [5.2, 5], [5.2, 5.1], [5, 5.1]],
        [[0, 0], [30, 0], [30, 0], [0, 0]],
        [[-50, -50], [-40, -50], [-40, -40], [-50, -40]],
        [[100, 100], [200, 100], [200, 120], [100, 120]],
        [[0, 0], [10, 10], [20, 20], [5, 5]],
    ],
)
def test_crop_never_fails_on_tiny_or_outlying_quads(quad: list[list[float]]) -> None:
    crop = g.crop_quad(np.full((30, 30, 3), 7, np.uint8), np.array(quad, np.float32))
    assert min(crop.shape[:2]) >= 1
    assert (crop == 7).all()


def test_crop_from_a_picture_wider_than_opencv_can_warp() -> None:
    image = np.zeros((20, 40_000), np.uint8)
    image[:, 39_000:39_100] = 255
    quad = np.array([[39_000, 2], [39_100, 2], [39_100, 18], [39_000, 18]], np.float32)
    crop = g.crop_quad(image, quad)
    assert crop.shape == (16, 100)
    assert crop[:, 2:-2].min() == 255


@pytest.mark.parametrize("case", ["s0_10", "s1_40", "s3_25", "s4_60"])
def test_sorted_boxes_as_the_reference(golden_dir: Path, case: str) -> None:
    with np.load(golden_dir / "ops" / "sorted_boxes.npz") as arrays:
        boxes, wanted = arrays[f"{case}/in/boxes"], arrays[f"{case}/out/boxes"]
    np.testing.assert_array_equal(g.sorted_boxes(boxes), wanted)


@pytest.mark.parametrize("op", ["rotate_crop", "minarea_crop"])
def test_crops_as_the_reference(golden_dir: Path, reader: ModuleType, op: str) -> None:
    done = 0
    for _, inputs, outputs in reader.load(str(golden_dir), op):
        quad = g.min_area_quad(inputs["points"]) if op == "minarea_crop" else inputs["points"]
        crop = g.crop_quad(inputs["image"], quad)
        wanted = outputs["crop"]
        assert crop.shape == wanted.shape
        assert np.abs(crop.astype(int) - wanted.astype(int)).max() <= 2
        done += 1
    assert done >= 2


def test_reading_order_of_nothing() -> None:
    assert g.reading_order(np.zeros((0, 4, 2))).shape == (0,)


@pytest.mark.parametrize("angle", [-8, -3, 0, 5, 10])
def test_columns_of_running_text_follow_one_another_on_a_turned_page(angle: float) -> None:
    quads = [line(50 + 220 * c, 100 + 34 * r, 180, angle=angle) for r in range(8) for c in range(3)]
    order = np.random.default_rng(1).permutation(len(quads))
    shuffled = np.stack([quads[i] for i in order])
    read = order[g.reading_order(shuffled)]
    np.testing.assert_array_equal(read, np.arange(24).reshape(8, 3).T.reshape(-1))


@pytest.mark.parametrize("angle", [-6, 0, 4])
def test_table_with_short_cells_is_read_by_rows(angle: float) -> None:
    widths = [60, 100, 40]
    quads = [
        line(50 + 220 * c, 100 + 34 * r, widths[(r + c) % 3], angle=angle) for r in range(8) for c in range(3)
    ]
    order = np.random.default_rng(2).permutation(len(quads))
    read = order[g.reading_order(np.stack([quads[i] for i in order]))]
    np.testing.assert_array_equal(read, np.arange(24))


def test_receipt_keeps_the_price_with_its_article() -> None:
    quads = []
    for r in range(10):
        quads += [line(20, 30 * r + 3 * (r % 2), 150 + 20 * (r % 3)), line(380, 30 * r, 50)]
    read = g.reading_order(np.stack(quads[::-1]))
    np.testing.assert_array_equal(19 - read, np.arange(20))


def test_two_columns_below_a_title_and_above_a_footer() -> None:
    title, footer = line(100, 0, 500, 36), line(60, 460, 560)
    left = [line(20, 60 + 32 * i, 300 if i != 5 else 120) for i in range(12)]
    right = [line(360, 55 + 32 * i, 300) for i in range(12)]
    quads = [title, *left, *right, footer]
    order = np.random.default_rng(3).permutation(len(quads))
    read = order[g.reading_order(np.stack([quads[i] for i in order]))]
    np.testing.assert_array_equal(read, np.arange(26))


def test_order_does_not_depend_on_the_scale() -> None:
    quads = np.stack([line(20 + 200 * (i % 2), 4 * (i % 3) + 28 * (i // 2), 60) for i in range(20)])
    np.testing.assert_array_equal(g.reading_order(quads), g.reading_order(quads * 7))


def test_smallest_rectangles_of_many_outlines():
    rng = np.random.default_rng(2)
    outlines = [rng.integers(0, 6, (n, 1, 2)) for n in rng.integers(3, 9, 200)]  # with many equal coordinates
    quads = g.min_area_quads(outlines)
    assert quads.dtype == np.float32
    np.testing.assert_array_equal(quads, [g.min_area_quad(outline) for outline in outlines])
    assert g.min_area_quads([]).shape == (0, 4, 2)
