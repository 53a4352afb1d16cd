import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling import build_model
from ppocr_lite.modeling.backbones.crnn_vgg import CRNNVGG
from ppocr_lite.modeling.complexity import measure
from ppocr_lite.registry import BACKBONES

pytestmark = pytest.mark.train
SMALL = 0.125


@pytest.mark.parametrize(("width", "steps"), [(100, 26), (320, 81), (33, 9)])
def test_a_line_becomes_one_row(width, steps):
    net = CRNNVGG(3, scale=SMALL)
    net.eval()
    assert net.out_channels == 64
    assert net(paddle.zeros([2, 3, 32, width])).shape == [2, 64, 1, steps]


def test_names_and_norms_of_the_paper_s_table():
    keys = set(CRNNVGG(scale=SMALL).state_dict())
    assert {k.split(".")[0] for k in keys if k.startswith("norm")} == {"norm3", "norm5", "norm7"}
    biases = {k.split(".")[0] for k in keys if k.startswith("conv") and k.endswith(".bias")}
    assert biases == {"conv1", "conv2", "conv4", "conv6"}
    paper = CRNNVGG(scale=SMALL, norms=(5, 6)).state_dict()
    assert {k.split(".")[0] for k in paper if k.startswith("norm")} == {"norm5", "norm6"}


def test_crnn_has_the_8_3_million_parameters_of_its_paper():
    arch = {
        "model_type": "rec",
        "in_channels": 1,
        "Backbone": {"name": "VGG_CRNN"},
        "Neck": {"name": "SequenceEncoder", "encoder_type": "rnn", "hidden_size": 256, "project": True},
        "Head": {"name": "CTCHead", "out_channels": 37},
    }
    convolutions = (1 * 64 + 64 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 512 * 512) * 9 + 512 * 512 * 4
    biases, norms = 64 + 128 + 256 + 512, 2 * (256 + 512 + 512)
    lstms = sum(2 * 4 * 256 * (width + 256 + 2) for width in (512, 256))
    linear = 512 * 256 + 256 + 512 * 37 + 37
    expected = convolutions + biases + norms + lstms + linear
    assert measure(build_model(arch), (1, 32, 100)).parameters == expected == 8_330_021


def test_wrong_parameters():
    build = {"name": "VGG_CRNN", "norms": [3, 8]}
    with pytest.raises(ConfigError, match=r"norms: expected a list of whole numbers in 1\.\.7, got \[3, 8\]"):
        BACKBONES.build(build, task="rec", in_channels=1)
