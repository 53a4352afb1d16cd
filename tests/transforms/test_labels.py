import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.transforms.det_label import DetLabelEncode
from ppocr_lite.transforms.rec_label import AttnLabelEncode, ClsLabelEncode, CTCLabelEncode


def test_ctc_label_by_hand():
    sample = CTCLabelEncode(4, charset=Charset(("a", "b")))({"label": "bab"})
    assert sample["label"].tolist() == [2, 1, 2, 0]
    assert int(sample["length"]) == 3
    assert sample["label_ace"].tolist() == [1, 1, 2]


def test_unknown_characters_are_left_out_with_one_warning(caplog):
    encode = CTCLabelEncode(9, charset=Charset(("a",)))
    assert encode({"label": "a\u00e9a"})["length"] == 2
    assert encode({"label": "\u00e9a"})["length"] == 1
    assert caplog.text.count("outside the dictionary") == 1


@pytest.mark.parametrize("text", ["", "aaaa", "zz"])
def test_dropped_texts(text):
    assert CTCLabelEncode(3, charset=Charset(("a",)))({"label": text}) is None


def test_a_picture_without_text_is_kept_where_asked_for():
    encode = CTCLabelEncode(3, charset=Charset(("a",)), keep_empty=True)
    sample = encode({"label": ""})
    assert sample["label"].tolist() == [0, 0, 0]
    assert sample["length"] == 0
    assert sample["label_ace"].tolist() == [3, 0]
    assert [encode({"label": text}) for text in ("aaaa", "zz")] == [None, None]


def test_cls_labels():
    encode = ClsLabelEncode(["0", "180"])
    assert encode({"label": "180"})["label"] == 1
    assert encode({"label": "90"}) is None
    with pytest.raises(ConfigError, match="label_list is empty"):
        ClsLabelEncode([])


def test_det_label_pads_polygons_and_marks_ignored_ones():
    label = (
        '[{"transcription": "a", "points": [[0, 0], [4, 0], [4, 2]], "difficult": 1},'
        ' {"transcription": "###", "points": [[0, 0], [4, 0], [4, 2], [0, 2]]}]'
    )
    sample = DetLabelEncode()({"label": label})
    assert sample["polys"].shape == (2, 4, 2)
    assert sample["polys"][0, 3].tolist() == [4, 2]
    assert sample["ignore_tags"].tolist() == [False, True]
    assert sample["texts"] == ["a", "###"]


def test_det_label_without_regions_is_dropped():
    assert DetLabelEncode()({"label": "[]"}) is None


@pytest.mark.parametrize(
    "label", ["text", "{}x", '[{"points": [[0, 0]]}]', '[{"transcription": "a", "points": [[0, 0]]}]', "[1]"]
)
def test_wrong_det_labels(label):
    with pytest.raises(DataError, match="the label is not a list of"):
        DetLabelEncode()({"label": label})


def test_attention_label_has_begin_and_end():
    op = AttnLabelEncode(6, charset=Charset(tuple("abc")))
    got = op({"label": "cab"})
    assert got["label"].tolist() == [0, 3, 1, 2, 4, 0]
    assert (got["label"].dtype, got["length"]) == (np.int64, 3)
    assert op({"label": "abca"})["label"].tolist() == [0, 1, 2, 3, 1, 4]


@pytest.mark.parametrize("text", ["", "??", "abcab", "abcabca"])  # the third would lack one place
def test_attention_label_that_does_not_fit_drops_the_sample(text):
    assert AttnLabelEncode(6, charset=Charset(tuple("abc")))({"label": text}) is None


TOKENS = Charset(("clef-G2", "note-C4_half", "barline"), separator=" ")


def test_labels_of_tokens_by_hand():
    sample = CTCLabelEncode(4, charset=TOKENS)({"label": "clef-G2 barline barline"})
    assert sample["label"].tolist() == [1, 3, 3, 0]
    assert int(sample["length"]) == 3
    sample = AttnLabelEncode(5, charset=TOKENS)({"label": "clef-G2 barline"})
    assert sample["label"].tolist() == [0, 1, 3, 4, 0]


def test_length_of_tokens_and_unknown_ones(caplog):
    encode = CTCLabelEncode(2, charset=TOKENS)
    assert encode({"label": "barline barline barline"}) is None
    assert encode({"label": "tie barline"})["label"].tolist() == [3, 0]
    assert "labels hold tokens outside the dictionary, which are left out: tie" in caplog.text
