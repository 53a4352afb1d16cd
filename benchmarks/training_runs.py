"""What the comparisons of trainings share: runs that can be interrupted, and the file of their results."""

import json
import time
from pathlib import Path
from typing import Any

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.trainer import Hook, Trainer

RESULTS = "results.jsonl"
SECONDS = "seconds.json"


class Clock(Hook):
    """Adds up processor and wall seconds of a run over its interruptions."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._before = json.loads(file.read_text()) if file.is_file() else {"cpu": 0.0, "wall": 0.0}
        self._began = (time.process_time(), time.monotonic())

    def after_epoch(self, trainer: Trainer) -> None:
        self._file.write_text(json.dumps(self.seconds()))

    after_fit = after_epoch

    def seconds(self) -> dict[str, float]:
        cpu, wall = time.process_time() - self._began[0], time.monotonic() - self._began[1]
        return {"cpu": self._before["cpu"] + cpu, "wall": self._before["wall"] + wall}


def train(cfg: Config, folder: Path) -> tuple[Trainer, dict[str, float]]:
    """Begin a run or go on with it; the trainer's ``stop_reason`` tells whether it was interrupted again."""
    if (folder / "latest.pdparams").is_file():
        cfg = cfg.replace({"Global.checkpoints": str(folder / "latest")})
    folder.mkdir(parents=True, exist_ok=True)
    trainer = assemble.trainer(cfg)
    clock = Clock(folder / SECONDS)
    trainer.hooks = (*trainer.hooks, clock)
    trainer.fit(int(cfg.get("Global.epoch_num")))
    return trainer, clock.seconds()


def results(out: Path) -> list[dict[str, Any]]:
    """The finished runs."""
    return rows_of(out / RESULTS)


def add_result(out: Path, line: dict[str, Any]) -> None:
    """Note a finished run, here and on the terminal."""
    add_row(out / RESULTS, line)
    print(json.dumps(line), flush=True)


def rows_of(file: Path) -> list[dict[str, Any]]:
    """All lines of a file of JSON lines; none where there is no such file."""
    return [json.loads(row) for row in file.read_text("utf-8").splitlines()] if file.is_file() else []


def add_row(file: Path, row: dict[str, Any]) -> None:
    """Append one line."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row) + "\n")


def hours(seconds: dict[str, float]) -> dict[str, float]:
    """As a line of results has them: ``cpu_hours`` and ``wall_hours``."""
    return {f"{name}_hours": round(value / 3600, 4) for name, value in seconds.items()}
