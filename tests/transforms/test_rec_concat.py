import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.rec_concat import RecConAug


def line(text, width, value=0):
    return {"image": np.full((16, width, 3), value, np.uint8), "label": text}


def run(sample, extras, **options):
    sample["ext_data"] = extras
    return RecConAug(**{"prob": 1.0, "ext_data_num": 2, **options})(sample, np.random.default_rng(0))


def test_lines_stand_side_by_side_at_the_height_of_the_shape():
    out = run(line("ab", 40), [line("c", 20, 200), line("d", 10, 100)])
    assert out["label"] == "abcd"
    assert out["image"].shape == (32, 80 + 40 + 20, 3)
    assert [int(out["image"][0, x, 0]) for x in (0, 79, 80, 119, 120)] == [0, 0, 200, 200, 100]


@pytest.mark.parametrize(
    ("extras", "options"),
    [
        ([line("c" * 24, 20)], {}),
        ([line("c", 130)], {}),  # 40 / 16 + 130 / 16 is more than 320 / 32
        ([line("c", 20)], {"max_text_length": 2}),
        ([line("c", 60)], {"image_shape": [3, 32, 160]}),
        ([line("c", 20)], {"prob": 0.0}),
        ([], {}),
    ],
)
def test_what_does_not_fit_stays_away(extras, options):
    out = run(line("ab", 40), extras, **options)
    assert out["label"] == "ab"
    assert out["image"].shape == (16, 40, 3)


def test_wrong_shape():
    with pytest.raises(ConfigError, match=r"RecConAug: expected image_shape \[height, width, channels\]"):
        RecConAug(image_shape=[32, 320])


def test_tokens_are_joined_by_their_separator():
    charset = Charset(("clef", "bar"), separator=" ")
    extras = [line("bar", 20), line("bar bar", 10)]
    out = run(line("clef bar", 40), extras, charset=charset, max_text_length=4)
    assert out["label"] == "clef bar bar"
