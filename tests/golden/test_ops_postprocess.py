"""Post-processing and metrics against the reference's own numbers."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ppocr_lite.metrics
import ppocr_lite.postprocess  # noqa: F401  (both register their classes)
from ppocr_lite.charset import Charset
from ppocr_lite.registry import METRICS, POSTPROCESSES
from ppocr_lite.structures import ClsResult

pytestmark = pytest.mark.golden_ops

GOLDEN = Path(os.environ.get("PPOCR_LITE_GOLDEN", Path(__file__).resolve().parents[3] / "shared" / "golden"))


def manifest() -> list[dict[str, Any]]:
    path = GOLDEN / "ops" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else []


def check_db(entry, inputs, expected):
    maps = np.stack(inputs["maps"])[:, None]
    results = POSTPROCESSES.get("DBPostProcess")(**entry["params"])(
        {"maps": maps}, np.array(inputs["shape_list"])
    )
    for result, points, scores in zip(results, expected["points"], expected["scores"], strict=True):
        assert len(result) == len(points)
        if not points:
            continue
        quads = result.polys or result.quads
        for quad, want in zip(quads, points, strict=True):
            np.testing.assert_array_equal(quad, want)
        np.testing.assert_allclose(result.scores, scores, atol=entry["atol"])


def _charset(entry) -> Charset:
    lines, space = entry["params"]["dict_lines"], entry["params"]["use_space_char"]
    if lines is None:
        return Charset.load(None, use_space_char=space)
    rtl = "arabic" in entry["params"]["dict_file"]
    return Charset(tuple(lines) + ((" ",) if space else ()), right_to_left=rtl)


def check_ctc(entry, inputs, expected):
    charset = _charset(entry)
    results = POSTPROCESSES.get("CTCLabelDecode")(charset=charset)({"probs": inputs["preds"]})
    for result, (text, score) in zip(results, expected["decoded"], strict=True):
        assert result.text == text
        assert result.score == pytest.approx(score, rel=entry["rtol"], abs=entry["atol"])
        assert len(result.char_scores) == len(text)
    if "n_classes" in expected:
        assert charset.ctc_size == expected["n_classes"]
    metric = METRICS.get("RecMetric")(charset=charset)
    for row, (text, _) in zip(inputs.get("label", []), expected.get("label_decoded", []), strict=True):
        assert metric.label_text(row) == text


def check_attn(entry, inputs, expected):
    # The reference goes on after the end, which is a defect; ours stops there unless it is told not to.
    # It also leaves Arabic in the order of the labels; its CTC decoder turns it round, and ours do in both.
    charset = replace(_charset(entry), right_to_left=False)
    decode = POSTPROCESSES.get("AttnLabelDecode")(charset=charset, stop_at_eos=False)
    for result, (text, score) in zip(decode({"probs": inputs["preds"]}), expected["decoded"], strict=True):
        assert result.text == text
        wanted = 0.0 if score is None else score  # None: the reference gives nan for an empty text
        assert result.score == pytest.approx(wanted, rel=entry["rtol"], abs=entry["atol"])
    assert charset.attention_size == expected["n_classes"]
    metric = METRICS.get("RecMetric")(charset=charset)
    for row, (text, _) in zip(inputs["label"], expected["label_decoded"], strict=True):
        assert metric.label_text(row) == text


def check_distillation_ctc(entry, inputs, expected):
    charset = Charset.load(None)
    decode = POSTPROCESSES.get("DistillationCTCLabelDecode")(**entry["params"])
    results = decode({name: {"probs": inputs[name]} for name in expected})
    assert list(results) == entry["params"]["model_name"]
    metric = METRICS.get("RecMetric")(charset=charset)
    for name, want in expected.items():
        for result, (text, score) in zip(results[name], want["decoded"], strict=True):
            assert result.text == text
            assert result.score == pytest.approx(score, rel=entry["rtol"], abs=entry["atol"])
        for row, (text, _) in zip(inputs["label"], want["label_decoded"], strict=True):
            assert metric.label_text(row) == text


def check_cls(entry, inputs, expected):
    results = POSTPROCESSES.get("ClsPostProcess")(**entry["params"])({"probs": inputs["preds"]})
    for result, (label, score) in zip(results, expected["decoded"], strict=True):
        assert result.label == label
        assert result.score == pytest.approx(score, rel=1e-5)


def check_det_metric(entry, inputs, expected):
    metric = METRICS.get("DetMetric")(**entry["params"])
    counts = expected["per_image_counts"]
    for truth, found, ignored, want in zip(
        inputs["gt"], inputs["pred"], inputs["ignore"], counts, strict=True
    ):
        got = metric.count([np.array(p) for p in found], [np.array(p) for p in truth], ignored)
        assert got == (want["gtCare"], want["detCare"], want["detMatched"])
    assert metric.compute() == pytest.approx(expected["metric"], abs=1e-6)


def check_rec_metric(entry, inputs, expected):
    metric = METRICS.get("RecMetric")(**entry["params"])
    for texts, labels in inputs["batches"]:
        metric.update_texts([text for text, _ in texts], [text for text, _ in labels])
    got = metric.compute()
    assert {key: got[key] for key in expected["metric"]} == pytest.approx(expected["metric"], abs=1e-9)


def check_distillation_metric(entry, inputs, expected):
    metric = METRICS.get("DistillationMetric")(**entry["params"])
    for name, (texts, labels) in inputs.items():
        metric.of(name).update_texts([text for text, _ in texts], [text for text, _ in labels])
    got = metric.compute()
    assert [key for key in got if key in expected["metric"]] == expected["keys"]
    assert {key: got[key] for key in expected["metric"]} == pytest.approx(expected["metric"], abs=1e-9)


def check_cls_metric(entry, inputs, expected):
    metric = METRICS.get("ClsMetric")(label_list=["0", "180"])
    texts, labels = inputs["batch"]
    index = [["0", "180"].index(label) for label, _ in labels]
    metric.update([ClsResult(label, score) for label, score in texts], {"label": np.array(index)})
    assert metric.compute() == pytest.approx(expected["metric"], abs=1e-9)


CHECKS = {
    "db_postprocess": check_db,
    "ctc_label_decode": check_ctc,
    "attn_label_decode": check_attn,
    "distillation_ctc_decode": check_distillation_ctc,
    "cls_postprocess": check_cls,
    "det_metric": check_det_metric,
    "rec_metric": check_rec_metric,
    "cls_metric": check_cls_metric,
    "distillation_metric": check_distillation_metric,
}
CASES = [case for case in manifest() if case["op"] in CHECKS]


@pytest.mark.parametrize(
    "case", CASES or [None], ids=lambda c: f"{c['op']}-{c['case']}" if c else "none", indirect=True
)
def test_operator(case):
    entry, inputs, expected = case
    CHECKS[entry["op"]](entry, inputs, expected)
