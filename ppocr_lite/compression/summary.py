"""What a compression gave, as Markdown, JSON and an HTML page."""

import json
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ppocr_lite.engine.report.page import STYLE
from ppocr_lite.weights.disk import write_atomic

NAME = "compression"
Rows = list[list[str]]


def write(out: Path, values: Mapping[str, Any], folders: Mapping[str, Path]) -> None:
    """``compression.md``, ``.json`` and ``.html`` in ``out``.

    Args:
        values: what :func:`ppocr_lite.compression.pipeline.run` gives.
        folders: model folders by the names of the rows, the float model's first.
    """
    text = json.dumps(values, indent=1, default=str, ensure_ascii=False) + "\n"
    write_atomic(out / f"{NAME}.json", text.encode())
    write_atomic(out / f"{NAME}.md", markdown(values, list(folders)).encode())
    write_atomic(out / f"{NAME}.html", page(values, list(folders)).encode())


def markdown(values: Mapping[str, Any], names: Sequence[str]) -> str:
    """All tables with what they are about."""
    parts = [f"# Compression of {Path(str(values['config'])).name}", ""]
    for title, rows, note in tables(values, names):
        parts += [f"{title}", "", *markdown_rows(rows), "", *([note, ""] if note else [])]
    return "\n".join(parts)


def page(values: Mapping[str, Any], names: Sequence[str]) -> str:
    """The same tables as a page that needs nothing else."""
    title = f"Compression of {Path(str(values['config'])).name}"
    parts = [f"<h1>{escape(title)}</h1>"]
    for heading, rows, note in tables(values, names):
        head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
        parts.append(f"<h2>{escape(heading)}</h2><table><tr>{head}</tr>{body}</table><p>{escape(note)}</p>")
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def tables(values: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, Rows, str]]:
    """(title, rows with their head, note) of each table."""
    stages = values["stages"]
    return [
        ("Size", _sizes(stages, names), _size_note(stages)),
        ("Metric", _metrics(stages["metrics"], names), _metric_note(stages["metrics"])),
        ("Time", _times(stages["times"], names), _time_note(stages["times"])),
    ]


def _sizes(stages: Mapping[str, Any], names: Sequence[str]) -> Rows:
    whole = stages[names[0]]
    rows = [["", "file, bytes", "parameters", "multiply-adds", "steps of training"]]
    for name in names:
        own = stages[name]
        cells = [_change(own.get(key), whole[key]) for key in ("bytes", "parameters", "multiply_adds")]
        rows.append([name, *cells, str(own.get("steps", "-"))])
    return rows


def _size_note(stages: Mapping[str, Any]) -> str:
    image = "x".join(map(str, stages["float"]["image"]))
    return f"Multiply-adds are for one picture of {image}. int8 models have the parameters they come from."


def _change(value: float | None, whole: float) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if value == whole else f"{value:,} ({100 * (value / whole - 1):+.1f} %)"


def _metrics(found: Mapping[str, Any], names: Sequence[str]) -> Rows:
    kinds = list(found["values"])
    references = [key.removeprefix("minus ") for key in found if key.startswith("minus ")]
    rows = [["", *(f"{found['metric']}, {kind}" for kind in kinds)]]
    rows[0] += [f"points against {name} ({kinds[0]})" for name in references]
    for name in names:
        cells = [f"{100 * found['values'][kind][name]:.2f}" for kind in kinds]
        for reference in references:
            cells.append(_points(found[f"minus {reference}"][kinds[0]][name]) if reference != name else "-")
        rows.append([name, *cells])
    return rows


def _points(triple: Sequence[float]) -> str:
    """
    >>> _points([-0.01, -0.02, 0.0])
    '-1.00 (-2.00 to +0.00)'
    """
    return "{:+.2f} ({:+.2f} to {:+.2f})".format(*(100 * number for number in triple))


def _metric_note(found: Mapping[str, Any]) -> str:
    skipped = found["skipped"]
    unseen = f", without those (at least {skipped}) that the sensitivity analysis saw" if skipped else ""
    return (
        f"In percent, of the exported models on {found['pictures']} pictures of Eval.dataset{unseen}. "
        "Differences with their 95 % intervals, paired by picture."
    )


def _times(found: Mapping[str, Any], names: Sequence[str]) -> Rows:
    keys = list(found["values"])
    rows = [["", *(f"{key} thread{'s' * (not key.endswith(' 1'))}" for key in keys)]]
    for name in names:
        rows.append([name, *(_time(found["values"][key].get(name)) for key in keys)])
    return rows


def _time(own: Mapping[str, float] | None) -> str:
    if own is None:
        return "-"
    return f"{own['milliseconds']:.2f} ms, x {own['ratio']:.2f} ({own['low']:.2f} to {own['high']:.2f})"


def _time_note(found: Mapping[str, Any]) -> str:
    batch = "x".join(map(str, found["batch"]))
    return (
        f"Medians for a batch of {batch}, and of the ratios to the float model in the same round "
        "(middle half of the rounds); all took turns in one process. Below 1 is faster. "
        f"{found['machine']}; load average {found['load']}."
    )


def load_average() -> str:
    """Of the last 1, 5 and 15 minutes; empty where the system does not tell."""
    try:
        return " ".join(f"{load:.1f}" for load in os.getloadavg())
    except (AttributeError, OSError):
        return ""


def markdown_rows(rows: Rows) -> list[str]:
    head, *body = rows
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in body)]
