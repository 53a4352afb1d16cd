"""Post-training quantization from a command line: flags, and calibration pictures of a configuration."""

import argparse
import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.compression import calibrate, post_training
from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.images import list_images, read_image

logger = logging.getLogger(__name__)

PICTURES = 64
RENDERED = "SynthDataSet"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of ``deploy/slim/quantization/quant_kl.py`` beside PaddleOCR's."""
    parser.add_argument("--calibration_dir", metavar="DIR", help="pictures, in place of the Train dataset's")
    parser.add_argument("--pictures", type=int, default=PICTURES, help=f"how many, {PICTURES} by default")
    parser.add_argument(
        "--method", default="percentile", help=f"{', '.join(calibrate.METHODS)}; percentile by default"
    )
    parser.add_argument("--percentile", type=float, default=calibrate.PERCENTILE)
    parser.add_argument("--keep_float", default="0", help="layers that stay float, the worst ones; or auto")
    parser.add_argument("--agreement", type=float, default=0.98, help="for --keep_float auto")
    parser.add_argument("--depthwise", action="store_true", help="quantize depthwise convolutions too")
    parser.add_argument("--first", action="store_true", help="quantize the first layer too")
    parser.add_argument("--weight_bits", type=int, default=8, help="7 for x86 processors without VNNI")


def run(cfg: Config, args: argparse.Namespace) -> str:
    """Quantize ``Global.inference_model`` into ``Global.save_inference_dir``; gives the table of layers."""
    source, target = _folder(cfg, "Global.inference_model"), _folder(cfg, "Global.save_inference_dir")
    if source.resolve() == target.resolve():
        raise ConfigError(f"Global.save_inference_dir: {target} holds the float model; give another folder.")
    keep = int(args.keep_float) if args.keep_float.isdigit() else args.keep_float
    names = ("method", "percentile", "agreement", "depthwise", "first", "weight_bits")
    options = post_training.StaticOptions(keep_float=keep, **{name: getattr(args, name) for name in names})
    found = pictures(cfg, folder=args.calibration_dir, count=args.pictures)
    post_training.quantize_folder(source, target, found, options)
    return (target / post_training.REPORT).read_text(encoding="utf-8")


def _folder(cfg: Config, key: str) -> Path:
    value = cfg.get(key)
    if not value:
        raise ConfigError(f"{key}: not set. Give a folder: -o {key}=...")
    return Path(value)


def pictures(cfg: Config, *, folder: str | None = None, count: int = PICTURES) -> list[np.ndarray]:
    """Calibration pictures, uint8 BGR: of ``folder``, else spread evenly over those of ``Train.dataset``.

    Raises:
        ConfigError: neither is given.
        DataError: there is none, or one cannot be read.
    """
    if count < 1:
        raise ConfigError(f"--pictures: expected at least 1, got {count}.")
    section = cfg.section("Train.dataset")
    if folder is None and section.get("name") == RENDERED:
        return list(islice(_rendered(section), count))
    files = list_images(folder) if folder else _listed(section)
    if not files:
        raise DataError(f"{folder or 'Train.dataset.label_file_list'}: no picture for the calibration.")
    chosen = [files[i * len(files) // min(count, len(files))] for i in range(min(count, len(files)))]
    return [read_image(file) for file in chosen]


def _listed(section: Mapping[str, Any]) -> list[Path]:
    """The pictures that label files name."""
    lists = section.get("label_file_list")
    if not lists:
        raise ConfigError(
            "Train.dataset.label_file_list: no calibration pictures. Give it, or --calibration_dir DIR."
        )
    lists = [lists] if isinstance(lists, str) else list(lists)
    folders = section.get("data_dir") or "."
    folders = [folders] * len(lists) if isinstance(folders, str) else list(folders)
    delimiter = section.get("delimiter", "\t")
    return [path for file, folder in zip(lists, folders) for path in _rows(Path(file), folder, delimiter)]


def _rows(file: Path, folder: str, delimiter: str) -> Iterator[Path]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: the label file cannot be read ({error}).") from error
    for row in text.split("\n"):
        name = row.partition(delimiter)[0].strip()
        if name and not name.startswith("["):  # a list of pictures to draw from: others will do
            yield Path(folder) / name


def _rendered(section: Mapping[str, Any]) -> Iterable[np.ndarray]:
    from ppocr_lite.synth import MusicStream, open_stream  # needs the renderer, which others do without

    given = {"fonts": section["fonts"]} if section.get("fonts") else {}
    if section["kind"] != MusicStream.kind:
        given["texts"] = section["texts"]
    level = section.get("level", 1.0)
    stream = open_stream(
        section["kind"],
        level=float(level[-1] if isinstance(level, list | tuple) else level),
        seed=int(section.get("seed", 0)),
        **given,
        **(section.get("options") or {}),
    )
    return (stream.sample(index)["image"] for index in range(int(section["length"])))
