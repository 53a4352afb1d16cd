"""Networks of every configuration, each kind once, with weights that make every part matter."""

import numpy as np
import pytest

from ppocr_lite.config import Config


def randomize(model, seed=0):
    """Random weights where the initial ones are constant: else a mistake in their parts could hide."""
    rng = np.random.default_rng(seed)
    for tensor in model.state_dict().values():
        array = tensor.numpy()
        if array.size > 1 and float(array.std()) == 0:
            spread = 0.1 * rng.standard_normal(array.shape)
            tensor.set_value((array + np.abs(spread)).astype(np.float32))


@pytest.fixture
def build(narrowed, tmp_path):
    """Function (file, sub-model's name) -> (network, [C, H, W] of a small image)."""
    import paddle

    from ppocr_lite.engine import assemble, trial

    def make(file, name):
        cfg = narrowed(trial.with_stand_in_dictionary(Config.load(file), tmp_path))
        paddle.seed(0)
        model = assemble.single_parts(assemble.parts(cfg))[name].model
        channels, height, _ = trial.image_shape(cfg)
        shape = (channels, 64, 64) if model.task == "det" else (channels, height, 32)
        randomize(model)
        trial.settle_statistics(model, shape)
        return model, shape

    return make
