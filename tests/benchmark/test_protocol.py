"""How texts are compared, and which labels count."""

import pytest

from ppocr_lite.benchmark.protocol import NO_TEXT, SHORT, SYMBOLS, Protocol
from ppocr_lite.errors import ConfigError
from ppocr_lite.metrics.rec import RecMetric


@pytest.mark.parametrize(
    ("compare", "left"),
    [("alnum", "its15é"[:5]), ("alnum-case", "Its15"), ("exact", "It's 15 é!")],
)
def test_what_is_compared(compare, left):
    assert Protocol(compare).compared("It's 15 é!") == left


def test_alnum_is_the_metrics_filter():
    texts = ["Hello, World", "don't", "ABC-12 ", "", "ÜBER"]
    metric = RecMetric(is_filter=True)
    assert [Protocol().compared(text) for text in texts] == [metric._reduce(text) for text in texts]


@pytest.mark.parametrize(
    ("protocol", "label", "reason"),
    [
        (Protocol(), "it's", ""),
        (Protocol(), "!?", NO_TEXT),
        (Protocol("exact"), "!?", ""),
        (Protocol("exact"), "", NO_TEXT),
        (Protocol(drop_symbols=True), "it's", SYMBOLS),
        (Protocol(drop_symbols=True), "its", ""),
        (Protocol(min_length=3), "a-b", SHORT),  # of which ab is compared
        (Protocol(min_length=3), "abc", ""),
        (Protocol("exact", min_length=3), "a-b", ""),
    ],
)
def test_which_labels_are_left_out(protocol, label, reason):
    assert protocol.left_out(label) == reason


def test_whether_case_counts():
    assert [Protocol(name).case_counts for name in ("alnum", "alnum-case", "exact")] == [False, True, True]


def test_an_unknown_comparison():
    with pytest.raises(ConfigError, match="compare: no comparison 'alnun'. Did you mean 'alnum'?"):
        Protocol("alnun")
