"""The same seed gives the same samples with no, one and three workers, whatever the dataset."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import ppocr_lite.synth
from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import build_dataloader

CHARSET = Charset(tuple("abcdefghijklmnopqrstuvwxyz0123456789 "))
LINE = [
    {"DecodeImage": {"img_mode": "BGR"}},
    {"RecConAug": {"prob": 0.5, "image_shape": [32, 320, 3]}},
    {"RecAug": None},
    {"RandAugment": None},
    {"CTCLabelEncode": None},
    {"RecResizeImg": {"image_shape": [3, 32, 320], "width_bucket": 64}},
    {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
]
PAGE = [
    {"DecodeImage": {"img_mode": "BGR"}},
    {"DetLabelEncode": None},
    {"CopyPaste": {"objects_paste_ratio": 1.0}},
    {"IaaAugment": {"augmenter_args": [{"type": "Affine", "args": {"rotate": [-10, 10]}}]}},
    {"EastRandomCropData": {"size": [96, 96]}},
    {"MakeBorderMap": None},
    {"MakeShrinkMap": None},
    {"KeepKeys": {"keep_keys": ["image", "threshold_map", "shrink_map"]}},
]


def line(i):
    image = np.random.default_rng(i).integers(0, 256, (32, 60 + 10 * (i % 7), 3), np.uint8)
    return cv2.imencode(".png", image)[1].tobytes(), f"word{i}"


def page(i):
    image = np.random.default_rng(i).integers(0, 256, (120, 160, 3), np.uint8)
    quads = [[[x, 10], [x + 40, 10], [x + 40, 30], [x, 30]] for x in (10, 80)]
    label = json.dumps([{"transcription": f"{i}", "points": quad} for quad in quads])
    return cv2.imencode(".png", image)[1].tobytes(), label


def simple(folder: Path, make, transforms, steps):
    rows = []
    for i in range(14):
        data, label = make(i)
        (folder / f"{i}.png").write_bytes(b"broken" if i == 3 else data)
        rows.append(f"{i}.png\t{label}")
    (folder / "labels.txt").write_text("\n".join(rows))
    files = {"data_dir": str(folder), "label_file_list": str(folder / "labels.txt")}
    return {"name": "SimpleDataSet", "transforms": transforms, "ext_op_transform_idx": steps, **files}


def in_lmdb(folder: Path):
    lmdb = pytest.importorskip("lmdb")
    with lmdb.open(str(folder / "db"), map_size=1 << 22) as env, env.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"14")
        for i in range(1, 15):
            data, label = line(i)
            transaction.put(b"image-%09d" % i, data)
            transaction.put(b"label-%09d" % i, label.encode())
    return {"name": "LMDBDataSet", "data_dir": str(folder), "transforms": LINE}


def rendered(folder: Path):
    pytest.importorskip("PIL")
    fonts = [f for d in ppocr_lite.synth.DEFAULT_FONT_DIRS for f in Path(d).rglob("DejaVuSans.ttf")]
    if not fonts:
        pytest.skip("DejaVuSans.ttf is not on this machine")
    (folder / "text.txt").write_text("some plain words to be rendered\n" * 20)
    made = {"kind": "rec", "length": 14, "texts": [str(folder / "text.txt")], "fonts": [str(fonts[0])]}
    return {"name": "SynthDataSet", "ext_op_transform_idx": 1, "transforms": LINE, **made}


DATASETS = {
    "lines": lambda folder: simple(folder, line, LINE, 1),
    "pages": lambda folder: simple(folder, page, PAGE, 2),
    "lmdb": in_lmdb,
    "rendered": rendered,
}


def epoch_batches(section, workers, epoch=2):
    loader = {"batch_size_per_card": 3, "shuffle": True, "num_workers": workers, "max_bad_share": 0.5}
    cfg = Config({"Global": {"max_text_length": 60}, "Train": {"dataset": section, "loader": loader}})
    built = build_dataloader(cfg, charset=CHARSET, seed=9)
    built.set_epoch(epoch)
    batches = list(built.numpy_batches())
    bad = built.bad
    built.close()
    return batches, bad


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_any_number_of_workers_gives_the_same_batches(tmp_path, name):
    section = DATASETS[name](tmp_path)
    alone, bad = epoch_batches(section, 0)
    if name in ("lines", "pages"):
        assert bad == {"failed in DecodeImage": 1}  # and replaced alike
    for workers in (1, 3):
        others, same_bad = epoch_batches(section, workers)
        assert same_bad == bad
        for here, there in zip(alone, others, strict=True):
            assert here.keys() == there.keys()
            for key in here:
                np.testing.assert_array_equal(here[key], there[key])
    again, _ = epoch_batches(section, 0, epoch=3)
    assert any(
        a["image"].shape != b["image"].shape or (a["image"] != b["image"]).any() for a, b in zip(alone, again)
    )
