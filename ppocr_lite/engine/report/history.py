"""The records of a run, with those of the runs that it went on from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Points = list[tuple[float, float]]

NOT_DRAWN = frozenset(
    ("kind", "epoch", "global_step", "time", "seconds", "lr", "ips", "reader_s", "batch_s", "fps")
) | {"samples", "fresh", "elapsed"}
"""Entries of records that are neither a loss nor a metric."""
BEST = "best_"
SAME_STEP = 4
"""Records that one step may have, and a few more."""


@dataclass(frozen=True)
class History:
    """Records in the order of their steps, each step once."""

    records: tuple[Record, ...] = ()

    def of_kind(self, kind: str) -> list[Record]:
        """``train``, ``eval`` or ``bad_step``."""
        return [record for record in self.records if record.get("kind") == kind]

    def curves(self, kind: str) -> dict[str, Points]:
        """{name: (step, value)...} of the losses and metrics in the records of a kind."""
        found: dict[str, Points] = {}
        for record in self.of_kind(kind):
            for name, value in record.items():
                if name not in NOT_DRAWN and not name.startswith(BEST) and _is_number(value):
                    found.setdefault(name, []).append((float(record["global_step"]), float(value)))
        return found

    def curve(self, kind: str, name: str) -> Points:
        """(step, value) of one entry."""
        records = [record for record in self.of_kind(kind) if _is_number(record.get(name))]
        return [(float(record["global_step"]), float(record[name])) for record in records]

    def seconds(self) -> dict[str, float]:
        """Time of all steps and evaluations: ``reader`` (waiting for data), ``compute``, ``evaluation``."""
        reader = total = 0.0
        last = 0
        for record in self.of_kind("train"):
            steps = int(record["global_step"]) - last
            last = int(record["global_step"])
            if _is_number(record.get("batch_s")) and _is_number(record.get("reader_s")):
                reader += record["reader_s"] * steps
                total += record["batch_s"] * steps
        evaluation = sum(record.get("seconds") or 0.0 for record in self.of_kind("eval"))
        return {"reader": reader, "compute": max(0.0, total - reader), "evaluation": float(evaluation)}


def read_history(path: Path) -> History:
    """Read ``train.jsonl``; lines that a killed process left broken are left out.

    Where a run was resumed behind its last record, or started anew in the same folder, the records of the
    steps that were done again give way to the new ones.
    """
    kept: list[Record] = []
    for record in _records(path):
        step, place = record["global_step"], (record["global_step"], record["kind"])
        if kept and step < kept[-1]["global_step"]:
            kept = [old for old in kept if old["global_step"] < step]
        recent = [old for old in kept[-SAME_STEP:] if (old["global_step"], old["kind"]) != place]
        kept[-SAME_STEP:] = [*recent, record]
    return History(tuple(kept))


def _records(path: Path) -> Iterator[Record]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, Mapping) and _is_number(record.get("global_step")) and record.get("kind"):
            yield dict(record)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
