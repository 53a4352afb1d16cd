"""What the metric loses when one group of channels is pruned, measured for each group and ratio."""

import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

import paddle

from ppocr_lite.compression.prune import Pruner
from ppocr_lite.compression.ratios import Losses
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.report.charts import line_chart
from ppocr_lite.engine.report.page import STYLE
from ppocr_lite.engine.types import Batch, BatchLoader
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.modeling.structure import temporarily_pruned
from ppocr_lite.weights.disk import write_atomic

logger = logging.getLogger(__name__)

CURVES = 8
"""In one chart: there are so many colours."""


class FirstBatches:
    """The first batches of a loader, kept in memory: they are evaluated many times.

    Args:
        samples: there are so many in them, or a few more that fill the last batch.
    """

    def __init__(self, loader: BatchLoader, samples: int) -> None:
        self._batches: list[Batch] = []
        seen = 0
        for batch in islice(loader, samples):
            self._batches.append(batch)
            seen += len(batch["image"])
            if seen >= samples:
                break
        getattr(loader, "close", bool)()

    def __iter__(self) -> Iterator[Batch]:
        return iter(self._batches)

    def __len__(self) -> int:
        return len(self._batches)

    def set_epoch(self, epoch: int) -> None:
        """They are always the same."""


def metric_of(evaluator: Evaluator) -> Callable[[paddle.nn.Layer], float]:
    """A function that measures a model by the metric by which models are compared."""
    return lambda model: float(evaluator(model)[evaluator.main_indicator])


def candidate_ratios(step: float) -> list[float]:
    """``step``, twice ``step`` and so on, below 1.

    >>> candidate_ratios(0.25)
    [0.25, 0.5, 0.75]
    """
    if not 0 < step < 1:
        raise ConfigError(f"step: expected a number between 0 and 1, got {step}.")
    return [round(step * k, 6) for k in range(1, math.ceil(1 / step - 1e-9))]


def analyse(
    pruner: Pruner,
    measure: Callable[[paddle.nn.Layer], float],
    *,
    ratios: Sequence[float],
    file: Path,
    facts: Mapping[str, Any] | None = None,
) -> Losses:
    """Prune each group alone by each ratio, measure, and undo it.

    Every result is a line of ``file`` at once; what stands there already is not measured again. A ratio that
    removes no channel, or all, of a group is left out, and so are groups that only training uses.

    Args:
        measure: gives the metric of a model; the higher, the better.
        facts: what the results depend on, in plain values; those of a file that is gone on with must be the
            same.

    Raises:
        DataError: the file is of something else, or the whole model's metric is 0.
    """
    known = _read(file, dict(facts or {}))
    if not known:
        base = measure(pruner.model)
        _append(file, {"kind": "whole", "metric": base, "facts": dict(facts or {})})
    else:
        base = float(known[0]["metric"])
        logger.info("%s: going on after %d measurements", file, len(known) - 1)
    if not base > 0:
        raise DataError(f"The metric of the whole model is {base}: nothing can be lost. Train it first.")
    losses: dict[str, dict[float, float]] = {}
    done = {(row["layer"], row["ratio"]): float(row["loss"]) for row in known[1:]}
    for name, ratio, count in _trials(pruner, ratios):
        if (name, ratio) not in done:
            with temporarily_pruned(pruner.model, pruner.structure({name: ratio})):
                value = measure(pruner.model)
            done[name, ratio] = (base - value) / base
            row = {"layer": name, "ratio": ratio, "removed": count, "metric": value}
            _append(file, {**row, "loss": done[name, ratio]})
            logger.info("%s: %d channels (ratio %g) cost %.4f", name, count, ratio, done[name, ratio])
        losses.setdefault(name, {})[ratio] = done[name, ratio]
    return losses


def _trials(pruner: Pruner, ratios: Sequence[float]) -> Iterator[tuple[str, float, int]]:
    for group in pruner.channels.groups:
        if not group.evaluated:
            logger.info("%s stays: only training uses it", group.name)
            continue
        seen = {0}
        for ratio in ratios:
            if round(group.size * ratio) >= group.size:
                continue
            count = len(pruner.removed({group.name: ratio}).get(group.name, ()))
            if count not in seen:
                seen.add(count)
                yield group.name, ratio, count


def _read(file: Path, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of the file, the whole model's first; a last line that was cut off is left out."""
    if not file.is_file():
        return []
    rows = []
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            rows.append(dict(json.loads(line)))
        except ValueError as error:
            if number < len(lines):
                raise DataError(f"{file}:{number}: is no JSON ({error}). Delete the file.") from error
            write_atomic(file, "".join(f"{good}\n" for good in lines[:-1]).encode())
    if not rows:
        return []
    found = rows[0].get("facts") if rows[0].get("kind") == "whole" else None
    if found != json.loads(json.dumps(facts)):
        raise DataError(
            f"{file}: was measured with {found}, and now it is {dict(facts)}. Give another "
            "file, or delete it."
        )
    return rows


def _append(file: Path, row: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row) + "\n")


def page(losses: Losses, chosen: Mapping[str, float], *, title: str) -> str:
    """An HTML page that needs nothing else: a curve for each group, ratio against loss, and a table."""
    names = list(losses)
    charts = [
        line_chart(
            f"Layers {start + 1} to {min(start + CURVES, len(names))}: relative loss of the metric",
            {name: sorted(losses[name].items()) for name in names[start : start + CURVES]},
            note="by the share of channels that is removed",
        )
        for start in range(0, len(names), CURVES)
    ]
    cells = [(name, f"{chosen.get(name, 0.0):.3f}") for name in names]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><div class="charts">{"".join(charts)}'
        f"</div><h2>Chosen ratios</h2><table>{_rows(cells)}</table></body></html>\n"
    )


def _rows(cells: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in cells)
