"""Rendered text as a dataset."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.data.datasets import PipelineDataset
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS
from ppocr_lite.transforms import ARRAY_SOURCES, Sample, build_pipeline

EVAL_SEED_STEP = 7919
"""Keeps rendered evaluation samples apart from training samples of the same seed."""


@DATASETS.register()
class SynthDataSet(PipelineDataset):
    """Rendered text, made while training; no file is written. See :mod:`ppocr_lite.synth`.

    Args:
        kind: ``rec`` lines, ``det`` pages or ``cls`` crops.
        length: samples of an epoch.
        texts: text files or folders of them.
        fonts: fonts or folders of them; the renderer's default without it.
        level: 0 clean to 1 the full range of damage; ``[start, end]`` runs through the epochs.
        options: further options of the renderer.
        transforms, seed, charset, global_section, section_path: see SimpleDataSet; ``Global.epoch_num`` sets
            the pace of ``level``. Without a charset (detection) the package's English one is rendered.
        mode: ``Eval`` renders other samples than ``Train`` does.
    """

    def __init__(
        self,
        kind: str,
        length: int,
        *,
        texts: Sequence[str] | str,
        fonts: Sequence[str] | str | None = None,
        level: float | Sequence[float] = 1.0,
        options: Mapping[str, Any] | None = None,
        transforms: Sequence[Mapping[str, Any]] = (),
        mode: str = "Train",
        seed: int = 1024,
        charset: Charset | None = None,
        global_section: Mapping[str, Any] | None = None,
        section_path: str = "dataset",
    ) -> None:
        pipeline = build_pipeline(
            transforms,
            global_section,
            where=f"{section_path}.transforms",
            charset=charset,
            sources=ARRAY_SOURCES,
        )
        super().__init__(pipeline, seed)
        if int(length) < 1:
            raise ConfigError(f"{section_path}.length: expected at least 1 sample an epoch, got {length}.")
        self.length = int(length)
        self.levels = _levels(level, section_path)
        self.epochs = int((global_section or {}).get("epoch_num") or 1)
        self._made = {
            "kind": kind,
            "texts": texts,
            "seed": self.seed + (0 if mode == "Train" else EVAL_SEED_STEP),
            **({} if fonts is None else {"fonts": fonts}),
            **({} if charset is None else {"charset": charset}),
            **dict(options or {}),
        }
        self._stream: tuple[float, Any] = (-1.0, None)
        self._stream_at(0)

    def __len__(self) -> int:
        return self.length

    def read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        sample = dict(self._stream_at(epoch).sample(index, epoch))
        sample["img_path"] = self.place(index, epoch)
        return sample

    def place(self, index: int, epoch: int) -> str:
        return f"rendered sample {index} of epoch {epoch}"

    def level_at(self, epoch: int) -> float:
        """Level of damage in an epoch (counted from 0 or from 1), in steps of a hundredth."""
        start, end = self.levels
        share = min(1.0, max(0.0, epoch / max(1, self.epochs)))
        return round(start + (end - start) * share, 2)

    def _stream_at(self, epoch: int) -> Any:
        from ppocr_lite.synth import SynthStream  # needs fonts and the renderer, which others do without

        level = self.level_at(epoch)
        if self._stream[0] != level:
            self._stream = (level, SynthStream(level=level, **self._made))
        return self._stream[1]


def _levels(level: float | Sequence[float], where: str) -> tuple[float, float]:
    pair = (level, level) if isinstance(level, (int, float)) else tuple(level)
    if len(pair) != 2 or not all(0 <= value <= 1 for value in pair):
        raise ConfigError(f"{where}.level: expected a number in 0..1 or [start, end], got {level}.")
    return float(pair[0]), float(pair[1])
