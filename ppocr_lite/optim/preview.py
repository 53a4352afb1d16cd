"""A schedule before the training: its rates, in a line and as a curve."""

from ppocr_lite.optim.schedules import LRSchedule

CURVE_POINTS = 400


def curve(schedule: LRSchedule, points: int = CURVE_POINTS) -> list[tuple[int, float]]:
    """At most about ``points`` pairs (step from 1, rate) over the training, first and last among them."""
    last = schedule.total_steps - 1
    stride = max(1, -(-last // max(1, points - 1)))
    steps = sorted({*range(0, last + 1, stride), min(schedule.warmup_steps, last), last})
    return [(step + 1, schedule.value(step)) for step in steps]


def preview(schedule: LRSchedule) -> str:
    """One line: the rate at the first step, at its highest, in the middle and at the last step."""
    rates = curve(schedule)
    middle = (schedule.total_steps - 1) // 2
    highest = max(rates, key=lambda pair: pair[1])
    shown = dict(sorted({rates[0], highest, (middle + 1, schedule.value(middle)), rates[-1]}))
    text = ", ".join(f"{rate:.6g} (step {step})" for step, rate in shown.items())
    return f"{type(schedule).__name__}: {text}"
