"""Histograms as inline SVG."""

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 460, 150
"""Pixels of a chart, its labels included."""
LEFT, BOTTOM, TOP = 44, 22, 10
BINS = 30
COLOUR = "#47a"


def histogram(values: Sequence[float], title: str) -> str:
    """Bars for the distribution of ``values``, one for each whole number where they are few."""
    if not values:
        return ""
    low, high = min(values), max(values)
    whole = all(float(v).is_integer() for v in values)
    step = max((high - low) / BINS, 1.0 if whole else 1e-9)
    step = math.ceil(step) if whole else step
    counts = [0] * (int((high - low) / step) + 1)
    for value in values:
        counts[min(int((value - low) / step), len(counts) - 1)] += 1
    labels = [_number(low + i * step) for i in range(len(counts))]
    tips = [f"{label} to {_number(low + (i + 1) * step)}" for i, label in enumerate(labels)]
    return bars(counts, labels, title, tips=labels if step == 1 and whole else tips)


def bars(counts: Sequence[int], labels: Sequence[str], title: str, *, tips: Sequence[str] = ()) -> str:
    """One bar for each count; ``tips`` are shown when the mouse is over one (default: the labels)."""
    if not counts:
        return ""
    width = (WIDTH - LEFT) / len(counts)
    top = max(counts)
    attributes = f'font-size="11" fill="#555" role="img" aria-label="{escape(title)}"'
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {attributes}>', f'<g fill="{COLOUR}">']
    for i, (count, tip) in enumerate(zip(counts, tips or labels)):
        height = (HEIGHT - BOTTOM - TOP) * count / top
        place = f'x="{LEFT + i * width:.1f}" y="{HEIGHT - BOTTOM - height:.1f}"'
        size = f'width="{max(width - 1, 0.5):.1f}" height="{height:.1f}"'
        parts.append(f"<rect {place} {size}><title>{escape(tip)}: {count}</title></rect>")
    parts.append("</g>")
    parts.append(_text(LEFT - 4, TOP + 8, str(top), "end"))
    parts.append(_text(LEFT - 4, HEIGHT - BOTTOM, "0", "end"))
    every = max(1, math.ceil(max(map(len, labels)) * 7 / width))  # a sign is some 7 px wide
    for i in range(0, len(labels), every):
        parts.append(_text(LEFT + (i + 0.5) * width, HEIGHT - 8, labels[i], "middle"))
    return f"<figure><figcaption>{escape(title)}</figcaption>{''.join(parts)}</svg></figure>"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3g}"
