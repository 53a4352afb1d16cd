"""Checkpoints of models: both directions with Paddle's own functions, reports, renaming, wholeness."""

import pickle

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine import checkpoint  # noqa: E402
from ppocr_lite.errors import ModelFileError  # noqa: E402
from ppocr_lite.weights import pickles  # noqa: E402

pytestmark = pytest.mark.train


class Net(paddle.nn.Layer):
    def __init__(self, out=3):
        super().__init__()
        self.lstm = paddle.nn.LSTM(4, 3, num_layers=2, direction="bidirect")
        self.fc = paddle.nn.Linear(6, out)

    def forward(self, x):
        return self.fc(self.lstm(x)[0])


def weights_of(model):
    return {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}


def assert_same(a, b):
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def train_step(model, optimizer):
    paddle.seed(1)
    loss = model(paddle.randn([2, 5, 4])).square().mean()
    loss.backward()
    optimizer.step()
    optimizer.clear_grad()


def test_file_of_paddle_save_is_read(tmp_path):
    source, target = Net(), Net()
    paddle.save(source.state_dict(), str(tmp_path / "m.pdparams"))
    report = checkpoint.load_exact(target, tmp_path / "m")
    assert report.complete
    assert not report.unexpected
    assert_same(weights_of(source), weights_of(target))


def test_own_file_is_read_by_paddle_load(tmp_path):
    source, target = Net(), Net()
    checkpoint.save_weights(tmp_path / "m", source)
    missing, unexpected = target.set_state_dict(paddle.load(str(tmp_path / "m.pdparams")))
    assert (missing, unexpected) == ([], [])
    assert_same(weights_of(source), weights_of(target))
    names = pickle.loads((tmp_path / "m.pdparams").read_bytes())["StructuredToParameterName@@"]
    assert names["fc.weight"] == source.fc.weight.name


@pytest.mark.parametrize("kept", ["flat", "cell"])
def test_either_set_of_lstm_names_is_enough(kept):
    source, target = Net(), Net()
    weights = {k: v for k, v in weights_of(source).items() if ("cell" in k) == (kept == "cell") or "fc" in k}
    report = checkpoint.load_weights(target, weights)
    assert report.complete
    assert not report.unexpected
    assert_same(weights_of(source), weights_of(target))


def test_pretrained_takes_what_fits_and_names_the_rest(tmp_path, caplog):
    source, target = Net(out=3), Net(out=5)
    before = target.fc.weight.numpy()
    values = weights_of(source)
    del values["fc.bias"]
    values["extra.weight"] = np.zeros(2, np.float32)
    (tmp_path / "m.pdparams").write_bytes(pickles.to_bytes(values))
    report = checkpoint.load_pretrained(target, tmp_path / "m.pdparams")
    assert report.missing == ["fc.bias"]
    assert report.unexpected == ["extra.weight"]
    assert report.mismatched == {"fc.weight": ([6, 3], [6, 5])}
    assert "left over         1  in the file, not in the model\n      extra.weight\n" in caplog.text
    assert "fc.weight  file [6, 3], model [6, 5]\n" in caplog.text
    np.testing.assert_array_equal(target.fc.weight.numpy(), before)
    np.testing.assert_array_equal(target.lstm.weight_ih_l0.numpy(), source.lstm.weight_ih_l0.numpy())


def test_resume_is_strict(tmp_path):
    checkpoint.save_weights(tmp_path / "m", Net(out=3))
    with pytest.raises(ModelFileError, match=r"does not fit the model\.\n(.*\n)*  other shape       2\n"):
        checkpoint.load(tmp_path / "m", Net(out=5))


def test_distillation_checkpoint_for_a_plain_model_is_explained(tmp_path):
    values = {f"{m}.{k}": v for m in ("Teacher", "Student") for k, v in weights_of(Net()).items()}
    (tmp_path / "m.pdparams").write_bytes(pickles.to_bytes(values))
    with pytest.raises(ModelFileError, match=r"none of its .* fits .*\n(.*\n)*It .*--prefix Student\. "):
        checkpoint.load_pretrained(Net(), tmp_path / "m")


def test_missing_file_and_url(tmp_path):
    checkpoint.save_weights(tmp_path / "latest", Net())
    with pytest.raises(
        ModelFileError,
        match=r"lates\.pdparams: no such file, nor \.safetensors\. In that folder: latest",
    ):
        checkpoint.find_params(tmp_path / "lates")
    with pytest.raises(ModelFileError, match="not downloaded"):
        checkpoint.find_params("https://example.org/m.pdparams")


def test_optimizer_goes_on_exactly_under_other_parameter_names(tmp_path):
    def build():
        model = Net()
        schedule = paddle.optimizer.lr.StepDecay(0.1, step_size=2)
        return model, paddle.optimizer.Adam(learning_rate=schedule, parameters=model.parameters())

    model, optimizer = build()
    train_step(model, optimizer)
    checkpoint.save(tmp_path / "latest", model, optimizer, states={"epoch": 1})
    again, new_optimizer = build()  # Paddle numbers its parameters on: other names than the first model's
    states = checkpoint.load(tmp_path / "latest", again, new_optimizer)
    assert states["epoch"] == 1
    train_step(model, optimizer)
    train_step(again, new_optimizer)
    assert_same(weights_of(model), weights_of(again))


def test_rename_slots_by_hand():
    model = Net()
    now = model.fc.weight.name
    values = {"linear_7.w_0_moment1_0": 1, "linear_7.w_0_beta1_pow_acc_0": 2, "LR_Scheduler": {}}
    renamed = checkpoint.rename_slots(values, {"fc.weight": "linear_7.w_0"}, model)
    assert renamed == {f"{now}_moment1_0": 1, f"{now}_beta1_pow_acc_0": 2, "LR_Scheduler": {}}


def test_files_of_different_moments_are_refused(tmp_path):
    model = Net()
    optimizer = paddle.optimizer.Adam(parameters=model.parameters())
    checkpoint.save(tmp_path / "latest", model, optimizer, states={"epoch": 1})
    old = (tmp_path / "latest.states").read_bytes()
    train_step(model, optimizer)
    checkpoint.save(tmp_path / "latest", model, optimizer, states={"epoch": 2})
    (tmp_path / "latest.states").write_bytes(old)
    with pytest.raises(ModelFileError, match=r"latest\.pdparams: was not written together"):
        checkpoint.load(tmp_path / "latest", model, optimizer)


def test_foreign_checkpoint_without_states_or_optimizer_warns(tmp_path, caplog):
    model = Net()
    checkpoint.save_weights(tmp_path / "m", model)
    optimizer = paddle.optimizer.Adam(parameters=model.parameters())
    assert checkpoint.load(tmp_path / "m", model, optimizer) == {}
    assert "m.states: no such file" in caplog.text
    assert "m.pdopt: no such file" in caplog.text
