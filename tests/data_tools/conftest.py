"""Small data sets on disk, and the program itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from ppocr_lite import cli

ENCODERS = {
    "det": ["DetLabelEncode", "MakeShrinkMap"],
    "rec": ["CTCLabelEncode", {"RecResizeImg": {"image_shape": [3, 32, 64]}}],
    "cls": ["ClsLabelEncode"],
}


@dataclass
class Folder:
    """A data set that tests build: pictures, label files, a configuration."""

    root: Path

    def picture(self, name: str, width: int = 64, height: int = 32, *, seed: int | None = None) -> str:
        """Write a picture of noise; by default each name has pixels of its own. Gives the name."""
        rng = np.random.default_rng(sum(name.encode()) if seed is None else seed)
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _, data = cv2.imencode(path.suffix, rng.integers(0, 256, (height, width, 3), np.uint8))
        path.write_bytes(data.tobytes())
        return name

    def labels(self, name: str, *rows: str | bytes) -> Path:
        """Write a label file; rows of bytes as they are."""
        data = [row if isinstance(row, bytes) else row.encode("utf-8") for row in rows]
        (self.root / name).write_bytes(b"".join(row + b"\n" for row in data))
        return self.root / name

    def config(
        self, task: str, *, train: str = "train.txt", evaluation: str | None = None, **others: Any
    ) -> Path:
        """Write a configuration; ``others`` go to ``Global``."""
        values: dict[str, Any] = {"Global": {"max_text_length": 8, "label_list": ["0", "180"], **others}}
        for split, file in (("Train", train), ("Eval", evaluation)):
            if file:
                values[split] = {
                    "dataset": {
                        "name": "SimpleDataSet",
                        "data_dir": str(self.root),
                        "label_file_list": [str(self.root / file)],
                        "transforms": [{"DecodeImage": None}, *ENCODERS[task]],
                    }
                }
        path = self.root / "config.yml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return path

    def check(self, config: Path, *flags: str) -> tuple[int, dict[str, Any], dict[str, int]]:
        """(exit status, the JSON report, count of each kind)."""
        target = self.root / "report.json"
        status = cli.main(["data", "check", "-c", str(config), "--json", str(target), *flags])
        report = json.loads(target.read_text(encoding="utf-8"))
        return status, report, {found["kind"]: found["count"] for found in report["findings"]}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Function that runs ``ppocr-lite data ...``; gives the exit status, what is printed, the complaint."""

    def call(*args: object) -> tuple[int, str, str]:
        status = cli.main(["data", *map(str, args)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call
