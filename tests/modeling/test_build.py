import copy
import logging

import paddle
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling import build_model

pytestmark = pytest.mark.train

REC = {
    "model_type": "rec",
    "algorithm": "CRNN",
    "in_channels": 1,
    "Transform": None,
    "Backbone": {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "small_stride": [1, 2, 2, 2]},
    "Neck": {"name": "SequenceEncoder", "encoder_type": "rnn", "hidden_size": 8},
    "Head": {"name": "CTCHead", "fc_decay": 0.0001},
}


def changed(path, value):
    arch = copy.deepcopy(REC)
    node = arch
    *parents, last = path.split(".")
    for key in parents:
        node = node[key]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return arch


def test_classes_come_from_the_charset():
    before = copy.deepcopy(REC)
    model = build_model(REC, Charset(tuple("abc")))
    assert before == REC
    image = paddle.zeros([2, 1, 32, 64])
    assert model(image)["logits"].shape == [2, 16, 4]
    model.eval()
    assert model(image, {"label": image})["probs"].shape == [2, 16, 4]


def test_a_written_class_count_gives_way_and_is_mentioned(caplog):
    with caplog.at_level(logging.INFO):
        model = build_model(changed("Head.out_channels", 6625), Charset(tuple("abc")))
    assert model.head.out_channels == 4
    assert "Architecture.Head.out_channels: 4, as the character set has it, instead of 6625." in caplog.text


def test_return_all_feats_in_training_only():
    model = build_model({**REC, "return_all_feats": True}, Charset(tuple("abc")))
    image = paddle.zeros([1, 1, 32, 64])
    assert list(model(image)) == ["backbone_out", "neck_out", "logits"]
    model.eval()
    assert list(model(image)) == ["probs"]


def test_detector_without_charset_and_from_a_config_section():
    arch = {
        "model_type": "det",
        "Backbone": {"name": "MobileNetV3", "disable_se": True},
        "Neck": {"name": "DBFPN", "out_channels": 24},
        "Head": {"name": "DBHead", "k": 50},
    }
    model = build_model(Config({"Architecture": arch}).section("Architecture"))
    assert model.task == "det"
    assert model(paddle.zeros([1, 3, 64, 96]))["maps"].shape == [1, 3, 64, 96]


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        (REC, "CTCHead needs the parameter 'out_channels', which is not given"),
        (changed("model_type", "recc"), "model_type: 'recc' is not one of det, rec, cls"),
        (changed("Neckk", {}), r"Architecture.Neckk: .* Did you mean 'Neck'\?"),
        (changed("Head", None), "Architecture.Head: the section is missing"),
        (changed("Backbone.name", "MobileNetv3"), r"Backbone: .* Did you mean 'MobileNetV3'\?"),
        (changed("Backbone.scales", 1.0), r"Backbone.scales: .* Did you mean 'scale'\?"),
        (changed("name", "DistilationModel"), "no architecture named 'DistilationModel'"),
        (changed("name", ["BaseModel"]), r"no architecture named '\['BaseModel'\]'"),
        (changed("model_type", ["rec"]), r"Architecture\.model_type: expected a text, got \['rec'\]"),
        (
            changed("in_channels", 0),
            r"Architecture\.in_channels: expected a whole number of at least 1, got 0",
        ),
        (changed("pretrained", 5), r"Architecture\.pretrained: expected a text, or one of False, got 5"),
        (changed("Backbone", "MobileNetV3"), r"Architecture\.Backbone: expected keys and values, got 'Mobi"),
        (
            changed("Backbone.scale", "big"),
            r"Architecture\.Backbone\.scale: expected a number above 0, got 'b",
        ),
        (
            changed("Neck", {"name": "DBFPN", "out_channels": 8}),
            "DBFPN takes a list of whole numbers as in_ch",
        ),
        (changed("Head.return_feats", "no"), r"Architecture\.Head\.return_feats: expected true or false"),
    ],
)
def test_wrong_sections(arch, message):
    with pytest.raises(ConfigError, match=message):
        build_model(arch)


def test_two_models_in_one_process_do_not_share_names():
    first, second = (build_model(REC, Charset(tuple("abc"))) for _ in range(2))
    assert not {p.name for p in first.parameters()} & {p.name for p in second.parameters()}
