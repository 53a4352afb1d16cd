"""Small label files and pictures on disk."""

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def rec_data(tmp_path: Path):
    """Function that writes ``count`` lines, 32 px high, with the labels ``t<i>``; returns the folder."""

    def write(count: int, *, broken: tuple[int, ...] = (), width_step: int = 8) -> Path:
        rows = []
        for i in range(count):
            name = f"{i}.png"
            if i in broken:
                (tmp_path / name).write_bytes(b"not an image")
            else:
                image = np.full((32, 40 + width_step * (i % 12), 3), i % 256, np.uint8)
                cv2.imwrite(str(tmp_path / name), image)
            rows.append(f"{name}\tt{i}")
        (tmp_path / "labels.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
        return tmp_path

    return write
