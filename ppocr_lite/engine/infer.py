"""Reading pictures with a trained, not yet exported model: what ``tools/infer_{det,cls,rec}.py`` do."""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.images import list_images, read_image
from ppocr_lite.structures import DetResult
from ppocr_lite.weights.disk import write_atomic

logger = logging.getLogger(__name__)

REC_RESULTS = "./output/rec/predicts_rec.txt"
BOX_COLOUR = (255, 255, 0)  # BGR, PaddleOCR's

SINGLE = ""
"""Name of the only model, where there are no sub-models."""
Results = Mapping[str, Any]
"""{name of the sub-model: result}"""
OnResult = Callable[[Path, np.ndarray, Results], None]


def infer_det(cfg: Config) -> int:
    """Write the boxes to ``Global.save_res_path`` and the drawn pictures to ``det_results/`` beside it.

    Of a distillation, a line holds {sub-model: its boxes}, and ``det_results_{sub-model}/`` its drawings.
    (PaddleOCR writes no boxes then.)
    """
    target = cfg.get("Global.save_res_path")
    if not target:
        raise ConfigError("Global.save_res_path: not set. It names the file for the boxes.")
    beside = Path(target).parent
    lines: list[str] = []

    def keep(path: Path, image: np.ndarray, results: Results) -> None:
        boxes = {name: _boxes(result) for name, result in results.items()}
        lines.append(f"{path}\t{json.dumps(boxes.get(SINGLE, boxes))}")
        for name, result in results.items():
            drawn = beside / (f"det_results_{name}" if name else "det_results")
            save_drawn(drawn / path.name, image, result.quads)
            logger.info("\t %s: %d boxes", _title(name), len(result))

    failures = _each_image(cfg, keep)
    _write_lines(target, lines)
    return 1 if failures else 0


def _boxes(result: DetResult) -> list[dict[str, Any]]:
    return [{"transcription": "", "points": quad.astype(int).tolist()} for quad in result.quads]


def infer_rec(cfg: Config) -> int:
    """Write path, text and score of each line to ``Global.save_res_path``.

    Of a distillation, the path and {sub-model: {"label": text, "score": ...}}.
    """
    lines: list[str] = []

    def keep(path: Path, _image: np.ndarray, results: Results) -> None:
        for name, result in results.items():
            logger.info("\t %s: %s\t%s", _title(name), result.text, result.score)
        if SINGLE in results:
            said = f"{results[SINGLE].text.expandtabs(1)}\t{results[SINGLE].score}"  # tabs part the fields
        else:
            texts = {name: {"label": r.text, "score": r.score} for name, r in results.items()}
            said = json.dumps(texts, ensure_ascii=False)
        lines.append(f"{path}\t{said}")

    failures = _each_image(cfg, keep)
    _write_lines(cfg.get("Global.save_res_path", REC_RESULTS), lines)
    return 1 if failures else 0


def infer_cls(cfg: Config) -> int:
    """Log label and score of each crop."""

    def keep(_path: Path, _image: np.ndarray, results: Results) -> None:
        for name, result in results.items():
            logger.info("\t %s: %s", _title(name), (result.label, result.score))

    return 1 if _each_image(cfg, keep) else 0


def _title(name: str) -> str:
    """PaddleOCR's ``result``, with the sub-model's name where there are several."""
    return f"result of {name}" if name else "result"


def _each_image(cfg: Config, on_result: OnResult) -> int:
    """Read every picture of ``Global.infer_img``; a bad one is reported and counted, the others are read."""
    if not cfg.get("Global.infer_img"):
        raise ConfigError("Global.infer_img: not set. It names a picture or a folder of pictures.")
    paths = list_images(cfg.get("Global.infer_img"))
    read = assemble.reader(cfg)
    failures = 0
    for path in paths:
        logger.info("infer_img: %s", path)
        try:
            image = read_image(path)
            result = read(image)
            results = result if isinstance(result, Mapping) else {SINGLE: result}
        except DataError as error:
            logger.error("%s", error)
            failures += 1
            continue
        on_result(path, image, results)
    if failures:
        logger.error("%d of %d pictures could not be read.", failures, len(paths))
    else:
        logger.info("success!")
    return failures


def _write_lines(target: str, lines: list[str]) -> None:
    write_atomic(target, "".join(f"{line}\n" for line in lines).encode())


def save_drawn(path: Path, image: np.ndarray, quads: np.ndarray) -> None:
    """Save the picture with the outlines of ``quads`` [n, 4, 2]; as PNG where OpenCV cannot write it."""
    drawn = image.copy()
    cv2.polylines(drawn, [quad.astype(np.int32).reshape(-1, 1, 2) for quad in quads], True, BOX_COLOUR, 2)
    suffix = path.suffix if cv2.haveImageWriter(path.name) else ".png"
    done, data = cv2.imencode(suffix, drawn)
    if not done:
        raise DataError(f"{path}: the drawn picture cannot be encoded.")
    write_atomic(path.with_suffix(suffix), data.tobytes())
