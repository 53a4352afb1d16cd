import logging

import numpy as np
import pytest

pytest.importorskip("paddle")

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.compat import choose_resnets, resnet_variant
from ppocr_lite.modeling.backbones import resnet
from ppocr_lite.modeling.backbones.resnet import DetResNet, DetResNetVd
from ppocr_lite.weights import files

pytestmark = pytest.mark.train

VD, PLAIN = "conv1_1._conv.weight", "conv._conv.weight"


@pytest.fixture
def weights(tmp_path):
    """Writes a file of weights with one array of each name, and gives its prefix."""

    def write(name, *names):
        files.write_weights(tmp_path / f"{name}.pdparams", {n: np.zeros(1, np.float32) for n in names})
        return str(tmp_path / name)

    return write


def det(**backbone):
    return {"model_type": "det", "Backbone": {"name": "ResNet", "layers": 50, **backbone}}


def config(arch, **global_keys):
    return Config({"Global": global_keys, "Architecture": arch})


def variant(cfg, place="Architecture"):
    return choose_resnets(cfg).get(f"{place}.Backbone.variant")


@pytest.mark.parametrize(
    ("names", "prefix", "expected"),
    [
        ([f"backbone.{VD}", "neck.in2_conv.weight"], "", "vd"),
        ([f"backbone.{PLAIN}"], "", "plain"),
        ([PLAIN], "", "plain"),
        ([VD], "Teacher.", "vd"),
        ([f"Teacher.backbone.{VD}", f"Student.backbone.{PLAIN}"], "Teacher.", "vd"),
        ([f"Teacher.backbone.{VD}", f"Student.backbone.{PLAIN}"], "Student.", "plain"),
        (["backbone.conv.conv.weight", "conv.conv.weight"], "", None),  # MobileNetV3
        ([], "", None),
    ],
)
def test_names_tell_the_variant(names, prefix, expected):
    assert resnet_variant(names, prefix) == expected


def test_weights_choose_and_checkpoints_come_first(weights, caplog):
    vd, plain = weights("old", f"backbone.{VD}"), weights("new", f"backbone.{PLAIN}")
    with caplog.at_level(logging.INFO):
        assert variant(config(det(), pretrained_model=vd)) == "vd"
    assert f"Architecture.Backbone: ResNet is the vd network, by the weights in {vd}." in caplog.text
    assert variant(config(det(), pretrained_model=vd, checkpoints=plain)) == "plain"


@pytest.mark.parametrize(
    "arch",
    [
        det(variant="plain"),
        det(name="ResNet_vd"),
        {"model_type": "rec", "Backbone": {"name": "ResNet"}},
    ],
)
def test_only_what_is_ambiguous_is_touched(arch, weights):
    cfg = config(arch, pretrained_model=weights("old", f"backbone.{VD}"))
    assert choose_resnets(cfg) is cfg


@pytest.mark.parametrize("path", [None, "no/such/file", "https://example.org/w.pdparams"])
def test_without_weights_nothing_is_chosen(path):
    cfg = config(det(), pretrained_model=path)
    assert choose_resnets(cfg) is cfg


def test_submodels_by_their_own_weights_or_the_whole_checkpoint(weights):
    own = {**det(), "pretrained": weights("teacher", f"backbone.{VD}")}
    arch = {"name": "DistillationModel", "model_type": "det", "Models": {"Teacher": own, "Student": det()}}
    places = [f"Architecture.Models.{name}" for name in ("Teacher", "Student")]
    assert [variant(config(arch), place) for place in places] == ["vd", None]
    whole = weights("both", f"Teacher.backbone.{PLAIN}", f"Student.backbone.{VD}")
    assert [variant(config(arch, checkpoints=whole), place) for place in places] == ["plain", "vd"]


@pytest.mark.parametrize(("stem", "network"), [(VD, DetResNetVd), (PLAIN, DetResNet)])
def test_the_model_is_built_as_chosen(stem, network, weights, monkeypatch):
    monkeypatch.setattr(resnet, "WIDTHS", (4, 8, 16, 32))
    arch = {
        **det(layers=18),
        "Neck": {"name": "DBFPN", "out_channels": 8},
        "Head": {"name": "DBHead"},
    }
    cfg = Config(
        {
            "Global": {"pretrained_model": weights("w", f"backbone.{stem}")},
            "Architecture": arch,
            "PostProcess": {"name": "DBPostProcess"},
        }
    )
    found = assemble.parts(cfg)
    assert type(found.model.backbone) is network
    assert found.cfg.get("Architecture.Backbone.variant") in resnet.VARIANTS
