"""Line charts as inline SVG."""

import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 520, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 12, 30
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#0a7b83", "#57606a")
MAX_POINTS = 500
MARKED = 60
"""Curves of at most so many points get a dot, with its numbers as a tooltip, at each."""
TICKS = 5


def line_chart(
    title: str, curves: Mapping[str, Points], *, note: str = "", band: tuple[Points, Points] = ((), ())
) -> str:
    """A ``<figure>`` with one line for each of ``curves``, whose points (step, value) are sorted by step.

    Values that are not finite are left out; ``title``, names and ``note`` are escaped.

    Args:
        band: lower and upper points of an area that is shaded behind the lines.
    """
    finite = {name: [p for p in points if all(map(math.isfinite, p))] for name, points in curves.items()}
    drawn = {name: points for name, points in finite.items() if points}
    if not drawn:
        return ""
    edges = [p for edge in band for p in edge if all(map(math.isfinite, p))]
    frame = _Frame([p for points in drawn.values() for p in points] + edges)
    parts = frame.axes()
    if edges:
        around = [*thinned(band[0]), *reversed(thinned(band[1]))]
        path = " ".join(f"{frame.x(x)},{frame.y(y)}" for x, y in around if math.isfinite(y))
        parts.append(f'<polygon points="{path}" fill="{COLOURS[0]}" opacity="0.15"/>')
    for number, points in enumerate(drawn.values()):
        parts.append(_line(frame, thinned(points), COLOURS[number % len(COLOURS)]))
    legend = "".join(
        f'<span><i style="background:{COLOURS[number % len(COLOURS)]}"></i>{escape(name)}</span>'
        for number, name in enumerate(drawn)
    )
    body = "".join(parts)
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{escape(title)}">{body}</svg><p class="legend">{legend}'
        f"<small>{escape(note)}</small></p></figure>"
    )


class _Frame:
    """From data to pixels of the picture."""

    def __init__(self, points: Points) -> None:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self.x_ticks, self.y_ticks = ticks(min(xs), max(xs)), ticks(min(ys), max(ys))
        self.x_range = (min(xs), max(xs)) if max(xs) > min(xs) else (min(xs) - 0.5, max(xs) + 0.5)
        self.y_range = (min(min(ys), self.y_ticks[0]), max(max(ys), self.y_ticks[-1]))

    def x(self, value: float) -> float:
        low, high = self.x_range
        return round(LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def axes(self) -> list[str]:
        bottom = HEIGHT - BOTTOM
        parts = []
        for tick in self.y_ticks:
            y = self.y(tick)
            parts.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{number_text(tick)}</text>')
        inside = [t for t in self.x_ticks if self.x_range[0] <= t <= self.x_range[1]]
        for tick in inside:
            x = self.x(tick)
            parts.append(f'<path class="axis" d="M{x} {bottom}v4"/>')
            parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{number_text(tick)}</text>')
        parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>')
        return parts


def _line(frame: _Frame, points: Points, colour: str) -> str:
    path = " ".join(f"{frame.x(x)},{frame.y(y)}" for x, y in points)
    line = f'<polyline points="{path}" stroke="{colour}"/>'
    if len(points) > MARKED:
        return line
    dots = "".join(
        f'<circle cx="{frame.x(x)}" cy="{frame.y(y)}" r="2.5" fill="{colour}">'
        f"<title>{number_text(x)}: {number_text(y)}</title></circle>"
        for x, y in points
    )
    return line + dots


def ticks(low: float, high: float, count: int = TICKS) -> list[float]:
    """Round numbers around ``low``..``high``, about ``count`` of them.

    >>> ticks(0.0, 0.93)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> ticks(3, 3), ticks(0, 0)
    ([2.0, 3.0, 4.0], [0.0, 1.0])
    """
    if high <= low:
        step = 10.0 ** math.floor(math.log10(abs(low))) if low else 1.0
        return [float(f"{low + k * step:.12g}") for k in (-1, 0, 1)] if low else [0.0, 1.0]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def number_text(value: float) -> str:
    """At most five digits that tell something.

    >>> number_text(12000.0), number_text(0.00002), number_text(0.5)
    ('12000', '2e-05', '0.5')
    """
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e7 else f"{value:.5g}"


def thinned(points: Points, most: int = MAX_POINTS) -> list[tuple[float, float]]:
    """At most ``2 * most`` points: of each stretch the lowest and the highest, so that no spike is lost."""
    if len(points) <= 2 * most:
        return list(points)
    kept: list[tuple[float, float]] = []
    for number in range(most):
        stretch = points[number * len(points) // most : (number + 1) * len(points) // most]
        pair = {min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])}
        kept += sorted(pair)
    return kept
