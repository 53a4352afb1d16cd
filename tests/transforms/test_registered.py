"""Every registered transform keeps to its contract: keys, randomness, and what it was given."""

import copy
import random
import re
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from ppocr_lite import transforms
from ppocr_lite.charset import Charset
from ppocr_lite.registry import TRANSFORMS, construct

NAMES = [n for n, _, item in TRANSFORMS.items() if item.__module__.startswith("ppocr_lite.")]
SEEDS = range(8)
PARAMETERS: dict[str, dict[str, Any]] = {
    "AttnLabelEncode": {"max_text_length": 12},
    "BaseDataAugmentation": {},
    "CTCLabelEncode": {"max_text_length": 12},
    "ClsLabelEncode": {"label_list": ["180", "label"]},
    "ClsResizeImg": {"image_shape": [3, 48, 192]},
    "CopyPaste": {"objects_paste_ratio": 1.0},
    "DetResizeForTest": {"limit_side_len": 64, "limit_type": "max"},
    "EastRandomCropData": {"size": [64, 64]},
    "NormalizeImage": {"order": "hwc"},
    "KeepKeys": {"keep_keys": ["image", "label"]},
    "MixUp": {"prob": 1.0},
    "Mixup": {"prob": 1.0},
    "RandAugment": {"prob": 1.0},
    "RandomCropImgMask": {"size": [32, 32], "main_key": "text", "crop_keys": ["image", "mask"]},
    "RandomTextCrop": {"size": [64, 64]},
    "RecConAug": {"prob": 1.0, "image_shape": [32, 640, 3]},
    "RecResizeImg": {"image_shape": [3, 32, 100]},
    "Resize": {"size": [64, 64]},
}
"""Constructor parameters where the defaults do not do, or would do nothing."""

LABELS = {
    "DetLabelEncode": '[{"transcription": "a", "points": [[4, 5], [60, 5], [60, 30], [4, 30]]}]',
}


def build(name: str) -> Any:
    charset = Charset(tuple("label"))
    return construct(TRANSFORMS.get(name), PARAMETERS.get(name, {}), {"charset": charset}, where=name)


def page(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (120, 160, 3), np.uint8)


def values(name: str) -> dict[str, Any]:
    """A value for each key that a transform may ask for."""
    polys = np.array([[[6, 8], [70, 8], [70, 30], [6, 30]], [[80, 106], [170, 110], [170, 84], [80, 80]]])
    polys = np.concatenate([polys, polys[:1] * 0.25 + 100])  # readable, beyond the page, too small
    regions = {
        "polys": polys.astype(np.float32),
        "texts": ["a", "b", "c"],
        "ignore_tags": np.zeros(3, bool),
    }
    return {
        "image": page(),
        "image_bytes": cv2.imencode(".png", page())[1].tobytes(),
        "label": LABELS.get(name, "label"),
        **regions,
        "ext_data": [copy.deepcopy({"image": page(1), "label": "label", **regions})],
        "text": (np.arange(120 * 160).reshape(120, 160) % 977 == 0).astype(np.float32),
        "mask": np.ones((120, 160), np.float32),
    }


def sample_for(name: str, step: Any) -> dict[str, Any]:
    """Exactly the keys that the step requires, and one that is none of its business."""
    at_hand = values(name)
    sample = {key: at_hand[key] for key in step.requires if key != "image_bytes"}
    if "image_bytes" in step.requires:
        sample["image"] = at_hand["image_bytes"]
    return {**sample, "other": np.arange(3)}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    return bool(a == b) and type(a) is type(b)


@pytest.mark.parametrize("name", NAMES)
def test_reads_what_it_requires_and_writes_what_it_provides(name):
    step = build(name)
    written: set[str] = set()
    for seed in SEEDS:
        before = sample_for(name, step)
        after = step(copy.deepcopy(before), np.random.default_rng(seed))
        assert after is not None
        changed = {key for key, value in after.items() if key not in before or not same(value, before[key])}
        assert changed <= set(step.provides), f"{name} writes {changed - set(step.provides)}"
        missing = set(step.provides) - after.keys()
        assert not missing, f"{name} promises {missing}"
        if getattr(step, "drops_others", False):
            assert set(after) == set(step.provides)
            changed = set(step.provides)
        else:
            assert set(after) >= set(before)
        written |= changed
    assert written == set(step.provides), f"{name} never changed {set(step.provides) - written}"


@pytest.mark.parametrize("name", NAMES)
def test_needs_each_key_that_it_requires(name):
    step = build(name)
    for key in step.requires:
        sample = sample_for(name, step)
        del sample["image" if key == "image_bytes" else key]
        with pytest.raises(KeyError):
            _run_all(step, sample)


def _run_all(step, sample):
    for seed in SEEDS:
        step(dict(sample), np.random.default_rng(seed))


def seed_globals(seed):
    random.seed(seed)
    cv2.setRNGSeed(seed)
    np.random.seed(seed)  # noqa: NPY002  (it is the one that must not be used)


def global_states():
    kind, words, *place = np.random.get_state()  # noqa: NPY002
    return random.getstate(), kind, words.tolist(), place


@pytest.mark.parametrize("name", NAMES)
def test_all_randomness_comes_from_the_generator(name):
    step = build(name)
    seed_globals(3)
    states = global_states()
    first = [step(sample_for(name, step), np.random.default_rng(seed)) for seed in SEEDS]
    assert global_states() == states
    seed_globals(4)
    other = build(name)  # nothing is kept between samples either
    second = [other(sample_for(name, other), np.random.default_rng(seed)) for seed in reversed(SEEDS)]
    assert all(map(same, first, reversed(second)))


@pytest.mark.parametrize("name", NAMES)
def test_what_was_handed_in_is_not_changed_in_place(name):
    step = build(name)
    for seed in SEEDS:
        given = sample_for(name, step)
        copied = copy.deepcopy(given)
        step(dict(given), np.random.default_rng(seed))
        assert same(given, copied), f"{name} writes into the arrays of its sample"


@pytest.mark.parametrize("name", NAMES)
def test_says_in_words_what_it_does(name):
    assert len((TRANSFORMS.get(name).__doc__ or "").strip()) > 20


def test_the_documented_table_is_that_of_the_program(repo):
    text = (repo / "doc" / "augmentation.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "| `" in line]
    assert {name.strip("`") for name, *_ in rows} == {TRANSFORMS.get(name).__name__ for name in NAMES}
    for name, _, needs, writes in rows:
        step = build(name.strip("`"))
        if name not in ("`KeepKeys`", "`RandomCropImgMask`"):  # which are told what to read
            assert (needs, writes) == (", ".join(step.requires), ", ".join(step.provides)), name


def test_the_documented_lists_can_be_built(repo):
    text = (repo / "doc" / "augmentation.md").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        values = yaml.safe_load(block)
        steps = values if isinstance(values, list) else values["Train"]["dataset"]["transforms"]
        sources = (*transforms.ARRAY_SOURCES, "polys")
        built = transforms.build_pipeline(steps, {"label_list": ["0", "180"]}, sources=sources)
        sample = {"image": page(), "polys": np.ones((1, 4, 2), np.float32), "label": "0", "ext_data": []}
        assert built(sample, np.random.default_rng(0)) is not None
