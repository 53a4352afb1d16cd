import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.metrics.rec import RecMetric
from ppocr_lite.metrics.sequence import SequenceMetric
from ppocr_lite.structures import RecResult

TOKENS = Charset(("clef-G2", "note-C4_half", "note-D4_half", "barline"), separator=" ")


def test_rates_by_hand():
    metric = SequenceMetric(charset=TOKENS)
    label = np.array([[1, 2, 3, 4, 4], [1, 2, 4, 0, 0], [1, 3, 4, 0, 0], [4, 0, 0, 0, 0]])
    read = [
        "clef-G2 note-C4_half note-D4_half barline barline",  # right
        "clef-G2 note-D4_half note-D4_half barline",  # a replacement and an insertion
        "note-D4_half barline",  # a deletion
        "",  # a deletion
    ]
    results = [RecResult(text, 0.9, separator=" ") for text in read]
    metric.update(results[:2], {"label": label[:2], "length": np.array([5, 3])})
    metric.update(results[2:], {"label": label[2:], "length": np.array([3, 1])})
    assert metric.compute() == pytest.approx(
        {
            "acc": 1 / 4,
            "symbol_acc": 1 - 4 / 12,
            "sequence_error_rate": 3 / 4,
            "symbol_error_rate": 4 / 12,
        }
    )
    assert metric.main_indicator == "acc"


def test_tokens_count_and_not_their_characters():
    metric = SequenceMetric(charset=TOKENS)
    metric.update_texts(["note-C4_half"], ["note-D4_half"])
    assert metric.compute()["symbol_error_rate"] == 1


def test_characters_are_symbols_without_a_separator():
    metric = SequenceMetric(charset=Charset(tuple("abc ")))
    metric.update_texts(["a bc", "abc"], ["abbc", "abc"])
    assert metric.compute()["symbol_error_rate"] == pytest.approx(1 / 7)


def test_every_value_has_an_interval():
    metric = SequenceMetric(charset=TOKENS)
    metric.update_texts(["barline"] * 8 + [""] * 2, ["barline"] * 10)
    values = {**metric.compute(), **metric.details()}
    for name in ("acc", "symbol_acc", "sequence_error_rate", "symbol_error_rate"):
        assert values[f"{name}_low"] < values[name] < values[f"{name}_high"], name
    assert (values["acc_low"], values["acc_high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_nothing_counted_and_reset():
    metric = SequenceMetric("symbol_acc", charset=TOKENS)
    metric.update_texts([""], ["barline"])
    metric.reset()
    assert metric.compute()["symbol_error_rate"] == 0
    assert metric.compute()["acc"] == 0


def test_an_error_rate_is_no_indicator():
    with pytest.raises(ConfigError, match=r"symbol_error_rate.*Known: acc, symbol_acc"):
        SequenceMetric("symbol_error_rate")


def test_the_metric_of_texts_refuses_tokens():
    with pytest.raises(ConfigError, match="Take SequenceMetric"):
        RecMetric(charset=TOKENS)
