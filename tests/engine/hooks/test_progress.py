import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine.hooks import ProgressHook  # noqa: E402
from ppocr_lite.engine.trainer import Hook  # noqa: E402

pytestmark = pytest.mark.train


class Told(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.seen = []

    def at_progress(self, progress):
        self.seen.append(progress)

    def forward(self, x):
        return x


def trained(tiny, epochs, hooks=(), resume=None):
    trainer = tiny.make(hooks=(*hooks, ProgressHook()))
    trainer.model.backbone.add_sublayer("told", Told())
    if resume:
        trainer.resume(resume)
    trainer.fit(epochs)
    return trainer.model.backbone.told.seen


def test_told_before_each_step_of_two_epochs(tiny):
    assert trained(tiny, 2) == pytest.approx([n / 10 for n in range(11)])


def test_a_resumed_training_goes_on_where_it_was(tiny, tmp_path):
    class SaveOnce(Hook):
        def after_epoch(self, trainer):
            if trainer.state.epoch == 1:
                trainer.save(str(tmp_path / "latest"))

    trained(tiny, 2, hooks=(SaveOnce(),))
    assert trained(tiny, 2, resume=str(tmp_path / "latest")) == pytest.approx([n / 10 for n in range(5, 11)])
