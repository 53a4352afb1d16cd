"""Order of boxes, crops, and the filter of detected boxes, against the reference's own numbers."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ppocr_lite.geometry import crop_quad, min_area_quad, sorted_boxes
from ppocr_lite.inference.text_detector import clip_to_image
from ppocr_lite.structures import DetResult

pytestmark = pytest.mark.golden_ops

GOLDEN = Path(os.environ.get("PPOCR_LITE_GOLDEN", Path(__file__).resolve().parents[3] / "shared" / "golden"))


def check_sorted_boxes(entry, inputs, expected):
    np.testing.assert_array_equal(sorted_boxes(inputs["boxes"]), expected["boxes"])


def check_crop(entry, inputs, expected):
    quad = min_area_quad(inputs["points"]) if entry["op"] == "minarea_crop" else inputs["points"]
    crop = crop_quad(inputs["image"], quad)
    assert crop.shape == expected["crop"].shape
    assert np.abs(crop.astype(int) - expected["crop"].astype(int)).max() <= entry["atol"]


def check_box_filter(entry, inputs, expected):
    boxes = inputs["boxes"].astype(np.float32)
    height, width, _ = entry["params"]["image_shape"]
    kept = clip_to_image(DetResult(boxes, np.ones(len(boxes), np.float32)), height, width)
    np.testing.assert_array_equal(kept.quads, expected["boxes"])


CHECKS = {
    "sorted_boxes": check_sorted_boxes,
    "rotate_crop": check_crop,
    "minarea_crop": check_crop,
    "det_box_filter": check_box_filter,
}


def manifest() -> list[dict[str, Any]]:
    path = GOLDEN / "ops" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else []


CASES = [entry for entry in manifest() if entry["op"] in CHECKS]


@pytest.mark.parametrize("entry", CASES or [None], ids=lambda e: f"{e['op']}-{e['case']}" if e else "none")
def test_operator(entry, golden_dir, reader):
    npz = np.load(golden_dir / "ops" / entry["npz"])
    inputs, expected = (
        {key: reader.resolve(value, npz) for key, value in entry[side].items()}
        for side in ("inputs", "outputs")
    )
    CHECKS[entry["op"]](entry, inputs, expected)
