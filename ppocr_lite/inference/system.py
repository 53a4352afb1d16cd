"""TextSystem: detect, crop, turn, read. The one-line way from a picture to its text."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.geometry import (
    VERTICAL_RATIO,
    crop_quad,
    crop_turns,
    quad_size,
    reading_order,
)
from ppocr_lite.images import ImageSource, read_image
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.columns import part_columns
from ppocr_lite.inference.flatten import flat_view
from ppocr_lite.inference.model_files import EngineOptions, embedded_model
from ppocr_lite.inference.orientation import CLS_MODES, Reading, choose_readings, page_is_turned
from ppocr_lite.inference.page_side import PageView, detect_page
from ppocr_lite.inference.seen_line import SeenLine
from ppocr_lite.inference.text_classifier import TextClassifier
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.postprocess.line_decoder import LineDecoder
from ppocr_lite.structures import ClsResult, DetResult, OCRResult, RecResult, Timings

ModelPath = str | Path
BEST_PATH = DecodingOptions()
MIN_STRIP_HEIGHT, MAX_STRIP_HEIGHT, MIN_STRIP_RATIO = 6, 128, 1.5
"""A picture of this shape, in pixels and width over height, in which no line is found may be one itself."""
MIN_CONTRAST = 24
"""Grey levels; a picture with less is blank."""
MAX_LETTER_RATIO = 4.0
"""Taller quads are lines of vertical text, not single letters such as I, l or 1."""


class TextSystem:
    """Reads the text of a picture.

    >>> read = TextSystem()                        # doctest: +SKIP
    >>> print(read("page.png").text)               # doctest: +SKIP

    Safe to call from several threads: nothing changes after construction.

    Args:
        det: detector: a TextDetector, or the folder or file of a model; None takes the embedded one.
        rec: recognizer, likewise.
        cls: direction classifier, likewise; False reads every line as it stands.
        drop_score: lines read with a lower score go to ``OCRResult.dropped``; None: the recognizer's own.
        cls_mode: ``vote`` turns a page only when most of its lines say so, and a single line only when it
            reads better then; ``each`` turns whatever the classifier says, as PaddleOCR does.
        find_sideways: read pages that lie on their side, too, see :mod:`ppocr_lite.inference.page_side`;
            None does so where the lines vote, since half of these pages stand on their head once turned.
        part_columns: make a line of each column where the detector took several for one, if the recognizer
            reads where columns end, see :mod:`ppocr_lite.inference.columns`; else a space stands there.
        flatten_pages: read pages whose lines bow, as those of open books do, from a flattened picture, see
            :mod:`ppocr_lite.inference.flatten`; for DB detectors that look closer.
        engine: options of the engines, or the kind alone, where models are given by path.
        det_options: for :meth:`TextDetector.open`: ``resize``, ``post``.
        cls_options: for :meth:`TextClassifier.open`: ``threshold``, ``batch_size``, ...
        rec_options: for :meth:`TextRecognizer.open`: ``char_dict_path``, ``image_shape``, ``batch_size``, ...
        decoding: how texts are found: beam search, patterns, word lists, boxes of words and the like.

    Raises:
        ModelFileError: a model cannot be used.
        ConfigError: the decoding is more than the recognizer can do, or its options cannot be met.
    """

    def __init__(
        self,
        det: TextDetector | ModelPath | None = None,
        rec: TextRecognizer | ModelPath | None = None,
        cls: TextClassifier | ModelPath | bool | None = None,
        *,
        drop_score: float | None = None,
        cls_mode: str = "vote",
        find_sideways: bool | None = None,
        part_columns: bool = True,
        flatten_pages: bool = True,
        engine: EngineOptions | str | None = None,
        det_options: Mapping[str, Any] | None = None,
        cls_options: Mapping[str, Any] | None = None,
        rec_options: Mapping[str, Any] | None = None,
        decoding: DecodingOptions | None = None,
    ) -> None:
        if cls_mode not in CLS_MODES:
            raise ConfigError(f"cls_mode: '{cls_mode}' is none of {', '.join(CLS_MODES)}.")
        engine = EngineOptions(engine) if isinstance(engine, str) else engine
        self.cls_mode = cls_mode
        if not isinstance(det, TextDetector):
            det = TextDetector.open(det or embedded_model("det"), engine=engine, **(det_options or {}))
        if not isinstance(rec, TextRecognizer):
            rec = TextRecognizer.open(rec or embedded_model("rec"), engine=engine, **(rec_options or {}))
        self.detector = det
        self.recognizer = rec
        self.drop_score = rec.drop_score if drop_score is None else drop_score
        self.classifier = _classifier(cls, engine, cls_options or {})
        votes = self.classifier is not None and cls_mode == "vote"
        self.find_sideways = votes if find_sideways is None else find_sideways
        self.part_columns = part_columns and rec.reads_columns
        self.flatten_pages = flatten_pages and det.closer is not None
        self.decoder = rec.decoder if decoding is None else rec.make_decoder(decoding)

    @classmethod
    def from_models(
        system, det: ModelPath, rec: ModelPath, cls: ModelPath | None = None, **options: Any
    ) -> "TextSystem":
        """A system of the models at these paths; without ``cls`` lines are read as they stand.

        ``engine``, ``device``, ``threads`` and ``precision`` are the engines' options; all others are those
        of the constructor.
        """
        names = ("engine", "device", "threads", "precision")
        if not isinstance(options.get("engine"), EngineOptions):
            options["engine"] = EngineOptions(**{n: options.pop(n) for n in names if n in options})
        return system(det, rec, False if cls is None else cls, **options)

    def __call__(
        self,
        source: ImageSource,
        *,
        name: str = "",
        decoding: DecodingOptions | LineDecoder | None = None,
    ) -> OCRResult:
        """Read one picture.

        Args:
            source: a path, the bytes of an image file, or a uint8 BGR array [H, W, 3].
            name: how messages call a source that is no path.
            decoding: in place of the constructor's, for this picture; see :class:`TextRecognizer`.

        Raises:
            DataError: the picture cannot be read.
        """
        start = time.perf_counter()
        clock = StageClock()
        with clock("read"):
            image = read_image(source, name=name)
        probe = partial(self.recognizer, decoding=BEST_PATH)
        if self.find_sideways and not _is_strip(image):
            view = detect_page(self.detector, image, probe, clock)
        else:
            view = PageView(image, self.detector([image], clock)[0])
        if self.flatten_pages:
            view = flat_view(self.detector, view, clock)
        if not len(view.found):
            view = replace(view, found=_as_one_line(view.image))
        found, crops, labels = self._crops(view, clock)
        if labels and self.cls_mode == "vote" and page_is_turned(crops, labels, probe, clock):
            view = view.turned_over(self.detector, clock)
            if self.flatten_pages and view.bow is None:  # upside down too little was seen of its lines
                view = flat_view(self.detector, view, clock)
            found, crops, labels = self._crops(view, clock)
        readings = choose_readings(
            crops,
            labels,
            partial(self.recognizer, decoding=self._decoder(decoding)),
            uprights=self._uprights(view.image, found),
            clock=clock,
            mode=self.cls_mode,
            believes=self.classifier.is_upside_down if self.classifier else None,
        )
        on_head = 2 * sum(reading.turned for reading in readings) > len(readings)
        lines = [_seen(*seen) for seen in zip(readings, crops, found.quads)]
        read_boxes = partial(self._read_boxes, decoding, clock) if self.part_columns else None
        regions, texts, owners = part_columns(found, lines, read_boxes)
        if on_head or len(regions) > len(found):
            # Of lines on their head the quads are, too: their first corner is then the last but one.
            order = reading_order(np.roll(-regions.quads, 2, axis=1) if on_head else regions.quads).tolist()
            regions, texts, owners = regions[order], [texts[i] for i in order], [owners[i] for i in order]
        result = OCRResult.join(
            regions,
            texts,
            image_size=(image.shape[0], image.shape[1]),
            rotated=[readings[owner].turned for owner in owners],
        )
        result = replace(view.in_picture(result), angle=(view.angle + 180 * on_head) % 360)
        total_ms = (time.perf_counter() - start) * 1e3
        return replace(result, timings=_timings(clock, total_ms)).filter(self.drop_score)

    def _crops(
        self, view: PageView, clock: StageClock
    ) -> tuple[DetResult, list[np.ndarray], list[ClsResult] | None]:
        """The regions in reading order, their crops, and what the classifier says of these."""
        with clock("sort"):
            found = view.found.sorted()
        with clock("crop"):
            crops = [crop_quad(view.image, quad) for quad in found.quads]
        return found, crops, None if self.classifier is None else self.classifier(crops, clock)

    def _decoder(self, wanted: DecodingOptions | LineDecoder | None) -> DecodingOptions | LineDecoder:
        """What the recognizer is told: the call's wish, else the constructor's, else the best path."""
        return (self.decoder or BEST_PATH) if wanted is None else wanted

    def _read_boxes(
        self,
        decoding: DecodingOptions | LineDecoder | None,
        clock: StageClock,
        crops: Sequence[np.ndarray],
    ) -> list[RecResult]:
        """Read lines once more as :meth:`_decoder` says, with the boxes of their words."""
        chosen = self._decoder(decoding)
        options = chosen.options if isinstance(chosen, LineDecoder) else chosen
        return self.recognizer(crops, clock, decoding=replace(options, return_word_box=True))

    @staticmethod
    def _uprights(image: np.ndarray, found: DetResult) -> dict[int, np.ndarray]:
        """Crops that were turned because they are tall, as they stand: a single letter is tall too."""
        uprights = {}
        for index, quad in enumerate(found.quads):
            width, height = (max(int(side), 1) for side in quad_size(quad))
            if VERTICAL_RATIO <= height / width <= MAX_LETTER_RATIO:
                uprights[index] = np.ascontiguousarray(np.rot90(crop_quad(image, quad), -1))
        return uprights


def _is_strip(image: np.ndarray) -> bool:
    height, width = image.shape[:2]
    return MIN_STRIP_HEIGHT <= height <= MAX_STRIP_HEIGHT and width >= MIN_STRIP_RATIO * height


def _as_one_line(image: np.ndarray) -> DetResult:
    """All of a picture as one region, if it has the shape of a line that was cut out; else none."""
    if not _is_strip(image) or np.ptp(image) < MIN_CONTRAST:
        return DetResult.empty()
    height, width = image.shape[:2]
    corners = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    return DetResult(np.array([corners], np.float32), np.zeros(1, np.float32))


def _seen(reading: Reading, crop: np.ndarray, quad: np.ndarray) -> SeenLine:
    """The reading of a crop with the picture that was read, see :func:`choose_readings`."""
    turns = (0 if reading.upright else crop_turns(quad)) + (2 if reading.turned else 0)
    return SeenLine(reading.result, np.rot90(crop, turns - crop_turns(quad)), turns)


def _classifier(
    given: TextClassifier | ModelPath | bool | None, engine: EngineOptions | None, options: Mapping[str, Any]
) -> TextClassifier | None:
    if given is False:
        return None
    if isinstance(given, TextClassifier):
        return given
    path = embedded_model("cls") if given is None or given is True else given
    return TextClassifier.open(path, engine=engine, **options)


def _timings(clock: StageClock, total_ms: float) -> Timings:
    def of(prefixes: Sequence[str]) -> float:
        return sum(ms for name, ms in clock.stages.items() if name.startswith(tuple(prefixes)))

    return Timings(of(["det."]), of(["cls."]), of(["rec."]), total_ms, dict(clock.stages))
