"""The table and the curves of the CRNN family."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crnn_systems import SYSTEMS

from ppocr_lite.engine.report.charts import line_chart
from ppocr_lite.engine.report.history import read_history
from ppocr_lite.engine.report.page import STYLE

HEAD = ("system", "parameters", "accuracy %", "CER %", "samples/s in training", "processor hours")
SPELLING = ("system", "said the end %", "steps of a batch", "of", "accuracy %", "with beam search %")
NOTHING = "-"
CURVES = {"acc": "Word accuracy on held-out words", "cer": "Character error rate on held-out words"}


def write_page(folder: Path, rows: Sequence[Mapping[str, Any]], times: Mapping[str, Any]) -> Path:
    """``folder/family.md`` and ``folder/family.html``; gives the first.

    Args:
        rows: the finished runs.
        times: of the engines, with ``threads``, ``machine`` and ``ms``; empty where nothing was timed.
    """
    rows = sorted(rows, key=lambda row: list(SYSTEMS).index(row["system"]))
    text = "\n".join(markdown(rows, times))
    (folder / "family.html").write_text(html(folder, rows), encoding="utf-8")
    (folder / "family.md").write_text(text + "\n", encoding="utf-8")
    return folder / "family.md"


def markdown(rows: Sequence[Mapping[str, Any]], times: Mapping[str, Any]) -> list[str]:
    """The tables, line by line."""
    ms = times.get("ms", {})
    engines = list(dict.fromkeys(name.split()[1] for name in ms))
    lines = [f"Settings: {json.dumps(rows[0]['settings'])}", ""]
    lines += _table([*HEAD, *(f"ms, {name}" for name in engines)], [_cells(row, ms, engines) for row in rows])
    if times:
        lines += ["", f"Milliseconds: processor time of one word, {times['threads']} thread(s), median."]
        lines[-1] += f" {times['machine']}."
    spelling = [row for row in rows if "ended" in row]
    if spelling:
        lines += ["", *_table(SPELLING, [_spelling_cells(row) for row in spelling])]
    return lines


def _cells(row: Mapping[str, Any], ms: Mapping[str, float], engines: Sequence[str]) -> list[str]:
    found = [ms.get(f"{row['system']} {name}") for name in engines]
    return [
        SYSTEMS[row["system"]][0],
        f"{row['parameters'] / 1e6:.2f} M",
        f"{100 * row['acc']:.1f}",
        f"{100 * row['cer']:.2f}",
        f"{row['samples_per_second']:.0f}",
        f"{row['cpu_hours']:.2f}",
        *(NOTHING if value is None else f"{value:.2f}" for value in found),
    ]


def _spelling_cells(row: Mapping[str, Any]) -> list[str]:
    beam = next(value for name, value in row.items() if name.startswith("acc_beam_"))
    return [
        SYSTEMS[row["system"]][0],
        f"{100 * row['ended']:.1f}",
        f"{row['steps_run']:.1f}",
        str(row["steps_possible"]),
        f"{100 * row['acc']:.1f}",
        f"{100 * beam:.1f}",
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows)]


def html(folder: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """Curves of all runs over the samples that they have seen."""
    charts = []
    for name, title in CURVES.items():
        curves = {}
        for row in rows:
            history = read_history(folder / row["system"] / "train.jsonl")
            batch = row["settings"]["batch"]
            curves[SYSTEMS[row["system"]][0]] = [(x * batch, y) for x, y in history.curve("eval", name)]
        charts.append(line_chart(title, curves, note="over samples"))
    body = "".join(charts)
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>The CRNN family</title>'
        f'<style>{STYLE}</style><h1>The CRNN family</h1><div class="charts">{body}</div></html>'
    )
