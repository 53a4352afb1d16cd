"""Distillations in the engine: what fits together, own weights, each sub-model as a model for itself."""

import copy
import logging

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, checkpoint, submodels  # noqa: E402
from ppocr_lite.engine.evaluator import Evaluator, to_numpy  # noqa: E402
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.export.inference_config import post_process  # noqa: E402
from ppocr_lite.optim import build_optimizer  # noqa: E402
from ppocr_lite.postprocess.ctc import CTCLabelDecode  # noqa: E402
from ppocr_lite.registry import LOSSES  # noqa: E402

pytestmark = pytest.mark.train

SUB = {
    "model_type": "rec",
    "algorithm": "CRNN",
    "Backbone": {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "small_stride": [1, 2, 2, 2]},
    "Neck": {"name": "SequenceEncoder", "encoder_type": "reshape"},
    "Head": {"name": "CTCHead"},
}
VALUES = {
    "Global": {"use_space_char": True},
    "Architecture": {
        "name": "DistillationModel",
        "algorithm": "Distillation",
        "model_type": "rec",
        "Models": {"Teacher": {**SUB, "freeze_params": True}, "Student": SUB},
    },
    "PostProcess": {"name": "DistillationCTCLabelDecode", "model_name": ["Student", "Teacher"]},
    "Metric": {"name": "DistillationMetric", "base_metric_name": "RecMetric", "key": "Student"},
}
WRONG_PAIR = {"DistillationDMLLoss": {"weight": 1.0, "model_name_pairs": [["Student", "Teachr"]]}}


def config(**changes):
    return Config(copy.deepcopy(VALUES), "configs/my_distillation.yml").replace(changes)


def weights(model):
    return {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}


def same(a, b):
    assert list(a) == list(b)
    return all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"PostProcess": {"name": "CTCLabelDecode"}},
            "PostProcess.name.*: 'CTCLabelDecode' is for one model, but Architecture.name is 'DistillationM",
        ),
        (
            {"Architecture": SUB},
            "PostProcess.name.*: .* is for several sub-models, but Architecture.name is 'BaseModel'",
        ),
        (
            {"PostProcess.model_name": ["Student", "Techer"]},
            r"PostProcess.model_name.*: no 'Techer' in Architecture.Models. Did you mean 'Teacher'\?",
        ),
        (
            {"PostProcess.model_name": "Teacher"},
            "Metric.key.*: no 'Student' in PostProcess.model_name. Known: Teacher",
        ),
        (
            {"Loss": {"name": "DistillationCTCLoss", "model_name_list": ["Studnt"]}},
            r"Loss.model_name_list.*: no 'Studnt' in Architecture.Models. Did you mean 'Student'\?",
        ),
        (
            {"Loss": {"name": "CombinedLoss", "loss_config_list": [WRONG_PAIR]}},
            r"Loss.loss_config_list\[0\].DistillationDMLLoss.model_name_pairs.*: no 'Teachr' in Architecture",
        ),
    ],
)
def test_what_does_not_fit_together(changes, message):
    with pytest.raises(ConfigError, match=message):
        assemble.parts(config(**changes))


def test_own_weights_of_one_model(tmp_path):
    alone = assemble.build_model(SUB, assemble.charset(config()))
    checkpoint.save_weights(tmp_path / "alone", alone)
    cfg = config(**{"Architecture.Models.Teacher.pretrained": str(tmp_path / "alone")})
    model = assemble.parts(cfg).model
    student = weights(model.Student)
    assert submodels.load_pretrained(cfg, model)
    assert same(weights(model.Teacher), weights(alone))
    assert same(weights(model.Student), student)


def test_own_weights_out_of_a_distillation(tmp_path, caplog):
    source = assemble.parts(config()).model
    checkpoint.save_weights(tmp_path / "both", source)
    cfg = config(**{"Architecture.Models.Student.pretrained": str(tmp_path / "both.pdparams")})
    model = assemble.parts(cfg).model
    with caplog.at_level(logging.INFO):
        submodels.load_pretrained(cfg, model)
    assert same(weights(model.Student), weights(source.Student))
    assert not same(weights(model.Teacher), weights(source.Teacher))
    half = len(model.Student.state_dict())
    assert f"both.pdparams: of its {2 * half} arrays the {half} of 'Student.' are taken." in caplog.text


def test_own_weights_out_of_a_distillation_without_this_sub_model(tmp_path):
    checkpoint.save_weights(tmp_path / "both", assemble.parts(config()).model)
    values = config().to_dict()
    values["Architecture"]["Models"]["Student2"] = {**SUB, "pretrained": str(tmp_path / "both")}
    cfg = Config(values)
    with pytest.raises(ModelFileError, match="It holds the model within Teacher, Student"):
        submodels.load_pretrained(cfg, assemble.parts(cfg).model)


def test_one_model_given_as_the_whole_distillation(tmp_path):
    checkpoint.save_weights(tmp_path / "alone", assemble.build_model(SUB, assemble.charset(config())))
    with pytest.raises(ModelFileError) as failed:
        checkpoint.load_pretrained(assemble.parts(config()).model, tmp_path / "alone")
    assert str(failed.value).endswith(
        "It holds one model, such as Student, Teacher of this distillation. "
        "Give it as Architecture.Models.Student.pretrained."
    )


def test_no_own_weights():
    assert not submodels.load_pretrained(config(), assemble.parts(config()).model)
    single = Config({"Architecture": SUB})
    assert not submodels.load_pretrained(single, assemble.build_model(SUB, assemble.charset(single)))


def test_frozen_parameters_are_not_the_optimizers():
    model = assemble.parts(config()).model
    optimizer, _ = build_optimizer({"name": "Adam", "lr": {"learning_rate": 0.1}}, 1, 1, model)
    trained = {parameter.name for parameter in optimizer._parameter_list}
    assert trained == {p.name for p in model.Student.parameters() if p.trainable}


def test_plain_configuration_of_a_sub_model():
    parts = assemble.parts(config())
    cfg = submodels.single_config(parts.cfg, "Teacher", parts.postprocess.plain)
    assert cfg.get("Global.model_name") == "my_distillation_Teacher"
    assert cfg.get("Architecture.algorithm") == "CRNN"
    single = assemble.parts(cfg)
    assert isinstance(single.postprocess, CTCLabelDecode)
    assert list(single.model.state_dict()) == list(parts.model.Teacher.state_dict())
    described = post_process(cfg, single.charset)
    assert described == {"name": "CTCLabelDecode", "character_dict": list(single.charset.characters)}


def test_metrics_of_a_training_batch():
    """Logits of training mode, nested, with features beside them, which no result is made of."""
    parts = assemble.parts(config())
    metric = assemble.build_metric(parts.cfg, parts.charset)
    measure = Evaluator(None, postprocess=parts.postprocess, metric=metric)
    logits = paddle.to_tensor(20 * np.eye(parts.charset.ctc_size, dtype=np.float32)[None, [1, 0, 2]])
    preds = {
        "Teacher": {"logits": 0 * logits, "backbone_out": logits},
        "Student": {"logits": logits, "backbone_out": logits},
    }
    assert to_numpy(preds)["Student"]["logits"].shape == (1, 3, 38)
    batch = {"label": paddle.to_tensor([[1, 2]]), "length": paddle.to_tensor([2])}
    values = measure.of_batch(preds, batch)
    assert values["acc"] == pytest.approx(1, abs=1e-4)
    assert values["Teacher_acc"] == 0


PADDLEOCR_LOSS = """
Loss:
  name: CombinedLoss
  loss_config_list:
  - DistillationDilaDBLoss:
      weight: 1.0
      model_name_pairs:
      - ["Student", "Teacher"]
      key: maps
      beta: 10
  - DistillationDMLLoss:
      model_name_pairs:
      - ["Student", "Student2"]
      - ["Student", "Nobody"]
      maps_name: "thrink_maps"
      weight: 1.0
      model_name_pairs: ["Student", "Student2"]
      key: maps
PostProcess:
  name: DistillationDBPostProcess
  model_name: ["Student"]
  key: head_out
"""


def test_paddleocrs_files_with_a_key_twice(tmp_path, caplog):
    """Its CML configuration says ``model_name_pairs`` twice in one loss: the last one counts."""
    (tmp_path / "cml.yml").write_text(PADDLEOCR_LOSS)
    cfg = Config.load(tmp_path / "cml.yml")
    with caplog.at_level(logging.WARNING):
        loss = LOSSES.build(cfg.section("Loss"))
        assemble.build_postprocess(cfg, None)
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("Loss.loss_config_list[0].DistillationDilaDBLoss.beta")
    assert second.startswith("PostProcess.key")
    maps = paddle.rand([1, 3, 8, 8])
    mask = paddle.ones([1, 8, 8])
    parts = loss(
        {name: {"maps": maps} for name in ("Teacher", "Student", "Student2")},
        {"shrink_map": mask, "shrink_mask": mask, "threshold_map": mask, "threshold_mask": mask},
    )
    assert [name for name in parts if name.startswith("dml")] == ["dml_thrink_maps_0"]
