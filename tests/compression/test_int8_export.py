"""Real networks trained while they round, exported, resumed; and distillations."""

import numpy as np
import pytest
import yaml

paddle = pytest.importorskip("paddle")
pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")
cv2 = pytest.importorskip("cv2")

from ppocr_lite.compression import int8_export, quantize  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.export.parity import rendered_images  # noqa: E402
from ppocr_lite.inference.engines.base import open_engine  # noqa: E402
from ppocr_lite.inference.text_detector import TextDetector  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402

pytestmark = pytest.mark.train
ONE_STEP = 1 / 127
"""A step of a probability, whose range is 0..1."""


@pytest.fixture(scope="module")
def rec_config(tmp_path_factory, repo):
    """The English recognizer on eight lines of digits, two batches an epoch."""
    folder = tmp_path_factory.mktemp("lines")
    for number in range(8):
        image = np.full((32, 64, 3), 240, np.uint8)
        cv2.putText(image, f"{number}", (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
        cv2.imwrite(str(folder / f"{number}.png"), image)
    rows = "".join(f"{n}.png\t{n}\n" for n in range(8))
    (folder / "labels.txt").write_text(rows, encoding="utf-8")
    (folder / "digits.txt").write_text("\n".join("0123456789") + "\n", encoding="utf-8")
    base = Config.load(repo / "configs/rec/en/en_rec_mv3_crnn.yml")
    values = base.to_dict()
    for mode in ("Train", "Eval"):
        values[mode]["dataset"] = {
            "name": "SimpleDataSet",
            "data_dir": str(folder),
            "label_file_list": [str(folder / "labels.txt")],
            "transforms": [
                {"DecodeImage": {"img_mode": "BGR"}},
                {"CTCLabelEncode": None},
                {"RecResizeImg": {"image_shape": [1, 32, 64]}},
                {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
            ],
        }
        values[mode]["loader"] = {
            "batch_size_per_card": 4,
            "num_workers": 0,
            "shuffle": False,
            "drop_last": False,
        }
    values["Global"].update(
        character_dict_path=str(folder / "digits.txt"),
        max_text_length=8,
        epoch_num=1,
        eval_batch_step=[0, 1000],
        save_model_dir=str(folder / "out"),
    )
    return Config(values, str(repo / "configs/rec/en/en_rec_mv3_crnn.yml"))


@pytest.fixture(scope="module")
def rec_run(rec_config):
    """Two steps from float weights; -> (configuration, trainer)."""
    folder = rec_config.get("Global.save_model_dir")
    paddle.seed(4)
    assemble.checkpoint.save_weights(f"{folder}/float", assemble.parts(rec_config).model)
    cfg = rec_config.replace({"Global.pretrained_model": f"{folder}/float"})
    return cfg, assemble.train(cfg, prepare=int8_export.prepare)


def test_training_starts_from_float_weights_and_learns_ranges(rec_run):
    _, trainer = rec_run
    assert trainer.state.global_step == 2
    found = quantize.quantizers(trainer.model)
    assert all(layer.seen for layer in found.values())
    assert len(quantize.quantized_layers(trainer.model)) > 30
    assert not any("lstm" in name for name in found)
    alphas = [p for name, p in trainer.model.named_parameters() if name.endswith("alpha")]
    in_optimizer = {p.name for p in trainer.optimizer._parameter_list}
    assert alphas
    assert {p.name for p in alphas} <= in_optimizer


def test_a_rounding_training_resumes(rec_run):
    cfg, trainer = rec_run
    prefix = f"{cfg.get('Global.save_model_dir')}/latest"
    again = assemble.trainer(
        cfg.replace({"Global.checkpoints": prefix, "Global.epoch_num": 2}), prepare=int8_export.prepare
    )
    assert again.state.global_step == 2
    for name, value in trainer.model.state_dict().items():
        np.testing.assert_array_equal(again.model.state_dict()[name].numpy(), value.numpy())
    again.fit(2)
    assert again.state.global_step == 4


def test_exported_recognizer_agrees_with_the_rounding_network(rec_run, tmp_path):
    cfg, _ = rec_run
    prefix = f"{cfg.get('Global.save_model_dir')}/latest"
    out = tmp_path / "int8"
    int8_export.export(cfg.replace({"Global.checkpoints": prefix, "Global.save_inference_dir": str(out)}))
    values = yaml.safe_load((out / "inference.yml").read_text(encoding="utf-8"))
    assert values["Quantization"]["method"] == "PACT"
    assert values["Quantization"]["nodes_int8"] > 30
    assert values["Parity"]["int8"]["within_one_step"] == 1.0
    (image,) = rendered_images(1, line=True)
    assert len(TextRecognizer.open(out)([image])) == 1
    engines = {
        kind: open_engine(out / name, kind=kind, threads=1)
        for kind, name in (("onnxruntime", "inference.onnx"), ("paddle", "inference.json"))
    }
    batch = np.random.default_rng(0).uniform(-1, 1, (2, 1, 32, 64)).astype(np.float32)
    found = [engine.run(batch)[0] for engine in engines.values()]
    assert np.abs(found[0] - found[1]).max() <= ONE_STEP


def test_exported_detector_agrees_with_the_rounding_network(repo, tmp_path):
    """With trained weights: an untrained detector blows up each value that is rounded the other way."""
    weights = repo / "pretrain_models/en_det_mv3_db.pdparams"
    if not weights.is_file():
        pytest.skip("no weights in pretrain_models")
    cfg = Config.load(repo / "configs/det/en/en_det_mv3_db.yml")
    found = assemble.parts(cfg)
    int8_export.prepare(found)
    assemble.checkpoint.load_pretrained(found.model, weights)
    found.model.train()
    sgd = paddle.optimizer.SGD(1e-4, parameters=found.model.parameters())
    for page in rendered_images(2, line=False):
        image = (page[None, :224].transpose(0, 3, 1, 2) / 127.5 - 1).astype(np.float32)
        found.model(paddle.to_tensor(image))["maps"].square().mean().backward()
        sgd.step()
        sgd.clear_grad()
    values = int8_export.export_parts(found, tmp_path)[""]
    assert values["Quantization"]["nodes_int8"] >= 38
    # A step of the neck's sums, which reach 170, is more than 1: rounding to different sides shows.
    assert values["Parity"]["int8"]["within_one_step"] > 0.98
    assert values["Parity"]["int8"]["mean_abs_diff"] < 0.5 * ONE_STEP
    assert (tmp_path / "inference.onnx").stat().st_size < 1_000_000  # 2.2 MB in float
    assert not list(tmp_path.glob(".export-*"))
    TextDetector.open(tmp_path)


def test_frozen_teachers_stay_float(repo):
    cfg = Config.load(repo / "configs/det/ch_PP-OCRv2/ch_PP-OCRv2_det_distill.yml")
    found = assemble.parts(cfg)
    int8_export.prepare(found)
    frozen = set(found.model.frozen_names)
    assert frozen
    for name, model in found.model.submodels().items():
        assert bool(quantize.quantized_layers(model)) == (name not in frozen)


def test_errors(rec_config, tmp_path):
    with pytest.raises(ConfigError, match=r"Global\.save_inference_dir: not set"):
        int8_export.export(rec_config.replace({"Global.save_inference_dir": None}))
    found = assemble.parts(rec_config)
    int8_export.prepare(found)
    with pytest.raises(ModelFileError, match="no batch has gone through"):
        int8_export.export_parts(found, tmp_path)
