import copy
import logging

import numpy as np
import paddle
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling import build_model

pytestmark = pytest.mark.train

SUB = {
    "pretrained": None,
    "freeze_params": False,
    "return_all_feats": True,
    "model_type": "rec",
    "algorithm": "CRNN",
    "in_channels": 1,
    "Transform": None,
    "Backbone": {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "small_stride": [1, 2, 2, 2]},
    "Neck": {"name": "SequenceEncoder", "encoder_type": "fc", "hidden_size": 8},
    "Head": {"name": "CTCHead", "mid_channels": 6, "return_feats": True},
}
ARCH = {
    "name": "DistillationModel",
    "algorithm": "Distillation",
    "model_type": "rec",
    "Models": {"Zeta": copy.deepcopy(SUB), "Alpha": copy.deepcopy(SUB)},
}
ABC = Charset(tuple("abc"))


def changed(path, value):
    arch = copy.deepcopy(ARCH)
    node = arch
    *parents, last = path.split(".")
    for key in parents:
        node = node[key]
    node[last] = value
    return arch


def image(seed=0):
    return paddle.to_tensor(np.random.default_rng(seed).standard_normal((2, 1, 32, 64)).astype(np.float32))


def trains(model):
    """Everything but running statistics is trainable."""
    fixed = [name for name, p in model.named_parameters() if not p.trainable]
    return all(name.endswith(("._mean", "._variance")) for name in fixed)


def test_every_submodel_sees_the_image_and_gets_the_classes():
    before = copy.deepcopy(ARCH)
    model = build_model(ARCH, ABC)
    assert before == ARCH
    outputs = model(image(), targets={"label": image()})
    assert list(outputs) == ["Zeta", "Alpha"]  # the order of the configuration
    assert list(outputs["Alpha"]) == ["backbone_out", "neck_out", "logits", "feats"]
    assert outputs["Alpha"]["logits"].shape == [2, 16, 4]
    assert {name.split(".")[0] for name in model.state_dict()} == {"Zeta", "Alpha"}
    model.eval()
    outputs = model(image())
    assert {name: list(values) for name, values in outputs.items()} == {"Zeta": ["probs"], "Alpha": ["probs"]}
    np.testing.assert_array_equal(outputs["Alpha"]["probs"].numpy(), model.Alpha(image())["probs"].numpy())


def test_frozen_submodel_stays_as_it_is_and_gives_training_outputs():
    paddle.seed(0)
    model = build_model(changed("Models.Zeta.freeze_params", True), ABC)
    assert model.frozen_names == ("Zeta",)
    assert not any(p.trainable for p in model.Zeta.parameters())
    assert trains(model.Alpha)
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    model.train()
    outputs = model(image())
    (outputs["Zeta"]["logits"] - outputs["Alpha"]["logits"]).square().mean().backward()
    assert all(p.grad is None for p in model.Zeta.parameters())
    assert list(outputs["Zeta"]) == ["backbone_out", "neck_out", "logits", "feats"]
    moved = {name for name, value in model.state_dict().items() if (value.numpy() != before[name]).any()}
    assert {name.split(".")[0] for name in moved} == {"Alpha"}  # running statistics
    model.eval()
    model.train()  # after an evaluation
    assert not model.Zeta.backbone.conv1.bn.training
    assert model.Zeta.head.training
    assert model.Alpha.backbone.conv1.bn.training


def test_frozen_submodel_gives_what_it_gives_in_evaluation():
    paddle.seed(0)
    model = build_model(changed("Models.Zeta.freeze_params", True), ABC)
    logits = model(image())["Zeta"]["logits"]
    model.eval()
    expected = model(image())["Zeta"]["probs"]
    got = paddle.nn.functional.softmax(logits)
    np.testing.assert_allclose(got.numpy(), expected.numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        (changed("Models", None), "Architecture.Models: the section is missing"),
        (changed("Modells", {}), r"Architecture.Modells: .* Did you mean 'Models'\?"),
        (changed("Backbone", {}), "Architecture.Backbone: an architecture has no key 'Backbone'"),
        (changed("model_type", "text"), "Architecture.model_type: 'text' is not one of"),
        (
            changed("Models.Alpha.Backbone.scales", 1.0),
            r"Architecture.Models.Alpha.Backbone.scales: .* Did you mean 'scale'\?",
        ),
        (
            changed("Models.Zeta.freeze_param", True),
            r"Architecture.Models.Zeta.freeze_param: .* Did you mean 'freeze_params'\?",
        ),
        (changed("Models.Zeta.Head", None), "Architecture.Models.Zeta.Head: the section is missing"),
        (changed("Models.Zeta", "x"), "Architecture.Models.Zeta: expected keys and values, got 'x'"),
        (changed("Models.Zeta.model_type", "det"), "Architecture.Models.Zeta"),
        (changed("Models.train", copy.deepcopy(SUB)), "Models.train: 'train' cannot name a sub-model"),
    ],
)
def test_wrong_sections(arch, message):
    with pytest.raises(ConfigError, match=message):
        build_model(arch, ABC)


def test_submodels_of_another_task_are_refused():
    detector = {
        "model_type": "det",
        "Backbone": {"name": "MobileNetV3", "disable_se": True},
        "Neck": {"name": "DBFPN", "out_channels": 24},
        "Head": {"name": "DBHead"},
    }
    with pytest.raises(
        ConfigError, match="Models.Zeta.model_type: 'det', but Architecture.model_type is 'rec'"
    ):
        build_model(changed("Models.Zeta", detector), ABC)


def test_keys_of_submodels_have_no_effect_elsewhere(caplog):
    with caplog.at_level(logging.WARNING):
        model = build_model({**SUB, "freeze_params": True}, ABC)
        build_model(ARCH, ABC)
    assert trains(model)
    messages = [record.getMessage() for record in caplog.records]
    expected = "Architecture.freeze_params: has an effect on the sub-models of a distillation only."
    assert messages == [expected]
