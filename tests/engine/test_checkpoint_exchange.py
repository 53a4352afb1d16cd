"""Files that really went through paddle.save and paddle.load, in every way that changes their content."""

import pickle
from collections import OrderedDict

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, checkpoint  # noqa: E402
from ppocr_lite.errors import ModelFileError  # noqa: E402
from ppocr_lite.weights import commands, files, names  # noqa: E402
from ppocr_lite.weights.names import NAMES_KEY  # noqa: E402

pytestmark = pytest.mark.train
CHARACTERS = 6623  # of ppocr_keys_v1.txt, which the package does not carry


class Net(paddle.nn.Layer):
    """Every kind of tensor: convolution, statistics of a norm, LSTM of two layers, linear."""

    def __init__(self):
        super().__init__()
        self.conv = paddle.nn.Conv2D(1, 2, 3)
        self.norm = paddle.nn.BatchNorm2D(2)
        self.lstm = paddle.nn.LSTM(4, 3, num_layers=2, direction="bidirect")
        self.fc = paddle.nn.Linear(6, 2)


def assert_same(model, other, tolerance=0.0):
    expected = other.state_dict()
    assert list(model.state_dict()) == list(expected)
    for name, tensor in model.state_dict().items():
        np.testing.assert_allclose(tensor.numpy(), expected[name].numpy(), atol=tolerance, err_msg=name)


def without(state, kept):
    """A state with only the LSTM's names of one kind, as files of some versions have."""
    return {key: value for key, value in state.items() if names.alias(key) is None or ("cell" in key) == kept}


STATES = {
    "state_dict": lambda state: state,
    "ordered": OrderedDict,
    "with an epoch": lambda state: {**state, "epoch": 3},  # tensors are reduced to tuple((name, array))
    "arrays": lambda state: {key: value.numpy() for key, value in state.items()},
    "pairs": lambda state: {key: (value.name, value.numpy()) for key, value in state.items()},
    "dense tensors": lambda state: {**{k: v.get_tensor() for k, v in state.items()}, "epoch": 3},  # to eval
    "module.": lambda state: {f"module.{key}": value for key, value in state.items()},
    "_layers.": lambda state: {f"_layers.{key}": value for key, value in state.items()},
    "cells": lambda state: without(state, True),
    "flat": lambda state: without(state, False),
}


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_files_of_paddle_save(tmp_path, state, protocol):
    source, target = Net(), Net()
    paddle.save(state(source.state_dict()), str(tmp_path / "m.pdparams"), protocol=protocol)
    report = checkpoint.load_exact(target, tmp_path / "m")
    assert report.unexpected == []
    assert_same(target, source)


@pytest.mark.parametrize(("kind", "tolerance"), [("float16", 1e-3), ("bfloat16", 1e-2), ("float64", 0)])
def test_files_of_other_precision(tmp_path, kind, tolerance):
    source, target = Net(), Net()
    state = {key: value.astype(kind) for key, value in source.state_dict().items()}
    paddle.save(state, str(tmp_path / "m.pdparams"))
    assert checkpoint.load_exact(target, tmp_path / "m").complete
    assert_same(target, source, tolerance)
    assert {str(tensor.dtype) for tensor in target.state_dict().values()} == {"paddle.float32"}


def test_wrapper_is_said(tmp_path, caplog):
    paddle.save(STATES["module."](Net().state_dict()), str(tmp_path / "m.pdparams"))
    with caplog.at_level("INFO"):
        checkpoint.load_pretrained(Net(), tmp_path / "m")
    assert "its names begin with 'module.', a wrapper's; loaded without" in caplog.text


def test_binary_format_of_one_tensor_is_refused(tmp_path):
    paddle.save(paddle.ones([3]), str(tmp_path / "t.pdparams"), use_binary_format=True)
    with pytest.raises(ModelFileError, match="damaged, cut short, or not an array file"):
        checkpoint.load_pretrained(Net(), tmp_path / "t")


def test_own_files_are_read_by_paddle_and_by_pickle(tmp_path):
    source = Net()
    checkpoint.save_weights(tmp_path / "m", source)
    by_paddle, by_pickle = Net(), Net()
    values = pickle.loads((tmp_path / "m.pdparams").read_bytes())
    assert values.pop(NAMES_KEY)["fc.weight"] == source.fc.weight.name
    for target, state in ((by_paddle, paddle.load(str(tmp_path / "m.pdparams"))), (by_pickle, values)):
        assert target.set_state_dict(state) == ([], [])
        assert_same(target, source)


def test_safetensors_both_ways(tmp_path):
    pytest.importorskip("safetensors")
    source, target, by_paddle = Net(), Net(), Net()
    checkpoint.save_weights(tmp_path / "m.safetensors", source)
    assert checkpoint.load_exact(target, tmp_path / "m").unexpected == []
    assert_same(target, source)
    state = paddle.load(str(tmp_path / "m.safetensors"), safetensors=True)
    assert by_paddle.set_state_dict(state) == ([], [])
    assert_same(by_paddle, source)
    paddle.save(source.state_dict(), str(tmp_path / "p.safetensors"), safetensors=True)
    assert checkpoint.load_exact(Net(), tmp_path / "p").complete


def test_a_suffix_wins_and_pdparams_come_first(tmp_path):
    for name in ("a.pdparams", "a.safetensors", "b.safetensors", "v2.0.safetensors"):
        (tmp_path / name).write_bytes(b"x")
    found = {
        path: checkpoint.find_params(tmp_path / path).name for path in ("a", "a.safetensors", "b", "v2.0")
    }
    assert found == {
        "a": "a.pdparams",
        "a.safetensors": "a.safetensors",
        "b": "b.safetensors",
        "v2.0": "v2.0.safetensors",
    }
    with pytest.raises(ModelFileError, match=r"b\.pdparams: no such file\. In that folder: a\.pdparams, "):
        checkpoint.find_params(tmp_path / "b.pdparams")


def test_training_goes_on_from_converted_weights(tmp_path):
    pytest.importorskip("safetensors")

    def step(model, optimizer):
        (model.fc(paddle.ones([1, 6])).square().sum()).backward()
        optimizer.step()
        optimizer.clear_grad()

    model, again = Net(), Net()
    optimizer, other = (paddle.optimizer.Adam(0.1, parameters=net.fc.parameters()) for net in (model, again))
    step(model, optimizer)
    checkpoint.save(tmp_path / "latest", model, optimizer, states={"epoch": 4})
    weights = files.read_file(tmp_path / "latest.pdparams")
    files.write_weights(tmp_path / "latest.safetensors", weights.arrays, weights.names)
    (tmp_path / "latest.pdparams").unlink()
    assert checkpoint.load(tmp_path / "latest", again, other)["epoch"] == 4
    step(model, optimizer)
    step(again, other)
    assert_same(again, model)


@pytest.fixture(scope="module")
def recognizer(repo, tmp_path_factory):
    """Builds ch_PP-OCRv2_rec from its configuration, with a dictionary of the same size."""
    keys = tmp_path_factory.mktemp("dict") / "ppocr_keys_v1.txt"
    keys.write_text("".join(f"{chr(0x4E00 + i)}\n" for i in range(CHARACTERS)), encoding="utf-8")
    config = Config.load(repo / "configs/rec/ch_PP-OCRv2/ch_PP-OCRv2_rec.yml")
    config = config.replace({"Global.character_dict_path": str(keys)})

    def build():
        model = assemble.parts(config).model
        model.eval()
        return model

    return build


def test_recognizer_there_and_back(recognizer, tmp_path):
    """Ours to Paddle, Paddle's as a sub-model of a distillation to ours: the same outputs to the bit."""
    model, by_paddle, ours = recognizer(), recognizer(), recognizer()
    image = paddle.to_tensor(np.random.default_rng(0).standard_normal((1, 3, 32, 64)), "float32")
    expected = model(image)["probs"].numpy()
    assert np.abs(ours(image)["probs"].numpy() - expected).max() > 0

    checkpoint.save_weights(tmp_path / "rec", model)
    assert by_paddle.set_state_dict(paddle.load(str(tmp_path / "rec.pdparams"))) == ([], [])
    np.testing.assert_array_equal(by_paddle(image)["probs"].numpy(), expected)

    whole = {f"{name}.{k}": v for name in ("Student", "Teacher") for k, v in by_paddle.state_dict().items()}
    paddle.save(whole, str(tmp_path / "distilled.pdparams"))
    commands.extract(tmp_path / "distilled.pdparams", tmp_path / "student.pdparams", prefix="Student.")
    report = checkpoint.load_exact(ours, tmp_path / "student")
    assert report.unexpected == []
    assert len(report.matched) == len(model.state_dict())
    np.testing.assert_array_equal(ours(image)["probs"].numpy(), expected)
