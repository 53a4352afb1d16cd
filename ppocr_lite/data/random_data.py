"""Noise as a dataset."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.data.base import PipelineDataset
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS
from ppocr_lite.transforms import ARRAY_SOURCES, Sample, build_pipeline

SIZES = {"det": (480, 640), "rec": (48, 320), "cls": (48, 192)}
"""(height, width) of the pictures in pixels, by kind; the transforms bring them to the configured shape."""
MAX_CHARACTERS = 5
"""Of a line's text: few enough for the shortest label and for the fewest steps along the width."""
LABELS = ("0", "180")


@DATASETS.register()
class RandomDataSet(PipelineDataset):
    """Pictures of noise with labels that fit: to try a configuration whose data is not at hand.

    Args:
        kind: ``det`` (three boxes on a page), ``rec`` (a text of the character set) or ``cls`` (one of
            ``Global.label_list``).
        length: samples of an epoch.
        transforms, mode, seed, charset, global_section, section_path: see SimpleDataSet.
    """

    def __init__(
        self,
        kind: str,
        length: int,
        *,
        transforms: Sequence[Mapping[str, Any]] = (),
        mode: str = "Train",
        seed: int = 1024,
        charset: Charset | None = None,
        global_section: Mapping[str, Any] | None = None,
        section_path: str = "dataset",
    ) -> None:
        if kind not in SIZES:
            raise ConfigError(f"{section_path}.kind: '{kind}' is not one of {', '.join(SIZES)}.")
        pipeline = build_pipeline(
            transforms,
            global_section,
            where=f"{section_path}.transforms",
            charset=charset,
            sources=ARRAY_SOURCES,
        )
        super().__init__(pipeline, seed + (mode != "Train"))
        self.kind = kind
        self.length = int(length)
        self.charset = charset or Charset(tuple("0123456789"))
        self.labels = list((global_section or {}).get("label_list") or LABELS)

    def __len__(self) -> int:
        return self.length

    def read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        image = rng.integers(0, 256, (*SIZES[self.kind], 3), np.uint8)
        return {"img_path": self.place(index, epoch), "image": image, "label": self._label(rng)}

    def place(self, index: int, epoch: int) -> str:
        return f"random sample {index} of epoch {epoch}"

    def _label(self, rng: np.random.Generator) -> str:
        if self.kind == "det":
            return json.dumps([{"transcription": "text", "points": _box(row, rng)} for row in range(3)])
        if self.kind == "cls":
            return str(rng.choice(self.labels))
        count = int(rng.integers(1, MAX_CHARACTERS + 1))
        return self.charset.join(rng.choice(list(self.charset.characters), count))


def _box(row: int, rng: np.random.Generator) -> list[list[int]]:
    """Corners of an upright box in the ``row``-th third of a page."""
    height, width = SIZES["det"]
    left, top = int(rng.integers(10, width // 4)), row * height // 3 + int(rng.integers(10, 60))
    right, bottom = width - int(rng.integers(10, width // 4)), top + int(rng.integers(40, 80))
    return [[left, top], [right, top], [right, bottom], [left, bottom]]
