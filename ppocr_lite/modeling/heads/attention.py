"""The attention head of text recognizers (RARE): one character after the other, each one seen by the next."""

from collections.abc import Mapping
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.modeling.heads.spelling import (
    RNN_CELLS,
    SpellingHead,
    States,
    StepCell,
    checked,
    moved,
    zero_states,
)
from ppocr_lite.parameters import Count
from ppocr_lite.registry import HEADS


@HEADS.register()
class AttentionHead(SpellingHead):
    """A recurrent cell that at each step looks at a part of the line and names the next class.

    Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align and Translate", ICLR 2015,
    arXiv:1409.0473; Luong et al., "Effective Approaches to Attention-based Neural Machine Translation", EMNLP
    2015, arXiv:1508.04025; on text lines Shi et al., "Robust Scene Text Recognition with Automatic
    Rectification", CVPR 2016, arXiv:1603.03915. Parameter names (attention_cell.*, generator.*) are those of
    PaddleOCR 2.x, which has the additive score alone.

    Step i names entry i of a label ``[sos, characters, eos, padding]``, so the first step gives ``sos``: this
    is what PaddleOCR 2.x's loss asks for, and weights go both ways. In training with a label, step i gets
    entry i - 1 of it, the right one (teacher forcing); otherwise it gets the class that step i - 1 found the
    likeliest. PaddleOCR 2.x gives the network its own answers in training too: on four words, the loss was
    21 after 120 steps, and 7 with teacher forcing. (Its head can be handed targets, but step i gets entry i,
    the very one that the loss asks of it, so that the network would learn to copy; see :meth:`spell`.)

    Args:
        out_channels: classes: ``sos``, the characters, ``eos``; comes from the charset where there is one.
        hidden_size: width of the cell.
        max_text_length: steps, the length of a label; from ``Global``. A text can have two characters less.
        cell: ``gru``, or ``lstm`` (in PaddleOCR 2.x a class of its own that no configuration can name).
        score: ``additive`` (Bahdanau) or ``multiplicative`` (Luong): how well a place fits the state.
        stop_at_eos: calculate nothing after the end: in evaluation a row that has said ``eos`` goes on to say
            it with a probability of 1, and steps end with the last row; in training they end with the
            longest label, the logits after it being zeros. For AttentionLoss with ``ignore_padding``.
        scheduled_sampling: ``{curve, start, end}`` of ScheduledSampling: how often a step of the training
            gets the network's own answer in spite of the label. Never, without it.
        beam_width: in evaluation, beginnings of labels that a beam search keeps; 1 takes the likeliest class
            of each step. An export of more decodes in the network.

    Raises:
        ConfigError: an unknown cell or score, or labels of another length than the number of steps.

    Shapes: [N, T, in_channels] -> {"logits": [N, steps, K]} in training, {"probs": [N, steps, K]} otherwise,
    {"indices": int64 [N, steps], "scores": [N, steps]} of a beam search.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        hidden_size: Count,
        max_text_length: Count = 25,
        cell: str = "gru",
        score: str = "additive",
        stop_at_eos: bool = False,
        scheduled_sampling: Mapping[str, Any] | None = None,
        beam_width: Count = 1,
    ) -> None:
        super().__init__(
            out_channels,
            max_text_length=max_text_length,
            stop_at_eos=stop_at_eos,
            scheduled_sampling=scheduled_sampling,
            beam_width=beam_width,
        )
        make = SCORES[checked("score", score, known=SCORES)]
        kind = checked("cell", cell, known=RNN_CELLS)
        self.attention_cell = make(in_channels, out_channels, hidden_size=hidden_size, kind=kind)
        self.generator = nn.Linear(hidden_size, out_channels)

    @property
    def cell(self) -> StepCell:
        return self.attention_cell


class AttentionCell(StepCell):
    """One step: weigh the line by how well each place fits the state, then move the state on.

    The score of a place is additive. Attribute names are checkpoint keys.
    """

    def __init__(self, in_channels: int, num_classes: int, *, hidden_size: int, kind: str) -> None:
        super().__init__()
        self.i2h = nn.Linear(in_channels, hidden_size, bias_attr=False)
        self.h2h = nn.Linear(hidden_size, hidden_size)
        self.score = nn.Linear(hidden_size, 1, bias_attr=False)
        self.rnn = RNN_CELLS[kind](in_channels + num_classes, hidden_size)
        self._num_classes = num_classes

    def begin(self, x: Tensor) -> tuple[States, States]:
        return (x, self.i2h(x)), zero_states(self.rnn, x)  # [N, T, C], [N, T, hidden]

    def forward(self, token: Tensor, state: States, *, memory: States) -> tuple[Tensor, States]:
        x, keys = memory
        fit = self.score(paddle.tanh(keys + self.h2h(state[0]).unsqueeze(1)))  # [N, T, 1]
        inputs = paddle.concat([weighted(x, fit), F.one_hot(token, self._num_classes)], axis=1)
        return moved(self.rnn, inputs, state=state)


class MultiplicativeCell(StepCell):
    """One step: move the state on, weigh the line by how well each place fits it, and join both.

    Luong's "general" score, hidden^T W x, and his order: the state comes first, and what the step gives is
    handed to the next one as well (input feeding).
    """

    def __init__(self, in_channels: int, num_classes: int, *, hidden_size: int, kind: str) -> None:
        super().__init__()
        self.rnn = RNN_CELLS[kind](hidden_size + num_classes, hidden_size)
        self.score = nn.Linear(in_channels, hidden_size, bias_attr=False)
        self.combine = nn.Linear(in_channels + hidden_size, hidden_size, bias_attr=False)
        self._num_classes = num_classes

    def begin(self, x: Tensor) -> tuple[States, States]:
        states = zero_states(self.rnn, x)
        fed = paddle.zeros_like(states[0])
        return (x, self.score(x)), (*states, fed)  # [N, T, C], [N, T, hidden]

    def forward(self, token: Tensor, state: States, *, memory: States) -> tuple[Tensor, States]:
        x, keys = memory
        *states, fed = state
        inputs = paddle.concat([fed, F.one_hot(token, self._num_classes)], axis=1)
        hidden, new = moved(self.rnn, inputs, state=tuple(states))
        fit = paddle.matmul(keys, hidden.unsqueeze(2))  # [N, T, 1]
        output = paddle.tanh(self.combine(paddle.concat([weighted(x, fit), hidden], axis=1)))
        return output, (*new, output)


SCORES: Mapping[str, Any] = {"additive": AttentionCell, "multiplicative": MultiplicativeCell}


def weighted(x: Tensor, fit: Tensor) -> Tensor:
    """Mean [N, C] of the places of x [N, T, C], weighted by the softmax of ``fit`` [N, T, 1]."""
    weights = F.softmax(fit, axis=1).transpose([0, 2, 1])  # [N, 1, T]
    return paddle.matmul(weights, x).squeeze(1)
