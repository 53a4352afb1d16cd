"""Small test sets, and a recognizer whose readings are known."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.benchmark.readers import Reading
from ppocr_lite.charset import Charset

lmdb = pytest.importorskip("lmdb")
pytest.importorskip("rapidfuzz")

CHARSET = Charset(tuple("0123456789abcdefghijklmnopqrstuvwxyz"), lower=True)
SURE = 0.9


def picture(number: int) -> bytes:
    """A PNG of one grey value, by which :class:`KnownReader` knows it."""
    return cv2.imencode(".png", np.full((8, 16, 3), number, np.uint8))[1].tobytes()


def probabilities(text: str, steps: int = 24) -> np.ndarray:
    """float32 [T, 37]: each character and a blank behind it with 0.9, the rest spread evenly."""
    classes = [c for i in CHARSET.encode(text) for c in (i, 0)]
    probs = np.full((steps, CHARSET.ctc_size), (1 - SURE) / (CHARSET.ctc_size - 1), np.float32)
    probs[np.arange(steps), [*classes, *[0] * (steps - len(classes))]] = SURE
    return probs


class KnownReader:
    """Reads the n-th of ``texts`` in the picture of grey value n."""

    name = "known"
    charset = CHARSET

    def __init__(self, texts: Sequence[str], *, is_ctc: bool = True) -> None:
        self.texts, self.is_ctc = texts, is_ctc
        self.batches: list[int] = []

    def __call__(self, images: Sequence[np.ndarray], *, with_probs: bool) -> list[Reading]:
        self.batches.append(len(images))
        texts = [self.texts[int(image[0, 0, 0])] for image in images]
        return [Reading(text, probabilities(text) if self.is_ctc and with_probs else None) for text in texts]


@pytest.fixture
def make_set(tmp_path: Path) -> Callable[..., Path]:
    """Function that writes a database of pictures 0, 1, ... with these labels below ``sets``."""

    def write(name: str, labels: Sequence[str], *, first: int = 0, **others: bytes | None) -> Path:
        """``others`` are further keys, ``_`` for ``-``; None takes a key out."""
        folder = tmp_path / "sets" / name
        folder.mkdir(parents=True)
        values = {b"num-samples": str(len(labels)).encode()}
        for number, label in enumerate(labels, 1):
            values[b"image-%09d" % number] = picture(first + number - 1)
            values[b"label-%09d" % number] = label.encode()
        values.update({key.replace("_", "-").encode(): value for key, value in others.items()})
        with lmdb.open(str(folder), map_size=1 << 20) as environment, environment.begin(write=True) as put:
            for key, value in values.items():
                if value is not None:
                    put.put(key, value)
        return folder

    return write


@pytest.fixture
def known() -> type[KnownReader]:
    return KnownReader


@pytest.fixture
def probs_of() -> Callable[..., np.ndarray]:
    return probabilities
