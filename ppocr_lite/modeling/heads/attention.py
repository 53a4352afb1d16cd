"""The attention head of text recognizers (RARE): one character after the other, each one seen by the next."""

from collections.abc import Mapping

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import Count
from ppocr_lite.registry import HEADS, did_you_mean

SOS = 0
"""Class that begins every label, and that the first step gets in place of a character."""
CELLS = {"gru": nn.GRUCell, "lstm": nn.LSTMCell}


@HEADS.register()
class AttentionHead(nn.Layer):
    """A recurrent cell that at each step looks at a part of the line and names the next class.

    Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align and Translate", ICLR 2015,
    arXiv:1409.0473; on text lines Shi et al., CVPR 2016, arXiv:1603.03915. Parameter names
    (attention_cell.*, generator.*) are those of PaddleOCR 2.x.

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

    Raises:
        ConfigError: an unknown cell, or labels of another length than the number of steps.

    Shapes: [N, T, in_channels] -> {"logits": [N, steps, K]} in training, {"probs": [N, steps, K]} otherwise.
    """

    charset_size = "attention_size"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        hidden_size: Count,
        max_text_length: Count = 25,
        cell: str = "gru",
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise ConfigError(
                f"cell: no cell named '{cell}'.{did_you_mean(cell, CELLS)} Known: {', '.join(CELLS)}."
            )
        self.attention_cell = AttentionCell(in_channels, out_channels, hidden_size=hidden_size, kind=cell)
        self.generator = nn.Linear(hidden_size, out_channels)
        self.out_channels = out_channels
        self.steps = int(max_text_length)

    def forward(self, x: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        if not self.training:
            return {"probs": F.softmax(self.spell(x), axis=2)}
        if targets is None or "label" not in targets:
            return {"logits": self.spell(x)}
        label = targets["label"].astype("int64")
        if label.shape[1] != self.steps:
            raise ConfigError(
                f"AttentionHead: labels of {label.shape[1]} entries, but {self.steps} steps. Set "
                "Global.max_text_length, which gives both, in place of the transforms' own."
            )
        first = paddle.full_like(label[:, :1], SOS)
        return {"logits": self.spell(x, paddle.concat([first, label[:, :-1]], axis=1))}

    def spell(self, x: Tensor, previous: Tensor | None = None) -> Tensor:
        """Logits of each step.

        Args:
            x: [N, T, in_channels].
            previous: int64 [N, steps or more], the class that each step gets as the one before it; without
                it, each step gets the likeliest class of the step before.

        Returns:
            [N, steps, K].
        """
        keys = self.attention_cell.i2h(x)  # [N, T, hidden]; the same at all steps
        state = self.attention_cell.initial_state(x)
        token = paddle.full_like(x[:, 0, 0], SOS, dtype="int64")  # [N]
        logits = []
        for step in range(self.steps):
            if previous is not None:
                token = previous[:, step]
            output, state = self.attention_cell(x, keys, state=state, token=token)
            logits.append(self.generator(output))
            if previous is None:
                token = logits[-1].argmax(axis=1)
        return paddle.stack(logits, axis=1)


class AttentionCell(nn.Layer):
    """One step: weigh the line by how well each place fits the state, then move the state on.

    Attribute names are checkpoint keys.
    """

    def __init__(self, in_channels: int, num_classes: int, *, hidden_size: int, kind: str) -> None:
        super().__init__()
        self.i2h = nn.Linear(in_channels, hidden_size, bias_attr=False)
        self.h2h = nn.Linear(hidden_size, hidden_size)
        self.score = nn.Linear(hidden_size, 1, bias_attr=False)
        self.rnn = CELLS[kind](in_channels + num_classes, hidden_size)
        self._num_classes = num_classes
        self._is_lstm = kind == "lstm"

    def initial_state(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Zeros [N, hidden], two of them for ``lstm``."""
        state: Tensor | tuple[Tensor, Tensor] = self.rnn.get_initial_states(x, self.rnn.state_shape)
        return state

    def forward(
        self,
        x: Tensor,
        keys: Tensor,
        *,
        state: Tensor | tuple[Tensor, Tensor],
        token: Tensor,
    ) -> tuple[Tensor, Tensor | tuple[Tensor, Tensor]]:
        """Features [N, T, C], their ``i2h`` [N, T, hidden], class [N] -> (output [N, hidden], new state)."""
        hidden = state[0] if self._is_lstm else state
        fit = self.score(paddle.tanh(keys + self.h2h(hidden).unsqueeze(1)))  # [N, T, 1]
        weights = F.softmax(fit, axis=1).transpose([0, 2, 1])  # [N, 1, T]
        context = paddle.matmul(weights, x).squeeze(1)  # [N, C]
        inputs = paddle.concat([context, F.one_hot(token, self._num_classes)], axis=1)
        output, state = self.rnn(inputs, state)
        return output, state
