"""Reading order of a page, and its text as it stands, from line quads: deskew, find columns, group rows."""

import itertools
from collections.abc import Sequence
from statistics import median, median_low

import numpy as np

ROW_OVERLAP = 0.5
"""Share of the smaller height that two boxes of one row have in common."""
ROW_HEIGHTS = 2.0
"""A box more than this much taller than its neighbour is not in one row with it."""
MIN_COLUMN_ROWS = 3
MIN_COLUMN_WIDTH = 7.0
"""In line heights: columns of running text are wider, columns of numbers narrower."""
MIN_FILL = 0.55
"""Median width of a column's rows as a share of the column: running text fills its column, cells do not."""
MIN_INK = 0.75
"""Median share of a row that boxes cover: between the cells of a table there is much room."""
MIN_GUTTER = 0.4
"""In line heights; the boxes reach a little beyond the text, which narrows the gutter."""
MAX_TRIES = 12
WORD_SPACE = 1.6
"""In widths of a character: a wider gap between two boxes is shown as two blanks at least."""
NARROW = 0.25
"""The width of a character is that of so narrow a line, so that most lines fit in the room that they have."""
ROW_PITCH = 1.8
"""In usual distances of rows: a greater distance is shown as an empty row."""

Box = tuple[float, float, float, float]
Split = tuple[list[int], list[int], list[int]]


def order_boxes(quads: np.ndarray) -> np.ndarray:
    """Indices int64 [n] in reading order of quads [n, 4, 2], each clockwise from top-left."""
    if len(quads) == 0:
        return np.zeros(0, np.int64)
    boxes = _boxes(quads)
    line_height = median(y1 - y0 for _, y0, _, y1 in boxes) or 1.0
    return np.array(_order(boxes, list(range(len(boxes))), line_height), np.int64)


def page_angle(quads: np.ndarray) -> float:
    """Slope of the lines in radians: median over quads at least twice as wide as tall, weighted by width."""
    along = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]) / 2
    down = (quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1]) / 2
    width, height = np.linalg.norm(along, axis=1), np.linalg.norm(down, axis=1)
    long = width >= 2 * height
    if not long.any():
        return 0.0
    angles, weights = np.arctan2(along[long, 1], along[long, 0]), width[long]
    order = np.argsort(angles)
    cumulated = np.cumsum(weights[order])
    return float(angles[order][np.searchsorted(cumulated, cumulated[-1] / 2)])


def upright_boxes(quads: np.ndarray) -> np.ndarray:
    """Boxes float64 [n, 4] (x0, y0, x1, y1) through the middles of the sides, in the page's own frame."""
    angle = page_angle(quads)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = quads @ np.array([[cos, -sin], [sin, cos]])
    middles = (turned + np.roll(turned, -1, axis=1)) / 2  # [n, top right bottom left, 2]
    low, high = middles.min(axis=1), middles.max(axis=1)
    return np.concatenate([low, high], axis=1)


def _boxes(quads: np.ndarray) -> list[Box]:
    return [tuple(box) for box in upright_boxes(quads).tolist()]


def _order(boxes: Sequence[Box], members: list[int], line_height: float) -> list[int]:
    """Members in reading order: split at a gutter when there is one, else by rows."""
    split = _find_columns(boxes, members, line_height)
    if split is None:
        return [i for row in group_rows(boxes, members) for i in row]
    ordered: list[int] = []
    for left, right, spanning in _bands(boxes, split):
        for column in (left, right):
            ordered += _order(boxes, column, line_height)
        ordered += spanning
    return ordered


def group_rows(boxes: Sequence[Box], members: Sequence[int]) -> list[list[int]]:
    """Rows from top to bottom, each from left to right.

    A box joins a row when it overlaps the row's member nearest to it, so that a curved line stays one row.
    """
    rows: list[list[int]] = []
    for i in sorted(members, key=lambda m: (_middle_y(boxes[m]), boxes[m][0])):
        x = boxes[i][0] + boxes[i][2]
        for row in reversed(rows[-4:]):
            near = row[0] if len(row) == 1 else min(row, key=lambda m: abs(boxes[m][0] + boxes[m][2] - x))
            if _same_row(boxes[i], boxes[near]):
                row.append(i)
                break
        else:
            rows.append([i])
    rows.sort(key=lambda row: sum(_middle_y(boxes[m]) for m in row) / len(row))
    return [sorted(row, key=lambda m: boxes[m][0]) for row in rows]


def page_rows(quads: np.ndarray) -> list[list[int]]:
    """Indices of quads [n, 4, 2] by rows across the whole page, each row from left to right."""
    if len(quads) == 0:
        return []
    boxes = _boxes(quads)
    return group_rows(boxes, range(len(boxes)))


def set_out(quads: np.ndarray, texts: Sequence[str]) -> str:
    """The texts of upright quads [n, 4, 2] in rows and at columns of characters as they stand on the page."""
    if len(quads) == 0:
        return ""
    boxes = _boxes(quads)
    widths = [(x1 - x0) / len(text) for (x0, _, x1, _), text in zip(boxes, texts) if text]
    character = max(float(np.quantile(widths, NARROW)), 1e-6) if widths else 1.0
    rows = group_rows(boxes, range(len(boxes)))
    levels = [sum(_middle_y(boxes[m]) for m in row) / len(row) for row in rows]
    steps = [below - above for above, below in itertools.pairwise(levels)]
    usual = median_low(steps) if steps else 0.0
    left = min(box[0] for box in boxes)
    shown: list[str] = []
    for row, step in zip(rows, [0.0, *steps]):
        if step > ROW_PITCH * usual:
            shown.append("")
        shown.append(_set_out_row([boxes[m] for m in row], [texts[m] for m in row], left, character))
    return "\n".join(shown)


def _set_out_row(boxes: Sequence[Box], texts: Sequence[str], left: float, character: float) -> str:
    """One row; where a text needs more room than it had, those behind it move to the right."""
    row, end = "", left
    for (x0, _, x1, _), text in zip(boxes, texts):
        least = 0 if not row else 2 if x0 - end > WORD_SPACE * character else 1
        row = row.ljust(max(round((x0 - left) / character), len(row) + least)) + text
        end = x1
    return row.rstrip()


def _middle_y(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _same_row(a: Box, b: Box) -> bool:
    height_a, height_b = max(a[3] - a[1], 1e-6), max(b[3] - b[1], 1e-6)
    smaller, larger = min(height_a, height_b), max(height_a, height_b)
    return min(a[3], b[3]) - max(a[1], b[1]) >= ROW_OVERLAP * smaller and larger <= ROW_HEIGHTS * smaller


def _find_columns(boxes: Sequence[Box], members: list[int], line_height: float) -> Split | None:
    """(left, right, across) of the gutter that fewest boxes cross, if both sides are running text."""
    if len(members) < 2 * MIN_COLUMN_ROWS:
        return None
    index = np.array(members)
    x0, x1 = np.array([[boxes[m][0], boxes[m][2]] for m in members]).T
    slack = MIN_GUTTER * line_height / 2
    places = np.unique(np.concatenate([x1 + slack, x0 - slack]))
    ends_left = x1[None, :] <= places[:, None] - slack + 1e-6  # [places, members]
    starts_right = x0[None, :] >= places[:, None] + slack - 1e-6
    crossing = (~ends_left & ~starts_right).sum(axis=1)
    enough = (ends_left.sum(axis=1) >= MIN_COLUMN_ROWS) & (starts_right.sum(axis=1) >= MIN_COLUMN_ROWS)
    seen: set[tuple[bytes, bytes]] = set()
    for place in np.argsort(crossing, kind="stable"):
        key = (ends_left[place].tobytes(), starts_right[place].tobytes())
        if not enough[place] or key in seen:
            continue
        seen.add(key)
        left, right = index[ends_left[place]].tolist(), index[starts_right[place]].tolist()
        chosen = {*left, *right}
        split = (left, right, [m for m in members if m not in chosen])
        if any(
            _running_text(boxes, band_left, line_height) and _running_text(boxes, band_right, line_height)
            for band_left, band_right, _ in _bands(boxes, split)
        ):
            return split
        if len(seen) >= MAX_TRIES:
            break
    return None


def _running_text(boxes: Sequence[Box], members: list[int], line_height: float) -> bool:
    """Whether the members look like a column of sentences rather than of table cells."""
    if len(members) < MIN_COLUMN_ROWS:
        return False
    rows = group_rows(boxes, members)
    if len(rows) < MIN_COLUMN_ROWS:
        return False
    widths = [max(boxes[m][2] for m in row) - boxes[row[0]][0] for row in rows]
    covered = [sum(boxes[m][2] - boxes[m][0] for m in row) / max(w, 1e-6) for row, w in zip(rows, widths)]
    whole = max(boxes[m][2] for m in members) - min(boxes[m][0] for m in members)
    usual = median(widths)
    return (
        usual >= MIN_COLUMN_WIDTH * line_height and usual >= MIN_FILL * whole and median(covered) >= MIN_INK
    )


def _bands(boxes: Sequence[Box], split: Split) -> list[Split]:
    """(left, right, row that crosses below them), from top to bottom; the last row is empty."""
    bands: list[Split] = []
    left, right, across = split
    for row in group_rows(boxes, across):
        level = sum(_middle_y(boxes[m]) for m in row) / len(row)
        # Words beside a crossing box belong to its row, not to a column.
        beside = {m for m in (*left, *right) if any(_same_row(boxes[m], boxes[n]) for n in row)}
        above = {m for m in (*left, *right) if _middle_y(boxes[m]) < level} - beside
        bands.append(
            (
                [m for m in left if m in above],
                [m for m in right if m in above],
                sorted([*row, *beside], key=lambda m: boxes[m][0]),
            )
        )
        left = [m for m in left if m not in above and m not in beside]
        right = [m for m in right if m not in above and m not in beside]
    bands.append((left, right, []))
    return bands
