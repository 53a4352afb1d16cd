"""Parameters and multiply-adds, against numbers worked out by hand."""

import pytest

paddle = pytest.importorskip("paddle")

from paddle import nn  # noqa: E402

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.modeling import build_model  # noqa: E402
from ppocr_lite.modeling.complexity import measure  # noqa: E402

pytestmark = pytest.mark.train


class Apply(nn.Layer):
    """A layer that gets something made of the image, as a function of it."""

    def __init__(self, layer, prepare=lambda x: x):
        super().__init__()
        self.layer = layer
        self._prepare = prepare

    def forward(self, x):
        return self.layer(self._prepare(x))


def sequence(x):
    return x.squeeze(2).transpose([0, 2, 1])  # [N, C, 1, T] -> [N, T, C]


CASES = {
    # 5 output channels of 4 x 3 values, each a sum over 2 channels and 3 x 3 places
    "convolution": (nn.Conv2D(2, 5, 3, stride=2, padding=1), (2, 8, 6), 2 * 5 * 9 + 5, 5 * 4 * 3 * 2 * 9),
    # each of the 6 outputs sees 2 of the 4 channels
    "groups": (nn.Conv2D(4, 6, 1, groups=2, bias_attr=False), (4, 5, 5), 6 * 2, 6 * 25 * 2),
    "depthwise": (nn.Conv2D(8, 8, (5, 1), groups=8, bias_attr=False), (8, 5, 7), 8 * 5, 8 * 1 * 7 * 5),
    # each of the 3 * 4 * 5 input values is spread over 2 channels of 2 x 2 places
    "transposed": (nn.Conv2DTranspose(3, 2, 2, stride=2), (3, 4, 5), 3 * 2 * 4 + 2, 3 * 4 * 5 * 2 * 4),
    # 7 steps of 3 -> 4
    "linear": (Apply(nn.Linear(3, 4), sequence), (3, 1, 7), 3 * 4 + 4, 7 * 3 * 4),
    # 4 gates of 2 units, from 3 inputs and from 2 states; 7 steps; 2 biases for each gate
    "lstm": (Apply(nn.LSTM(3, 2), sequence), (3, 1, 7), 8 * (3 + 2) + 2 * 8, 7 * 8 * (3 + 2)),
    # two directions, then two more that read both
    "two bidirectional layers": (
        Apply(nn.LSTM(3, 2, num_layers=2, direction="bidirectional"), sequence),
        (3, 1, 7),
        2 * (8 * 5 + 16) + 2 * (8 * 6 + 16),
        7 * 2 * 8 * (3 + 2) + 7 * 2 * 8 * (4 + 2),
    ),
    "gru": (Apply(nn.GRU(3, 2), sequence), (3, 1, 7), 6 * 5 + 2 * 6, 7 * 6 * 5),
    "cell": (Apply(nn.GRUCell(3, 2), lambda x: x.flatten(1)), (3, 1, 1), 6 * 5 + 2 * 6, 6 * 5),
    # scale and shift can be trained, mean and variance cannot; nothing is counted as arithmetic
    "norm": (nn.BatchNorm2D(4), (4, 2, 2), 8, 0),
}


@pytest.mark.parametrize("name", CASES)
def test_hand_worked(name):
    model, image_shape, parameters, multiply_adds = CASES[name]
    found = measure(model, image_shape)
    assert (found.parameters, found.multiply_adds) == (parameters, multiply_adds)
    assert sum(row.parameters for row in found.by_layer) == parameters
    assert sum(row.multiply_adds for row in found.by_layer) == multiply_adds


class Decoder(nn.Layer):
    """Calls a cell three times, and a second name of the same linear layer; owns a parameter itself."""

    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(2, 4)
        self.first = nn.Linear(2, 2, bias_attr=False)
        self.second = self.first
        self.scale = self.create_parameter([5])

    def forward(self, x):
        x = self.second(self.first(x.flatten(1)))
        state = paddle.zeros([1, 4])
        for _ in range(3):
            _, state = self.cell(x, state)
        return state


def test_shared_layers_own_once_and_calculate_at_every_call():
    found = measure(Decoder(), (2, 1, 1))
    assert [tuple(row) for row in found.by_layer] == [
        ("", "Decoder", 5, 0),
        ("cell", "GRUCell", 12 * 6 + 2 * 12, 3 * 12 * 6),
        ("first", "Linear", 4, 2 * 4),
    ]
    assert found.parameters == 5 + 96 + 4


def test_parameters_with_two_names_count_once():
    """LSTM weights of checkpoints have an alias for each name."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    found = measure(Apply(model, lambda x: x.flatten(1)), (3, 1, 1))
    assert found.parameters == 9 + 3 + 3
    assert found.multiply_adds == 9 + 9


def test_frozen_parameters_are_not_trainable():
    model = nn.Sequential(nn.Conv2D(1, 2, 1), nn.Conv2D(2, 2, 1))
    model[0].weight.stop_gradient = True
    found = measure(model, (1, 2, 2))
    assert (found.parameters, found.trainable) == (2 + 2 + 4 + 2, 2 + 4 + 2)


def test_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Conv2D(1, 2, 3), nn.BatchNorm2D(2), nn.Dropout())
    model.train()
    model[1].eval()  # as frozen parts of a distillation model are
    mean = model[1]._mean.numpy().copy()
    measure(model, (1, 8, 8))
    assert (model.training, model[0].training, model[1].training) == (True, True, False)
    assert (model[1]._mean.numpy() == mean).all()
    assert not model[0]._forward_post_hooks


def test_hooks_are_removed_after_an_error():
    model = nn.Sequential(nn.Conv2D(3, 2, 3))
    with pytest.raises(ValueError):  # noqa: PT011 - Paddle's words
        measure(model, (1, 8, 8))
    assert not model[0]._forward_post_hooks
    assert model.training


@pytest.mark.parametrize(
    ("file", "image_shape", "parameters"),
    [
        ("det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml", (3, 64, 64), 583_234),
        ("cls/cls_mv3.yml", (3, 48, 192), 129_356),
    ],
)
def test_published_parameter_counts(repo, file, image_shape, parameters):
    model = build_model(Config.load(repo / "configs" / file).section("Architecture"))
    found = measure(model, image_shape)
    assert found.parameters == found.trainable == parameters


def test_detectors_calculate_in_proportion_to_the_pixels(repo):
    """All but the SE gates, which see one mean of a picture of any size; this network has none."""
    file = repo / "configs/det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml"
    model = build_model(Config.load(file).section("Architecture"))
    small, large = (measure(model, (3, side, side)).multiply_adds for side in (64, 128))
    assert large == 4 * small
