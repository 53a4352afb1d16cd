"""A network, data and a trainer so small that a run takes a moment."""

import numpy as np
import pytest


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
