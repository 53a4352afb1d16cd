"""Every configuration under configs/ builds and trains one step."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, trial  # noqa: E402
from ppocr_lite.engine.evaluator import to_numpy  # noqa: E402
from ppocr_lite.export.inference_config import inference_steps, post_process  # noqa: E402
from ppocr_lite.optim import build_optimizer  # noqa: E402
from ppocr_lite.registry import LOSSES  # noqa: E402
from ppocr_lite.transforms import build_pipeline  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
FILES = sorted((REPO / "configs").rglob("*.yml"))
KEYS_CHARACTERS = 6623


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A stand-in for ppocr_keys_v1.txt, which the package does not carry: as many characters."""
    characters = [chr(c) for c in range(0x21, 0x7F)]
    characters += [chr(0x4E00 + i) for i in range(KEYS_CHARACTERS - len(characters))]
    file = tmp_path_factory.mktemp("dict") / "ppocr_keys_v1.txt"
    file.write_text("\n".join(characters) + "\n", encoding="utf-8")
    return file


def load(file, keys):
    cfg = Config.load(file)
    path = cfg.get("Global.character_dict_path")
    if path and "ppocr_keys" in path:
        return cfg.replace({"Global.character_dict_path": str(keys)})
    return trial.with_stand_in_dictionary(cfg, keys.parent)


def sample(task, characters):
    image = np.full((200, 300, 3) if task == "det" else (40, 160, 3), 230, np.uint8)
    cv2.putText(image, "Word 12", (20, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, (10, 10, 10), 2)
    box = {"transcription": "Word 12", "points": [[18, 4], [150, 4], [150, 36], [18, 36]]}
    text = characters.join(characters.characters[:5]) if characters and characters.separator else "Word 12"
    label = {"det": json.dumps([box]), "rec": text, "cls": "180"}[task]
    return {
        "image": cv2.imencode(".png", image)[1].tobytes(),
        "label": label,
        "img_path": "x",
        "ext_data": [],
    }


def batch_of(cfg, mode, characters, count=2):
    task = cfg.get("Architecture.model_type")
    specs = cfg.get(f"{mode}.dataset.transforms")
    for spec in specs:  # small pictures are enough here
        if "EastRandomCropData" in spec:
            spec["EastRandomCropData"]["size"] = [96, 96]
        if "DetResizeForTest" in spec:
            spec["DetResizeForTest"] = {"image_shape": [96, 96]}
    pipeline = build_pipeline(specs, cfg.section("Global"), charset=characters)
    rng = np.random.default_rng(0)
    samples = [s for _ in range(8 * count) if (s := pipeline(sample(task, characters), rng)) is not None][
        :count
    ]
    assert len(samples) == count
    return {k: paddle.to_tensor(np.stack([np.asarray(s[k]) for s in samples])) for k in samples[0]}


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_builds_and_trains_a_step(file, keys):
    cfg = load(file, keys)
    paddle.seed(0)
    parts = assemble.parts(cfg)
    loss = LOSSES.build(cfg.section("Loss"))
    optimizer, schedule = build_optimizer(
        cfg.section("Optimizer"), cfg.get("Global.epoch_num"), 100, parts.model
    )
    batch = batch_of(cfg, "Train", parts.charset)
    schedule.step()  # warm-up begins with a rate of 0
    before = {k: v.numpy().copy() for k, v in parts.model.named_parameters()}
    parts.model.train()
    total = loss(parts.model(batch["image"], targets=batch), batch)["loss"]
    total.backward()
    optimizer.step()
    assert np.isfinite(float(total))
    changed = {k for k, v in parts.model.named_parameters() if np.abs(v.numpy() - before[k]).max() > 0}
    fixed = {
        k for k in before if k.startswith(tuple(f"{n}." for n in getattr(parts.model, "frozen_names", ())))
    }
    assert not changed & fixed
    assert len(changed) > 0.9 * (len(before) - len(fixed))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_evaluation_half_fits_together(file, keys):
    """Eval transforms -> model -> post-processing -> metric."""
    cfg = load(file, keys)
    parts = assemble.parts(cfg)
    batch = batch_of(cfg, "Eval", parts.charset, count=1)
    metric = assemble.build_metric(cfg, parts.charset)
    parts.model.eval()
    arrays = {k: v.numpy() for k, v in batch.items()}
    with paddle.no_grad():
        outputs = to_numpy(parts.model(batch["image"]))
    metric.update(parts.postprocess(outputs, arrays.get("shape")), arrays)
    assert metric.main_indicator in metric.compute()
    assert cfg.get("Metric.main_indicator") == metric.main_indicator


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_inference_description(file, keys):
    cfg = load(file, keys)
    names = [next(iter(step)) for step in inference_steps(cfg)]
    assert names[0] == "DecodeImage"
    assert not [n for n in names if "Label" in n or n == "KeepKeys"]
    characters = assemble.charset(cfg)
    described = post_process(cfg, characters)
    assert ("character_dict" in described) == (cfg.get("Architecture.model_type") == "rec")


def test_stand_in_has_the_published_class_count(keys):
    cfg = load(REPO / "configs/rec/ch_ppocr_v2.0/rec_chinese_lite_train_v2.0.yml", keys)
    assert assemble.charset(cfg).ctc_size == 6625
