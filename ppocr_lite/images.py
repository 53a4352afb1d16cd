"""Pictures of every kind -> uint8 BGR [H, W, 3]: the one place where files are decoded.

Alpha is composed on white, 16-bit and float samples are scaled to 8 bits, EXIF orientation is applied, of
animations and multi-page files the first frame is taken. Only NumPy and OpenCV are needed; PDF pages need
the extra ``pdf``, and a GIF needs OpenCV 4.11 or Pillow.
"""

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ppocr_lite.errors import DataError, MissingDependency

ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | np.ndarray

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".rgb", ".tif", ".tiff", ".gif", ".webp", ".pgm", ".ppm")
PDF_SUFFIX = ".pdf"
PDF_ZOOM = 2.0
PDF_LARGE_SIDE = 2000
GIF_SINCE = (4, 11)
"""A PDF page whose side is longer than this at PDF_ZOOM is rendered at 1x, as PaddleOCR does."""
EXIF_ORIENTATION = 0x0112
_PNG, _GIF, _JPEG = b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a"), b"\xff\xd8\xff"


def read_image(source: ImageSource, *, name: str = "") -> np.ndarray:
    """Read one picture.

    Args:
        source: a path, the bytes of an encoded file, or an array (grey [H, W] or [H, W, 1], BGR [H, W, 3],
            BGRA [H, W, 4]; bool, uint8, uint16 or float).
        name: how messages call a source that is no path.

    Returns:
        uint8 BGR [H, W, 3], contiguous.

    Raises:
        DataError: missing, empty, truncated, zero-size or not a picture; the message names the file.
    """
    if isinstance(source, np.ndarray):
        return _to_bgr(source, name or "image array")
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), name or "image bytes")
    return _decode(_read_bytes(Path(source)), name or str(source))


def read_pages(source: ImageSource, *, page_num: int = 0, name: str = "") -> list[np.ndarray]:
    """Pages of a PDF (all, or the first ``page_num`` if that is not 0); one page for any other picture."""
    if not isinstance(source, np.ndarray):
        is_data = isinstance(source, bytes | bytearray | memoryview)
        data = bytes(source) if is_data else _read_bytes(Path(source))  # type: ignore[arg-type]
        name = name or ("image bytes" if is_data else str(source))
        if data[:1024].lstrip()[:5] == b"%PDF-":
            return list(_pdf_pages(data, page_num, name))
        source = data
    return [read_image(source, name=name)]


def list_images(path: str | os.PathLike[str]) -> list[Path]:
    """The file itself, or the pictures and PDFs directly in a folder, sorted by name.

    Raises:
        DataError: no such path, or a folder without any picture.
    """
    place = Path(path)
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise DataError(f"{place}: no such file or folder.")
    known = (*SUFFIXES, PDF_SUFFIX)
    files = sorted(p for p in place.iterdir() if p.suffix.lower() in known and p.is_file())
    if not files:
        raise DataError(f"{place}: not find any img file in this folder. Known endings: {' '.join(known)}.")
    return files


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _decode(data: bytes, name: str) -> np.ndarray:
    if not data:
        raise DataError(f"{name}: the file is empty (0 bytes).")
    if data[:1024].lstrip()[:5] == b"%PDF-":
        return next(_pdf_pages(data, 1, name))
    if _is_truncated(data):
        raise DataError(f"{name}: the picture is truncated; its end is missing. Copy or download it again.")
    # A JPEG has neither alpha nor 16 bits, and OpenCV applies EXIF only when it may convert to colour.
    is_jpeg = data.startswith(_JPEG)
    image = _imdecode(data, cv2.IMREAD_COLOR if is_jpeg else cv2.IMREAD_UNCHANGED)
    if image is None and data.startswith(_GIF) and _opencv_version() < GIF_SINCE:
        image = _decode_with_pillow(data, name)
    if image is None:
        raise DataError(f"{name}: not a picture that can be read: damaged, truncated or of an unknown kind.")
    image = _to_bgr(image, name)
    return image if is_jpeg else np.ascontiguousarray(_oriented(image, _orientation(data)))


def _opencv_version() -> tuple[int, ...]:
    return tuple(int(part) for part in cv2.__version__.split(".")[:2])


def _imdecode(data: bytes, flags: int) -> np.ndarray | None:
    try:
        image: np.ndarray | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError):  # damaged headers claim absurd sizes
        return None
    return image


def _is_truncated(data: bytes) -> bool:
    """Whether the end mark of a JPEG or PNG is missing; some OpenCV releases fill the rest with grey."""
    if data.startswith(_PNG):
        return b"IEND" not in data
    if not data.startswith(_JPEG):
        return False
    position = 2  # segments hold thumbnails with end marks of their own, so they are stepped over
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], struct.unpack(">H", data[position + 2 : position + 4])[0]
        if marker == 0xFF:
            position += 1
            continue
        position += 2 + length
        if marker == 0xDA:  # start of scan
            break
    return data.find(b"\xff\xd9", position) < 0


def _to_bgr(image: np.ndarray, name: str) -> np.ndarray:
    """Array of any depth and 1 to 4 channels -> uint8 BGR [H, W, 3]."""
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3, 4)):
        raise DataError(
            f"{name}: expected shape [H, W], [H, W, 1], [H, W, 3] or [H, W, 4], got {image.shape}."
        )
    if image.size == 0:
        raise DataError(f"{name}: the picture has no pixels (shape {image.shape}).")
    image = _to_8_bits(image, name)
    if image.ndim == 2 or image.shape[2] == 1:
        image = cv2.cvtColor(image.reshape(image.shape[:2]), cv2.COLOR_GRAY2BGR)
    elif image.shape[2] == 4:
        image = _on_white(image)
    return np.ascontiguousarray(image)


def _to_8_bits(image: np.ndarray, name: str) -> np.ndarray:
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.bool_:
        return image.astype(np.uint8) * 255
    if image.dtype == np.uint16:
        # Scanners keep 10- and 12-bit samples in 16-bit files; shown as 16 bits they would be black.
        top = next(t for t in (255, 1023, 4095, 65535) if image.max() <= t)
        return cv2.convertScaleAbs(image, alpha=255.0 / top)
    if np.issubdtype(image.dtype, np.floating):
        finite = np.nan_to_num(image.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        white = next((t for t in (1.0, 255.0) if finite.max() <= t), 65535.0)
        return (np.clip(finite / white, 0, 1) * 255 + 0.5).astype(np.uint8)
    raise DataError(f"{name}: pixels of type {image.dtype} are not supported; give uint8.")


def _on_white(image: np.ndarray) -> np.ndarray:
    """BGRA -> BGR as seen on white paper."""
    alpha = image[:, :, 3:]
    if alpha.min() == 255:
        return image[:, :, :3]
    weight = alpha.astype(np.uint16)
    mixed = image[:, :, :3] * weight + 255 * (255 - weight) + 127  # at most 255 * 255 + 127, fits 16 bits
    return (mixed // 255).astype(np.uint8)


def _decode_with_pillow(data: bytes, name: str) -> np.ndarray:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingDependency(
            f"{name}: this OpenCV ({cv2.__version__}) reads no GIF. "
            'Install one that does: pip install "opencv-python-headless>=4.11", or pip install pillow.'
        ) from None
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.seek(0)
            rgba = np.array(picture.convert("RGBA"))
    except (UnidentifiedImageError, OSError, EOFError, ValueError) as error:
        raise DataError(f"{name}: damaged GIF ({error}).") from error
    return cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)


def _orientation(data: bytes) -> int:
    """EXIF orientation (1 to 8) of a PNG or WebP; OpenCV itself applies that of JPEG and TIFF."""
    if data.startswith(_PNG):
        chunks = _chunks(data, 8, ">", name_first=False)
        wanted = b"eXIf"
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        chunks, wanted = _chunks(data, 12, "<", name_first=True), b"EXIF"
    else:
        return 1
    for kind, body in chunks:
        if kind == wanted:
            return _tiff_orientation(body.removeprefix(b"Exif\0\0"))
    return 1


def _chunks(data: bytes, start: int, order: str, *, name_first: bool) -> Iterator[tuple[bytes, bytes]]:
    """(name, body) of each chunk: PNG (size, name, body, CRC) or RIFF (name, size, body, padded to even)."""
    while start + 8 <= len(data):
        name = data[start : start + 4] if name_first else data[start + 4 : start + 8]
        size = struct.unpack(
            order + "I", data[start + 4 : start + 8] if name_first else data[start : start + 4]
        )[0]
        yield name, data[start + 8 : start + 8 + size]
        start += 8 + size + (size % 2 if name_first else 4)


def _tiff_orientation(exif: bytes) -> int:
    """Orientation tag of an EXIF block (a small TIFF); 1 when there is none or the block is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return 1
    try:
        (offset,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, offset)
        for i in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", exif, offset + 2 + 12 * i)
            if tag == EXIF_ORIENTATION:
                return int(value)
    except struct.error:
        pass
    return 1


def _oriented(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an image as its EXIF orientation says."""
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    flips = {2: (1,), 3: (0, 1), 4: (0,), 6: (1,), 7: (0, 1), 8: (0,)}.get(orientation)
    return np.flip(image, flips) if flips else image


def _pdf_pages(data: bytes, page_num: int, name: str) -> Iterator[np.ndarray]:
    try:
        import pypdfium2
    except ImportError:
        raise MissingDependency(
            f'{name}: reading PDF needs pypdfium2. Install it with: pip install "ppocr_lite[pdf]"'
        ) from None
    try:
        document: Any = pypdfium2.PdfDocument(data)
        count = len(document) if page_num <= 0 else min(page_num, len(document))
        if count == 0:
            raise DataError(f"{name}: the PDF has no pages.")
        for index in range(count):
            page = document[index]
            zoom = 1.0 if PDF_ZOOM * max(page.get_size()) > PDF_LARGE_SIDE else PDF_ZOOM
            yield _to_bgr(page.render(scale=zoom).to_numpy(), f"{name} page {index + 1}")
    except pypdfium2.PdfiumError as error:
        raise DataError(f"{name}: the PDF cannot be read ({error}).") from error
