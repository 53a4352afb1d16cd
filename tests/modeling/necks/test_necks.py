import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.necks.db_fpn import DBFPN
from ppocr_lite.modeling.necks.sequence import SequenceEncoder

pytestmark = pytest.mark.train


def test_dbfpn_joins_four_levels_coarsest_first():
    neck = DBFPN([16, 24, 56, 480], 96)
    sides = (160, 80, 40, 20)
    maps = [paddle.zeros([1, c, s, s]) for c, s in zip((16, 24, 56, 480), sides)]
    assert neck(maps).shape == [1, 96, 160, 160]
    # Only the coarsest level sees c5 when the sums below it are cut off: channels 0..23.
    for conv in (neck.p4_conv, neck.p3_conv, neck.p2_conv):
        conv.weight.set_value(paddle.zeros_like(conv.weight))
    maps[3] = paddle.ones_like(maps[3])
    out = neck(maps)
    assert bool(out[:, :24].any())
    assert not bool(out[:, 24:].any())


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"in_channels": 16, "out_channels": 96}, "expected the channels of 4 feature maps, got 16"),
        ({"in_channels": [1, 2, 3, 4], "out_channels": 96, "use_asf": True}, "use_asf: adaptive scale"),
        ({"in_channels": [1, 2, 3, 4], "out_channels": 10}, "out_channels: expected a multiple of 4, got 10"),
    ],
)
def test_dbfpn_errors(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        DBFPN(**kwargs)


@pytest.mark.parametrize(("encoder_type", "out"), [("reshape", 12), ("fc", 5), ("rnn", 10)])
def test_encoders(encoder_type, out):
    neck = SequenceEncoder(12, encoder_type, hidden_size=5)
    assert neck.out_channels == out
    assert neck(paddle.randn([2, 12, 1, 7])).shape == [2, 7, out]


def test_reshape_puts_columns_in_order():
    x = paddle.arange(6, dtype="float32").reshape([1, 2, 1, 3])
    got = SequenceEncoder(2, "reshape")(x).numpy()
    np.testing.assert_array_equal(got, [[[0, 3], [1, 4], [2, 5]]])


def test_rnn_lists_every_weight_under_both_of_its_names():
    state = SequenceEncoder(12, "rnn", hidden_size=5).state_dict()
    assert state["encoder.lstm.weight_ih_l1_reverse"] is state["encoder.lstm.1.cell_bw.weight_ih"]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("project", [False, True])
def test_recurrent_encoders_of_other_cells_and_depths(cell, project):
    neck = SequenceEncoder(12, "rnn", hidden_size=5, cell=cell, num_layers=2, project=project)
    assert neck.out_channels == 10
    x = paddle.randn([2, 12, 1, 7])
    assert neck(x).shape == [2, 7, 10]
    reads = {name: tensor.shape[1] for name, tensor in neck.state_dict().items() if "weight_ih" in name}
    names = ("encoder.rnns.0.weight_ih_l0", "encoder.rnns.1.weight_ih_l0")
    plain = (f"encoder.{cell}.weight_ih_l0", f"encoder.{cell}.weight_ih_l1")
    assert [reads[name] for name in (names if project else plain)] == [12, 5 if project else 10]
    one = SequenceEncoder(12, "rnn", hidden_size=5, cell=cell, num_layers=1)
    assert one(x).shape == [2, 7, 10]
    assert "encoder.rnns.1.weight_ih_l0" not in one.state_dict()
    assert len(one.state_dict()) < len(neck.state_dict())


def test_projection_is_between_the_layers():
    """A projection to zero leaves the second layer nothing of the line, whatever the first one saw."""
    neck = SequenceEncoder(3, "rnn", hidden_size=2, project=True)
    linear = neck.encoder.between[0]
    for parameter in linear.parameters():
        parameter.set_value(paddle.zeros_like(parameter))
    a, b = (neck(paddle.randn([1, 3, 1, 4])).numpy() for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_encoder_errors():
    with pytest.raises(ConfigError, match=r"cell: no 'gur'. Did you mean 'gru'\?"):
        SequenceEncoder(12, "rnn", cell="gur")
    with pytest.raises(ConfigError, match="encoder_type: 'fc' has no cell, num_layers or project; rnn has"):
        SequenceEncoder(12, "fc", num_layers=1)
    with pytest.raises(ConfigError, match="project: there is nothing to project between with num_layers 1"):
        SequenceEncoder(12, "rnn", num_layers=1, project=True)
    with pytest.raises(ConfigError, match=r"encoder_type: no 'rn'. Did you mean 'rnn'\?"):
        SequenceEncoder(12, "rn")
    with pytest.raises(ConfigError, match="needs features of height 1, got 2"):
        SequenceEncoder(12, "reshape")(paddle.zeros([1, 12, 2, 7]))
