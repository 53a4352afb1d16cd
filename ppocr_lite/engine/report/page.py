"""The report as one HTML page: styles, charts and pictures are inside it, scripts there are none."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import cv2
import numpy as np

from ppocr_lite.engine.report.charts import Points, line_chart
from ppocr_lite.engine.report.history import History
from ppocr_lite.engine.report.worst import Example

JPEG_QUALITY = 85
MAX_BAD_STEPS = 20
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; }
td, th { padding: .15em 1em .15em 0; text-align: left; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
.charts, .examples { display: grid; gap: 1em; align-items: start; }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); }
.examples { grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); }
figure { margin: 0; padding: .7em; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
svg text { font-size: 11px; fill: currentColor; opacity: .75; } polyline { fill: none; stroke-width: 1.6; }
.grid { stroke: var(--line); stroke-width: .6; } .axis { stroke: currentColor; opacity: .5; fill: none; }
.legend { margin: .2em 0 0; } .legend span { margin-right: 1em; white-space: nowrap; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .35em; }
.examples img { max-width: 100%; max-height: 420px; display: block; margin-bottom: .4em; }
.examples td { overflow-wrap: anywhere; white-space: pre-wrap; font-family: ui-monospace, monospace; }
.bar { display: flex; height: 1.2em; border-radius: 4px; overflow: hidden; max-width: 40em; }
pre { background: var(--soft); padding: 1em; overflow-x: auto; border-radius: 6px; }
"""
SHARE_COLOURS = {"compute": "#1f6feb", "reader": "#d1242f", "evaluation": "#1a7f37"}
SHARE_NAMES = {
    "compute": "computing steps",
    "reader": "waiting for training data",
    "evaluation": "evaluating and saving the best",
}


@dataclass(frozen=True)
class Facts:
    """What the page tells beside the history.

    Args:
        title: of the page.
        status: how the run ended, or that it is under way.
        rows: {name: text} of the table at the top.
        indicator: the metric by which the best is chosen; empty without evaluation.
        planned_rates: (step, learning rate) of the whole schedule.
        examples: the worst predictions.
        examples_from: which evaluation they are of.
        config: the configuration as YAML.
    """

    title: str
    status: str
    rows: Mapping[str, str] = field(default_factory=dict)
    indicator: str = ""
    planned_rates: Points = ()
    examples: Sequence[Example] = ()
    examples_from: str = ""
    config: str = ""


def page(history: History, facts: Facts) -> str:
    """The whole file. All texts of the run are escaped."""
    sections = [
        f"<h1>{escape(facts.title)}</h1><p>{escape(facts.status)}</p>",
        table(facts.rows.items()),
        _charts(history, facts),
        _times(history.seconds()),
        _bad_steps(history.of_kind("bad_step")),
        _examples(facts),
        f"<h2>Configuration</h2><details><summary>show</summary><pre>{escape(facts.config)}</pre></details>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(facts.title)}</title><style>{STYLE}</style>'
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    body = "\n".join(section for section in sections if section)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}{viewport}</head>\n<body>\n{body}\n</body></html>\n'


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names and texts, escaped; empty without rows."""
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<table>{lines}</table>" if lines else ""


def _charts(history: History, facts: Facts) -> str:
    training, evaluation = history.curves("train"), history.curves("eval")
    losses = {name: points for name, points in training.items() if name not in evaluation}
    on_batches = {name: points for name, points in training.items() if name in evaluation}
    intervals = {n: evaluation.pop(n) for n in list(evaluation) if is_bound(n, evaluation)}
    main = {facts.indicator: evaluation.pop(facts.indicator, [])}
    band = (intervals.get(f"{facts.indicator}_low", []), intervals.get(f"{facts.indicator}_high", []))
    reader, whole = history.curve("train", "reader_s"), history.curve("train", "batch_s")
    waiting = [(x, 100 * r / max(b, 1e-9)) for (x, r), (_, b) in zip(reader, whole)]
    rates = {"planned": facts.planned_rates, "used": history.curve("train", "lr")}
    charts = [
        line_chart("Loss", losses, note="medians over Global.log_smooth_window steps"),
        line_chart(
            f"Evaluation: {facts.indicator}", main, band=band, note="shaded: its interval" if band[0] else ""
        ),
        line_chart("Evaluation: other metrics", evaluation),
        line_chart("Metrics of training batches", on_batches),
        line_chart("Learning rate", rates),
        line_chart("Images per second", {"training": history.curve("train", "ips")}),
        line_chart("Waiting for data, % of the time", {"reader": waiting}),
    ]
    shown = "".join(charts)
    text = "<p>No numbers were logged; the run was shorter than Global.print_batch_step.</p>"
    return f'<h2>Curves</h2><div class="charts">{shown}</div>' if shown else f"<h2>Curves</h2>{text}"


def is_bound(name: str, names: Iterable[str]) -> bool:
    """Whether a metric is the lower or upper bound of another.

    >>> is_bound("acc_low", ["acc", "acc_low"]), is_bound("acc", ["acc", "acc_low"])
    (True, False)
    """
    base, _, end = name.rpartition("_")
    return end in ("low", "high") and base in names


def _times(seconds: Mapping[str, float]) -> str:
    total = sum(seconds.values())
    if not total:
        return ""
    parts = [(name, seconds[name], 100 * seconds[name] / total) for name in SHARE_NAMES]
    bar = "".join(
        f'<div style="width:{share:.2f}%;background:{SHARE_COLOURS[name]}"></div>' for name, _, share in parts
    )
    legend = "".join(
        f'<span><i style="background:{SHARE_COLOURS[name]}"></i>{SHARE_NAMES[name]}: {duration(value)} '
        f"({share:.1f} %)</span>"
        for name, value, share in parts
    )
    return f'<h2>Where the time went</h2><div class="bar">{bar}</div><p class="legend">{legend}</p>'


def duration(seconds: float) -> str:
    """
    >>> duration(3.21), duration(83), duration(7380)
    ('3.2 s', '1 min 23 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _bad_steps(records: Sequence[Mapping[str, Any]]) -> str:
    if not records:
        return ""
    shown = [
        (f"step {record['global_step']}", f"{record.get('problem', '')} {record.get('file', '')}")
        for record in records[-MAX_BAD_STEPS:]
    ]
    text = f"<p>{len(records)} in all; the last {len(shown)}:</p>"
    return f"<h2>Steps that were not finite</h2>{text}{table(shown)}"


def _examples(facts: Facts) -> str:
    if not facts.examples:
        return ""
    figures = "".join(
        f'<figure><img alt="" src="{data_uri(example.picture)}">{table(example.captions.items())}</figure>'
        for example in facts.examples
    )
    source = f"<p>{escape(facts.examples_from)}</p>"
    return f'<h2>Worst predictions</h2>{source}<div class="examples">{figures}</div>'


def data_uri(picture: np.ndarray) -> str:
    """A picture uint8 BGR [H, W, 3] as a ``data:`` address of a JPEG."""
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"
