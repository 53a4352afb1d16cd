"""Shapes and sizes that PaddleOCR's papers, lessons and published weights have."""

from pathlib import Path

import paddle
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.mobilenet import SCALES
from ppocr_lite.modeling import build_model
from ppocr_lite.modeling.backbones.mobilenet_v1_enhance import MobileNetV1Enhance
from ppocr_lite.modeling.backbones.mobilenet_v3 import DetMobileNetV3, RecMobileNetV3
from ppocr_lite.modeling.necks.db_fpn import DBFPN

pytestmark = pytest.mark.train
CONFIGS = Path(__file__).resolve().parents[2] / "configs"

# scale: (stem, channels of the four maps)
WIDTHS = {
    "large": {
        0.35: (8, [8, 16, 40, 336]),
        0.5: (8, [16, 24, 56, 480]),
        0.75: (16, [24, 32, 88, 720]),
        1.0: (16, [24, 40, 112, 960]),
        1.25: (24, [32, 48, 144, 1200]),
    },
    "small": {
        0.35: (8, [8, 8, 16, 200]),
        0.5: (8, [8, 16, 24, 288]),
        0.75: (16, [16, 24, 40, 432]),
        1.0: (16, [16, 24, 48, 576]),
        1.25: (24, [24, 32, 64, 720]),
    },
}

# model, scale: channels in the middle of each inverted residual, and at its end
UNITS = [
    (
        "large",
        0.5,
        "8 32 40 40 64 64 120 104 96 96 240 336 336 480 480",
        "8 16 16 24 24 24 40 40 40 40 56 56 80 80 80",
    ),
    ("small", 0.5, "8 40 48 48 120 120 64 72 144 288 288", "8 16 16 24 24 24 24 24 48 48 48"),
    ("small", 0.35, "8 24 32 32 88 88 40 48 104 200 200", "8 8 8 16 16 16 16 16 32 32 32"),
]

# configuration, classes: entries of the state_dict, elements in them (an LSTM's stand there twice), trainable
SIZES = [
    ("det/ch_PP-OCRv2/ch_PP-OCRv2_det_student", None, 269, 595_794, 583_234),
    ("det/ch_ppocr_v2.0/ch_det_mv3_db_v2.0", None, 269, 595_794, 583_234),
    ("det/ch_ppocr_v2.0/ch_det_res18_db_v2.0", None, 149, 12_374_754, 12_364_386),
    ("det/det_mv3_db", None, 301, 1_857_016, 1_844_136),
    ("det/det_r50_vd_db", None, 309, 25_482_722, 25_428_962),
    ("cls/cls_mv3", None, 213, 133_628, 129_356),
    ("rec/ch_PP-OCRv2/ch_PP-OCRv2_rec", 6625, 179, 2_472_641, 2_066_433),
    ("rec/ch_ppocr_v2.0/rec_chinese_lite_train_v2.0", 6625, 245, 1_273_393, 1_081_377),
    ("rec/ch_ppocr_v2.0/rec_chinese_common_train_v2.0", 6625, 229, 31_031_873, 27_860_673),
    ("rec/rec_mv3_none_bilstm_ctc", 37, 301, 2_130_779, 1_451_787),
]


def run(layer, x):
    layer.eval()
    with paddle.no_grad():
        return layer(x)


def test_det_maps_and_pyramid_of_a_640_image():
    backbone = DetMobileNetV3(scale=0.5, disable_se=True)
    maps = run(backbone, paddle.zeros([1, 3, 640, 640]))
    assert [m.shape for m in maps] == [[1, 16, 160, 160], [1, 24, 80, 80], [1, 56, 40, 40], [1, 480, 20, 20]]
    assert run(DBFPN(backbone.out_channels, 96), maps).shape == [1, 96, 160, 160]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("model_name", ["large", "small"])
def test_mobilenet_v3_widths(model_name, scale):
    stem, widths = WIDTHS[model_name][scale]
    det = DetMobileNetV3(model_name=model_name, scale=scale)
    assert (det.conv.conv.weight.shape[0], det.out_channels) == (stem, widths)
    rec = RecMobileNetV3(model_name=model_name, scale=scale)
    assert (rec.conv1.conv.weight.shape[0], rec.out_channels) == (stem, widths[-1])


@pytest.mark.parametrize(("model_name", "scale", "middle", "end"), UNITS)
def test_mobilenet_v3_units(model_name, scale, middle, end):
    blocks = RecMobileNetV3(model_name=model_name, scale=scale).blocks
    assert [b.expand_conv.conv.weight.shape[0] for b in blocks] == [int(n) for n in middle.split()]
    assert [b.linear_conv.conv.weight.shape[0] for b in blocks] == [int(n) for n in end.split()]


@pytest.mark.parametrize(("model_name", "units"), [("large", [3, 3, 6, 4]), ("small", [1, 2, 5, 4])])
def test_det_mobilenet_v3_stages(model_name, units):
    model = DetMobileNetV3(model_name=model_name, scale=0.35)
    assert [len(getattr(model, f"stage{i}")) for i in range(4)] == units  # the last 1x1 among stage3's


@pytest.mark.parametrize(
    ("model_name", "given", "rows"),
    [
        ("large", [1, 2, 2, 2], {0: [1, 1], 1: [2, 1], 3: [2, 1], 12: [2, 1]}),
        ("large", [2, 3, 1, 2], {0: [2, 2], 1: [3, 1], 3: [1, 1], 12: [2, 1]}),
        ("small", [2, 2, 2, 2], {0: [2, 1], 1: [2, 1], 3: [2, 1], 8: [2, 1]}),
        ("small", [1, 2, 3, 1], {0: [1, 1], 1: [2, 1], 3: [3, 1], 8: [1, 1]}),
    ],
)
def test_rec_mobilenet_v3_strides(model_name, given, rows):
    model = RecMobileNetV3(model_name=model_name, scale=0.35, **{f"{model_name}_stride": given})
    strides = [block.bottleneck_conv.conv._stride for block in model.blocks]
    assert strides == [rows.get(i, [1, 1]) for i in range(len(strides))]


@pytest.mark.parametrize(
    ("params", "size", "expected"),
    [
        ({"model_name": "small", "scale": 0.5, "small_stride": [1, 2, 2, 2]}, (32, 320), [1, 288, 1, 80]),
        ({"model_name": "small", "scale": 0.5}, (32, 320), [1, 288, 1, 80]),
        ({"model_name": "large", "scale": 0.5}, (32, 100), [1, 480, 1, 25]),
        ({"model_name": "large", "scale": 0.35, "large_stride": [2, 2, 2, 2]}, (32, 64), [1, 336, 1, 8]),
        ({"model_name": "small", "scale": 0.35}, (48, 192), [1, 200, 1, 48]),
    ],
)
def test_rec_mobilenet_v3_features(params, size, expected):
    assert run(RecMobileNetV3(**params), paddle.zeros([1, 3, *size])).shape == expected


@pytest.mark.parametrize(
    ("params", "height", "expected"),
    [
        ({}, 32, [1, 512, 1, 80]),
        ({}, 23, [1, 512, 1, 80]),
        (
            {"last_conv_stride": [1, 2], "last_pool_type": "avg", "last_pool_kernel_size": [3, 2]},
            48,
            [1, 512, 1, 40],
        ),
    ],
)
def test_mobilenet_v1_enhance_features(params, height, expected):
    assert run(MobileNetV1Enhance(scale=0.5, **params), paddle.zeros([1, 3, height, 320])).shape == expected


def test_crnn_of_a_32_by_100_word():
    arch = {
        "model_type": "rec",
        "Backbone": {"name": "MobileNetV3", "model_name": "large", "scale": 0.5},
        "Neck": {"name": "SequenceEncoder", "encoder_type": "rnn", "hidden_size": 96},
        "Head": {"name": "CTCHead", "out_channels": 96},
    }
    model = build_model(arch)
    features = run(model.backbone, paddle.zeros([1, 3, 32, 100]))
    sequence = run(model.neck, features)
    assert features.shape == [1, 480, 1, 25]
    assert sequence.shape == [1, 25, 192]
    assert run(model.head, sequence)["probs"].shape == [1, 25, 96]


@pytest.mark.parametrize(("file", "classes", "entries", "elements", "trainable"), SIZES)
def test_sizes_of_configurations(file, classes, entries, elements, trainable):
    cfg = Config.load(CONFIGS / f"{file}.yml")
    charset = Charset(("x",) * (classes - 1)) if classes else None  # the blank is the first class
    model = build_model(cfg.section("Architecture"), charset)
    state = model.state_dict()
    assert (len(state), sum(int(t.size) for t in state.values())) == (entries, elements)
    parameters = {p.name: p for p in model.parameters()}.values()
    assert sum(int(p.size) for p in parameters if p.trainable) == trainable
