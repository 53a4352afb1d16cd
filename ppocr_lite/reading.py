"""Reading order of a page from its line quads alone: deskew, find columns, group rows."""

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
MIN_GUTTER = 0.4
"""In line heights; the boxes reach a little beyond the text, which narrows the gutter."""
MAX_TRIES = 24


def order_boxes(quads: np.ndarray) -> np.ndarray:
    """Indices int64 [n] in reading order of quads [n, 4, 2], each clockwise from top-left."""
    if len(quads) == 0:
        return np.zeros(0, np.int64)
    boxes = upright_boxes(quads)
    line_height = float(np.median(boxes[:, 3] - boxes[:, 1])) or 1.0
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


def _order(boxes: np.ndarray, members: list[int], line_height: float) -> list[int]:
    """Members in reading order: split at a gutter when there is one, else by rows."""
    split = _find_columns(boxes, members, line_height)
    if split is None:
        return [i for row in group_rows(boxes, members) for i in row]
    left, right, across = split
    ordered: list[int] = []
    for band_left, band_right, spanning in _bands(boxes, left, right, across):
        for column in (band_left, band_right):
            ordered += _order(boxes, column, line_height)
        ordered += spanning
    return ordered


def group_rows(boxes: np.ndarray, members: list[int]) -> list[list[int]]:
    """Rows from top to bottom, each from left to right.

    A box joins a row when it overlaps the row's member nearest to it, so that a curved line stays one row.
    """
    rows: list[list[int]] = []
    middle_x, middle_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    for i in sorted(members, key=lambda m: (middle_y[m], middle_x[m])):
        for row in reversed(rows[-4:]):
            near = min(row, key=lambda m: abs(middle_x[m] - middle_x[i]))
            if _same_row(boxes[i], boxes[near]):
                row.append(i)
                break
        else:
            rows.append([i])
    rows.sort(key=lambda row: float(np.mean(middle_y[row])))
    return [sorted(row, key=lambda m: boxes[m, 0]) for row in rows]


def _same_row(a: np.ndarray, b: np.ndarray) -> bool:
    heights = sorted((max(a[3] - a[1], 1e-6), max(b[3] - b[1], 1e-6)))
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return bool(shared >= ROW_OVERLAP * heights[0] and heights[1] <= ROW_HEIGHTS * heights[0])


Split = tuple[list[int], list[int], list[int]]


def _find_columns(boxes: np.ndarray, members: list[int], line_height: float) -> Split | None:
    """(left, right, across) of the gutter that fewest boxes cross, if both sides are running text."""
    if len(members) < 2 * MIN_COLUMN_ROWS:
        return None
    index = np.array(members)
    x0, x1 = boxes[index, 0], boxes[index, 2]
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
        across = [m for m in members if m not in chosen]
        if any(
            _running_text(boxes, band_left, line_height) and _running_text(boxes, band_right, line_height)
            for band_left, band_right, _ in _bands(boxes, left, right, across)
        ):
            return left, right, across
        if len(seen) >= MAX_TRIES:
            break
    return None


def _running_text(boxes: np.ndarray, members: list[int], line_height: float) -> bool:
    """Whether the members look like a column of sentences rather than of table cells."""
    if len(members) < MIN_COLUMN_ROWS:
        return False
    rows = group_rows(boxes, members)
    if len(rows) < MIN_COLUMN_ROWS:
        return False
    widths = np.array([boxes[row, 2].max() - boxes[row, 0].min() for row in rows])
    whole = float(boxes[members, 2].max() - boxes[members, 0].min())
    middle = float(np.median(widths))
    return middle >= MIN_COLUMN_WIDTH * line_height and middle >= MIN_FILL * whole


def _bands(boxes: np.ndarray, left: list[int], right: list[int], across: list[int]) -> list[Split]:
    """(left, right, row that crosses below them), from top to bottom; the last row is empty."""
    middle_y = (boxes[:, 1] + boxes[:, 3]) / 2
    bands: list[Split] = []
    todo_left, todo_right = list(left), list(right)
    for row in group_rows(boxes, across):
        level = float(np.mean(middle_y[row]))
        # Words beside a crossing box belong to its row, not to a column.
        beside = [m for m in todo_left + todo_right if any(_same_row(boxes[m], boxes[n]) for n in row)]
        taken = set(beside)
        above_left = [m for m in todo_left if middle_y[m] < level and m not in taken]
        above_right = [m for m in todo_right if middle_y[m] < level and m not in taken]
        done = {*above_left, *above_right, *taken}
        todo_left = [m for m in todo_left if m not in done]
        todo_right = [m for m in todo_right if m not in done]
        bands.append((above_left, above_right, sorted([*row, *beside], key=lambda m: boxes[m, 0])))
    bands.append((todo_left, todo_right, []))
    return bands
