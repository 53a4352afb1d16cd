"""The package's own models in 8 bits, by a few rendered pictures and without Paddle."""

import argparse
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("onnx")

from ppocr_lite.compression import post_training, static_job
from ppocr_lite.compression.post_training import LayerError, Quantizer, StaticOptions
from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError, DataError, ModelFileError
from ppocr_lite.export.parity import rendered_images, same_result
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer

MODELS = Path(post_training.__file__).resolve().parents[1] / "models" / "en"
SIZE_SHARE = {"det": 0.35, "cls": 0.40, "rec": 0.35}
"""Largest share of the float file that the int8 one may have; measured 0.29, 0.35 and 0.29."""
FAST = {"threads": 1, "report_images": 1}

pytestmark = pytest.mark.skipif(
    not (MODELS / "rec/inference.onnx").is_file(), reason="no embedded models in this checkout"
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """int8 folders of all three models."""
    root = tmp_path_factory.mktemp("int8")
    for task in SIZE_SHARE:
        pictures = rendered_images(3 if task == "det" else 8, line=task != "det", seed=1)
        post_training.quantize_folder(
            MODELS / task, root / task, pictures, StaticOptions(method="percentile", **FAST)
        )
    return root


@pytest.mark.parametrize("task", SIZE_SHARE)
def test_sizes_and_description(folders, task):
    folder = folders / task
    share = (folder / "inference.onnx").stat().st_size / (MODELS / task / "inference.onnx").stat().st_size
    assert share < SIZE_SHARE[task]
    section = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))["Quantization"]
    # Corners of a detector's boxes move by a pixel or two; test_boxes_are_near_those_of_the_float_model.
    assert section["against_float"]["text_agreement"] >= (0 if task == "det" else 0.6)
    rows = (folder / "layers.tsv").read_text(encoding="utf-8").splitlines()
    decibels = [float(row.split("\t")[2]) for row in rows[1:]]
    assert 30 < len(decibels) <= section["nodes_int8"]  # an engine may add some of its own accord
    assert decibels == sorted(decibels)
    assert not list(folder.glob(".int8-*"))


def test_texts_are_those_of_the_float_model(folders):
    """Of pictures that calibration has not seen."""
    images = rendered_images(12, line=True, seed=7)
    exact, rounded = (TextRecognizer.open(f)(images) for f in (MODELS / "rec", folders / "rec"))
    agreeing = sum(same_result(a, b) for a, b in zip(exact, rounded))
    assert agreeing >= 9
    assert any(a.score != b.score for a, b in zip(exact, rounded))


def test_boxes_are_near_those_of_the_float_model(folders):
    (image,) = rendered_images(1, line=False, seed=9)
    exact, rounded = (TextDetector.open(f)([image])[0] for f in (MODELS / "det", folders / "det"))
    assert len(exact.quads) == len(rounded.quads) > 2
    assert np.abs(exact.quads - rounded.quads).max() < 4


def test_openvino_reads_the_file_and_agrees(folders):
    pytest.importorskip("openvino")
    from ppocr_lite.inference.engines.base import open_engine

    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 48, 192)).astype(np.float32)
    outputs = []
    for kind in ("onnxruntime", "openvino"):
        engine = open_engine(folders / "cls/inference.onnx", kind=kind, threads=1)
        outputs.append(engine.run(image)[0])
        engine.close()
    np.testing.assert_allclose(*outputs, atol=0.1)


@pytest.fixture(scope="module")
def quantizer():
    options = StaticOptions(method="minmax", keep_float="auto", agreement=0.5, **FAST)
    made = Quantizer(MODELS / "cls", rendered_images(2, line=True), options)
    yield made
    made.close()


def test_the_worst_layers_stay_float(quantizer):
    errors = [LayerError(node.name, (1,), float(i), 0.0) for i, node in enumerate(quantizer.layers)]
    object.__setattr__(quantizer.options, "keep_float", 3)
    assert quantizer._choose(errors) == {error.name for error in errors[:3]}
    object.__setattr__(quantizer.options, "keep_float", len(errors))
    with pytest.raises(ConfigError, match="layers leave none to quantize"):
        quantizer._choose(errors)


@pytest.mark.parametrize(("shares", "kept"), [([1.0], 0), ([0.1, 0.2, 0.7], 4)])
def test_auto_frees_layers_until_results_agree(quantizer, monkeypatch, shares, kept):
    object.__setattr__(quantizer.options, "keep_float", "auto")
    left = iter(shares)
    monkeypatch.setattr(quantizer, "_compare", lambda file: {"text_agreement": next(left)})
    errors = [LayerError(node.name, (1,), float(i), 0.0) for i, node in enumerate(quantizer.layers)]
    assert quantizer._choose(errors) == {error.name for error in errors[:kept]}


def command_line(*flags):
    parser = argparse.ArgumentParser()
    static_job.add_flags(parser)
    return parser.parse_args(list(flags))


def job(tmp_path, *flags, model=MODELS / "cls", train=None):
    places = {"inference_model": str(model), "save_inference_dir": str(tmp_path / "out")}
    cfg = Config({"Global": places, "Train": {"dataset": train or {}}})
    return static_job.run(cfg, command_line(*flags))


def test_pictures_of_rendered_staves():
    train = {"name": "SynthDataSet", "kind": "music", "length": 9, "options": {"grammar": "simple"}}
    first, second = static_job.pictures(Config({"Train": {"dataset": train}}), count=2)
    assert first.shape[0] == second.shape[0] == 128
    assert first.shape != second.shape


def test_pictures_of_a_label_file_and_of_a_folder(tmp_path):
    for number, image in enumerate(rendered_images(4, line=True)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"{n}.png\t0\n" for n in range(4)), encoding="utf-8")
    train = {"name": "SimpleDataSet", "data_dir": str(tmp_path), "label_file_list": [str(labels)]}
    cfg = Config({"Train": {"dataset": train}})
    assert len(static_job.pictures(cfg)) == 4
    assert len(static_job.pictures(cfg, count=3)) == 3
    from_folder = static_job.pictures(Config({}), folder=str(tmp_path), count=4)
    np.testing.assert_array_equal(from_folder[2], static_job.pictures(cfg)[2])
    rows = job(
        tmp_path, "--method", "minmax", "--pictures", "2", "--keep_float", "1", train=train
    ).splitlines()
    assert rows[0].split("\t") == ["layer", "weight", "sqnr_db", "max_abs_diff"]
    section = yaml.safe_load((tmp_path / "out/inference.yml").read_text(encoding="utf-8"))["Quantization"]
    assert section["pictures"] == 2
    assert section["float_layers"] == [rows[1].split("\t")[0]]


def test_errors(tmp_path, folders):
    picture = rendered_images(1, line=True)
    with pytest.raises(DataError, match="Calibration: no picture"):
        post_training.quantize_folder(MODELS / "cls", tmp_path, [])
    with pytest.raises(ModelFileError, match="is quantized already"):
        post_training.quantize_folder(folders / "cls", tmp_path, picture)
    with pytest.raises(ConfigError, match="keep_float: expected a number of layers from 0 or 'auto'"):
        StaticOptions(keep_float="some")
    with pytest.raises(ConfigError, match=r"Train\.dataset\.label_file_list: no calibration pictures"):
        job(tmp_path)
    with pytest.raises(ConfigError, match=r"holds the float model; give another folder"):
        job(tmp_path, model=tmp_path / "out")
    with pytest.raises(ConfigError, match=r"Global\.inference_model: not set"):
        static_job.run(Config({}), command_line())
    with pytest.raises(DataError, match=r"gone\.txt: the label file cannot be read"):
        job(tmp_path, train={"label_file_list": [str(tmp_path / "gone.txt")]})
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    (tmp_path / "labels.txt").write_text("bad.png\tx\n")
    train = {"data_dir": str(tmp_path), "label_file_list": str(tmp_path / "labels.txt")}
    with pytest.raises(DataError, match=r"bad\.png"):
        job(tmp_path, train=train)
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(DataError, match="no picture for the calibration"):
        job(tmp_path, train={**train, "label_file_list": [str(tmp_path / "empty.txt")]})


def test_it_needs_no_paddle():
    code = (
        "import sys; sys.modules['paddle'] = None\n"
        "import ppocr_lite.compression.static_job, ppocr_lite.export.parity\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
