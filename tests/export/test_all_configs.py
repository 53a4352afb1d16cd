"""Every configuration under configs/ exports, with fresh weights, and passes the parity check on many sizes.

Sub-models that several configurations describe alike are exported once. The deepest networks take long and
are run where PPOCR_LITE_SLOW is set, like those of the CRNN family with all of their channels.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")
pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, trial  # noqa: E402
from ppocr_lite.export import bundle  # noqa: E402
from ppocr_lite.inference.engines.base import open_engine  # noqa: E402

pytestmark = pytest.mark.train
CONFIGS = Path(__file__).resolve().parents[2] / "configs"
SLOW = ("ResNet", "ResNet_vd")
PAGES = ((1, 64, 96), (2, 96, 32), (3, 32, 128))
LINES = ((1, 32, 100), (2, 32, 320), (3, 32, 61))


def architectures(file):
    """The Architecture section of each network of a configuration, by name."""
    values = Config.load(file).to_dict()
    models = values["Architecture"].get("Models", {"": values["Architecture"]})
    return {name: {k: section.get(k) for k in PARTS} for name, section in models.items()}


PARTS = ("Transform", "Backbone", "Neck", "Head")


def cases():
    """(file, name) of every network that no file before describes in the same words."""
    seen, found = set(), []
    for file in sorted(CONFIGS.rglob("*.yml")):
        cfg = Config.load(file)
        for name, section in architectures(file).items():
            shared = [cfg.get("Global.character_dict_path"), cfg.get("Eval.dataset.transforms")]
            key = json.dumps([section, shared], sort_keys=True, default=str)
            if key not in seen:
                seen.add(key)
                marks = []
                if section["Backbone"]["name"] in SLOW and section["Backbone"].get("layers", 50) > 18:
                    slow = not os.environ.get("PPOCR_LITE_SLOW")
                    marks = [pytest.mark.skipif(slow, reason="takes long; set PPOCR_LITE_SLOW to run it")]
                found.append(pytest.param(file, name, marks=marks, id=f"{file.stem}-{name}".strip("-")))
    return found


@pytest.fixture
def small(monkeypatch):
    """Few and small pictures are enough here."""
    monkeypatch.setattr(bundle, "RENDERED_IMAGES", 2)
    monkeypatch.setattr(bundle.parity, "rendered_images", small_pictures(bundle.parity.rendered_images))


def small_pictures(make):
    return lambda count, *, line: [image[:96, :160] for image in make(count, line=line)]


def single(cfg, name):
    """The parts of one network, with statistics that make the folding of norms matter."""
    paddle.seed(0)
    found = assemble.single_parts(assemble.parts(cfg))[name]
    height = 64 if found.model.task == "det" else trial.image_shape(cfg)[1]
    trial.settle_statistics(found.model, (found.model.in_channels, height, 96))
    return found


def with_small_pages(cfg):
    steps = cfg.get("Eval.dataset.transforms")
    smaller = [
        {"DetResizeForTest": {"image_shape": [64, 96]}} if "DetResizeForTest" in s else s for s in steps
    ]
    return cfg.replace({"Eval.dataset.transforms": smaller})


@pytest.mark.parametrize(("file", "name"), cases())
def test_exports_and_agrees(file, name, small, narrowed, tmp_path):
    cfg = with_small_pages(trial.with_stand_in_dictionary(Config.load(file), tmp_path))
    cfg = cfg if os.environ.get("PPOCR_LITE_SLOW") else narrowed(cfg)
    found = single(cfg, name)
    task = found.model.task
    values = assemble.export_parts(found, tmp_path / "model")[""]
    tolerance = values["Parity"]["tolerance"]  # more than 1e-4 where fresh weights amplify rounding
    for kind in ("paddle", "onnx"):
        assert values["Parity"][kind]["max_abs_diff"] <= tolerance
        # Boxes of an untrained detector hang on pixels at the very threshold.
        assert task == "det" or values["Parity"][kind]["text_agreement"] == 1
    height = None if task == "det" else trial.image_shape(cfg)[1]
    assert values["Shapes"]["input"] == [None, found.model.in_channels, height, None]
    engine = open_engine(tmp_path / "model" / "inference.onnx", threads=1)
    for n, h, w in PAGES if task == "det" else LINES:
        shape = (n, found.model.in_channels, height or h, w)
        batch = np.random.default_rng(w).standard_normal(shape).astype(np.float32)
        with paddle.no_grad():
            outputs = found.model(paddle.to_tensor(batch))
        np.testing.assert_allclose(
            engine.run(batch)[0], outputs["maps" if task == "det" else "probs"].numpy(), atol=tolerance
        )
    engine.close()
