import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms import rec_augment
from ppocr_lite.transforms.det_augment import EastRandomCropData, IaaAugment
from ppocr_lite.transforms.rand_augment import OPERATIONS, RandAugment
from ppocr_lite.transforms.rec_augment import BaseDataAugmentation, RecAug
from ppocr_lite.transforms.tia import tia_distort, tia_perspective, tia_stretch, warp


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def text_line(height: int = 32, width: int = 120) -> np.ndarray:
    image = np.full((height, width, 3), 230, np.uint8)
    image[height // 4 : -height // 4 or None, 5:-5:4] = 20
    return image


def test_rotation_turns_points_clockwise():
    sample = {"image": np.zeros((100, 200, 3), np.uint8), "polys": np.array([[[150.0, 50.0]] * 4])}
    sample = IaaAugment([{"type": "Affine", "args": {"rotate": [10, 10]}}])(sample, rng())
    np.testing.assert_allclose(sample["polys"][0, 0], [149.24, 58.68], atol=0.01)
    assert sample["image"].shape == (100, 200, 3)


@pytest.mark.parametrize("name", ["Resize", "RandomScale"])
def test_scale(name):
    key = {"Resize": "size", "RandomScale": "scale_limit"}[name]
    sample = {"image": np.zeros((10, 21, 3), np.uint8), "polys": np.array([[[21.0, 10.0]] * 4])}
    sample = IaaAugment([{"type": name, "args": {key: [0.5, 0.5]}}])(sample, rng())
    assert sample["image"].shape[:2] == (5, 10)  # round(10.5) is 10
    np.testing.assert_allclose(sample["polys"][0, 0], [10, 5])


@pytest.mark.parametrize("name", ["Fliplr", "HorizontalFlip"])
def test_flip(name):
    image = np.arange(6, dtype=np.uint8).reshape(1, 6, 1).repeat(3, 2)
    sample = {"image": image, "polys": np.array([[[1.0, 0.0]] * 4])}
    sample = IaaAugment([{"type": name, "args": {"p": 1.0}}])(sample, rng())
    assert sample["image"][0, :, 0].tolist() == [5, 4, 3, 2, 1, 0]
    assert sample["polys"][0, 0].tolist() == [5, 0]


def test_unknown_augmenter_and_argument():
    with pytest.raises(ConfigError, match=r"augmenter_args\[0\]: no augmenter named 'FlipLr'.*'Fliplr'"):
        IaaAugment([{"type": "FlipLr"}])
    with pytest.raises(ConfigError, match=r"Affine\.rotat: .*Did you mean 'rotate'"):
        IaaAugment([{"type": "Affine", "args": {"rotat": 3}}])
    with pytest.raises(ConfigError, match="factors must be above 0"):
        IaaAugment([{"type": "Resize", "args": {"size": [-0.1, 0.1]}}])


def crop_page() -> dict:
    polys = [[[x, y], [x + 40, y], [x + 40, y + 12], [x, y + 12]] for y in (20, 60, 100) for x in (15, 90)]
    return {
        "image": np.zeros((150, 160, 3), np.uint8),
        "polys": np.array(polys, np.float32),
        "ignore_tags": np.zeros(6, bool),
        "texts": list("abcdef"),
    }


@pytest.mark.parametrize("keep_ratio", [True, False])
def test_crop_cuts_no_text(keep_ratio):
    crop = EastRandomCropData((64, 96), 50, keep_ratio=keep_ratio)
    counts = set()
    for seed in range(30):
        sample = crop(crop_page(), rng(seed))
        assert sample["image"].shape == (96, 64, 3)
        assert len(sample["polys"]) == len(sample["texts"]) == len(sample["ignore_tags"]) >= 1
        assert sample["polys"].min() > -1
        assert (sample["polys"].max(axis=(0, 1)) < [65, 97]).all()
        counts.add(len(sample["texts"]))
    assert len(counts) > 1  # some windows hold one region, some more


def test_crop_without_any_region_takes_the_whole_image():
    sample = crop_page()
    sample["ignore_tags"][:] = True
    out = EastRandomCropData((160, 150), 5)(sample, rng())
    assert len(out["texts"]) == 6
    np.testing.assert_allclose(out["polys"], crop_page()["polys"])


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (32, 5), (20, 20), (64, 700)])
def test_warps_keep_shape_at_any_size(size):
    image = np.full((*size, 3), 77, np.uint8)
    for out in (
        tia_distort(image, 6, rng=rng()),
        tia_stretch(image, 3, rng=rng()),
        tia_perspective(image, rng=rng()),
    ):
        assert out.shape == image.shape
        assert (out == 77).all()


def test_warp_without_movement_is_the_identity():
    image = rng().integers(0, 256, (40, 230, 3), np.uint8)
    points = np.array([[0, 0], [230, 0], [230, 40], [0, 40]], float)
    np.testing.assert_array_equal(warp(image, points, points), image)


def test_warp_moves_points_where_it_is_told():
    image = np.zeros((100, 100), np.uint8)
    image[:, 50:] = 200
    corners = np.array([[0, 0], [99, 0], [99, 99], [0, 99]], float)
    moved = warp(image, corners, corners + np.array([10, 0]))
    assert moved[50, 55] == 0
    assert moved[50, 65] == 200


def test_older_parameters_choose_the_older_generation():
    assert RecAug(use_tia=False).tia_prob == 0.0
    assert RecAug(use_tia=True).tia_prob == 0.4
    assert RecAug(aug_prob=0.9).tia_prob == 0.9
    assert RecAug(0.7).tia_prob == 0.7
    never = RecAug(0.0, 0.0, reverse_prob=-1, noise_prob=-1, jitter_prob=-1, blur_prob=-1, hsv_aug_prob=-1)
    never.base.steps = tuple((-1.0, step) for _, step in never.base.steps)
    image = text_line()
    np.testing.assert_array_equal(never({"image": image.copy()}, rng())["image"], image)


def test_augmentation_depends_on_the_generator_alone():
    augment = RecAug(1.0)
    first, second, other = (augment({"image": text_line()}, rng(s))["image"] for s in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert first.shape != other.shape or (first != other).any()


def test_each_step_changes_the_picture():
    image = text_line(48, 300)
    for name in ("crop_rows", "blur", "change_brightness", "add_noise", "invert"):
        out = getattr(rec_augment, name)(image, rng(1))
        assert out.shape != image.shape or (out != image).any(), name
    big = rng().integers(0, 256, (900, 1000, 3), np.uint8)
    assert (rec_augment.jitter(big, rng(1)) != big).any()
    assert rec_augment.crop_rows(image[:10], rng()).shape == image[:10].shape


def test_all_steps_at_once_keep_uint8():
    out = BaseDataAugmentation(1, 1, noise_prob=1, jitter_prob=1, blur_prob=1, hsv_aug_prob=1)(
        {"image": text_line()}, rng()
    )
    assert out["image"].dtype == np.uint8


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_rand_augment_operations(name):
    image = rng().integers(30, 200, (48, 192, 3), np.uint8)
    out = OPERATIONS[name](image, 0.5, (128, 128, 128), 1)
    assert out.shape == image.shape
    assert out.dtype == np.uint8
    assert (out != image).any()


def test_rand_augment_probability():
    image = text_line()
    assert RandAugment(prob=-1)({"image": image}, rng())["image"] is image
    assert any((RandAugment(1.0)({"image": image}, rng(s))["image"] != image).any() for s in range(3))
