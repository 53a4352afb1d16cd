"""Data transforms against the reference's own numbers."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ppocr_lite.transforms  # noqa: F401  (registers the transforms)
from ppocr_lite.charset import Charset
from ppocr_lite.registry import TRANSFORMS

pytestmark = pytest.mark.golden_ops

GOLDEN = Path(os.environ.get("PPOCR_LITE_GOLDEN", Path(__file__).resolve().parents[3] / "shared" / "golden"))


def manifest() -> list[dict[str, Any]]:
    path = GOLDEN / "ops" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else []


def _expected(value: Any, got: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(expected, got) as comparable float64 vectors; a sampled expectation picks its positions."""
    if isinstance(value, dict) and "sampled" in value:
        assert list(got.shape) == list(value["shape"])
        count = len(value["sampled"])
        index = np.arange(count) * (got.size - 1) // max(count - 1, 1)  # the fixtures' rule
        return np.asarray(value["sampled"], np.float64), got.reshape(-1)[index].astype(np.float64)
    want = np.asarray(value, np.float64)
    assert got.shape == want.shape
    return want.reshape(-1), got.reshape(-1).astype(np.float64)


def close(value: Any, got: np.ndarray, entry: dict[str, Any], bad_fraction: float = 0.0) -> None:
    want, have = _expected(value, np.asarray(got))
    bad = np.abs(want - have) > entry["atol"] + entry["rtol"] * np.abs(want)
    assert bad.mean() <= bad_fraction, f"{bad.sum()} of {bad.size} differ, up to {np.abs(want - have).max()}"


def _map_sample(inputs: dict[str, Any]) -> dict[str, Any]:
    shape = inputs["image_shape"]
    return {
        "image": np.zeros(shape, np.uint8),
        "polys": np.array(inputs["polys"]),
        "ignore_tags": np.array(inputs["ignore_tags"], bool),
    }


def _check_border(entry, sample, expected):
    units = np.round(sample["threshold_map"].astype(np.float64) * 65535)
    close(expected["threshold_map_u16"], units, entry)
    close(
        expected["threshold_mask"],
        sample["threshold_mask"],
        {"atol": 0, "rtol": 0},
        entry["max_bad_fraction"],
    )
    assert sample["threshold_map"].dtype == np.float32


def _check_shrink(entry, sample, expected):
    for key in ("shrink_map", "shrink_mask"):
        close(expected[key], sample[key], {"atol": 0, "rtol": 0}, entry["max_bad_fraction"])
        assert sample[key].dtype == np.float32
    if "polys_after" in expected:
        np.testing.assert_allclose(
            np.reshape(sample["polys"], np.shape(expected["polys_after"])), expected["polys_after"], atol=1e-4
        )
        np.testing.assert_array_equal(sample["ignore_tags"], np.asarray(expected["ignore_tags_after"], bool))


def check_border_map(entry, inputs, expected):
    op = TRANSFORMS.get("MakeBorderMap")(**entry["params"])
    _check_border(entry, op(_map_sample(inputs)), expected)


def check_shrink_map(entry, inputs, expected):
    op = TRANSFORMS.get("MakeShrinkMap")(**entry["params"])
    _check_shrink(entry, op(_map_sample(inputs)), expected)


def check_border_then_shrink(entry, inputs, expected):
    sample = TRANSFORMS.get("MakeBorderMap")()(_map_sample(inputs))
    sample = TRANSFORMS.get("MakeShrinkMap")()(sample)
    _check_border(entry, sample, expected)
    _check_shrink(entry, sample, expected)


IMAGE_OPS = {
    "det_resize_for_test": "DetResizeForTest",
    "rec_resize_img": "RecResizeImg",
    "cls_resize_img": "ClsResizeImg",
    "normalize_image": "NormalizeImage",
}


def check_image_op(entry, inputs, expected):
    params = dict(entry["params"])
    image = inputs["image"]
    if entry["op"] == "normalize_image" and params.get("order", "chw") == "chw":
        image = image.transpose(2, 0, 1)
    sample = TRANSFORMS.get(IMAGE_OPS[entry["op"]])(**params)({"image": image})
    close(expected["image"], sample["image"], entry)
    for key in ("shape", "valid_ratio"):
        if key in expected:
            np.testing.assert_allclose(sample[key], expected[key], rtol=1e-6)


def check_infer_rec_resize(entry, inputs, expected):
    channels, height, _ = entry["params"]["rec_image_shape"]
    width = int(height * entry["params"]["max_wh_ratio"])
    sample = TRANSFORMS.get("RecResizeImg")([channels, height, width])({"image": inputs["image"]})
    close(expected["image"], sample["image"], entry)


def check_infer_cls_resize(entry, inputs, expected):
    sample = TRANSFORMS.get("ClsResizeImg")(entry["params"]["cls_image_shape"])({"image": inputs["image"]})
    close(expected["image"], sample["image"], entry)


def check_iaa(entry, inputs, expected):
    op = TRANSFORMS.get("IaaAugment")(**entry["params"])
    count = len(inputs["polys"])
    sample = {
        "image": inputs["image"],
        "polys": np.array(inputs["polys"]),
        "ignore_tags": np.zeros(count, bool),
    }
    sample = op(sample, np.random.default_rng(0))
    np.testing.assert_allclose(sample["polys"], expected["polys"], atol=0.05)
    want, have = _expected(expected["image"], sample["image"])
    assert abs(sample["image"].mean() - expected["image"]["stats"]["mean"]) < 1.0
    assert (np.abs(want - have) <= 3).mean() > 0.9


def check_tia(entry, inputs, expected):
    from ppocr_lite.transforms import tia

    generator = _OldGenerator(entry["params"]["numpy_global_seed"])
    image = inputs["image"]
    kind, segment = entry["params"]["function"], entry["params"].get("segment")
    function = getattr(tia, f"tia_{kind}")
    out = function(image, rng=generator) if kind == "perspective" else function(image, segment, rng=generator)
    want, have = _expected(expected["image"], out)
    assert out.dtype == np.uint8
    # The pictures agree as well when the numbers are drawn in the same order: all but a few border pixels.
    assert (np.abs(want - have) <= 4).mean() > 0.95


class _OldGenerator:
    """NumPy's legacy global generator behind the one method that the warps use."""

    def __init__(self, seed: int) -> None:
        self._state = np.random.RandomState(seed)

    def integers(self, high: int) -> int:
        return int(self._state.randint(high))


def check_east_crop(entry, inputs, expected):
    params = {k: v for k, v in entry["params"].items() if k != "numpy_global_seed"}
    polys = np.array(inputs["polys"], np.float32)
    tags = np.zeros(len(polys), bool)
    texts = [f"t{i}" for i in range(len(polys))]
    op = TRANSFORMS.get("EastRandomCropData")(**params)
    for seed in range(5):
        sample = {
            "image": inputs["image"],
            "polys": polys.copy(),
            "ignore_tags": tags.copy(),
            "texts": list(texts),
        }
        sample = op(sample, np.random.default_rng(seed))
        assert list(sample["image"].shape) == expected["image_shape"]
        assert len(sample["polys"]) == len(sample["texts"]) == len(sample["ignore_tags"]) > 0
        for poly, text, tag in zip(sample["polys"], sample["texts"], sample["ignore_tags"]):
            source = polys[texts.index(text)]
            assert tags[texts.index(text)] == tag
            shift = poly[0] - source[0] * (np.ptp(poly[:, 0]) / np.ptp(source[:, 0]))
            scale = np.ptp(poly[:, 0]) / np.ptp(source[:, 0])
            np.testing.assert_allclose(poly, source * scale + shift, atol=0.1)
            if not tag:
                assert poly.min() > -1
                assert poly.max() < 321


def _charset(entry, tmp: Path | None = None) -> Charset:
    lines = entry["params"]["dict_lines"]
    space = entry["params"]["use_space_char"]
    if lines is None:
        return Charset.load(None, use_space_char=space)
    return Charset(
        tuple(lines) + ((" ",) if space else ()), right_to_left="arabic" in entry["params"]["dict_file"]
    )


def check_ctc_encode(entry, inputs, expected):
    op = TRANSFORMS.get("CTCLabelEncode")(entry["params"]["max_text_length"], charset=_charset(entry))
    for text, want in zip(inputs["texts"], expected["encoded"], strict=True):
        got = op({"label": text})
        if want is None:
            assert got is None, text
            continue
        assert got["label"].tolist() == want["label"]
        assert int(got["length"]) == want["length"]
        assert len(got["label_ace"]) == want["label_ace_len"]
        counts = {str(i): int(n) for i, n in enumerate(got["label_ace"]) if n}
        assert counts == want["label_ace_nonzero"]


def check_attn_encode(entry, inputs, expected):
    op = TRANSFORMS.get("AttnLabelEncode")(entry["params"]["max_text_length"], charset=_charset(entry))
    assert op.charset.attention_size == expected["n_classes"]
    for text, want in zip(inputs["texts"], expected["encoded"], strict=True):
        got = op({"label": text})
        got = got and {"label": got["label"].tolist(), "length": int(got["length"])}
        assert got == want, text


def check_cls_encode(entry, inputs, expected):
    op = TRANSFORMS.get("ClsLabelEncode")(**entry["params"])
    for text, want in zip(inputs["labels"], expected["result"], strict=True):
        got = op({"label": text})
        assert (None if got is None else int(got["label"])) == want


def check_det_encode(entry, inputs, expected):
    got = TRANSFORMS.get("DetLabelEncode")()({"label": inputs["label"]})
    want = expected["result"]
    np.testing.assert_array_equal(got["polys"], np.array(want["polys"]))
    assert str(got["polys"].dtype) == want["polys_dtype"]
    assert got["texts"] == want["texts"]
    assert got["ignore_tags"].tolist() == want["ignore_tags"]


def check_rec_con_aug(entry, inputs, expected):
    extra = [{"image": i, "label": t} for i, t in zip(inputs["ext_images"], inputs["ext_labels"])]
    sample = {"image": inputs["image"], "label": inputs["label"], "ext_data": extra}
    joined = TRANSFORMS.get("RecConAug")(**entry["params"])(sample, np.random.default_rng(0))
    close(expected["image"], joined["image"], entry)
    assert joined["label"] == expected["label"]


CHECKS = {
    "rec_con_aug": check_rec_con_aug,
    "make_border_map": check_border_map,
    "make_shrink_map": check_shrink_map,
    "border_then_shrink": check_border_then_shrink,
    "det_resize_for_test": check_image_op,
    "rec_resize_img": check_image_op,
    "cls_resize_img": check_image_op,
    "normalize_image": check_image_op,
    "infer_rec_resize": check_infer_rec_resize,
    "infer_cls_resize": check_infer_cls_resize,
    "iaa_augment_fixed": check_iaa,
    "tia": check_tia,
    "east_random_crop": check_east_crop,
    "ctc_label_encode": check_ctc_encode,
    "attn_label_encode": check_attn_encode,
    "cls_label_encode": check_cls_encode,
    "det_label_encode": check_det_encode,
}
CASES = [case for case in manifest() if case["op"] in CHECKS]


@pytest.mark.parametrize(
    "case", CASES or [None], ids=lambda c: f"{c['op']}-{c['case']}" if c else "none", indirect=True
)
def test_operator(case):
    entry, inputs, expected = case
    CHECKS[entry["op"]](entry, inputs, expected)
