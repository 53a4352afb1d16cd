"""A predictor's texts and probabilities."""

import numpy as np
import pytest

from ppocr_lite.benchmark.readers import PredictorReader, runtime_reader
from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.inference.model_files import embedded_model
from ppocr_lite.inference.predictor import Predictor
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.postprocess.attention import AttnLabelDecode
from ppocr_lite.postprocess.ctc import CTCLabelDecode
from ppocr_lite.transforms import Pipeline

AB = Charset(("a", "b"))


class Engine:
    """Gives these outputs for the pictures of a batch."""

    def __init__(self, *outputs):
        self.outputs = outputs

    def run(self, batch):
        return [np.stack([output] * len(batch)) for output in self.outputs]


def reader_of(postprocess, *outputs, choose=None):
    predictor = Predictor(
        Pipeline([]), Engine(*outputs), postprocess, batch_size=2, output="probs", choose=choose
    )
    return PredictorReader(predictor, "test", charset=AB)


CROP = np.zeros((3, 4, 4), np.float32)


def test_ctc_gives_probabilities():
    probs = np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1]], np.float32)
    found = reader_of(CTCLabelDecode(charset=AB), probs)([CROP] * 3, with_probs=True)
    assert [reading.text for reading in found] == ["a"] * 3
    assert all((reading.probs == probs).all() for reading in found)


def test_none_are_kept_where_nobody_needs_them():
    probs = np.array([[0.1, 0.8, 0.1]], np.float32)
    (found,) = reader_of(CTCLabelDecode(charset=AB), probs)([CROP], with_probs=False)
    assert (found.text, found.probs) == ("a", None)


def test_attention_gives_none():
    steps = np.array([[0.1, 0.1, 0.7, 0.1], [0.0, 0.1, 0.1, 0.8]], np.float32)
    (found,) = reader_of(AttnLabelDecode(charset=AB), steps)([CROP], with_probs=True)
    assert (found.text, found.probs) == ("b", None)


def test_a_network_that_decodes_itself_gives_none():
    def choose(engine, outputs):
        return {"indices": outputs[0], "scores": outputs[1]}

    decode = CTCLabelDecode(charset=AB)
    (found,) = reader_of(decode, np.array([1, 0, 2]), np.array([0.9, 0.9, 0.8]), choose=choose)(
        [CROP], with_probs=True
    )
    assert (found.text, found.probs) == ("ab", None)


def test_several_models_at_once_are_refused():
    with pytest.raises(ConfigError, match="A benchmark measures one model"):
        reader_of(lambda outputs, shapes: {"Student": []}, np.zeros((2, 3)))([CROP], with_probs=True)


@pytest.fixture(scope="module")
def recognizer():
    return TextRecognizer.open(embedded_model("rec"))


def test_long_pictures_are_read_in_pieces(recognizer):
    """The same texts as the recognizer's own; of what it cuts there are no probabilities."""
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 255, (32, width, 3), np.uint8) for width in (100, 64, 200)]
    short = TextRecognizer(recognizer.predictor, max_aspect=4.0)
    found = runtime_reader(short, "test")(crops, with_probs=True)
    assert [reading.text for reading in found] == [result.text for result in short(crops)]
    assert [reading.probs is None for reading in found] == [False, False, True]


def test_a_post_processing_without_characters(recognizer):
    predictor = Predictor(Pipeline([]), Engine(), lambda outputs, shapes: [])
    with pytest.raises(ConfigError, match="x: its post-processing has no characters"):
        runtime_reader(TextRecognizer(predictor), "x")
