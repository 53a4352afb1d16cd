import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.heads.encoder_decoder import EncoderDecoderHead

pytestmark = pytest.mark.train


@pytest.mark.parametrize(("cell", "gates"), [("gru", 3), ("lstm", 4)])
def test_outputs_and_names(cell, gates):
    head = EncoderDecoderHead(10, 7, hidden_size=6, max_text_length=5, cell=cell)
    x = paddle.randn([2, 9, 10])
    assert head(x)["logits"].shape == [2, 5, 7]
    head.eval()
    np.testing.assert_allclose(head(x)["probs"].numpy().sum(-1), np.ones((2, 5)), rtol=1e-5)
    state = {name: t.shape for name, t in head.state_dict().items()}
    assert state["summary_cell.rnn.weight_ih"] == [gates * 6, 6 + 7]
    assert state["summary_cell.summary.weight"] == [30, 6]


def test_one_step_by_hand():
    """hidden 1, features 1 and 3, all weights and biases 1: the summary is tanh(1 + 3 + 2 + 1)."""
    head = EncoderDecoderHead(1, 2, hidden_size=1, max_text_length=1)
    for p in head.parameters():
        p.set_value(paddle.ones_like(p))
    summary = np.tanh(7.0)

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    # inputs: summary, one-hot of class 0 = (1, 0); the state before is the summary, too
    inputs, state = summary + 1 + 1, summary + 1
    reset = update = sigmoid(inputs + state)
    hidden = (1 - update) * np.tanh(inputs + reset * state) + update * summary
    got = head.spell(paddle.to_tensor([[[1.0], [3.0]]]))
    np.testing.assert_allclose(got.numpy(), [[[hidden + 1, hidden + 1]]], rtol=1e-5)


def test_places_in_the_middle_count_by_their_mean_alone():
    head = EncoderDecoderHead(2, 4, hidden_size=3, max_text_length=3)
    x = np.random.default_rng(0).standard_normal((1, 5, 2)).astype(np.float32)
    other = x[:, [0, 3, 1, 2, 4]]
    a, b = (head.spell(paddle.to_tensor(v)).numpy() for v in (x, other))
    np.testing.assert_allclose(a, b, atol=1e-6)


def test_unknown_cell():
    with pytest.raises(ConfigError, match=r"cell: no cell named 'gur'. Did you mean 'gru'\?"):
        EncoderDecoderHead(4, 5, hidden_size=6, cell="gur")
