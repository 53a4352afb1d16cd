"""Beam search: the likeliest label, as far as keeping a few beginnings at a time can find it.

Written without loops over rows and without branches on values, so that it can be traced into a graph.
"""

from collections.abc import Callable

import paddle
import paddle.nn.functional as F
from paddle import Tensor

States = tuple[Tensor, ...]
Step = Callable[[Tensor, States], tuple[Tensor, States]]
"""(class before int64 [R], state) -> (log-probabilities [R, K] of the next class, next state)."""

SOS = 0
NEVER = -1e9
"""Log-probability of what cannot be."""


def beam_search(step: Step, state: States, *, width: int, steps: int, eos: int) -> tuple[Tensor, Tensor]:
    """The label of the greatest product of probabilities, with ``width`` beginnings kept after each step.

    A label that has ended says ``eos`` from then on, at no cost. Nothing makes up for length. Once the best
    label of each row has ended no other can overtake it, and no step is calculated any more (in a traced
    graph all are).

    Args:
        state: tensors [N * width, ...], see :func:`repeated`.

    Returns:
        Classes int64 [N, steps] and their probabilities float32 [N, steps], 1 after the end.
    """
    token = paddle.full_like(state[0][:, 0], SOS, dtype="int64")  # [N * width]
    total = _first_only(token.reshape([-1, width]))  # [N, width]
    ended = token.reshape([-1, width]) < SOS
    said = chosen = None
    for _ in range(steps):
        found, state = step(token, state)
        classes = found.shape[1]
        found = found.reshape([-1, width, classes])
        found = paddle.where(ended.unsqueeze(2), _only(eos, found), found)
        total, best = (total.unsqueeze(2) + found).reshape([-1, width * classes]).topk(width, axis=1)
        parent, now = best // classes, best % classes  # [N, width]
        score = paddle.take_along_axis(found.reshape([-1, width * classes]), best, axis=1)
        origin = F.one_hot(parent, width)  # [N, width, width]; of each beginning, the one that it continues
        state = tuple(_selected(part, origin) for part in state)
        said, chosen = _extended(said, now, parent), _extended(chosen, score, parent)
        ended = now == eos  # one that had ended before has said it again
        token = now.reshape([-1])
        if paddle.in_dynamic_mode() and bool(ended[:, 0].all()):
            break
    assert said is not None
    assert chosen is not None
    labels, scores = said[:, 0], chosen[:, 0].exp()
    missing = steps - labels.shape[1]
    return F.pad(labels, [0, 0, 0, missing], value=eos), F.pad(scores, [0, 0, 0, missing], value=1.0)


def repeated(tensors: States, width: int) -> States:
    """[N, ...] -> [N * width, ...], each row ``width`` times."""
    found = []
    for tensor in tensors:
        rest = tensor.shape[1:]
        rows = tensor.unsqueeze(1).expand([-1, width, *[-1] * len(rest)])  # [N, width, ...]
        found.append(rows.flatten(0, 1))
    return tuple(found)


def _first_only(like: Tensor) -> Tensor:
    """[N, width] with 0 for the first and NEVER for the others: one beginning, not ``width`` equal ones."""
    first = F.one_hot(paddle.zeros_like(like[:, 0]), like.shape[1])
    return NEVER * (1 - first)


def _only(label: int, like: Tensor) -> Tensor:
    """Log-probabilities [1, 1, K] of what can only be ``label``."""
    one = F.one_hot(paddle.full([1, 1], label, "int64"), like.shape[2])
    return NEVER * (1 - one)


def _selected(tensor: Tensor, origin: Tensor) -> Tensor:
    """Rows [N * width, H] of those that are continued; a product with zeros and ones is exact."""
    width = origin.shape[1]
    rows = paddle.matmul(origin, tensor.reshape([-1, width, tensor.shape[1]]))
    return rows.flatten(0, 1)


def _extended(before: Tensor | None, now: Tensor, parent: Tensor) -> Tensor:
    """[N, width, t] of those that are continued, with one more step: [N, width, t + 1]."""
    now = now.unsqueeze(2)
    if before is None:
        return now
    index = parent.unsqueeze(2).expand([-1, -1, before.shape[2]])
    return paddle.concat([paddle.take_along_axis(before, index, axis=1), now], axis=2)
