"""Numbers of a run for reading later: JSON lines, TensorBoard, VisualDL."""

import importlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ppocr_lite.errors import MissingDependency

PREFIXES = {"train": "TRAIN", "eval": "EVAL"}
"""Kinds of records that are drawn as curves -> first part of their scalars' names, as in PaddleOCR."""
PLACES = ("kind", "epoch", "global_step")
"""Entries of a record that say where it belongs."""


class Records(Protocol):
    """Takes records: mappings with ``kind`` (train, eval, ...), ``epoch``, ``global_step`` and numbers."""

    def write(self, record: Mapping[str, Any]) -> None: ...

    def close(self) -> None: ...


class JsonLines:
    """A file to which each record is appended as one line of JSON; what is not finite becomes null."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record and the time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stamped = {**record, "time": round(time.time(), 3)}
        finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in stamped.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(finite) + "\n")

    def close(self) -> None:
        """Nothing is open between two records."""


class Scalars:
    """Curves ``TRAIN/loss``, ``EVAL/acc``, ... in a writer that has ``add_scalar`` and ``close``.

    Args:
        open_writer: called before the first point, so that a run that logs nothing leaves no file.
    """

    def __init__(self, open_writer: Callable[[], Any]) -> None:
        self._open = open_writer
        self._writer: Any = None

    def write(self, record: Mapping[str, Any]) -> None:
        """Add a point at the record's step for each of its numbers."""
        prefix = PREFIXES.get(str(record.get("kind")))
        if prefix is None:
            return
        for name, value in record.items():
            if name not in PLACES and isinstance(value, (int, float)):
                self._writer = self._writer or self._open()
                self._writer.add_scalar(f"{prefix}/{name}", float(value), int(record["global_step"]))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class Several:
    """Hands each record to several places."""

    def __init__(self, places: Sequence[Records]) -> None:
        self.places = tuple(places)

    def write(self, record: Mapping[str, Any]) -> None:
        """Write a record everywhere."""
        for place in self.places:
            place.write(record)

    def close(self) -> None:
        for place in self.places:
            place.close()


def tensorboard(folder: Path) -> Scalars:
    """Curves for TensorBoard in ``folder``; MissingDependency where tensorboardX is not installed."""
    module = _module("tensorboardX", "Global.use_tensorboard", "tensorboardX")
    return Scalars(lambda: module.SummaryWriter(str(folder)))


def visualdl(folder: Path) -> Scalars:
    """Curves for VisualDL in ``folder``; MissingDependency where it is not installed."""
    module = _module("visualdl", "Global.use_visualdl", "visualdl")
    return Scalars(lambda: module.LogWriter(logdir=str(folder)))


def _module(name: str, key: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependency(
            f"{key}: needs the package {package}, which cannot be imported ({error}): pip install {package}"
        ) from error
