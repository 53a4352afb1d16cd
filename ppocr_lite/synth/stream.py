"""Endless rendered samples by index, in the form of PaddleOCR's datasets, without touching the disk."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.synth.classify import cls_sample
from ppocr_lite.synth.fonts import DEFAULT_FONT_DIRS, FontLibrary
from ppocr_lite.synth.line import LineRenderer
from ppocr_lite.synth.page import PageRenderer, PageSample
from ppocr_lite.synth.text import TextSource

KINDS = ("rec", "det", "cls")


class SynthStream:
    """Rendered samples of one kind; the same (seed, epoch, index) gives the same sample in any process.

    Args:
        kind: ``rec`` lines, ``det`` pages, ``cls`` crops that are upright or upside down.
        fonts: folders or files of fonts; Debian's font folders by default. Or a ready FontLibrary.
        texts: text files or folders of them (see TextSource). Or a ready TextSource.
        charset: the characters that may be drawn: a Charset, a dictionary file or a sequence.
        seed: the stream's seed.
        level: 0 clean .. 1 the full range of damage.
        text_options: passed to TextSource (max_length, min_count, per) when ``texts`` are files.
        font_cache: JSON file that keeps the font scan (5 to 60 s) for the next start.
        options: passed to LineRenderer (``rec``, ``cls``) or PageRenderer (``det``).

    Picklable: fonts are opened where they are used.
    """

    def __init__(
        self,
        kind: str,
        *,
        texts: Iterable[str | Path] | TextSource,
        fonts: Iterable[str | Path] | FontLibrary = DEFAULT_FONT_DIRS,
        charset: Charset | Sequence[str] | str | Path = "en_printable.txt",
        seed: int = 0,
        level: float = 1.0,
        text_options: Mapping[str, Any] | None = None,
        font_cache: str | Path | None = None,
        **options: Any,
    ) -> None:
        if kind not in KINDS:
            raise ConfigError(f"SynthStream: no kind '{kind}'. Known: {', '.join(KINDS)}.")
        self.kind = kind
        self.seed = int(seed)
        if isinstance(charset, str | Path):
            charset = Charset.load(charset)
        self.charset = charset.characters if isinstance(charset, Charset) else tuple(charset)
        if isinstance(fonts, FontLibrary):
            library = fonts
        else:
            library = FontLibrary(_listed(fonts), self.charset, cache_file=font_cache)
        source = (
            texts
            if isinstance(texts, TextSource)
            else TextSource(_listed(texts), self.charset, **(text_options or {}))
        )
        if kind == "det":
            self._pages = PageRenderer(library, source, level=level, **options)
        else:
            # The classifier's own transform resizes; its crops come as large as a detector cuts them.
            height = options.pop("height", 32 if kind == "rec" else None)
            self._lines = LineRenderer(library, source, level=level, height=height, **options)

    def sample(self, index: int, epoch: int = 0) -> dict[str, Any]:
        """Sample ``index`` of ``epoch``.

        Returns: ``image`` uint8 BGR [H, W, 3] and ``label``: the text (rec), JSON of quads and transcriptions
        as in PaddleOCR's detection labels (det), or "0" / "180" (cls).
        """
        rng = np.random.default_rng([self.seed, epoch, index])
        if self.kind == "rec":
            line = self._lines.render(rng, index=index)
            return {"image": line.image, "label": line.text}
        if self.kind == "cls":
            image, label = cls_sample(self._lines, rng)
            return {"image": image, "label": label}
        page = self._pages.render(rng)
        return {"image": page.image, "label": det_label(page)}


def det_label(page: PageSample) -> str:
    """The label of a page as PaddleOCR writes it: a JSON list of transcriptions and points."""
    return json.dumps(
        [
            {"transcription": text, "points": [[round(float(x), 1), round(float(y), 1)] for x, y in quad]}
            for text, quad in zip(page.texts, page.quads)
        ],
        ensure_ascii=False,
    )


def _listed(paths: Iterable[str | Path] | str | Path) -> list[str | Path]:
    return [paths] if isinstance(paths, str | Path) else list(paths)
