"""The schedule before the training."""

import pytest

pytest.importorskip("paddle")

from ppocr_lite.optim.preview import curve, preview
from ppocr_lite.optim.schedules import Const, Cosine

pytestmark = pytest.mark.train


def test_preview_by_hand():
    assert preview(Const(0.1, epochs=1, steps_per_epoch=1)) == "Const: 0.1 (step 1)"
    # Warm-up of 2 steps to 0.1, then a cosine of 10 steps that has gone 7 of them at the last.
    text = preview(Cosine(0.1, epochs=10, steps_per_epoch=1, warmup_epoch=2))
    assert text == "Cosine: 0 (step 1), 0.1 (step 3), 0.0904508 (step 5), 0.0206107 (step 10)"


def test_curve_has_both_ends_and_few_points():
    schedule = Cosine(0.1, epochs=100, steps_per_epoch=37, warmup_epoch=1)
    points = curve(schedule, 50)
    steps = [step for step, _ in points]
    assert (steps[0], steps[-1], len(points) <= 52) == (1, 3700, True)
    assert steps == sorted(set(steps))
    assert dict(points)[38] == 0.1
