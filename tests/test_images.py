"""Every kind of picture that people have, and every kind that is broken."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.images import list_images, read_image, read_pages


@pytest.fixture
def picture() -> np.ndarray:
    """40 x 60, white, a blue-ish box in the upper left quarter."""
    image = np.full((40, 60, 3), 255, np.uint8)
    image[5:15, 5:30] = (200, 40, 30)
    return image


def encode(image: np.ndarray, suffix: str) -> bytes:
    ok, data = cv2.imencode(suffix, image)
    assert ok
    return data.tobytes()


def exif(orientation: int) -> bytes:
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def with_exif(data: bytes, orientation: int) -> bytes:
    """Add EXIF to a JPEG or PNG."""
    body = exif(orientation)
    if data[:2] == b"\xff\xd8":
        body = b"Exif\0\0" + body
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]
    chunk = struct.pack(">I", len(body)) + b"eXIf" + body + struct.pack(">I", zlib.crc32(b"eXIf" + body))
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".ppm"])
def test_lossless_files_come_back_as_they_were(picture: np.ndarray, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"bild-ä{suffix}"
    file.write_bytes(encode(picture, suffix))
    np.testing.assert_array_equal(read_image(file), picture)
    np.testing.assert_array_equal(read_image(str(file)), picture)
    np.testing.assert_array_equal(read_image(file.read_bytes()), picture)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_files(picture: np.ndarray, suffix: str) -> None:
    assert np.abs(read_image(encode(picture, suffix)).astype(int) - picture).mean() < 4


def test_transparent_pixels_are_white_paper(picture: np.ndarray) -> None:
    alpha = np.zeros((40, 60, 1), np.uint8)
    alpha[5:15, 5:30] = 255
    alpha[30, 30] = 51
    hidden = np.concatenate([np.where(alpha == 255, picture, 0), alpha], axis=2).astype(np.uint8)
    got = read_image(encode(hidden, ".png"))
    wanted = picture.copy()
    wanted[30, 30] = 204  # black at one fifth
    np.testing.assert_array_equal(got, wanted)


def test_sixteen_bits_are_scaled_not_cut(picture: np.ndarray) -> None:
    wide = picture.astype(np.uint16) * 257
    np.testing.assert_array_equal(read_image(encode(wide, ".png")), picture)
    twelve = (picture.astype(np.float64) * 4095 / 255).round().astype(np.uint16)
    assert np.abs(read_image(encode(twelve, ".tiff")).astype(int) - picture).max() <= 1


def test_grey_and_bilevel(picture: np.ndarray) -> None:
    grey = picture[:, :, 0]
    np.testing.assert_array_equal(read_image(encode(grey, ".png")), np.repeat(grey[:, :, None], 3, axis=2))
    bits = np.packbits(grey > 220, axis=1)
    pbm = b"P4\n60 40\n" + np.packbits(grey <= 220, axis=1).tobytes()
    assert bits.size == 40 * 8
    np.testing.assert_array_equal(read_image(pbm)[:, :, 1], np.where(grey > 220, 255, 0))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(picture: np.ndarray, suffix: str, orientation: int) -> None:
    # How a viewer shows the stored rows, by the definition of the EXIF tag.
    shown = {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.transpose(1, 0, 2),
        6: np.rot90(picture, -1),
        7: picture[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(picture),
    }[orientation]
    got = read_image(with_exif(encode(picture, suffix), orientation))
    assert got.shape == shown.shape
    assert np.abs(got.astype(int) - shown).mean() < 4


def test_cmyk_jpeg_and_animated_gif_and_exif_webp(picture: np.ndarray) -> None:
    pil = pytest.importorskip("PIL.Image")
    image = pil.fromarray(picture[:, :, ::-1])
    buffer = io.BytesIO()
    image.convert("CMYK").save(buffer, "JPEG", quality=95)
    assert np.abs(read_image(buffer.getvalue()).astype(int) - picture).mean() < 4
    buffer = io.BytesIO()
    image.save(buffer, "GIF", save_all=True, append_images=[image.rotate(180)])
    assert np.abs(read_image(buffer.getvalue()).astype(int) - picture).max() < 60  # web palette
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=True, exif=exif(6))
    np.testing.assert_array_equal(read_image(buffer.getvalue()), np.rot90(picture, -1))


def test_first_page_of_a_tiff(picture: np.ndarray, tmp_path: Path) -> None:
    assert cv2.imwritemulti(str(tmp_path / "two.tiff"), [picture, picture[::-1].copy()])
    np.testing.assert_array_equal(read_image(tmp_path / "two.tiff"), picture)


def test_pdf_pages(tmp_path: Path) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    document = pdfium.PdfDocument.new()
    for width in (100, 150, 3000):
        document.new_page(width, 80)
    file = tmp_path / "three.pdf"
    document.save(file)
    assert [p.shape for p in read_pages(file)] == [(160, 200, 3), (160, 300, 3), (80, 3000, 3)]
    assert len(read_pages(file, page_num=2)) == 2
    assert read_image(file).shape == (160, 200, 3)
    with pytest.raises(DataError, match="cannot be read"):
        read_pages(b"%PDF-1.4 nothing of this is true", name="bad.pdf")


def test_pdf_without_the_extra_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pypdfium2", None)
    with pytest.raises(MissingDependency, match=r'pip install "ppocr_lite\[pdf\]"'):
        read_pages(b"%PDF-1.4", name="a.pdf")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tiff"])
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_truncated_files_are_named(suffix: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    data = encode(noise, suffix)
    file = tmp_path / f"cut{suffix}"
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match=f"cut{suffix}: .*truncated"):
        read_image(file)


def test_jpeg_with_a_thumbnail_is_still_truncated(picture: np.ndarray) -> None:
    data = encode(np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8), ".jpg")
    thumbnail = encode(picture, ".jpg")
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    with pytest.raises(DataError, match="truncated"):
        read_image((data[:2] + segment + data[2:])[:-400])


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(DataError, match=r"empty\.png: the file is empty"):
        read_image(tmp_path / "empty.png")
    with pytest.raises(DataError, match=r"text\.jpg: not a picture"):
        read_image(tmp_path / "text.jpg")
    with pytest.raises(DataError, match=r"gone\.png: no such file"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(DataError, match="cannot be read"):
        read_image(tmp_path)


def test_small_and_wide_pictures() -> None:
    assert read_image(encode(np.zeros((1, 1, 3), np.uint8), ".png")).shape == (1, 1, 3)
    assert read_image(encode(np.zeros((10, 30_000), np.uint8), ".png")).shape == (10, 30_000, 3)


def test_arrays() -> None:
    assert read_image(np.ones((2, 3), bool)).tolist() == [[[255] * 3] * 3] * 2
    assert read_image(np.full((2, 3, 1), 0.5, np.float32))[0, 0, 0] == 128
    assert read_image(np.full((2, 3), 128.0))[0, 0, 0] == 128
    with pytest.raises(DataError, match=r"no pixels \(shape \(0, 5, 3\)\)"):
        read_image(np.zeros((0, 5, 3), np.uint8))
    with pytest.raises(DataError, match=r"got \(2, 2, 2\)"):
        read_image(np.zeros((2, 2, 2), np.uint8))
    with pytest.raises(DataError, match="type int64 are not supported"):
        read_image(np.zeros((2, 2), np.int64))


def test_list_images(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        list_images(tmp_path / "gone")
    with pytest.raises(DataError, match="not find any img file"):
        list_images(tmp_path)
    for name in ("b.PNG", "a.jpg", "notes.txt", "c.pdf"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    assert [p.name for p in list_images(tmp_path)] == ["a.jpg", "b.PNG", "c.pdf"]
    assert list_images(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]
