"""Mixed precision, as far as a machine without a GPU shows it: options, scaling, masters, checkpoints."""

import logging

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine import amp, checkpoint  # noqa: E402
from ppocr_lite.engine.hooks import EmaHook  # noqa: E402
from ppocr_lite.engine.trainer import DivergedError  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.train


class Scaler:
    """Stands in for Paddle's, which does nothing without a GPU: a fixed factor, no step with an overflow."""

    def __init__(self, scale=1024.0):
        self.factor, self.updates = scale, 0

    def scale(self, loss):
        return loss * self.factor

    def step(self, optimizer):
        parameters = [p for p in optimizer._parameter_list if p.grad is not None]
        if all(np.isfinite(p.grad.numpy()).all() for p in parameters):
            for parameter in parameters:
                parameter.grad.set_value(parameter.grad / self.factor)
            optimizer.step()

    def update(self):
        self.updates += 1

    def state_dict(self):
        return {"scale": np.array([self.factor], np.float32), "incr_count": self.updates}

    def load_state_dict(self, state):
        self.factor, self.updates = float(state["scale"][0]), state["incr_count"]


def mixed(scale=1024.0, dynamic=True):
    return amp.MixedPrecision(
        amp.AmpOptions(use_dynamic_loss_scaling=dynamic, scale_loss=scale), Scaler(scale)
    )


def test_without_use_amp_all_stays_float32():
    assert type(amp.build_precision({"amp_level": "O2"}, "gpu")) is amp.Precision


def test_on_the_cpu_there_is_a_warning(caplog):
    assert type(amp.build_precision({"use_amp": True}, "cpu")) is amp.Precision
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "Global.use_amp: Paddle has mixed precision on GPUs only; going on in float32."
    ]


def test_options_are_paddleocrs():
    given = {
        "amp_level": "O1",
        "amp_dtype": "bfloat16",
        "amp_custom_black_list": ["matmul_v2"],
        "scale_loss": 8.0,
    }
    assert amp.AmpOptions.of({**given, "use_amp": True, "epoch_num": 1}) == amp.AmpOptions(
        "O1", "bfloat16", ("matmul_v2",), (), 8.0, False
    )
    assert amp.AmpOptions.of({}) == amp.AmpOptions("O2", "float16", (), (), 1.0, False)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("amp_level", "O3", "expected one of O1, O2, got 'O3'"),
        ("amp_dtype", "int8", "expected one of float16, bfloat16, got 'int8'"),
        ("amp_custom_white_list", "conv2d", "expected a list of operator names, got 'conv2d'"),
        ("scale_loss", 0, "must be above 0, got 0"),
    ],
)
def test_wrong_options(key, value, message):
    with pytest.raises(ConfigError, match=rf"Global\.{key}: {message}"):
        amp.build_precision({key: value}, "cpu")


def test_a_scaled_loss_gives_the_same_weights_and_its_state_is_saved(tiny, tmp_path):
    plain, scaled = tiny.make(accumulate=2), tiny.make(accumulate=2, precision=mixed())
    plain.fit(1)
    scaled.fit(1)
    for name, value in tiny.weights(plain).items():
        np.testing.assert_allclose(tiny.weights(scaled)[name], value, rtol=1e-5, atol=1e-7, err_msg=name)
    assert scaled.precision.scaler.updates == 3  # 5 batches, 2 to a step
    scaled.precision.scaler.factor = 512.0
    scaled.save(str(tmp_path / "latest"))
    again = tiny.make(precision=mixed())
    again.resume(str(tmp_path / "latest"))
    assert (again.precision.scale(), again.precision.scaler.updates) == (512.0, 3)


def test_overflow_is_the_scalers_business_until_the_scale_is_1(tiny):
    def overflow(preds, batch):  # loss 0, slope infinite
        return {"loss": (preds["logits"] * 0).sqrt().sum()}

    tiny.make(loss=overflow, precision=mixed(2.0)).fit(1)
    for precision in (mixed(1.0), mixed(2.0, dynamic=False)):
        with pytest.raises(DivergedError, match="a gradient is not finite"):
            tiny.make(loss=overflow, precision=precision).fit(1)


def test_losses_see_float32():
    half = paddle.ones([2]).astype("bfloat16")
    found = amp.to_float32({"maps": half, "feats": [half, paddle.zeros([1], "int64")], "name": "x"})
    assert found["maps"].dtype == found["feats"][0].dtype == paddle.float32
    assert found["feats"][1].dtype == paddle.int64
    assert found["name"] == "x"


class Product(paddle.nn.Layer):
    """One vector in bfloat16."""

    def __init__(self):
        super().__init__()
        # Not by self.bfloat16(), which does nothing on processors without instructions for it.
        start = paddle.nn.initializer.Constant(1.0)
        self.w = self.create_parameter([3], dtype="bfloat16", default_initializer=start)


def half_model(master):
    """A model whose optimizer has a master of this value; on the CPU Paddle makes it, but never trains it."""
    model = Product()
    optimizer = paddle.optimizer.SGD(0.0, parameters=model.parameters(), multi_precision=True)
    (model.w * 1.0).astype("float32").sum().backward()
    optimizer.step()
    set_master(model, optimizer, master)
    return model, optimizer


def set_master(model, optimizer, value):
    checkpoint.masters(model, optimizer)["w"].set_value(np.full(3, value, np.float32))


def test_checkpoints_hold_the_masters(tmp_path):
    checkpoint.save(tmp_path / "latest", *half_model(0.997))
    saved = checkpoint.files.read_weights(tmp_path / "latest.pdparams")["w"]
    np.testing.assert_array_equal(saved, np.full(3, 0.997, np.float32))  # in bfloat16 it were 0.99609375
    model, optimizer = half_model(5.0)
    checkpoint.load(tmp_path / "latest", model, optimizer)
    assert model.w.dtype == paddle.bfloat16
    np.testing.assert_array_equal(model.w.astype("float32").numpy(), np.full(3, 0.99609375, np.float32))
    np.testing.assert_array_equal(checkpoint.masters(model, optimizer)["w"].numpy(), saved)


def test_averages_are_of_the_masters():
    class Trainer:
        model, optimizer = half_model(0.999)
        state = type("State", (), {"global_step": 1000})

    ema = EmaHook(0.5)
    ema.before_fit(Trainer)
    set_master(Trainer.model, Trainer.optimizer, 0.998)
    ema.after_step(Trainer)
    np.testing.assert_allclose(ema.state()["w"], 0.9985, rtol=1e-6)

    def master():
        return checkpoint.float_state(Trainer.model, Trainer.optimizer)["w"].numpy()

    with ema.applied(Trainer.model, Trainer.optimizer):
        np.testing.assert_allclose(master(), 0.9985, rtol=1e-6)
    np.testing.assert_allclose(master(), 0.998, rtol=1e-6)
