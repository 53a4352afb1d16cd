"""Tells the parts of a model how far the training is."""

from ppocr_lite.engine.trainer import Hook, Trainer


class ProgressHook(Hook):
    """Calls ``at_progress(share of the training that is done)`` before each step, of layers that have it.

    The share depends on the number of the step alone, so a resumed run goes on as if it had not been stopped.
    """

    def before_fit(self, trainer: Trainer) -> None:
        self._layers = [part for part in trainer.model.sublayers(True) if hasattr(part, "at_progress")]
        self.after_step(trainer)

    def after_step(self, trainer: Trainer) -> None:
        for layer in self._layers:
            total = max(1, trainer.epochs * trainer.steps_per_epoch)
            layer.at_progress(min(1.0, trainer.state.global_step / total))
