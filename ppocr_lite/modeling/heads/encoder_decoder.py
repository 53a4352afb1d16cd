"""The head without attention: the whole line in one vector, from which a cell spells the text."""

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
class EncoderDecoderHead(SpellingHead):
    """A recurrent cell that spells the text from one summary of the line.

    Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
    Translation", EMNLP 2014, arXiv:1406.1078. What each step gets and gives, and all parameters, are those of
    AttentionHead.

    Args:
        out_channels: classes: ``sos``, the characters, ``eos``; comes from the charset where there is one.
        hidden_size: width of the cell and of the summary.
        max_text_length: steps, the length of a label; from ``Global``. A text can have two characters less.
        cell: ``gru`` or ``lstm``.
        stop_at_eos, scheduled_sampling, beam_width: see AttentionHead.

    Raises:
        ConfigError: an unknown cell, or labels of another length than the number of steps.

    Shapes: those of AttentionHead.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        hidden_size: Count,
        max_text_length: Count = 25,
        cell: str = "gru",
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
        kind = checked("cell", cell, known=RNN_CELLS)
        self.summary_cell = SummaryCell(in_channels, out_channels, hidden_size=hidden_size, kind=kind)
        self.generator = nn.Linear(hidden_size, out_channels)

    @property
    def cell(self) -> StepCell:
        return self.summary_cell


class SummaryCell(StepCell):
    """One step of a cell that begins with the summary of the line and gets it at every step.

    The summary is made of both ends of the features, where the directions of a bidirectional refinement have
    seen the whole line, and of their mean, which has seen it without one.
    """

    def __init__(self, in_channels: int, num_classes: int, *, hidden_size: int, kind: str) -> None:
        super().__init__()
        self.summary = nn.Linear(3 * in_channels, hidden_size)
        self.rnn = RNN_CELLS[kind](hidden_size + num_classes, hidden_size)
        self._num_classes = num_classes

    def begin(self, x: Tensor) -> tuple[States, States]:
        ends = paddle.concat([x[:, 0], x[:, -1], x.mean(axis=1)], axis=1)  # [N, 3 * C]
        summary = paddle.tanh(self.summary(ends))
        return (summary,), (summary, *zero_states(self.rnn, x)[1:])

    def forward(self, token: Tensor, state: States, *, memory: States) -> tuple[Tensor, States]:
        inputs = paddle.concat([memory[0], F.one_hot(token, self._num_classes)], axis=1)
        return moved(self.rnn, inputs, state=state)
