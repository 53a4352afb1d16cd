"""Spellings of PaddleOCR 2.0 to 2.4 that users still have in their files."""

import logging

import cv2
import numpy as np
import pytest

pytest.importorskip("paddle")

from ppocr_lite.config import Config
from ppocr_lite.data.loader import build_dataloader
from ppocr_lite.engine import assemble
from ppocr_lite.modeling import build_model
from ppocr_lite.modeling.backbones import resnet
from ppocr_lite.modeling.backbones.resnet import DetResNetVd, RecResNetVd
from ppocr_lite.optim import build_optimizer

pytestmark = pytest.mark.train

DET = """
Global:
  use_gpu: true
  epoch_num: 1200
  load_static_weights: true
  cal_metric_during_train: False
Architecture:
  model_type: det
  algorithm: DB
  Transform:
  Backbone:
    name: ResNet
    layers: 18
    disable_se: True
  Neck:
    name: DBFPN
    out_channels: 16
  Head:
    name: DBHead
    k: 50
PostProcess:
  name: DBPostProcess
"""

DISTILLATION = """
Architecture:
  name: DistillationModel
  algorithm: Distillation
  model_type: det
  Models:
    Teacher:
      freeze_params: true
      model_type: det
      algorithm: DB
      Backbone: {name: ResNet, layers: 18}
      Neck: {name: DBFPN, out_channels: 16}
      Head: {name: DBHead, k: 50}
    Student:
      model_type: det
      algorithm: DB
      Backbone: {name: MobileNetV3, scale: 0.35, model_name: small, disable_se: True}
      Neck: {name: DBFPN, out_channels: 16}
      Head: {name: DBHead, k: 50}
"""

REC = """
Global:
  use_gpu: true
  epoch_num: 10
  load_static_weights: false
  debug: false
  distributed: false
  character_dict_path:
  character_type: en
  max_text_length: 25
  infer_mode: False
  use_space_char: False
Optimizer:
  name: Adam
  beta1: 0.9
  beta2: 0.999
  lr:
    name: Piecewise
    decay_epochs : [7, 8]
    values : [0.001, 0.0001]
    warmup_epoch: 5
  regularizer:
    name: 'L2'
    factor: 2.0e-05
Architecture:
  model_type: rec
  algorithm: CRNN
  Transform:
  Backbone:
    name: ResNet
    layers: 34
  Neck:
    name: SequenceEncoder
    encoder_type: rnn
    hidden_size: 8
  Head:
    name: CTCHead
    fc_decay: 0
PostProcess:
  name: CTCLabelDecode
Train:
  dataset:
    name: LMDBDateSet
    data_dir: DATA
    transforms:
      - DecodeImage: # load image
          img_mode: BGR
          channel_first: False
      - RecAug:
          use_tia: False
      - CTCLabelEncode: # Class handling label
      - RecResizeImg:
          image_shape: [3, 32, 100]
      - KeepKeys:
          keep_keys: ['image', 'label', 'length'] # dataloader will return list in this order
  loader:
    shuffle: True
    batch_size_per_card: 2
    drop_last: True
    num_workers: 0
    use_shared_memory: False
"""


@pytest.fixture
def load(tmp_path):
    """Reads a configuration from a file with this text, its data folder and RecAug's keys filled in."""

    def read(text, data="./train_data", augment="use_tia: False"):
        text = text.replace("DATA", str(data)).replace("use_tia: False", augment)
        file = tmp_path / "old.yml"
        file.write_text(text, encoding="utf-8")
        return Config.load(file)

    return read


@pytest.fixture
def thin(monkeypatch):
    """ResNets with few channels, for speed."""
    monkeypatch.setattr(resnet, "WIDTHS", (4, 8, 16, 32))


@pytest.fixture
def words(tmp_path):
    """An LMDB database of two words."""
    lmdb = pytest.importorskip("lmdb")
    image = cv2.imencode(".png", np.full((32, 100, 3), 200, np.uint8))[1].tobytes()
    with lmdb.open(str(tmp_path / "words"), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"2")
        for number, text in enumerate((b"one", b"Three"), 1):
            transaction.put(b"image-%09d" % number, image)
            transaction.put(b"label-%09d" % number, text)
    return tmp_path / "words"


def test_detectors_resnet_of_old_is_vd(load, thin, caplog):
    found = assemble.parts(load(DET))
    assert type(found.model.backbone) is DetResNetVd
    assert "backbone.bb_3_1.conv1._batch_norm._variance" in found.model.state_dict()
    assert "taken as the vd network" in caplog.text


def test_teachers_resnet_of_old_is_vd(load, thin):
    model = build_model(load(DISTILLATION).section("Architecture"))
    assert type(model.Teacher.backbone) is DetResNetVd
    assert "Teacher.backbone.conv1_1._conv.weight" in model.state_dict()


def test_recognizers_resnet_is_vd_without_a_word(load, thin, caplog):
    model = assemble.parts(load(REC)).model
    assert type(model.backbone) is RecResNetVd
    assert model.head.out_channels == 37  # character_type has no effect: 36 characters and the blank
    assert "taken as" not in caplog.text


def test_lmdb_date_set(load, words):
    cfg = load(REC, words)
    (batch,) = build_dataloader(cfg, "Train", charset=assemble.charset(cfg), seed=0)
    assert list(batch) == ["image", "label", "length"]
    assert batch["image"].shape == [2, 3, 32, 100]
    assert sorted(batch["length"].tolist()) == [3, 5]


@pytest.mark.parametrize(
    ("keys", "warps", "crops"),
    [
        ("use_tia: False", 0.0, 0.4),
        ("use_tia: True", 0.4, 0.4),
        ("aug_prob: 0.9", 0.9, 0.9),
        ("{use_tia: False, aug_prob: 0.1}", 0.0, 0.1),
    ],
)
def test_rec_aug(load, words, keys, warps, crops, caplog):
    cfg = load(REC, words, keys)
    with caplog.at_level(logging.WARNING):
        loader = build_dataloader(cfg, "Train", charset=assemble.charset(cfg), seed=0)
    augment = loader.dataset.pipeline.transforms[1]
    assert augment.older
    assert augment.tia_prob == warps
    probabilities = {step.__name__: p for p, step in augment.base.steps}
    assert probabilities["crop_rows"] == crops
    assert probabilities["jitter"] == 1.0
    assert "RecAug" not in caplog.text


def test_piecewise_with_as_many_values_as_boundaries(load, thin):
    cfg = load(REC)
    model = assemble.parts(cfg).model
    optimizer, schedule = build_optimizer(cfg.section("Optimizer"), 10, 2, model)
    rates = [schedule.value(step) for step in range(40)]
    # 10 steps up, then 7 epochs of 2 steps at the first value; the second boundary changes nothing
    assert rates[:10] == pytest.approx([0.0001 * i for i in range(10)])
    assert set(rates[10:24]) == {0.001}
    assert set(rates[24:]) == {0.0001}
    assert optimizer.get_lr() == 0.0
