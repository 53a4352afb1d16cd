import math

import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.attention import AttentionLoss

pytestmark = pytest.mark.train

# Two labels of one character, classes: 0 begin, 1, 2 characters, 3 end.
BATCH = {
    "label": paddle.to_tensor([[0, 1, 3, 0, 0], [0, 2, 3, 0, 0]]),
    "length": paddle.to_tensor([1, 1]),
}


def test_sum_over_all_entries():
    even = AttentionLoss()({"logits": paddle.zeros([2, 5, 4])}, BATCH)["loss"]
    assert even.shape == []
    assert float(even) == pytest.approx(10 * math.log(4))


def test_entries_after_the_end_need_not_count():
    logits = np.zeros((2, 5, 4), np.float32)
    logits[:, 3:, 2] = 5.0  # wrong, but after the end
    loss = AttentionLoss(ignore_padding=True)({"logits": paddle.to_tensor(logits)}, BATCH)["loss"]
    assert float(loss) == pytest.approx(6 * math.log(4))
    assert float(AttentionLoss()({"logits": paddle.to_tensor(logits)}, BATCH)["loss"]) > 20


def test_labels_that_do_not_fit():
    with pytest.raises(
        ConfigError, match=r"labels \[2, 5\] do not fit logits \[2, 25, 4\]. It needs AttnLabel"
    ):
        AttentionLoss()({"logits": paddle.zeros([2, 25, 4])}, BATCH)
