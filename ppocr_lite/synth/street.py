"""Photographs of streets and halls: fronts, walls, signs and shop names, each in a perspective of its own."""

from string import capwords

import cv2
import numpy as np

from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.colours import lay_ink, tint
from ppocr_lite.synth.sampling import Rng, between, chance
from ppocr_lite.synth.setter import Setter

_TRIES = 30


def street(s: Setter) -> None:
    """Walls, windows, lamps, poles and leaves behind one to sixteen boards with one to four lines each."""
    rng, canvas = s.rng, s.canvas
    paint_scenery(s)
    if chance(rng, 0.4):  # the camera looked at the boards, and the rest is out of focus
        sigma = between(rng, 0.6, 4)
        canvas.paper[:] = cv2.GaussianBlur(canvas.paper, (0, 0), sigma)
    wanted = int(rng.integers(1, 5)) if chance(rng, 0.4) else int(rng.integers(3, 17))
    for _ in range(_TRIES):
        if wanted == 0:
            break
        wanted -= _board(s, s.em * between(rng, 0.8, 1.6) * (2.2 if chance(rng, 0.25) else 1.0))
    if chance(rng, 0.3):  # something stands before it all
        x, thick = between(rng, 0, canvas.width), between(rng, 0.004, 0.02) * canvas.width
        clear = not any(b[0] - thick < x < b[2] + thick for b in canvas.boxes)
        if clear:
            canvas.fill(
                (x - thick, 0, x + thick, canvas.height), tint(rng, between(rng, 20, 160), amount=0.3)
            )


def paint_scenery(s: Setter) -> None:
    """Paint the canvas as a street or a hall without any text."""
    if chance(s.rng, 0.6):
        _surroundings(s)
    else:
        _indoors(s)


def _surroundings(s: Setter) -> None:
    """Paint the canvas: light from above, then fronts with windows, bricks or leaves."""
    rng, canvas = s.rng, s.canvas
    h, w = canvas.height, canvas.width
    top, bottom = (tint(rng, between(rng, 40, 230), amount=0.3) for _ in range(2))
    slope = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    canvas.paper[:] = top + slope * (bottom - top)
    if chance(rng, 0.25):  # a tower close by
        box = (int(between(rng, 0, 0.3) * w), 0, int(between(rng, 0.7, 1) * w), int(between(rng, 0.6, 1) * h))
        paint_tower(s, box)
    for _ in range(int(rng.integers(2, 7))):
        left, right = sorted(between(rng, -0.2, 1.2) * w for _ in range(2))
        upper, lower = between(rng, -0.1, 0.7) * h, between(rng, 0.3, 1.1) * h
        box = (max(0, int(left)), max(0, int(upper)), min(w, int(right)), min(h, int(lower)))
        if box[2] - box[0] > 24 and box[3] - box[1] > 24:
            _front(s, box)
    if chance(rng, 0.35):
        _skyline(s)
    texture = s.tiles.cut(rng, s.tiles.photo, h, w) - 0.5
    canvas.paper += (between(rng, 5, 45) * texture)[:, :, None]
    _things(s, int(rng.integers(0, 12)))
    _clutter_and_spots(s)
    np.clip(canvas.paper, 0, 255, out=canvas.paper)


def _indoors(s: Setter) -> None:
    """Paint the canvas: walls, floor and ceiling that run to one point, with joints, lamps and things."""
    rng, canvas = s.rng, s.canvas
    h, w = canvas.height, canvas.width
    far = np.array((between(rng, 0.1, 0.9) * w, between(rng, 0.2, 0.7) * h))
    half = np.array((between(rng, 0.04, 0.5) * w, between(rng, 0.05, 0.4) * h))
    near = np.array([[-1, -1], [w + 1, -1], [w + 1, h + 1], [-1, h + 1]], np.float64)
    back = far + half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    base, hue = between(rng, 30, 220), between(rng, 0, 0.5)
    canvas.paper[:] = tint(rng, base, amount=hue)
    for i in range(4):  # ceiling, right wall, floor, left wall
        side = np.array((near[i], near[(i + 1) % 4], back[(i + 1) % 4], back[i]))
        level = float(np.clip(base + between(rng, -70, 70), 10, 245))
        colour = tint(rng, level, amount=hue)
        _polygon(canvas, side, colour)
        for share in np.cumsum(rng.random(int(rng.integers(0, 12))) * between(rng, 0.03, 0.3)):
            if share < 1:  # joints of tiles, boards, door frames
                start, end = side[0] + share * (side[1] - side[0]), side[3] + share * (side[2] - side[3])
                _stroke(canvas, start, end, colour * between(rng, 0.5, 1.2), int(rng.integers(1, 4)))
    for _ in range(int(rng.poisson(1.5))):
        middle = (int(between(rng, 0, w)), int(between(rng, 0, 0.5) * h))
        axes = (int(between(rng, 4, 0.2 * w)), int(between(rng, 2, 0.06 * h)))
        glow = np.zeros((h, w), np.float32)
        cv2.ellipse(glow, middle, axes, between(rng, -20, 20), 0, 360, 255.0, -1)
        soft = cv2.blur(glow, (axes[0] | 1, axes[0] | 1))
        canvas.paper += np.maximum(glow, between(rng, 0.1, 0.7) * soft)[:, :, None]
    canvas.paper += (between(rng, 2, 25) * (s.tiles.cut(rng, s.tiles.grain, h, w) - 0.5))[:, :, None]
    _things(s, int(rng.integers(0, 25)))
    _clutter_and_spots(s)
    np.clip(canvas.paper, 0, 255, out=canvas.paper)


def _clutter_and_spots(s: Setter) -> None:
    for _ in range(int(s.rng.poisson(0.7))):
        _clutter(s)
    for _ in range(int(s.rng.poisson(1.5))):
        _spots(s)


def _things(s: Setter, count: int) -> None:
    """Round, long and angular things in front: people, furniture, goods, lights; some in rows."""
    rng, canvas = s.rng, s.canvas
    h, w = canvas.height, canvas.width
    for _ in range(count):
        middle = np.array((between(rng, 0, w), between(rng, 0, h)))
        size = np.array((between(rng, 0.004, 0.1) * w, between(rng, 0.004, 0.2) * h))
        colour = tint(rng, between(rng, 5, 250), amount=between(rng, 0, 0.9))
        kind = rng.random()
        step = size * rng.uniform(-2.6, 2.6, 2)
        for i in range(int(rng.integers(3, 12)) if chance(rng, 0.25) else 1):
            place = middle + i * step
            if kind < 0.4:
                axes = (max(1, int(size[0])), max(1, int(size[1])))
                where = (int(place[0]), int(place[1]))
                shade = tuple(float(v) for v in colour)
                cv2.ellipse(canvas.paper, where, axes, between(rng, 0, 180), 0, 360, shade, -1, cv2.LINE_AA)
            elif kind < 0.75:
                corners = place + size * rng.uniform(-1, 1, (int(rng.integers(3, 7)), 2))
                _polygon(canvas, cv2.convexHull(corners.astype(np.float32))[:, 0], colour)
            else:
                end = place + rng.uniform(-0.3, 0.3, 2) * (w, h)
                _stroke(canvas, place, end, colour, int(rng.integers(1, 7)))


def _polygon(canvas: Canvas, corners: np.ndarray, colour: np.ndarray) -> None:
    shade = tuple(float(v) for v in colour)
    cv2.fillPoly(canvas.paper, [np.round(corners).astype(np.int32)], shade, cv2.LINE_AA)


def _stroke(canvas: Canvas, start: np.ndarray, end: np.ndarray, colour: np.ndarray, thick: int) -> None:
    a, b = np.round(start).astype(int), np.round(end).astype(int)
    shade = tuple(float(v) for v in colour)
    cv2.line(canvas.paper, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), shade, thick, cv2.LINE_AA)


def paint_tower(s: Setter, box: tuple[int, int, int, int]) -> None:
    """Paint a wall of windows or of storeys of glass; ``box``: left, top, right, bottom in pixels."""
    part = s.canvas.paper[box[1] : box[3], box[0] : box[2]]
    part[:] = tint(s.rng, between(s.rng, 60, 230), amount=between(s.rng, 0, 0.3))
    (_windows if chance(s.rng, 0.5) else _storeys)(s, part)


def _front(s: Setter, box: tuple[int, int, int, int]) -> None:
    """One wall, or a bush, on the canvas."""
    rng, canvas = s.rng, s.canvas
    left, top, right, bottom = box
    part = canvas.paper[top:bottom, left:right]
    h, w = part.shape[:2]
    kind = rng.random()
    if kind < 0.2:
        leaves = s.tiles.cut(rng, s.tiles.clouds, h, w) > between(rng, 0.45, 0.7)
        part[leaves] = np.array((30, 80, 50), np.float32) * between(rng, 0.3, 1.8)
        return
    wall = tint(rng, between(rng, 40, 220), amount=between(rng, 0, 0.5))
    part[:] = wall + between(rng, 4, 30) * (s.tiles.cut(rng, s.tiles.grain, h, w) - 0.5)[:, :, None]
    shade = wall * between(rng, 0.5, 0.85)
    if kind < 0.45:
        course = int(between(rng, 5, 16))
        part[::course] = shade
        for row in range(0, h, course):
            part[row : row + course, (row // course % 2) * course :: 2 * course] = shade
    elif kind < 0.65:
        _windows(s, part)
    elif kind < 0.8:
        _storeys(s, part)
    elif kind < 0.9:  # railings, blinds, slats
        step, along = int(between(rng, 3, 22)), chance(rng, 0.5)
        for shift in range(max(1, int(step * between(rng, 0.2, 0.7)))):
            if along:
                part[shift::step] = shade
            else:
                part[:, shift::step] = shade


def _skyline(s: Setter) -> None:
    """Towers far away, side by side, with rows of small windows: from afar as regular as small print."""
    rng, canvas = s.rng, s.canvas
    ground, left = int(between(rng, 0.3, 0.8) * canvas.height), int(between(rng, -0.1, 0.6) * canvas.width)
    for _ in range(int(rng.integers(2, 8))):
        width, height = (
            int(between(rng, 0.04, 0.2) * canvas.width),
            int(between(rng, 0.1, 0.6) * canvas.height),
        )
        part = canvas.paper[max(0, ground - height) : ground, max(0, left) : max(0, left + width)]
        if part.shape[0] > 20 and part.shape[1] > 20:
            part[:] = tint(rng, between(rng, 60, 230), amount=between(rng, 0, 0.3))
            if chance(rng, 0.5):
                _windows(s, part, most=12)
            else:
                _storeys(s, part, most=20)
        left += width + int(rng.integers(0, 12))


def _windows(s: Setter, part: np.ndarray, *, most: float = 60) -> None:
    """Rows of windows on a front, float32 [H, W, 3]: large ones near by, small ones far away, some lit.

    ``most``: pixels of the largest ones.
    """
    rng = s.rng
    h, w = part.shape[:2]
    size = np.exp(between(rng, np.log(3), np.log(most)))
    wide, high = max(2, int(size * between(rng, 0.5, 2.5))), max(2, int(size * between(rng, 0.5, 2)))
    down, across = (max(n + 1, int(n * between(rng, 1.25, 2.5))) for n in (high, wide))
    rows, columns = (h - high) // down, (w - wide) // across
    if rows < 1 or columns < 1:
        return
    glass = tint(rng, between(rng, 15, 150), amount=0.4)
    light = 1 + between(rng, 0, 0.6) * (rng.random((rows, columns), dtype=np.float32) - 0.5)
    lit = rng.random((rows, columns)) < (between(rng, 0, 0.5) if chance(rng, 0.4) else 0.0)
    light[lit] *= between(rng, 1.2, 4)
    inside = np.arange(rows * down) % down < high, np.arange(columns * across) % across < wide
    mask = np.outer(*inside).astype(np.float32)
    shade = np.repeat(np.repeat(light, down, axis=0), across, axis=1)[:, :, None] * glass
    view = part[: rows * down, : columns * across]
    view += mask[:, :, None] * (shade - view)


def _storeys(s: Setter, part: np.ndarray, *, most: float = 50) -> None:
    """Storeys of glass between slabs on a front, float32 [H, W, 3]: panes with blinds and bars between them.

    From afar such a band has the height, the strokes and the gaps of a line of print. ``most``: pixels of
    the highest storey.
    """
    rng = s.rng
    h, w = part.shape[:2]
    storey = max(5, int(np.exp(between(rng, np.log(6), np.log(most)))))
    pitch = max(3, int(storey * between(rng, 0.25, 1.2)))
    rows, columns = -(-h // storey), -(-w // pitch)
    y, x = np.arange(h), np.arange(w)
    slab = between(rng, 0.15, 0.55)
    down = (y % storey) / storey  # the slab first, then glass
    bright = 1 + between(rng, 0, 0.8) * (rng.random((rows, columns)) - 0.5)
    drawn = np.clip(between(rng, -1.0, 0.3) + between(rng, 0, 1.4) * rng.random((rows, columns)), 0, 1)
    pane = np.ix_(y // storey, x // pitch)
    glass = tint(rng, between(rng, 15, 160), amount=0.3)
    blind = glass + between(rng, 10, 110)
    hangs = ((down - slab) / (1 - slab))[:, None] < drawn[pane]
    picture = np.where(hangs[:, :, None], blind, glass) * bright[pane][:, :, None]
    bar = (x % pitch) < max(1, int(pitch * between(rng, 0.08, 0.3)))
    bar |= (x % (pitch * int(rng.integers(3, 9))) < 0.6 * pitch) & chance(rng, 0.4)  # pillars
    stone = tint(rng, between(rng, 70, 240), amount=0.15)
    picture[:, bar] += between(rng, 0.4, 1.0) * (stone * between(rng, 0.5, 1.1) - picture[:, bar])
    picture[down < slab] = stone
    if chance(rng, 0.5):  # the slab's shadow
        picture[(down >= slab) & (down < slab + 0.12)] *= between(rng, 0.4, 0.9)
    picture = picture.astype(np.float32)
    if chance(rng, 0.5):
        picture = cv2.GaussianBlur(picture, (0, 0), between(rng, 0.4, 0.12 * storey + 0.5))
    part += between(rng, 0.5, 1.0) * (picture - part)


def _clutter(s: Setter) -> None:
    """A stretch of small things of all colours, as crowds, shelves, parked cars and far trees look."""
    rng, canvas = s.rng, s.canvas
    w, h = (max(16, int(between(rng, 0.05, 0.5) * v)) for v in (canvas.width, 0.6 * canvas.height))
    left, top = int(between(rng, 0, canvas.width - w)), int(between(rng, 0, canvas.height - h))
    cell = between(rng, 2.5, 12)
    grid = (max(2, round(w / cell)), max(2, round(h / (cell * between(rng, 0.6, 1.8)))))
    small = between(rng, 10, 150) + between(rng, 30, 130) * (rng.random((grid[1], grid[0], 3)) - 0.5)
    small = small * (1 - between(rng, 0, 0.9)) + small.mean(axis=2, keepdims=True) * between(rng, 0, 0.9)
    kind = cv2.INTER_NEAREST if chance(rng, 0.4) else cv2.INTER_CUBIC
    things = cv2.resize(small.astype(np.float32), (w, h), interpolation=kind)
    holes = s.tiles.cut(rng, s.tiles.clouds, h, w) > between(rng, 0.2, 0.6)
    canvas.paper[top : top + h, left : left + w][holes] = things[holes]


def _spots(s: Setter) -> None:
    """Small lights or knobs, alone or in a row, with or without a glow."""
    rng, canvas = s.rng, s.canvas
    count = int(rng.integers(1, 9))
    place, step = rng.random(2) * (canvas.width, canvas.height), rng.normal(0, 25, 2)
    radius, colour = between(rng, 1.5, 9), tint(rng, between(rng, 150, 255), amount=between(rng, 0, 0.8))
    for i in range(count):
        if i and chance(rng, 0.4):
            place = rng.random(2) * (canvas.width, canvas.height)
        x, y = (int(v) for v in place + i * step)
        reach = int(4 * radius) + 1
        part = canvas.paper[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
        if part.size == 0 or x < 0 or y < 0:
            continue
        rows, columns = np.ogrid[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
        rows, columns = rows[: part.shape[0]], columns[:, : part.shape[1]]
        away = np.sqrt((rows - y) ** 2.0 + (columns - x) ** 2.0) / radius
        glow = np.clip(1.5 - away, 0, 1) + between(rng, 0, 0.4) * np.exp(-away)
        part += np.clip(glow, 0, 1)[:, :, None].astype(np.float32) * (colour - part)


def _board(s: Setter, em: float) -> bool:
    """Put one board, or letters on the wall, where there is room; False if there is none."""
    rng, canvas = s.rng, s.canvas
    face = canvas.face(dict(s.mix), max(9.0, em))
    columns = int(rng.integers(2, 5)) if chance(rng, 0.2) else 1
    rows = int(rng.integers(1, 5)) if chance(rng, 0.5) else 1
    table = [
        [canvas.drawable(face, text) for text in _wording(s, columns, short=columns > 1)] for _ in range(rows)
    ]
    if not any(text.strip() for row in table for text in row):
        return False
    pad = between(rng, 0.3, 1.2) * face.size
    gap = between(rng, 1.0, 4.0) * face.size
    widths = [max(face.font.getlength(row[i]) for row in table) for i in range(columns)]
    width = sum(widths) + gap * (columns - 1) + 2 * pad
    height = rows * face.pitch + 1.4 * pad
    if width > 0.9 * canvas.width or height > 0.8 * canvas.height:
        return False
    target = _pose(rng, width, height)
    low, high = target.min(axis=0), target.max(axis=0)
    room = np.maximum(1, np.array((canvas.width, canvas.height)) - (high - low))
    corner = rng.random(2) * room
    target = (target - low + corner).astype(np.float32)
    bounds = (*target.min(axis=0), *target.max(axis=0))
    if not canvas.free(tuple(float(v) for v in bounds)):  # type: ignore[arg-type]
        return False
    board = Canvas(round(height), round(width), canvas.fonts, rng, np.zeros((1, 1, 3), np.float32))
    centred = chance(rng, 0.6)
    for i, row in enumerate(table):
        left = pad
        for text, room in zip(row, widths):
            x, side = (left + room / 2, "centre") if centred else (left, "left")
            board.put(face, text, x, 0.7 * pad + (i + 0.78) * face.pitch, align=side)
            left += room + gap
    if board.boxes:
        _hang(s, board, target, panelled=chance(rng, 0.65))
    return bool(board.boxes)


def _wording(s: Setter, count: int, *, short: bool = False) -> list[str]:
    """Words as on signs: few to a line (``short``: one), often capitals, some numbers."""
    rng, lines = s.rng, []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.25:
            text = s.item()[: 10 if short else 20].strip()
        elif kind < 0.4:
            text = s.texts.name(rng)
        else:
            text = " ".join(
                s.texts.word(rng) for _ in range(1 if short or chance(rng, 0.6) else int(rng.integers(2, 4)))
            )
        lines.append(text.upper() if chance(rng, 0.55) else capwords(text) if chance(rng, 0.6) else text)
    return lines


def _pose(rng: Rng, width: float, height: float) -> np.ndarray:
    """Corners of a board seen from aside, clockwise from top left, around (0, 0); float32 [4, 2]."""
    x, y = np.array([-1, 1, 1, -1]) * width / 2, np.array([-1, -1, 1, 1]) * height / 2
    far = between(rng, 0.72, 1.0)  # how much lower the far side looks
    y = y * np.where(x < 0, far, 1.0) if chance(rng, 0.5) else y * np.where(x > 0, far, 1.0)
    x = x * between(rng, 0.75, 1.0)
    y = y + x * np.tan(between(rng, -0.2, 0.2))  # shear: verticals stay upright
    reach = 25.0 if chance(rng, 0.15) else 5.0
    angle = np.deg2rad(between(rng, -reach, reach))
    turned = np.stack((x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)), axis=1)
    return turned.astype(np.float32)


def _hang(s: Setter, board: Canvas, target: np.ndarray, *, panelled: bool) -> None:
    """Warp the board's ink, and its panel, into the canvas at ``target``; add the lines' quads."""
    rng, canvas = s.rng, s.canvas
    h, w = board.height, board.width
    low = np.maximum(0, np.floor(target.min(axis=0)).astype(int) - 2)
    high = np.minimum((canvas.width, canvas.height), np.ceil(target.max(axis=0)).astype(int) + 3)
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, (target - low).astype(np.float32))
    place = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    part = canvas.paper[place]
    mask = board.layers[0].mask.astype(np.float32) / 255
    ink_mask = cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_LINEAR)
    if panelled or float(part.std()) > 30:  # letters over leaves and windows could not be read
        level = between(rng, 20, 235)
        panel = tint(rng, level, amount=between(rng, 0, 1))
        area = cv2.warpPerspective(np.ones((h, w), np.float32), matrix, size, flags=cv2.INTER_LINEAR)
        light = 1 + between(rng, -0.25, 0.25) * np.linspace(-1, 1, size[0], dtype=np.float32)
        part = part + area[:, :, None] * (panel * light[None, :, None] - part)
    else:
        level = float(part.mean())
    away = between(rng, 70, 200)
    ink_level = level + away if level < 110 or (level < 145 and chance(rng, 0.5)) else level - away
    ink = tint(rng, float(np.clip(ink_level, 0, 255)), amount=between(rng, 0, 0.9))
    if chance(rng, 0.3):  # raised letters throw a shadow
        shift = max(1, round(0.06 * board.smallest))
        part = lay_ink(part, 0.7 * np.roll(ink_mask, (shift, shift), axis=(0, 1)), np.full(3, 20, np.float32))
    canvas.paper[place] = np.clip(lay_ink(part, ink_mask, ink), 0, 255)
    boxes = np.array(board.boxes, np.float32)
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(1, -1, 2)
    quads = cv2.perspectiveTransform(corners, matrix).reshape(-1, 4, 2) + low.astype(np.float32)
    for quad, text in zip(quads, board.texts):
        canvas.add_quad(quad, text)
    canvas.smallest = min(canvas.smallest, 0.8 * board.smallest)
