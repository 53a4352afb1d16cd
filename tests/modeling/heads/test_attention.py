from functools import partial

import cv2
import numpy as np
import paddle
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.attention import AttentionLoss
from ppocr_lite.modeling import BaseModel, build_model
from ppocr_lite.modeling.heads.attention import AttentionHead
from ppocr_lite.modeling.heads.encoder_decoder import EncoderDecoderHead
from ppocr_lite.modeling.necks.sequence import SequenceEncoder
from ppocr_lite.postprocess.attention import AttnLabelDecode
from ppocr_lite.transforms.rec_label import AttnLabelEncode

pytestmark = pytest.mark.train


@pytest.mark.parametrize(("cell", "gates"), [("gru", 3), ("lstm", 4)])
def test_outputs_and_names(cell, gates):
    head = AttentionHead(10, 7, hidden_size=6, max_text_length=5, cell=cell)
    x = paddle.randn([2, 9, 10])
    assert {k: v.shape for k, v in head(x).items()} == {"logits": [2, 5, 7]}
    head.eval()
    (probs,) = head(x).values()
    np.testing.assert_allclose(probs.numpy().sum(-1), np.ones((2, 5)), rtol=1e-5)
    state = {name: t.shape for name, t in head.state_dict().items()}
    assert state["attention_cell.rnn.weight_ih"] == [gates * 6, 10 + 7]
    assert sorted(name.rsplit(".", 1)[0] for name in state if name.endswith((".weight", "weight_ih"))) == [
        "attention_cell.h2h",
        "attention_cell.i2h",
        "attention_cell.rnn",
        "attention_cell.score",
        "generator",
    ]


def test_each_step_gets_the_likeliest_class_of_the_one_before():
    paddle.seed(3)
    head = AttentionHead(10, 7, hidden_size=16, max_text_length=6)
    for p in head.parameters():
        p.set_value(p * 5)  # answers that differ from step to step
    x = paddle.randn([4, 9, 10]) * 3
    free = head.spell(x)
    said = free.argmax(2)
    assert len(np.unique(said.numpy())) > 2
    given = paddle.concat([paddle.zeros([4, 1], "int64"), said[:, :-1]], axis=1)
    np.testing.assert_allclose(head.spell(x, given).numpy(), free.numpy(), atol=1e-6)
    other = head.spell(x, (given + 1) % 7).numpy()
    assert np.abs(other - free.numpy()).max() > 0.01


def test_in_training_step_i_gets_entry_i_minus_1_of_the_label():
    head = AttentionHead(10, 7, hidden_size=6, max_text_length=4)
    x = paddle.randn([1, 9, 10])
    label = paddle.to_tensor([[0, 3, 2, 6]], dtype="int32")
    got = head(x, {"label": label})["logits"]
    previous = paddle.to_tensor([[0, 0, 3, 2]])
    np.testing.assert_array_equal(got.numpy(), head.spell(x, previous).numpy())
    head.eval()  # a label must not help here
    np.testing.assert_array_equal(head(x, {"label": label})["probs"].numpy(), head(x)["probs"].numpy())


def test_one_step_by_hand():
    """hidden 1, two places, features 1 and 3: fit tanh(1), tanh(3); GRU from its own equations."""
    head = AttentionHead(1, 2, hidden_size=1, max_text_length=1)
    cell = head.attention_cell
    for p in head.parameters():
        p.set_value(paddle.ones_like(p))
    cell.h2h.bias.set_value(paddle.zeros([1]))
    a, b = np.exp(np.tanh(1.0)), np.exp(np.tanh(3.0))
    context = (a * 1 + b * 3) / (a + b)

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    # inputs: context, one-hot of class 0 = (1, 0); all weights and biases 1; state 0
    gates = context + 1 + 1
    reset, update = sigmoid(gates + 1), sigmoid(gates + 1)
    hidden = (1 - update) * np.tanh(gates + reset * 1)
    got = head.spell(paddle.to_tensor([[[1.0], [3.0]]]))
    np.testing.assert_allclose(got.numpy(), [[[hidden + 1, hidden + 1]]], rtol=1e-5)


def test_two_multiplicative_steps_by_hand():
    """hidden 1, features 1 and 3, all weights and biases 1; the second step gets what the first one gave."""
    head = AttentionHead(1, 2, hidden_size=1, max_text_length=2, score="multiplicative")
    for p in head.parameters():
        p.set_value(paddle.ones_like(p))

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    hidden = fed = 0.0
    expected = []
    for _ in range(2):
        inputs, state = fed + 1 + 1, hidden + 1  # fed and a one-hot class; both with their bias
        reset = update = sigmoid(inputs + state)
        hidden = (1 - update) * np.tanh(inputs + reset * state) + update * hidden
        a, b = np.exp(1 * hidden), np.exp(3 * hidden)
        fed = np.tanh((a * 1 + b * 3) / (a + b) + hidden)
        expected.append([fed + 1, fed + 1])
    got = head.spell(paddle.to_tensor([[[1.0], [3.0]]]))
    np.testing.assert_allclose(got.numpy(), [expected], rtol=1e-5)


def test_names_of_the_multiplicative_cell():
    head = AttentionHead(10, 7, hidden_size=6, score="multiplicative", cell="lstm")
    state = {name: t.shape for name, t in head.state_dict().items()}
    assert state["attention_cell.rnn.weight_ih"] == [24, 6 + 7]
    assert state["attention_cell.score.weight"] == [10, 6]
    assert state["attention_cell.combine.weight"] == [16, 6]
    assert "attention_cell.combine.bias" not in state


def test_builder_offers_steps_and_classes():
    arch = {
        "model_type": "rec",
        "Backbone": {"name": "MobileNetV3", "scale": 0.35},
        "Neck": {"name": "SequenceEncoder", "encoder_type": "reshape"},
        "Head": {"name": "AttentionHead", "hidden_size": 8, "out_channels": 3},
    }
    head = build_model(arch, Charset(tuple("abcd")), max_text_length=9).head
    assert (head.steps, head.out_channels) == (9, 6)
    assert (build_model(arch).head.steps, build_model(arch).head.out_channels) == (25, 3)


def test_wrong_use_is_told():
    with pytest.raises(ConfigError, match=r"cell: no cell named 'gur'. Did you mean 'gru'\?"):
        AttentionHead(4, 5, hidden_size=6, cell="gur")
    with pytest.raises(ConfigError, match="score: no score named 'dot'. Known: additive, multiplicative"):
        AttentionHead(4, 5, hidden_size=6, score="dot")
    head = AttentionHead(4, 5, hidden_size=6, max_text_length=3)
    with pytest.raises(ConfigError, match=r"labels of 8 entries, but 3 steps. Set Global.max_text_length"):
        head(paddle.randn([1, 2, 4]), {"label": paddle.zeros([1, 8], "int64")})


class Columns(paddle.nn.Layer):
    """A backbone for pictures 32 px high: one convolution over whole columns."""

    def __init__(self, channels):
        super().__init__()
        self.conv = paddle.nn.Conv2D(1, channels, (32, 8), stride=(32, 4))

    def forward(self, x):
        return paddle.nn.functional.relu(self.conv(x))


OPTIONS = {"stop_at_eos": True, "scheduled_sampling": {"start": 0.1, "end": 0.1}}


@pytest.mark.parametrize(
    "make",
    [
        AttentionHead,
        partial(AttentionHead, **OPTIONS),
        partial(AttentionHead, **OPTIONS, score="multiplicative", cell="lstm"),
        partial(EncoderDecoderHead, **OPTIONS),
    ],
)
def test_learns_to_read_words_on_its_own(make):
    """Trained with labels, read without: equal only if steps, labels and feedback agree."""
    words = ("cat", "dog7", "a", "11")
    charset = Charset.load(None)
    encode, decode = AttnLabelEncode(8, charset=charset), AttnLabelDecode(charset=charset)
    pictures = np.full((len(words), 32, 64), 220, np.uint8)
    for picture, word in zip(pictures, words):
        cv2.putText(picture, word, (3, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 20, 2, cv2.LINE_AA)
    image = paddle.to_tensor(pictures[:, None].astype(np.float32) / 127.5 - 1)
    samples = [encode({"label": word}) for word in words]
    batch = {k: paddle.to_tensor(np.stack([s[k] for s in samples])) for k in ("label", "length")}
    paddle.seed(0)
    head = make(48, charset.attention_size, hidden_size=48, max_text_length=8)
    neck = SequenceEncoder(32, "rnn", hidden_size=24)
    loss = AttentionLoss(ignore_padding=make is not AttentionHead)
    model = BaseModel(Columns(32), head, neck=neck)
    optimizer = paddle.optimizer.Adam(0.01, parameters=model.parameters())
    read: tuple[str, ...] = ()
    for step in range(300):
        model.train()
        loss(model(image, batch), batch)["loss"].backward()
        optimizer.step()
        optimizer.clear_grad()
        if step % 10 == 9:
            model.eval()
            with paddle.no_grad():
                read = tuple(r.text for r in decode({"probs": model(image)["probs"].numpy()}))
            if read == words:
                break
    assert read == words
