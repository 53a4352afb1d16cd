"""A contact sheet of rendered samples: to look at what a model will learn from."""

import json
import textwrap
from collections.abc import Sequence
from importlib import import_module

import cv2
import numpy as np

from ppocr_lite.charset import COLUMN_END
from ppocr_lite.synth.ink import pillow
from ppocr_lite.visualize import find_font

_ROW = 34  # pixels of one line with its gap
_LINE_W = 1000
_TEXT_W = 800
_LABEL = 17  # pixels to the em
_TAB = 8  # spaces that show one
_CELL = 480
_COLUMNS = 4
_RED = (0, 0, 220)
_STAFF_W = 1400
_STAFF_TEXT = 24  # pixels of a line of tokens
_LETTER = 8.6  # pixels of a letter of it, about


def contact_sheet(samples: Sequence[tuple[np.ndarray, str]], kind: str) -> np.ndarray:
    """Pictures with their labels on one sheet, uint8 BGR [H, W, 3].

    Lines (``rec``, ``cls``) stand above one another with the label at the right; pages (``det``) in a grid
    with their quads drawn; staves (``music``) above their tokens.
    """
    return {"det": _pages, "music": _staves}.get(kind, _lines)(samples)


def _lines(samples: Sequence[tuple[np.ndarray, str]]) -> np.ndarray:
    sheet = np.full((_ROW * max(1, len(samples)), _LINE_W + _TEXT_W, 3), 255, np.uint8)
    for row, (image, _) in enumerate(samples):
        width = max(1, round(image.shape[1] * (_ROW - 2) / image.shape[0]))
        line = cv2.resize(image, (width, _ROW - 2), interpolation=cv2.INTER_LINEAR)[:, :_LINE_W]
        sheet[row * _ROW : row * _ROW + _ROW - 2, : line.shape[1]] = line
    return _with_labels(sheet, [label for _, label in samples])


def _with_labels(sheet: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """The labels at the right of their rows, with signs beyond ASCII where there is a font for them."""
    image_module, draw_module = pillow()
    picture = image_module.fromarray(sheet)
    sized = find_font(import_module("PIL.ImageFont"))
    draw, font = draw_module.Draw(picture), sized and sized(_LABEL)
    for row, label in enumerate(labels):
        shown = label.replace(COLUMN_END, " " * _TAB)
        draw.text((_LINE_W + 8, row * _ROW + 6), shown, fill=_RED, font=font)
    return np.array(picture)


def _pages(samples: Sequence[tuple[np.ndarray, str]]) -> np.ndarray:
    rows = max(1, -(-len(samples) // _COLUMNS))
    sheet = np.full((rows * _CELL, _COLUMNS * _CELL, 3), 255, np.uint8)
    for i, (image, label) in enumerate(samples):
        page = image.copy()
        for item in json.loads(label):
            quad = np.round(np.array(item["points"])).astype(np.int32)
            cv2.polylines(page, [quad], True, _RED, 2)
        scale = (_CELL - 6) / max(page.shape[:2])
        page = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        y, x = (i // _COLUMNS) * _CELL, (i % _COLUMNS) * _CELL
        sheet[y : y + page.shape[0], x : x + page.shape[1]] = page
    return sheet


def _staves(samples: Sequence[tuple[np.ndarray, str]]) -> np.ndarray:
    rows = [_staff(image, label) for image, label in samples]
    return np.vstack(rows) if rows else np.full((_STAFF_TEXT, _STAFF_W, 3), 255, np.uint8)


def _staff(image: np.ndarray, label: str) -> np.ndarray:
    lines = textwrap.wrap(label, int(_STAFF_W / _LETTER), break_on_hyphens=False)
    height = image.shape[0]
    row = np.full((height + _STAFF_TEXT * len(lines) + 12, _STAFF_W, 3), 255, np.uint8)
    shown = image[:, :_STAFF_W]
    row[:height, : shown.shape[1]] = shown
    for number, line in enumerate(lines):
        place = (6, height + _STAFF_TEXT * (number + 1) - 6)
        cv2.putText(row, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.48, _RED, 1, cv2.LINE_AA)
    return row
