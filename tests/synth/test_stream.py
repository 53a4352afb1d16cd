import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.synth import SynthStream


@pytest.mark.parametrize("kind", ["rec", "det", "cls"])
def test_a_sample_depends_on_seed_epoch_and_index_only(kind, library, texts):
    options = {"side": (200, 260)} if kind == "det" else {}
    stream = SynthStream(kind, fonts=library, texts=texts, seed=3, **options)
    first = [stream.sample(i) for i in range(3)]
    other = pickle.loads(pickle.dumps(stream))
    for i in (2, 0, 1):  # order and earlier samples leave no trace
        again = other.sample(i)
        assert again["label"] == first[i]["label"]
        assert np.array_equal(again["image"], first[i]["image"])
    changed = stream.sample(0, epoch=1)
    assert changed["image"].shape != first[0]["image"].shape or (changed["image"] != first[0]["image"]).any()


def test_labels_of_each_kind(library, texts):
    rec = SynthStream("rec", fonts=library, texts=texts, height=48).sample(0)
    assert rec["image"].shape[0] == 48
    assert isinstance(rec["label"], str)
    assert SynthStream("cls", fonts=library, texts=texts).sample(0)["label"] in ("0", "180")
    det = SynthStream("det", fonts=library, texts=texts, side=(200, 260)).sample(0)
    assert {"transcription", "points"} == set(json.loads(det["label"])[0])


def test_unknown_kind(library, texts):
    with pytest.raises(ConfigError, match="no kind 'recc'. Known: rec, det, cls"):
        SynthStream("recc", fonts=library, texts=texts)


def test_rendering_needs_no_paddle(font_file, text_dir):
    code = (
        "import sys; sys.modules['paddle'] = None\n"
        "from ppocr_lite.synth import SynthStream\n"
        f"SynthStream('rec', fonts=[{str(font_file)!r}], texts=[{str(text_dir)!r}]).sample(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
