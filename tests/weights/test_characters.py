"""A recognizer for other characters reads the common ones as before."""

from pathlib import Path

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.cli import main
from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights.characters import change_characters
from ppocr_lite.weights.files import read_weights, write_weights

OLD, NEW = Charset(("a", "b", "c")), Charset(("c", "é", "a"))


def _weights(classes: int = 4, layer: str = "head.fc") -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "backbone.conv.weight": rng.normal(size=(2, 3)).astype(np.float32),
        f"{layer}.weight": rng.normal(size=(5, classes)).astype(np.float32),
        f"{layer}.bias": rng.normal(size=classes).astype(np.float32),
    }


@pytest.mark.parametrize("layer", ["head.fc", "head.fc2"])
def test_common_characters_keep_their_logits(layer: str) -> None:
    arrays = _weights(layer=layer)
    changed = change_characters(arrays, OLD, NEW)
    features = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    before = features @ arrays[f"{layer}.weight"] + arrays[f"{layer}.bias"]
    after = features @ changed[f"{layer}.weight"] + changed[f"{layer}.bias"]
    np.testing.assert_array_equal(after[:, [0, 1, 3]], before[:, [0, 3, 1]])  # blank, c, a
    assert (after[:, 2] == arrays[f"{layer}.bias"].min()).all()  # é
    assert changed["backbone.conv.weight"] is arrays["backbone.conv.weight"]


def test_weights_of_another_dictionary_are_refused() -> None:
    with pytest.raises(ModelFileError, match=r"has 9 classes, but --old gives 4"):
        change_characters(_weights(9), OLD, NEW)


def test_weights_without_a_ctc_head_are_refused() -> None:
    with pytest.raises(ModelFileError, match="only recognizers with a CTC head"):
        change_characters({"head.attention.weight": np.zeros((2, 2), np.float32)}, OLD, NEW)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "a.pdparams", tmp_path / "b.pdparams"
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("a\nb\n", encoding="utf-8")
    new.write_text("a\nb\nß\n", encoding="utf-8")
    arrays = _weights(classes=4)
    write_weights(source, arrays)
    assert main(["weights", "recharset", str(source), str(target), "--old", str(old), "--new", str(new)]) == 2
    assert "--space" in capsys.readouterr().err
    given = [
        "weights",
        "recharset",
        str(source),
        str(target),
        "--old",
        str(old),
        "--new",
        str(new),
        "--space",
    ]
    assert main(given) == 0
    assert "4 characters, 3 of them known" in capsys.readouterr().out
    changed = read_weights(target)
    np.testing.assert_array_equal(changed["head.fc.weight"][:, [0, 1, 2, 4]], arrays["head.fc.weight"])
    assert main(given) == 2  # the target is in the way
