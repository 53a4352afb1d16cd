"""What all spelling heads share: the end of a text, whose answer a step gets, beam search."""

import itertools
import math
from functools import partial

import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.heads.attention import AttentionHead
from ppocr_lite.modeling.heads.beam import beam_search, repeated
from ppocr_lite.modeling.heads.encoder_decoder import EncoderDecoderHead
from ppocr_lite.modeling.heads.sampling import ScheduledSampling
from ppocr_lite.modeling.heads.spelling import SpellingHead, StepCell

pytestmark = pytest.mark.train
END = 5


class Count(StepCell):
    """Says the class before plus the row's own number, the end at most; counts its steps."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def begin(self, x):
        return (x[:, 0, 0],), (paddle.zeros([x.shape[0], 1]),)

    def forward(self, token, state, *, memory):
        self.calls += 1
        now = paddle.clip(token.astype("float32") + memory[0], max=END)
        return 9.0 * paddle.nn.functional.one_hot(now.astype("int64"), END + 1), state


class CountingHead(SpellingHead):
    def __init__(self, **kwargs):
        options = {"max_text_length": 8, "stop_at_eos": True, "scheduled_sampling": None, "beam_width": 1}
        super().__init__(END + 1, **{**options, **kwargs})
        self.counter = Count()
        self.generator = paddle.nn.Identity()

    @property
    def cell(self):
        return self.counter


def rows(*numbers):
    return paddle.to_tensor(np.array(numbers, np.float32).reshape(-1, 1, 1))


def test_no_step_after_all_rows_have_ended():
    head = CountingHead()
    head.eval()
    probs = head(rows(1, 2))["probs"].numpy()
    assert head.counter.calls == 5
    assert probs.argmax(2).tolist() == [[1, 2, 3, 4, 5, 5, 5, 5], [2, 4, 5, 5, 5, 5, 5, 5]]
    ended = probs[1, 3:]  # after its own end, at steps that were calculated and at those that were not
    np.testing.assert_allclose(ended, np.tile(np.eye(6)[END], (5, 1)), atol=1e-20)
    assert probs[1, 2, END] < 1
    head.counter.calls = 0
    head(rows(0, 3))  # the first row never ends
    assert head.counter.calls == 8


def test_without_the_key_all_steps_are_calculated():
    head = CountingHead(stop_at_eos=False)
    head.eval()
    head(rows(5))
    assert head.counter.calls == 8


@pytest.mark.parametrize(("stop", "calls"), [(True, 4), (False, 8)])
def test_training_ends_with_the_longest_label(stop, calls):
    head = CountingHead(stop_at_eos=stop)
    label = paddle.to_tensor([[0, 1, 5, 0, 0, 0, 0, 0], [0, 2, 3, 5, 0, 0, 0, 0]])
    logits = head(rows(1, 1), {"label": label, "length": paddle.to_tensor([1, 2])})["logits"]
    assert head.counter.calls == calls
    assert logits.shape == [2, 8, 6]
    assert logits.numpy().argmax(2)[:, :4].tolist() == [[1, 1, 2, 5], [1, 1, 3, 4]]
    assert bool((logits[:, calls:] == 0).all())


SIZES = {"in_channels": 6, "out_channels": 5, "hidden_size": 8, "max_text_length": 4}
HEADS = [
    partial(AttentionHead, **SIZES),
    partial(AttentionHead, **SIZES, score="multiplicative", cell="lstm"),
    partial(EncoderDecoderHead, **SIZES, cell="lstm"),
]


def lively(make, **kwargs):
    """A head whose answers differ from step to step."""
    paddle.seed(7)
    head = make(**kwargs)
    for parameter in head.parameters():
        parameter.set_value(parameter * 4)
    return head, paddle.randn([3, 7, 6]) * 3


LABELS = {"label": paddle.to_tensor([[0, 1, 2, 4], [0, 3, 4, 0], [0, 2, 2, 4]])}


@pytest.mark.parametrize("make", HEADS)
def test_ends_of_scheduled_sampling(make):
    """Own answers never: teacher forcing. Always: as if there were no label."""
    head, x = lively(make)
    forced, free = head(x, LABELS)["logits"].numpy(), head(x)["logits"].numpy()
    assert np.abs(forced - free).max() > 0.01
    never, _ = lively(make, scheduled_sampling={"start": 0.0, "end": 1.0})
    np.testing.assert_array_equal(never(x, LABELS)["logits"].numpy(), forced)
    never.at_progress(1.0)
    np.testing.assert_allclose(never(x, LABELS)["logits"].numpy(), free, atol=1e-6)
    never.at_progress(0.5)
    mixed = never(x, LABELS)["logits"].numpy()
    assert np.abs(mixed - forced).max() > 0.01
    assert np.abs(mixed - free).max() > 0.01
    paddle.seed(11)
    first = never(x, LABELS)["logits"].numpy()
    paddle.seed(11)
    np.testing.assert_array_equal(never(x, LABELS)["logits"].numpy(), first)


def test_curves():
    for curve in ("linear", "exponential", "sigmoid"):
        plan = ScheduledSampling(curve, start=0.2, end=0.6)
        assert [plan.share(p) for p in (-1, 0, 1, 2)] == pytest.approx([0.2, 0.2, 0.6, 0.6])
    assert ScheduledSampling("linear", end=1).share(0.25) == 0.25
    assert ScheduledSampling("sigmoid", end=1).share(0.5) == pytest.approx(0.5)
    expected = (1 - math.exp(-2.5)) / (1 - math.exp(-5))
    assert ScheduledSampling("exponential", end=1).share(0.5) == pytest.approx(expected)


def test_wrong_sampling():
    with pytest.raises(ConfigError, match=r"scheduled_sampling.end: expected a number in 0\.\.1, got 2"):
        CountingHead(scheduled_sampling={"end": 2})
    with pytest.raises(ConfigError, match="Did you mean 'curve'"):
        CountingHead(scheduled_sampling={"curv": "linear"})


def all_labels(classes, steps):
    """Every label of ``steps`` entries: after the end, which is the last class, there is only the end."""
    for label in itertools.product(range(classes), repeat=steps):
        first = label.index(classes - 1) if classes - 1 in label else steps
        if all(entry == classes - 1 for entry in label[first:]):
            yield label


@pytest.mark.parametrize("make", HEADS)
def test_beam_search_against_brute_force(make):
    """Wide enough to keep everything, it finds the best of all labels; else nothing worse than greedy."""
    head, x = lively(make)
    labels = np.array(list(all_labels(5, 4)))
    greedy, narrow, wide = ([] for _ in range(3))
    for row in x:
        repeated = row.unsqueeze(0).expand([len(labels), 7, 6])
        previous = np.concatenate([np.zeros((len(labels), 1), int), labels[:, :-1]], axis=1)
        logits = head.spell(repeated, paddle.to_tensor(previous))
        logs = paddle.nn.functional.log_softmax(logits, axis=2).numpy()
        each = np.take_along_axis(logs, labels[..., None], axis=2)[..., 0]
        after = np.cumsum(labels == 4, axis=1) - (labels == 4) > 0
        totals = np.where(after, 0, each).sum(axis=1)
        wide.append((labels[totals.argmax()].tolist(), totals.max()))
        said = head.spell(row.unsqueeze(0), stop=True).argmax(2).numpy()[0]
        greedy.append(totals[(labels == said).all(axis=1)][0])
    for width, found in ((125, wide), (2, narrow)):
        searching, _ = lively(make, beam_width=width)
        searching.eval()
        outputs = {name: value.numpy() for name, value in searching(x).items()}
        assert outputs["indices"].dtype == np.int64
        totals = np.log(outputs["scores"]).sum(axis=1)
        if width > 2:
            assert outputs["indices"].tolist() == [label for label, _ in found]
            np.testing.assert_allclose(totals, [total for _, total in found], rtol=1e-4)
        else:
            assert (totals > np.array(greedy) - 1e-5).all()


def test_beam_search_by_hand():
    """Classes begin, a, b, end. a is likelier (0.6), but what follows b is surer: 0.4 * 0.9 > 0.6 * 0.5."""
    table = np.full((4, 4), 1e-6, np.float32)
    table[0, [1, 2]] = 0.6, 0.4
    table[1, [1, 3]] = 0.5, 0.5
    table[2, [1, 3]] = 0.1, 0.9
    logs, calls = paddle.to_tensor(np.log(table)), []

    def step(token, state):
        calls.append(token.tolist())
        return paddle.gather(logs, token), state

    state = (paddle.zeros([1, 1]),)
    for width, label, scores in (
        (1, [1, 1, 1, 1], [0.6, 0.5, 0.5, 0.5]),
        (2, [2, 3, 3, 3], [0.4, 0.9, 1, 1]),
    ):
        calls.clear()
        found, chances = beam_search(step, repeated(state, width), width=width, steps=4, eos=3)
        assert found.tolist() == [label]
        np.testing.assert_allclose(chances.numpy(), [scores], rtol=1e-5)
    assert calls == [[0, 0], [1, 2]]  # the best label ended with the second step
