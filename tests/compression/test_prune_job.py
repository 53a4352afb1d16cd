"""Pruned checkpoints, from pruning to the exported model: they must be checkpoints like any other."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

paddle = pytest.importorskip("paddle")

from ppocr_lite.compression import prune_job  # noqa: E402
from ppocr_lite.compression.prune import Pruner  # noqa: E402
from ppocr_lite.compression.prune_options import PruneOptions  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, checkpoint  # noqa: E402
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.modeling.structure import structure_of  # noqa: E402
from ppocr_lite.weights import commands  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
WEIGHT = "backbone.conv1.conv.weight"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Eight lines, every second one upside down."""
    folder = tmp_path_factory.mktemp("data")
    rows = []
    for number in range(8):
        image = np.full((32, 64, 3), 240, np.uint8)
        cv2.putText(image, "ab", (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
        turned = number % 2
        cv2.imwrite(str(folder / f"{number}.png"), image[::-1, ::-1] if turned else image)
        rows.append(f"{number}.png\t{180 if turned else 0}\n")
    (folder / "label.txt").write_text("".join(rows))
    return folder


@pytest.fixture(scope="module")
def base(data):
    """The classifier's configuration with this data."""
    changes = {"Global.epoch_num": 1, "Global.eval_batch_step": [0, 1], "Global.print_batch_step": 1}
    for mode in ("Train", "Eval"):
        changes |= {
            f"{mode}.dataset.data_dir": str(data),
            f"{mode}.dataset.label_file_list": [str(data / "label.txt")],
            f"{mode}.loader.batch_size_per_card": 4,
            f"{mode}.loader.num_workers": 0,
        }
    cfg = Config.load(REPO / "configs/cls/cls_mv3.yml").replace(changes)
    steps = cfg.get("Train.dataset.transforms")
    return cfg.replace({"Train.dataset.transforms": [s for s in steps if "RecAug" not in s]})


@pytest.fixture(scope="module")
def whole(base, tmp_path_factory):
    """The checkpoint that is pruned."""
    paddle.seed(1)
    prefix = tmp_path_factory.mktemp("whole") / "model"
    checkpoint.save_weights(prefix, assemble.parts(base).model)
    return prefix


@pytest.fixture(scope="module")
def trained(base, whole, tmp_path_factory):
    """(configuration, trainer) after pruning a third of all layers and fine-tuning for two steps."""
    folder = tmp_path_factory.mktemp("pruned")
    cfg = base.replace({"Global.pretrained_model": str(whole), "Global.save_model_dir": str(folder)})
    return cfg, prune_job.run(cfg, PruneOptions(ratio=0.3))


def with_weights(cfg, prefix, **others):
    return cfg.replace(
        {"Global.pretrained_model": str(prefix), **{f"Global.{k}": v for k, v in others.items()}}
    )


def test_fine_tunes_with_the_usual_trainer(trained, whole):
    cfg, trainer = trained
    folder = Path(cfg.get("Global.save_model_dir"))
    assert trainer.state.global_step == 2
    assert trainer.model.backbone.conv1.conv.weight.shape[0] == 6  # of 8
    for name in ("pruned", "latest", "best_accuracy", "best_model/model"):
        assert (folder / f"{name}.structure.json").is_file()
    old = Path(f"{whole}.pdparams").stat().st_size
    assert (folder / "pruned.pdparams").stat().st_size < 0.7 * old
    before = checkpoint.files.read_weights(folder / "pruned.pdparams")[WEIGHT]
    after = checkpoint.files.read_weights(folder / "latest.pdparams")[WEIGHT]
    assert 0 < np.abs(before - after).max() < 0.1


def test_evaluates_and_resumes(trained):
    cfg, trainer = trained
    latest = Path(cfg.get("Global.save_model_dir")) / "latest"
    evaluator, model = assemble.evaluator(with_weights(cfg, latest))
    assert model.backbone.conv1.conv.weight.shape[0] == 6
    assert 0 <= evaluator(model)["acc"] <= 1
    resumed = prune_job.run(
        cfg.replace({"Global.checkpoints": str(latest), "Global.epoch_num": 2}), PruneOptions()
    )
    assert resumed.state.global_step == 4
    assert structure_of(resumed.model) == structure_of(trainer.model)


def test_exports_with_parity(trained, tmp_path):
    cfg, _ = trained
    latest = Path(cfg.get("Global.save_model_dir")) / "latest"
    folder = prune_job.export(with_weights(cfg, latest, save_inference_dir=str(tmp_path / "inference")))
    values = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    for engine in ("paddle", "onnx"):
        assert values["Parity"][engine]["max_abs_diff"] < 1e-4
    plain = tmp_path / "plain"  # only the checkpoint's two files are needed
    plain.mkdir()
    for suffix in (".pdparams", ".structure.json"):
        shutil.copy(f"{latest}{suffix}", plain / f"x{suffix}")
    assert assemble.trained(with_weights(cfg, plain / "x")).model.backbone.conv1.conv.weight.shape[0] == 6


def test_weights_without_their_structure_are_refused(trained, base, tmp_path):
    cfg, _ = trained
    source = Path(cfg.get("Global.save_model_dir")) / "latest.pdparams"
    shutil.copy(source, tmp_path / "x.pdparams")
    alone = with_weights(base, tmp_path / "x", save_model_dir=str(tmp_path))
    said = r"fewer filters, as a pruned model's. If it is one, copy 'x\.structure\.json' from where it was"
    with pytest.raises(ModelFileError, match=said):
        assemble.trained(alone)
    with pytest.raises(ModelFileError, match=r"looks pruned, and does not fit the model(.|\n)*" + said):
        assemble.trainer(alone)


def test_a_structure_of_another_configuration_is_refused(trained, base, tmp_path):
    cfg, _ = trained
    for suffix in (".pdparams", ".structure.json"):
        shutil.copy(Path(cfg.get("Global.save_model_dir")) / f"latest{suffix}", tmp_path / f"x{suffix}")
    other = base.replace({"Architecture.Backbone.scale": 0.5})
    with pytest.raises(ModelFileError, match=r"x\.structure\.json: .* Give the configuration with which"):
        assemble.trained(with_weights(other, tmp_path / "x"))


def test_a_whole_model_under_the_same_name_is_whole(trained, base, tmp_path):
    cfg, trainer = trained
    checkpoint.save(tmp_path / "x", trainer.model)
    assert (tmp_path / "x.structure.json").is_file()
    checkpoint.save(tmp_path / "x", assemble.parts(base).model)
    assert not (tmp_path / "x.structure.json").exists()
    assert assemble.trained(with_weights(cfg, tmp_path / "x")).model.backbone.conv1.conv.weight.shape[0] == 8


def test_structure_is_part_of_a_checkpoint(trained, tmp_path):
    """Its checksum is checked on resuming, and it goes with weights that are converted."""
    cfg, _ = trained
    folder = Path(cfg.get("Global.save_model_dir"))
    for suffix in checkpoint.SUFFIXES:
        shutil.copy(folder / f"latest{suffix}", tmp_path / f"x{suffix}")
    commands.convert(tmp_path / "x.pdparams", tmp_path / "y.pdparams")
    assert (tmp_path / "y.structure.json").read_bytes() == (tmp_path / "x.structure.json").read_bytes()
    values = json.loads((tmp_path / "x.structure.json").read_text())
    (tmp_path / "x.structure.json").write_text(json.dumps(values, indent=1))
    with pytest.raises(ModelFileError, match=r"x\.structure\.json: was not written together with"):
        assemble.trainer(cfg.replace({"Global.checkpoints": str(tmp_path / "x")}))


def test_sensitivity_chooses_for_a_size(base, whole, tmp_path, monkeypatch):
    """All layers cost the same here but the first, which costs more: it is pruned less."""
    measured = []

    def measure(model):
        measured.append(1)
        gone = sum((8 - layer.shape[0]) * 0.05 for layer in [model.backbone.conv1.conv.weight])
        return 1 - gone

    monkeypatch.setattr(prune_job.sensitivity, "metric_of", lambda evaluator: measure)
    cfg = with_weights(base, whole, save_model_dir=str(tmp_path))
    options = PruneOptions(sensitivity=True, step=0.25, samples=4, size="-40%", multiple=1, no_train=True)
    assert prune_job.run(cfg, options) is None
    lines = [json.loads(line) for line in (tmp_path / "sensitivity.jsonl").read_text().splitlines()]
    assert lines[0]["facts"]["samples"] == 4
    assert {line["ratio"] for line in lines[1:]} == {0.25, 0.5, 0.75}
    count = len(measured)
    report = prune_job.prune(cfg, options)
    assert len(measured) == count + 2  # the file knows the rest
    assert 0.54 < report.after.parameters / report.before.parameters <= 0.6
    left = {name: new / old for name, (old, new) in report.channels.items() if old >= 8}
    assert left.pop(WEIGHT) == 1
    assert max(left.values()) < 0.9
    assert "<svg" in (tmp_path / "sensitivity.html").read_text()
    assert any(line.startswith("parameters: ") for line in prune_job.table(report))


def test_flops_are_met_by_equal_ratios(base, whole, tmp_path):
    cfg = with_weights(base, whole, save_model_dir=str(tmp_path))
    report = prune_job.prune(cfg, PruneOptions(flops="-45%"))
    assert 0.5 < report.after.multiply_adds / report.before.multiply_adds <= 0.55
    with pytest.raises(ConfigError, match="--flops and --size: give one of the two"):
        prune_job.prune(cfg, PruneOptions(flops="-45%", size="-45%"))


def test_ratios_of_single_layers(base):
    model = assemble.parts(base).model
    pruner = Pruner(model, (3, 48, 32), multiple=4)
    assert len(pruner.removed({WEIGHT: 0.5})[WEIGHT]) == 4
    with pytest.raises(ConfigError, match=r"no layer of this name can be pruned. Did you mean 'backbone"):
        pruner.removed({WEIGHT[:-2]: 0.5})
    with pytest.raises(ConfigError, match=r"backbone\.conv1\.conv\.weight: no channel would be left"):
        pruner.cuts({WEIGHT: range(8)})
    with pytest.raises(ConfigError, match="multiple: expected a whole number from 1, got 0"):
        Pruner(model, (3, 48, 32), multiple=0)


def test_a_pruned_student_of_a_distillation(tmp_path):
    """The pruned file is the student's alone; the teacher stays whole, and the whole is saved and loaded."""
    file = REPO / "configs/det/ch_PP-OCRv2/ch_PP-OCRv2_det_distill.yml"
    cfg = Config.load(file)
    whole = assemble.parts(cfg).model
    student = whole.submodels()["Student"]
    pruner = Pruner(student, (3, 64, 64))
    pruner.apply(pruner.structure({group.name: 0.3 for group in pruner.channels.groups}))
    checkpoint.save_weights(tmp_path / "student", student)
    checkpoint.save_weights(tmp_path / "whole", whole)

    fresh = assemble.parts(cfg).model
    models = {f"Architecture.Models.{name}.pretrained": None for name in whole.submodels()}
    own = {**models, "Architecture.Models.Student.pretrained": str(tmp_path / "student")}
    assert prune_job.assemble.pruned.shrink(cfg.replace(own), fresh)
    assemble.submodels.load_pretrained(cfg.replace(own), fresh)
    image = paddle.ones([1, 3, 64, 64])
    for model in (fresh, whole):
        model.eval()
    np.testing.assert_array_equal(
        fresh.submodels()["Student"](image)["maps"].numpy(), student(image)["maps"].numpy()
    )
    assert structure_of(fresh).cuts.keys() == structure_of(whole).cuts.keys()
    again = assemble.trained(cfg.replace({**models, "Global.pretrained_model": str(tmp_path / "whole")}))
    assert structure_of(again.model) == structure_of(whole)
    commands.extract(tmp_path / "whole.pdparams", tmp_path / "part.pdparams", prefix="Student")
    part = assemble.parts(Config.load(REPO / "configs/det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml")).model
    single = cfg.replace({"Global.pretrained_model": str(tmp_path / "part"), **models})
    assert prune_job.assemble.pruned.shrink(single, part)
    checkpoint.load_exact(part, tmp_path / "part")
