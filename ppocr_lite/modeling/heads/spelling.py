"""What the heads have in common that name one class after the other, each one seen by the next."""

from collections.abc import Iterable, Mapping
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.heads.beam import beam_search, repeated
from ppocr_lite.modeling.heads.sampling import ScheduledSampling
from ppocr_lite.registry import construct, did_you_mean

SOS = 0
"""Class that begins every label, and that the first step gets in place of a character."""
CERTAIN = 50.0
"""Logit of the end in a row that has ended, with 0 for the others: a probability of 1 to the last bit."""
RNN_CELLS = {"gru": nn.GRUCell, "lstm": nn.LSTMCell}

States = tuple[Tensor, ...]


class StepCell(nn.Layer):
    """One step of a head: from the class before to what the next class is told from."""

    def begin(self, x: Tensor) -> tuple[States, States]:
        """Features [N, T, C] -> what all steps look at, and the first state; tensors [N, ...]."""
        raise NotImplementedError

    def forward(self, token: Tensor, state: States, *, memory: States) -> tuple[Tensor, States]:
        """The class before, int64 [N], and the state -> output [N, width], the next state."""
        raise NotImplementedError


class SpellingHead(nn.Layer):
    """Spells a text with a cell and a linear layer; see :class:`AttentionHead` for what the steps get.

    A subclass has the property ``cell`` and the layer ``generator``, in the order and under the names that
    checkpoints ask for.

    Args:
        out_channels: classes, ``eos`` the last of them.
        max_text_length: steps, the length of a label.
        stop_at_eos: see AttentionHead, like the two that follow.
    """

    charset_size = "attention_size"
    generator: nn.Linear

    def __init__(
        self,
        out_channels: int,
        *,
        max_text_length: int,
        stop_at_eos: bool,
        scheduled_sampling: Mapping[str, Any] | None,
        beam_width: int,
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.steps = int(max_text_length)
        self._stop_at_eos = stop_at_eos
        self._sampling: ScheduledSampling | None = None
        if scheduled_sampling is not None:
            self._sampling = construct(ScheduledSampling, scheduled_sampling, {}, where="scheduled_sampling")
        self._beam_width = beam_width
        self.own_share = 0.0
        self.at_progress(0.0)

    @property
    def cell(self) -> StepCell:
        """The layer that makes a step."""
        raise NotImplementedError

    def at_progress(self, progress: float) -> None:
        """Told before each step of a training, of which ``progress`` (0..1) is done."""
        if self._sampling is not None:
            self.own_share = self._sampling.share(progress)

    def forward(self, x: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        if self.training:
            return {"logits": self._train(x, targets)}
        if self._beam_width > 1:
            indices, scores = self.search(x)
            return {"indices": indices, "scores": scores}
        return {"probs": F.softmax(self.spell(x, stop=self._stop_at_eos), axis=2)}

    def _train(self, x: Tensor, targets: Mapping[str, Tensor] | None) -> Tensor:
        if targets is None or "label" not in targets:
            return self.spell(x)
        label = targets["label"].astype("int64")
        if label.shape[1] != self.steps:
            raise ConfigError(
                f"{type(self).__name__}: labels of {label.shape[1]} entries, but {self.steps} steps. Set "
                "Global.max_text_length, which gives both, in place of the transforms' own."
            )
        if self._stop_at_eos and "length" in targets:
            label = label[:, : int(paddle.max(targets["length"])) + 2]
        first = paddle.full_like(label[:, :1], SOS)
        previous = paddle.concat([first, label[:, :-1]], axis=1)
        own = paddle.rand(previous.shape) < self.own_share if self.own_share > 0 else None
        return self.spell(x, previous, own=own)

    @paddle.jit.not_to_static  # a traced graph has all steps; there is no loop to be rewritten
    def spell(
        self, x: Tensor, previous: Tensor | None = None, *, own: Tensor | None = None, stop: bool = False
    ) -> Tensor:
        """Logits of each step.

        Args:
            x: [N, T, in_channels].
            previous: int64 [N, S], the class that each of the first S steps gets as the one before it;
                without it, each step gets the likeliest class of the step before.
            own: bool, the shape of ``previous``: where a step gets the likeliest class nevertheless.
            stop: rows that have said ``eos`` go on to say it with certainty, and no step is calculated once
                all of them have (in a traced graph all are).

        Returns:
            [N, steps, K]; zeros for steps that ``previous`` has nothing for.
        """
        memory, state = self.cell.begin(x)
        token = paddle.full_like(x[:, 0, 0], SOS, dtype="int64")  # [N]
        ended = (token < SOS).unsqueeze(1)  # [N, 1], False
        logits: list[Tensor] = []
        for step in range(self.steps if previous is None else min(self.steps, previous.shape[1])):
            if previous is not None:
                given = previous[:, step]
                token = given if own is None else paddle.where(own[:, step], token, given)
            output, state = self.cell(token, state, memory=memory)
            logits.append(self.generator(output))
            if stop:
                logits[-1] = paddle.where(ended, self._end(logits[-1]), logits[-1])
            if previous is None or own is not None:
                token = logits[-1].argmax(axis=1)
            if stop:
                ended = paddle.logical_or(ended, (token == self.out_channels - 1).unsqueeze(1))
                if paddle.in_dynamic_mode() and bool(ended.all()):
                    break
        filling = self._end(logits[0]) if stop else paddle.zeros_like(logits[0])
        return paddle.stack([*logits, *[filling] * (self.steps - len(logits))], axis=1)

    def _end(self, like: Tensor) -> Tensor:
        """Logits [N, K] of rows that have ended."""
        eos = paddle.full_like(like[:, 0], self.out_channels - 1, dtype="int64")
        return CERTAIN * F.one_hot(eos, self.out_channels)

    @paddle.jit.not_to_static
    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The likeliest label that a beam search finds: classes int64 [N, steps], their probabilities."""
        memory, first = self.cell.begin(x)
        memory = repeated(memory, self._beam_width)

        def step(token: Tensor, state: States) -> tuple[Tensor, States]:
            output, state = self.cell(token, state, memory=memory)
            return F.log_softmax(self.generator(output), axis=1), state

        first = repeated(first, self._beam_width)
        return beam_search(step, first, width=self._beam_width, steps=self.steps, eos=self.out_channels - 1)


def checked(key: str, value: str, *, known: Iterable[str]) -> str:
    """``value``, if it is one of the ``known`` ones."""
    if value not in known:
        raise ConfigError(
            f"{key}: no {key} named '{value}'.{did_you_mean(value, known)} Known: {', '.join(known)}."
        )
    return value


def zero_states(rnn: nn.Layer, x: Tensor) -> States:
    """The first state of a GRUCell, zeros [N, hidden]; of an LSTMCell two of them, hidden and cell."""
    found = rnn.get_initial_states(x, rnn.state_shape)
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def moved(rnn: nn.Layer, inputs: Tensor, *, state: States) -> tuple[Tensor, States]:
    """Output [N, hidden] and new state of a GRUCell (state of one tensor) or an LSTMCell (of two)."""
    output, new = rnn(inputs, state if len(state) > 1 else state[0])
    return output, (tuple(new) if len(state) > 1 else (new,))
