"""Pictures of staves, as a stream and as a dataset."""

import pickle

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS
from ppocr_lite.synth import MusicStream
from ppocr_lite.synth.music.grammar import all_tokens, find_grammar
from ppocr_lite.synth.music.notation import Barline, Clef, Length, Note
from ppocr_lite.synth.music.staves import StaffRenderer

pytest.importorskip("ppocr_lite.data", reason="the dataset needs the [train] extra")
TREBLE_G = [Clef("G2"), Note(4 * 7 + 4, 0, Length("quarter")), Barline()]


def test_a_clean_staff_by_hand():
    """G4 stands on the second line, three quarters of the way from the highest line to the lowest."""
    sample = StaffRenderer("simple", level=0).render(np.random.default_rng(1), TREBLE_G)
    assert sample.text == "clef-G2 note-G4_quarter barline"
    assert sample.image.shape[::2] == (128, 3)
    assert sample.image.dtype == np.uint8
    top, bottom = sample.lines
    ((x, y),) = sample.heads
    assert y == pytest.approx(top + 0.75 * (bottom - top), abs=0.6)
    grey = sample.image[:, :, 0]
    assert grey[round(y), round(x)] < 20
    assert grey.max() > 250
    for line in np.linspace(top, bottom, 5):  # the lines, right of the note
        assert grey[round(line) - 1 : round(line) + 2, int(x) + 25].min() < 200
    assert grey[round(top + (bottom - top) / 8), int(x) + 25] > 230


def test_heights_and_levels():
    renderer = StaffRenderer("full", height=64, level=1.0)
    samples = [renderer.render(np.random.default_rng([4, index])) for index in range(8)]
    assert {sample.image.shape[0] for sample in samples} == {64}
    assert len({int(np.median(sample.image)) for sample in samples}) > 4  # papers differ
    again = renderer.render(np.random.default_rng([4, 0]))
    np.testing.assert_array_equal(again.image, samples[0].image)
    assert again.tokens == samples[0].tokens


def test_stream_by_seed_epoch_and_index():
    stream = pickle.loads(pickle.dumps(MusicStream("simple", seed=3)))
    first = stream.sample(5, epoch=2)
    same = MusicStream("simple", seed=3).sample(5, epoch=2)
    assert first["label"] == same["label"]
    np.testing.assert_array_equal(first["image"], same["image"])
    others = [stream.sample(6, 2), stream.sample(5, 3), MusicStream("simple", seed=4).sample(5, 2)]
    assert all(other["label"] != first["label"] for other in others)
    assert set(first["label"].split(" ")) <= set(stream.charset)


def test_stream_checks_the_dictionary():
    tokens = all_tokens(find_grammar("simple"))
    more = Charset(("unused", *tokens), separator=" ")
    assert MusicStream("simple", charset=more).charset[0] == "unused"
    with pytest.raises(ConfigError, match=r"lacks tokens .*: clef-G2, clef-F4\. tools/synth.py tokens"):
        MusicStream("simple", charset=Charset(tuple(tokens[2:]), separator=" "))
    with pytest.raises(ConfigError, match="token_separator: labels of music are tokens"):
        MusicStream("simple", charset=Charset(("a",)))


def dataset(**section):
    charset = Charset.load("music_simple.txt", token_separator=" ")
    given = {
        "name": "SynthDataSet",
        "kind": "music",
        "length": 4,
        "options": {"grammar": "simple"},
        **section,
    }
    return DATASETS.build(
        given, mode="Train", seed=1, charset=charset, global_section={"max_text_length": 30}, section_path="T"
    )


def test_dataset():
    data = dataset(level=[0.0, 1.0], transforms=[{"CTCLabelEncode": None}])
    sample = data.get(0, 1)
    assert sample["image"].shape[0] == 128
    assert sample["label"][0] in (1, 2)  # a clef
    assert int(sample["length"]) >= 5
    assert sample["img_path"] == "rendered sample 0 of epoch 1"


@pytest.mark.parametrize("section", [{"texts": ["x"]}, {"fonts": ["x"]}, {"kind": "rec", "options": {}}])
def test_dataset_with_what_music_does_not_need(section):
    with pytest.raises(ConfigError, match="rendered text needs 'texts'"):
        dataset(**section)
