import numpy as np
import pytest

from ppocr_lite.errors import DataError
from ppocr_lite.synth import LineRenderer, TextSource, cls_sample, has_direction


@pytest.mark.parametrize("text", ["0", "88", "-", "NO", "pod", "69", "...", "SOS", "IN"])
def test_text_that_reads_upside_down_has_no_direction(text):
    assert not has_direction(text)


@pytest.mark.parametrize("text", ["the", "A", "27", "Total", "$4.50"])
def test_plain_text_has_a_direction(text):
    assert has_direction(text)


def test_both_directions_and_labels(library, texts):
    renderer = LineRenderer(library, texts, height=None)
    labels = [cls_sample(renderer, np.random.default_rng(i))[1] for i in range(40)]
    assert set(labels) == {"0", "180"}
    assert 8 < labels.count("0") < 32


def test_label_180_is_the_line_turned_around(library, texts, monkeypatch):
    renderer = LineRenderer(library, texts, height=32)
    upright = {}
    render = renderer.render

    def remember(*args, **kwargs):
        line = render(*args, **kwargs)
        upright["image"] = line.image
        return line

    monkeypatch.setattr(renderer, "render", remember)
    for i in range(10):
        image, label = cls_sample(renderer, np.random.default_rng(i))
        expected = upright["image"] if label == "0" else upright["image"][::-1, ::-1]
        assert (image == expected).all()


def test_sources_without_direction(library, tmp_path):
    (tmp_path / "zeros.txt").write_text("0 0 0 0\n", encoding="utf-8")
    renderer = LineRenderer(library, TextSource([tmp_path], "0 "))
    with pytest.raises(DataError, match="no text with a direction"):
        cls_sample(renderer, np.random.default_rng(0))
