"""What the predict tools do with a folder of pictures: read, log, draw, write result files.

A picture that cannot be read is reported and counted; the others are read all the same. Each ``run_...``
returns the number of pictures that failed.
"""

import argparse
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.geometry import crop_quad
from ppocr_lite.images import PDF_SUFFIX, list_images, read_image, read_pages
from ppocr_lite.inference.assembly import make_classifier, make_detector, make_recognizer, make_system
from ppocr_lite.structures import OCRResult, RecResult, TextLine, TextSpan
from ppocr_lite.visualize import draw, draw_boxes, write_image

logger = logging.getLogger(__name__)

SYSTEM_RESULTS = "system_results.txt"
DET_RESULTS = "det_results.txt"
CROPS_AT_ONCE = 64
"""Pictures of single lines held in memory together."""


class Pages:
    """Iterates over the pages of all pictures of a folder; ``failed`` counts those that cannot be read."""

    def __init__(self, image_dir: str, *, page_num: int = 0, share: tuple[int, int] = (0, 1)) -> None:
        self.files = list_images(image_dir)[share[0] :: share[1]]
        self.page_num = page_num
        self.failed = 0

    def __iter__(self) -> Iterator[tuple[str, Path, np.ndarray]]:
        """(name for result files, path, uint8 BGR image); pages of a PDF are ``name_0``, ``name_1``."""
        for path in self.files:
            try:
                pages = read_pages(path, page_num=self.page_num)
            except (DataError, MissingDependency) as error:
                self.report(path, error)
                continue
            for number, image in enumerate(pages):
                name = f"{path.name}_{number}" if path.suffix.lower() == PDF_SUFFIX else path.name
                yield name, path, image

    def report(self, path: Path, error: Exception) -> None:
        """Log a picture that failed, and count it."""
        self.failed += 1
        text = str(error)
        logger.error("%s", text if str(path) in text else f"{path}: {text}")

    def close(self) -> int:
        """Log how many failed; returns it."""
        if self.failed:
            logger.error("%d of %d pictures could not be read.", self.failed, len(self.files))
        return self.failed


def run_system(args: argparse.Namespace) -> int:
    """Read all text: ``system_results.txt``, a drawing of each page, crops with --save_crop_res."""
    system = make_system(args)
    if args.warmup:
        _warm_up(system)
    share = (args.process_id, args.total_process_num) if args.total_process_num > 1 else (0, 1)
    pages = Pages(args.image_dir, page_num=args.page_num, share=share)
    folder = _folder(args.draw_img_save_dir)
    name = SYSTEM_RESULTS if share[1] == 1 else f"{SYSTEM_RESULTS}.{share[0]}"
    crops, stages, total = 0, dict[str, float](), 0.0
    with (folder / name).open("w", encoding="utf-8") as results:
        for number, (page, path, image) in enumerate(pages):
            result = system(image, name=str(path))
            total += result.timings.total_ms / 1e3
            _add(stages, result)
            logger.info("%d  Predict time of %s: %.3fs", number, page, result.timings.total_ms / 1e3)
            for line in result:
                logger.info("%s, %.3f", line.text, line.score)
            results.write(f"{page}\t{system_line(result.lines)}\n")
            _save_drawing(folder / page, draw(image, result, font_path=args.vis_font_path))
            if args.save_crop_res:
                crops = _save_crops(_folder(args.crop_res_save_dir), image, result, crops)
    logger.info("The predict total time is %.3f s", total)
    if args.benchmark:
        _log_stages(stages, total)
    return pages.close()


def run_det(args: argparse.Namespace) -> int:
    """Find text lines: ``det_results.txt`` and a drawing ``det_res_...`` of each page."""
    detector = make_detector(args)
    if args.warmup:
        _warm_up(lambda image: detector([image]))
    pages = Pages(args.image_dir, page_num=args.page_num)
    folder = _folder(args.draw_img_save_dir)
    with (folder / DET_RESULTS).open("w", encoding="utf-8") as results:
        for number, (page, path, image) in enumerate(pages):
            start = time.perf_counter()
            found = detector([image])[0]
            seconds = time.perf_counter() - start
            outlines = found.polys or tuple(found.quads)
            row = f"{page}\t{json.dumps([np.rint(p).astype(int).tolist() for p in outlines])}"
            results.write(f"{row}\n")
            logger.info("%s", row)
            logger.info("%d The predict time of %s: %.4f", number, path, seconds)
            _save_drawing(folder / f"det_res_{page}", draw_boxes(image, outlines))
    return pages.close()


def run_cls(args: argparse.Namespace) -> int:
    """Tell the direction of pictures of single lines; logs each."""
    classifier = make_classifier(args)
    return _run_on_crops(args, classifier, lambda r: f"['{r.label}', {r.score:.6f}]")


def run_rec(args: argparse.Namespace) -> int:
    """Read pictures of single lines; logs each."""
    recognizer = make_recognizer(args)
    return _run_on_crops(args, recognizer, _show_reading)


def _show_reading(result: RecResult) -> str:
    """``('text', 0.99)``, and a row for the alternatives and one for the words where they were asked for."""
    rows = [str((result.text, round(result.score, 6)))]
    if result.matched is not None:
        rows[0] += " in the lexicon" if result.matched else " not in the lexicon"
    if result.alternatives:
        rows.append(f"alternatives: {[(a.text, round(a.score, 6)) for a in result.alternatives]}")
    if result.words:
        rows.append(f"words: {[(w.text, np.rint(w.quad).astype(int).tolist()) for w in result.words]}")
    return "\n  ".join(rows)


def _run_on_crops(
    args: argparse.Namespace,
    predict: Callable[[Sequence[np.ndarray]], Sequence[Any]],
    show: Callable[[Any], str],
) -> int:
    pages = Pages(args.image_dir)
    if args.warmup:
        _warm_up(lambda image: predict([image]))
    for start in range(0, len(pages.files), CROPS_AT_ONCE):
        names, crops = [], []
        for path in pages.files[start : start + CROPS_AT_ONCE]:
            try:
                crops.append(read_image(path))
                names.append(path)
            except (DataError, MissingDependency) as error:
                pages.report(path, error)
        for path, result in zip(names, predict(crops)):
            logger.info("Predicts of %s:%s", path, show(result))
    return pages.close()


def system_line(lines: Sequence[TextLine]) -> str:
    """The lines of a page as JSON: ``[{"transcription": ..., "points": [[x, y] x 4]}, ...]``.

    Words, characters and alternatives stand beside them where they were asked for.
    """
    return json.dumps([_line_item(line) for line in lines], ensure_ascii=False)


def _line_item(line: TextLine) -> dict[str, Any]:
    item = _located(line)
    for name in ("words", "characters"):
        if getattr(line, name):
            item[name] = [_located(span) for span in getattr(line, name)]
    if line.alternatives:
        item["alternatives"] = [alternative.to_dict() for alternative in line.alternatives]
    return item


def _located(part: TextLine | TextSpan) -> dict[str, Any]:
    return {"transcription": part.text, "points": np.rint(part.quad).astype(int).tolist()}


def join_shares(folder: str, count: int) -> None:
    """Put the result files of ``count`` processes together, in the order of the pictures."""
    parts = [Path(folder) / f"{SYSTEM_RESULTS}.{i}" for i in range(count)]
    rows = [part.read_text(encoding="utf-8").splitlines(keepends=True) for part in parts if part.is_file()]
    # Pages of one PDF lie in one part, in their order, which a stable sort keeps.
    everything = sorted((row for part in rows for row in part), key=_file_of)
    (Path(folder) / SYSTEM_RESULTS).write_text("".join(everything), encoding="utf-8")
    for part in parts:
        part.unlink(missing_ok=True)


def _file_of(row: str) -> str:
    return re.sub(r"(\.pdf)_\d+$", r"\1", row.split("\t", 1)[0], flags=re.IGNORECASE)


def _warm_up(run: Callable[[np.ndarray], Any]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (640, 640, 3), dtype=np.uint8)
    for _ in range(2):
        run(noise)


def _folder(path: str) -> Path:
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot make this folder ({error.strerror}).") from error
    return folder


def _save_drawing(path: Path, drawing: np.ndarray) -> None:
    try:
        saved = write_image(path, drawing)
    except DataError as error:
        logger.warning("%s", error)  # the results are written; a drawing too large for its format is no loss
        return
    logger.info("The visualized image saved in %s", saved)


def _save_crops(folder: Path, image: np.ndarray, result: OCRResult, start: int) -> int:
    lines = (*result.lines, *result.dropped)
    for number, line in enumerate(lines, start):
        write_image(folder / f"mg_crop_{number}.jpg", crop_quad(image, line.quad))
    return start + len(lines)


def _add(stages: dict[str, float], result: OCRResult) -> None:
    for name, ms in result.timings.stages.items():
        stages[name] = stages.get(name, 0.0) + ms


def _log_stages(stages: dict[str, float], total: float) -> None:
    for name, ms in sorted(stages.items(), key=lambda item: -item[1]):
        logger.info("%-16s %9.1f ms %5.1f %%", name, ms, ms / 10 / max(total, 1e-9))
