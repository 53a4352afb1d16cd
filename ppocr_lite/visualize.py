"""Pictures of results: boxes over the photograph, the text on a white page beside it.

Text is drawn with Pillow where that is installed, in any script that the font has; without Pillow, OpenCV's
own font draws ASCII and shows ``?`` for all else. No font is ever downloaded.
"""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ppocr_lite.errors import DataError
from ppocr_lite.geometry import VERTICAL_RATIO, quad_size
from ppocr_lite.structures import OCRResult

logger = logging.getLogger(__name__)

BOX_COLOUR = (255, 255, 0)
"""BGR, of plain detection drawings, as PaddleOCR's."""
BOX_THICKNESS = 2
WORD_COLOUR = (0, 0, 200)
STACK_ASPECT = 3.0
"""Images wider than this share of their height get the text page below instead of beside them."""
FALLBACK_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
FONT_SHARE = 0.8
"""Font size over line height."""

PatchDrawer = Callable[[str, int, int], np.ndarray]


def draw(
    image: np.ndarray, result: OCRResult, *, text: bool = True, font_path: str | Path | None = None
) -> np.ndarray:
    """The picture with its lines filled in colours, and a page with their texts in the same places.

    Words whose boxes are known are outlined in both.

    Args:
        image: uint8 BGR [H, W, 3].
        result: what was read in it.
        text: whether to add the page of texts.
        font_path: a .ttf or .otf file; one of the system's by default.

    Returns:
        uint8 BGR [H, 2 W, 3], or [2 H, W, 3] for a very wide image, or [H, W, 3] without texts.
    """
    colours = np.random.default_rng(0).integers(0, 256, (len(result), 3)).tolist()
    filled = image.copy()
    for line, colour in zip(result, colours):
        cv2.fillPoly(filled, [np.rint(line.quad).astype(np.int32)], colour)
    left = cv2.addWeighted(image, 0.5, filled, 0.5, 0)
    _outline_words(left, result)
    if not text:
        return left
    page = np.full_like(image, 255)
    patch = _patch_drawer(font_path)
    for line, colour in zip(result, colours):
        _draw_line(page, line.quad, line.text, patch)
        cv2.polylines(page, [np.rint(line.quad).astype(np.int32)], True, colour, 1, cv2.LINE_AA)
    _outline_words(page, result)
    stacked = image.shape[1] > STACK_ASPECT * image.shape[0]
    return np.concatenate([left, page], axis=0 if stacked else 1)


def draw_boxes(image: np.ndarray, polygons: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """A copy of ``image`` [H, W, 3] with closed outlines of ``polygons`` ([k, 2] each)."""
    out = image.copy()
    outlines = [np.rint(p).astype(np.int32).reshape(-1, 1, 2) for p in polygons]
    cv2.polylines(out, outlines, True, BOX_COLOUR, BOX_THICKNESS)
    return out


def write_image(path: str | os.PathLike[str], image: np.ndarray) -> Path:
    """Write by the file's ending; one that OpenCV cannot write becomes .png.

    Returns:
        the path written.

    Raises:
        DataError: the picture cannot be written there.
    """
    place = Path(path)
    if place.suffix.lower() not in (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"):
        stem = place.stem if place.suffix.lower() in (".gif", ".pdf") else place.name
        place = place.with_name(f"{stem}.png")
    try:
        ok, data = cv2.imencode(place.suffix, image)
    except cv2.error as error:
        raise DataError(f"{place}: a picture of shape {image.shape} cannot be encoded ({error}).") from error
    if not ok:
        raise DataError(f"{place}: a picture of shape {image.shape} cannot be encoded.")
    place.write_bytes(data.tobytes())  # not cv2.imwrite, which fails on non-ASCII paths on some systems
    return place


def _outline_words(picture: np.ndarray, result: OCRResult) -> None:
    words = [np.rint(word.quad).astype(np.int32) for line in result for word in line.words]
    cv2.polylines(picture, words, True, WORD_COLOUR, 1, cv2.LINE_AA)


def _draw_line(page: np.ndarray, quad: np.ndarray, text: str, patch: PatchDrawer) -> None:
    """Lay a text into its quad."""
    if not text:
        return
    width, height = (max(round(side), 1) for side in quad_size(quad))
    if height >= VERTICAL_RATIO * width and len(text) > 1:
        drawn = np.rot90(patch(text, height, width), -1)
    else:
        drawn = patch(text, width, height)
    low = np.maximum(np.floor(quad.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(quad.max(axis=0)).astype(int) + 1, [page.shape[1], page.shape[0]])
    if (high <= low).any():
        return
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, (quad - low).astype(np.float32))
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    white = (255, 255, 255)
    laid = cv2.warpPerspective(np.ascontiguousarray(drawn), matrix, size, borderValue=white)
    region = page[low[1] : high[1], low[0] : high[0]]
    np.minimum(region, laid, out=region)


def _patch_drawer(font_path: str | Path | None) -> PatchDrawer:
    """A function (text, width, height) -> uint8 [height, width, 3], black on white."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        # Only who asked for a font misses something; OpenCV's own letters are fine for the rest.
        level = logging.WARNING if font_path else logging.DEBUG
        logger.log(level, "Pillow is not installed: texts are drawn in ASCII only (pip install pillow).")
        return _opencv_patch
    font = find_font(ImageFont, font_path)
    if font is None:
        return _opencv_patch

    def patch(text: str, width: int, height: int) -> np.ndarray:
        size = max(int(height * FONT_SHARE), 1)
        left, _, right, _ = font(size).getbbox(text)
        if right - left > width:
            size = max(int(size * width / (right - left)), 1)
            left = font(size).getbbox(text)[0]
        canvas = Image.new("RGB", (width, height), "white")
        ascent, descent = font(size).getmetrics()
        y = (height - ascent - descent) / 2  # one baseline for all lines of a height
        ImageDraw.Draw(canvas).text((-left, y), text, fill="black", font=font(size))
        return np.asarray(canvas)

    return patch


def find_font(image_font: Any, font_path: str | Path | None = None) -> Callable[[int], Any] | None:
    """A cached function size -> font of Pillow's ``ImageFont``; None when no font can be scaled."""
    cache: dict[int, Any] = {}
    for name in ([str(font_path)] if font_path and Path(font_path).is_file() else []) + list(FALLBACK_FONTS):
        try:
            image_font.truetype(name, 10)
        except OSError:
            continue

        def load(size: int, name: str = name) -> Any:
            if size not in cache:
                cache[size] = image_font.truetype(name, size)
            return cache[size]

        return load
    try:
        image_font.load_default(10).getmetrics()
    except (TypeError, AttributeError, OSError, ImportError):  # Pillow before 10.1, or without FreeType
        return None
    return lambda size: cache.setdefault(size, image_font.load_default(size))


def _opencv_patch(text: str, width: int, height: int) -> np.ndarray:
    canvas = np.full((height, width, 3), 255, np.uint8)
    ascii_text = text.encode("ascii", "replace").decode("ascii")
    face = cv2.FONT_HERSHEY_SIMPLEX
    (text_width, text_height), _ = cv2.getTextSize(ascii_text, face, 1.0, 1)
    scale = min(0.6 * height / max(text_height, 1), width / max(text_width, 1))
    y = int(height / 2 + scale * text_height / 2)
    cv2.putText(canvas, ascii_text, (0, y), face, scale, (0, 0, 0), 1, cv2.LINE_AA)
    return canvas
