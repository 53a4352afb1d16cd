"""Networks, data and trainers so small that a run takes a moment, and programs that train them."""

import importlib.util
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.config import Config

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def tiny():
    """Namespace with ``Net``, ``Loader``, ``Accuracy``, ``evaluator()``, ``make()``, ``weights(trainer)``."""
    paddle = pytest.importorskip("paddle")
    from ppocr_lite.engine.evaluator import Evaluator
    from ppocr_lite.engine.trainer import Trainer
    from ppocr_lite.optim.schedules import Const

    class Loader:
        """``steps`` batches of ``size`` rows an epoch, other ones in each epoch."""

        def __init__(self, steps=5, size=4):
            self.steps, self.size, self.epoch = steps, size, 0

        def __len__(self):
            return self.steps

        def set_epoch(self, epoch):
            self.epoch = epoch

        def __iter__(self):
            rows = np.random.default_rng(self.epoch).standard_normal((self.steps * self.size, 6))
            for i in range(self.steps):
                x = rows[i * self.size : (i + 1) * self.size].astype(np.float32)
                label = (x[:, 0] > 0).astype(np.int64)
                names = [f"{self.epoch}/{i}/{row}.png" for row in range(self.size)]
                yield {"image": paddle.to_tensor(x), "label": paddle.to_tensor(label), "img_path": names}

    class Net(paddle.nn.Layer):
        def __init__(self, norm=True):
            super().__init__()
            self.backbone = paddle.nn.Sequential(paddle.nn.Linear(6, 8))
            if norm:
                self.backbone.add_sublayer("norm", paddle.nn.BatchNorm1D(8))
            self.head = paddle.nn.Linear(8, 2)

        def forward(self, x, targets=None):
            return {"logits": self.head(paddle.nn.functional.relu(self.backbone(x)))}

    class Accuracy:
        main_indicator = "acc"

        def __init__(self):
            self.reset()

        def reset(self):
            self.right = self.all = 0

        def update(self, results, batch):
            self.right += int(sum(r == t for r, t in zip(results, batch["label"])))
            self.all += len(results)

        def compute(self):
            return {"acc": self.right / max(1, self.all)}

    def cross_entropy(preds, batch):
        return {"loss": paddle.nn.functional.cross_entropy(preds["logits"], batch["label"])}

    def evaluator(metric=None):
        def argmax(outputs, shapes):
            return list(outputs["logits"].argmax(-1))

        return Evaluator(Loader(2), postprocess=argmax, metric=metric or Accuracy())

    def make(hooks=(), loss=cross_entropy, loader=None, norm=True, rate=0.05, **options):
        paddle.seed(3)
        model = Net(norm)
        schedule = Const(rate, epochs=10, steps_per_epoch=5)
        optimizer = paddle.optimizer.AdamW(schedule, parameters=model.parameters(), weight_decay=0.01)
        return Trainer(
            *(model, loss),
            optimizer=optimizer,
            schedule=schedule,
            loader=loader or Loader(),
            hooks=hooks,
            **options,
        )

    def weights(trainer):
        return {name: value.numpy() for name, value in trainer.model.state_dict().items()}

    class Tiny:
        pass

    tiny = Tiny()
    tiny.Loader, tiny.Net, tiny.Accuracy, tiny.make, tiny.weights = Loader, Net, Accuracy, make, weights
    tiny.evaluator, tiny.cross_entropy = evaluator, cross_entropy
    return tiny


@pytest.fixture
def launched(monkeypatch):
    """The module ``launched.py``, with the network that it registers for the time of the test."""
    pytest.importorskip("paddle")
    from ppocr_lite.registry import BACKBONES

    monkeypatch.setattr(BACKBONES, "_items", dict(BACKBONES._items))
    spec = importlib.util.spec_from_file_location("launched", HERE / "launched.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def program():
    """Function -> (command line of ``launched.py``, environment)."""

    def command(*arguments):
        own = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parents[1]), "PADDLE_DISTRI_BACKEND": "gloo"}
        return [str(HERE / "launched.py"), *map(str, arguments)], {**os.environ, **own}

    return command


@pytest.fixture
def lines(tmp_path):
    """Function that writes ``count`` lines of one digit; -> their folder."""

    def write(count, *, broken=()):
        folder = tmp_path / "data"
        folder.mkdir(parents=True)
        rows = []
        for i in range(count):
            image = np.full((32, 64, 3), 240, np.uint8)
            cv2.putText(image, f"{i % 10}", (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
            cv2.imwrite(str(folder / f"{i}.png"), image)
            if i in broken:
                (folder / f"{i}.png").write_bytes(b"not a picture")
            rows.append(f"{i}.png\t{i % 10}\n")
        (folder / "labels.txt").write_text("".join(rows))
        return folder

    return write


@pytest.fixture
def small_config():
    """Function -> the configuration, which is also in ``out/run.yml``."""

    def make(data, out, *, batch, evaluate=True, **overrides):
        values = {
            "Global": {
                "epoch_num": 2,
                "save_model_dir": str(out),
                "eval_batch_step": [0, 100],
                "print_batch_step": 1,
                "max_text_length": 8,
                "ema_decay": 0.9,
            },
            "Architecture": {
                "model_type": "rec",
                "algorithm": "CRNN",
                "Backbone": {"name": "SmallConv"},
                "Neck": {"name": "SequenceEncoder", "encoder_type": "reshape"},
                "Head": {"name": "CTCHead"},
            },
            "Optimizer": {
                "name": "Adam",
                "lr": {"name": "Cosine", "learning_rate": 0.01, "warmup_epoch": 1},
            },
            "Loss": {"name": "CTCLoss"},
            "PostProcess": {"name": "CTCLabelDecode"},
            "Metric": {"name": "RecMetric"},
            "Train": _data(data, shuffle=True, batch=batch),
        }
        if evaluate:
            values["Eval"] = _data(data, shuffle=False, batch=3)
        out.mkdir(parents=True, exist_ok=True)
        cfg = Config(values).replace({key.replace("__", "."): value for key, value in overrides.items()})
        cfg.dump(out / "run.yml")
        return cfg

    return make


def _data(folder, *, shuffle, batch):
    steps = [
        {"DecodeImage": {"img_mode": "BGR"}},
        {"CTCLabelEncode": None},
        {"RecResizeImg": {"image_shape": [3, 32, 64]}},
        {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
    ]
    names = {"data_dir": str(folder), "label_file_list": [str(folder / "labels.txt")]}
    loader = {"batch_size_per_card": batch, "shuffle": shuffle, "drop_last": False, "num_workers": 0}
    return {"dataset": {"name": "SimpleDataSet", **names, "transforms": steps}, "loader": loader}
