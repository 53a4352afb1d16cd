"""Rendered text and music as a dataset."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.data.base import PipelineDataset
from ppocr_lite.data.extra import dataset_steps
from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import Count, Positive
from ppocr_lite.registry import DATASETS
from ppocr_lite.transforms import ARRAY_SOURCES, Sample

DEFAULT_DICTIONARY = "en_printable.txt"
MUSIC = "music"
LEVEL_STEPS = 20
"""Levels that are told apart on the way from the first to the last."""

EVAL_SEED_STEP = 7919
"""Keeps rendered evaluation samples apart from training samples of the same seed."""


@DATASETS.register()
class SynthDataSet(PipelineDataset):
    """Rendered text or music, made while training; no file is written. See :mod:`ppocr_lite.synth`.

    Args:
        kind: ``rec`` lines, ``det`` pages or ``cls`` crops; ``music`` staves.
        length: samples of an epoch.
        texts: text files or folders of them; music takes none.
        fonts: fonts or folders of them; the renderer's default without it. Music takes none.
        level: 0 clean to 1 the full range of damage; ``[start, end]`` runs evenly from the first sample of
            the first epoch to the last sample of the last one (in steps; leave ``shuffle`` off).
        level_epochs: with it, ``[start, end]`` has reached its end after so many epochs, and stays there.
        repeat: so many successive samples are of one rendering, each through the transforms for itself: a
            page takes longer to draw than to cut. Leave ``shuffle`` off: the page is kept until the next
            one is asked for.
        options: further options of the renderer; of music ``grammar`` and ``height``.
        transforms, ext_op_transform_idx, seed, charset, global_section, section_path: see SimpleDataSet;
            extra samples are rendered too. ``Global.epoch_num`` sets the pace of ``level``. Without a
            charset (detection) the package's English one is rendered.
        mode: ``Eval`` renders other samples than ``Train`` does.
    """

    def __init__(
        self,
        kind: str,
        length: int,
        *,
        texts: Sequence[str] | str | None = None,
        fonts: Sequence[str] | str | None = None,
        level: float | Sequence[float] = 1.0,
        level_epochs: Positive | None = None,
        repeat: Count = 1,
        options: Mapping[str, Any] | None = None,
        transforms: Sequence[Mapping[str, Any]] = (),
        ext_op_transform_idx: int = 2,
        mode: str = "Train",
        seed: int = 1024,
        charset: Charset | None = None,
        global_section: Mapping[str, Any] | None = None,
        section_path: str = "dataset",
    ) -> None:
        pipeline, extra = dataset_steps(
            transforms,
            global_section,
            charset=charset,
            ext_op_transform_idx=ext_op_transform_idx,
            sources=ARRAY_SOURCES,
            section_path=section_path,
        )
        super().__init__(pipeline, seed, extra=extra)
        if int(length) < 1:
            raise ConfigError(f"{section_path}.length: expected at least 1 sample an epoch, got {length}.")
        if (texts is None) != (kind == MUSIC) or (kind == MUSIC and fonts is not None):
            raise ConfigError(
                f"{section_path}: rendered text needs 'texts', files or folders of them; music takes neither "
                "'texts' nor 'fonts'."
            )
        self.length = int(length)
        self.levels = _levels(level, section_path)
        self.epochs = float(level_epochs or (global_section or {}).get("epoch_num") or 1)
        self.repeat = int(repeat)
        self._last: tuple[tuple[int, int], Sample] | None = None
        self._made: dict[str, Any] = {
            "kind": kind,
            **({} if texts is None else {"texts": texts}),
            "seed": self.seed + (0 if mode == "Train" else EVAL_SEED_STEP),
            **({} if fonts is None else {"fonts": fonts}),
            **({} if charset is None else {"charset": charset}),
            **dict(options or {}),
        }
        if self.levels[0] != self.levels[1] and kind != MUSIC:
            self._made = _with_shared_parts(self._made)
        self._streams: dict[float, Any] = {}
        self._stream_at(self.levels[0])  # so that missing fonts show now and not in a worker

    def __len__(self) -> int:
        return self.length

    def read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        place = (index // self.repeat, epoch)
        if self._last is None or self._last[0] != place:
            rendered = self._stream_at(self.level_at(index, epoch)).sample(*place)
            self._last = (place, rendered) if self.repeat > 1 else None
        else:
            rendered = self._last[1]
        sample = copy.deepcopy(rendered) if self.repeat > 1 else dict(rendered)
        sample["img_path"] = self.place(index, epoch)
        return sample

    def place(self, index: int, epoch: int) -> str:
        return f"rendered sample {index} of epoch {epoch}"

    def level_at(self, index: int, epoch: int) -> float:
        """Level of damage of a sample; epochs count from 1 (0 is taken as 1)."""
        start, end = self.levels
        done = min(1.0, (max(0, epoch - 1) + index / self.length) / self.epochs)
        return round(start + (end - start) * round(done * LEVEL_STEPS) / LEVEL_STEPS, 4)

    def _stream_at(self, level: float) -> Any:
        from ppocr_lite.synth import open_stream  # needs fonts and the renderer, which others do without

        if level not in self._streams:
            self._streams[level] = open_stream(level=level, **self._made)
        return self._streams[level]


def _with_shared_parts(made: Mapping[str, Any]) -> dict[str, Any]:
    """The stream's options with fonts and texts read once, for streams of several levels."""
    from ppocr_lite.synth import DEFAULT_FONT_DIRS, FontLibrary, TextSource

    options = dict(made)
    charset = options.get("charset") or Charset.load(DEFAULT_DICTIONARY)
    fonts, texts = options.get("fonts", DEFAULT_FONT_DIRS), options["texts"]
    options["fonts"] = FontLibrary(
        [fonts] if isinstance(fonts, str) else fonts,
        charset.characters,
        cache_file=options.pop("font_cache", None),
    )
    options["texts"] = TextSource(
        [texts] if isinstance(texts, str) else texts,
        charset.characters,
        **(options.pop("text_options", None) or {}),
    )
    return options


def _levels(level: float | Sequence[float], where: str) -> tuple[float, float]:
    pair = (level, level) if isinstance(level, (int, float)) else tuple(level)
    if len(pair) != 2 or not all(0 <= value <= 1 for value in pair):
        raise ConfigError(f"{where}.level: expected a number in 0..1 or [start, end], got {level}.")
    return float(pair[0]), float(pair[1])
