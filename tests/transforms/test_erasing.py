import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.erasing import CutOut, GridMask, HideAndSeek, MixUp, RandErasing

ERASERS = [CutOut, RandErasing, HideAndSeek, GridMask]


def rng(seed=0):
    return np.random.default_rng(seed)


def erased(step, seed, size=(48, 192, 3)):
    """The picture, white before, and which of its pixels changed."""
    out = step({"image": np.full(size, 255, np.uint8)}, rng(seed))["image"]
    return out, (out != 255).reshape(*size[:2], -1).any(axis=2)


@pytest.mark.parametrize("kind", ERASERS)
def test_a_part_is_taken_away_and_the_given_picture_stays(kind):
    before = np.full((48, 192, 3), 255, np.uint8)
    changed = 0
    for seed in range(20):
        sample = kind(1.0)({"image": before}, rng(seed))
        part = (sample["image"] != 255).mean()
        assert part < 0.8
        changed += part > 0
    assert changed >= 18
    assert (before == 255).all()
    never = kind(0.0)({"image": before}, rng())
    assert never["image"] is before


@pytest.mark.parametrize("kind", ERASERS)
@pytest.mark.parametrize("size", [(1, 1, 3), (3, 90), (32, 2, 3)])
def test_any_size(kind, size):
    for seed in range(5):
        assert kind(1.0, fill="noise")({"image": np.zeros(size, np.uint8)}, rng(seed))["image"].shape == size


def test_cutout_has_squares_of_the_given_side():
    out, part = erased(CutOut(1.0, length=0.5, fill=7), 3)
    rows, columns = np.nonzero(part)
    assert np.ptp(rows) + 1 <= 24
    assert np.ptp(columns) + 1 <= 24
    assert (out[part] == 7).all()


def test_erased_rectangle_has_the_area_and_lies_inside():
    for seed in range(10):
        _, part = erased(RandErasing(1.0, 0.1, aspect=1.0), seed)
        rows, columns = np.nonzero(part)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert height == pytest.approx(width, abs=1)
        assert height * width == pytest.approx(0.1 * 48 * 192, rel=0.08)


def test_grid_hides_what_its_ratio_leaves():
    _, part = erased(GridMask(1.0, 0.5, ratio=0.75), 4)  # squares of 6 in units of 24
    assert part.mean() == pytest.approx(0.0625, abs=0.01)
    row = part[part.any(axis=1).argmax()]
    starts = np.flatnonzero(np.diff(row.astype(int)) == 1)
    assert set(np.diff(starts)) == {24}


def test_hide_and_seek_hides_whole_cells():
    _, part = erased(HideAndSeek(1.0, 0.5, cell=0.25), 2)
    cells = part.reshape(4, 12, 16, 12).mean(axis=(1, 3))
    assert set(np.unique(cells)) == {0.0, 1.0}
    assert 0.2 < cells.mean() < 0.8


def mixing(label, other, seed=0, **options):
    extra = {"image": np.full((20, 40, 3), 200, np.uint8), "label": other}
    sample = {"image": np.full((48, 192, 3), 100, np.uint8), "label": label, "ext_data": [extra]}
    return MixUp(1.0, **options)(sample, rng(seed))["image"]


def test_mixup_takes_lines_of_one_label_only():
    levels = {int(mixing("0", "0", seed, alpha=1.0)[0, 0, 0]) for seed in range(50)}
    assert min(levels) >= 100
    assert max(levels) <= 150  # the image's own weight is at least a half
    assert len(levels) > 20
    assert (mixing("0", "180") == 100).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CutOut(1.5), r"CutOut\.prob: expected values in 0\.\.1"),
        (lambda: CutOut(fill=256), r"CutOut\.fill: expected a grey level in 0\.\.255 or 'noise'"),
        (lambda: CutOut(length=2), r"CutOut\.length: expected values in 0\.\.1"),
        (lambda: RandErasing(area=[0.5, 0.1]), r"RandErasing\.area: expected a number or \[low, high\]"),
        (lambda: HideAndSeek(hide_prob=-1), r"HideAndSeek\.hide_prob: expected values"),
        (lambda: GridMask(ratio=1.2), r"GridMask\.ratio: expected values"),
        (lambda: MixUp(alpha=0), r"MixUp\.alpha: expected values in 0\.01"),
    ],
)
def test_wrong_parameters(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
