"""A recognizer with a wider LSTM computes what the narrow one did, and its new units can learn."""

from pathlib import Path

import numpy as np
import pytest

from ppocr_lite.cli import main
from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights.files import read_weights, write_weights
from ppocr_lite.weights.widen import widen_lstm


def _lstm(hidden: int, inputs: int = 5, classes: int = 7) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    arrays = {}
    for layer, width in enumerate((inputs, 2 * hidden)):
        for way in ("", "_reverse"):
            end = f"l{layer}{way}"
            shapes = {
                "weight_ih": (4 * hidden, width), "weight_hh": (4 * hidden, hidden),
                "bias_ih": (4 * hidden,), "bias_hh": (4 * hidden,),
            }  # fmt: skip
            for kind, shape in shapes.items():
                arrays[f"neck.encoder.lstm.{kind}_{end}"] = rng.normal(size=shape).astype(np.float32)
    arrays["head.fc.weight"] = rng.normal(size=(2 * hidden, classes)).astype(np.float32)
    arrays["head.fc.bias"] = rng.normal(size=classes).astype(np.float32)
    return arrays


def test_the_wide_network_computes_the_same() -> None:
    torch = pytest.importorskip("torch")
    from ppocr_lite.interop.torch_nets import CTCHead, SequenceEncoder, TwinModel
    from ppocr_lite.interop.torch_weights import from_paddle

    def run(arrays: dict[str, np.ndarray], hidden: int) -> "torch.Tensor":
        model = TwinModel(torch.nn.Identity(), SequenceEncoder(5, hidden_size=hidden), CTCHead(2 * hidden, 7))
        from_paddle(model, arrays)
        logits: torch.Tensor = model.train()(x)["logits"]
        loss = logits.square().mean()
        loss.backward()
        grads.append(model.head.fc.weight.grad)
        return logits.detach()

    grads: list[torch.Tensor] = []
    x = torch.rand(3, 5, 1, 11, generator=torch.Generator().manual_seed(0))
    narrow = _lstm(4)
    wide = widen_lstm(narrow, 6)
    assert torch.allclose(run(narrow, 4), run(wide, 6), atol=1e-6)
    # New outputs are at 4, 5 of each direction; what reads them starts at 0 and has a gradient.
    new = [4, 5, 10, 11]
    assert not wide["head.fc.weight"][new].any()
    assert (grads[1][:, new].abs().amax(dim=0) > 0).all()


@pytest.mark.parametrize(
    ("arrays", "hidden", "message"),
    [
        (_lstm(4), 4, r"has 4 units; expected more, got 4"),
        ({"a": np.zeros(3, np.float32)}, 8, r"0 LSTMs"),
        ({k: v for k, v in _lstm(4).items() if "head" not in k}, 8, r"No linear layer head.fc"),
    ],
)
def test_what_cannot_be_widened(arrays: dict[str, np.ndarray], hidden: int, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        widen_lstm(arrays, hidden)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "narrow.pdparams", tmp_path / "wide.pdparams"
    write_weights(source, _lstm(4))
    assert main(["weights", "widen", str(source), str(target), "--hidden", "6"]) == 0
    assert "6 units in each direction" in capsys.readouterr().out
    assert read_weights(target)["head.fc.weight"].shape == (12, 7)
    assert main(["weights", "widen", str(source), str(target), "--hidden", "6"]) != 0  # it is in the way
