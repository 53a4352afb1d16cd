"""The report of a check as one page: no scripts, nothing from a network, every text escaped."""

from collections.abc import Iterable
from html import escape

import numpy as np

from ppocr_lite.data_tools.check import Checked
from ppocr_lite.data_tools.findings import Finding
from ppocr_lite.data_tools.kinds import KINDS
from ppocr_lite.data_tools.pictures import PictureStore
from ppocr_lite.data_tools.plan import Split
from ppocr_lite.data_tools.stats import Stats
from ppocr_lite.data_tools.svg import bars, histogram
from ppocr_lite.data_tools.table import MAX_SIGN, finding_rows, shortened, symbols_title, unknown_rows
from ppocr_lite.data_tools.thumbnails import thumbnail

EXAMPLES = 12
"""Of each kind."""
SAMPLES = 12
"""Of each split, drawn at random, for a look at data without faults."""
CHARACTERS = 60
"""In the chart of frequencies, and in the table of unknown ones."""
TEXT_WIDTH = 300
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222 }
body { margin: 2em auto; max-width: 1180px; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .25em .8em; text-align: left }
tr { border-bottom: 1px solid #ddd } td.n { text-align: right } .note { color: #666 }
.cards { display: flex; flex-wrap: wrap; gap: 12px }
.card { border: 1px solid #ccc; border-radius: 4px; padding: 8px; max-width: 372px; overflow-wrap: anywhere }
.card img { display: block; max-width: 100%; margin-bottom: 6px } .card p { margin: 0; font-size: 13px }
.place { color: #666 } figcaption { font-size: 13px; color: #444 }
figure { display: inline-block; margin: 0 1em 1em 0; width: 460px; vertical-align: top }
"""
# Even a text that slipped through the escaping could load nothing.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html_report(result: Checked, *, title: str, seed: int = 0) -> str:
    """The page: table, unknown characters, examples with thumbnails, charts, random samples."""
    tasks = {split.name: split.rules.task for split in result.splits}
    with PictureStore() as store:
        store.open(result.pictures)
        sections = [
            _head(title),
            _table(result),
            _unknown(result),
            *(_kind(result, key, store, tasks) for key in result.findings),
            *(_split(result, split, store, seed) for split in result.splits),
            _remarks(result.remarks),
        ]
    return "\n".join([*sections, "</body></html>", ""])


def _head(title: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>"
    )


def _table(result: Checked) -> str:
    found = result.findings.problems
    lines = [f"<p><b>{found} problems found.</b></p>" if found else "<p><b>No problems found.</b></p>"]
    for split in result.splits:
        totals = ", ".join(f"{count} {unit}" for unit, count in result.stats[split.name].totals.items())
        files = ", ".join(escape(file.path) for file in split.files)
        lines.append(
            f"<p>{split.name} ({split.rules.task}): {totals}<br><span class=place>{files}</span></p>"
        )
    if result.findings.kinds():
        lines.append("<table><tr><th>what is wrong<th>count<th>share<th>what to do</tr>")
        for key, count, share, name, advice in finding_rows(result):
            style = ' class="note"' if KINDS[key].note else ""
            lines.append(
                f'<tr{style}><td><a href="#{key}">{escape(name)}</a><td class=n>{count}<td class=n>{share}'
                f"<td>{escape(advice)}</tr>"
            )
        lines.append("</table>")
    return "\n".join(lines)


def _unknown(result: Checked) -> str:
    rows = unknown_rows(result)
    if not rows:
        return ""
    title = f"<h2>{symbols_title(result)} outside the dictionary</h2>"
    lines = [f"{title}<table><tr><th><th>count<th>name<th>hint</tr>"]
    lines += [
        f"<tr><td>{escape(_sign(c))}<td class=n>{n}<td>{escape(name)}<td>{escape(text)}</tr>"
        for c, n, name, text in rows[:CHARACTERS]
    ]
    return "\n".join([*lines, "</table>"])


def _kind(result: Checked, key: str, store: PictureStore, tasks: dict[str, str]) -> str:
    cards = [_card(finding, store, tasks) for finding in result.findings.examples(key, EXAMPLES)]
    head = f'<h2 id="{key}">{escape(KINDS[key].title)}: {result.findings.count(key)}</h2>'
    return f'{head}<p class=place>{escape(KINDS[key].advice)}</p><div class="cards">{"".join(cards)}</div>'


def _card(finding: Finding, store: PictureStore, tasks: dict[str, str]) -> str:
    picture = ""
    if finding.row is not None:
        picture = thumbnail(
            store, finding.row, task=tasks.get(finding.split, ""), region=finding.fault.region
        )
    return _card_html(picture, f"{finding.split} {finding.place}", finding.fault.text)


def _card_html(picture: str, place: str, text: str) -> str:
    image = f'<img src="{picture}" alt="">' if picture else ""
    shown = escape(shortened(text, TEXT_WIDTH))
    return f'<div class="card">{image}<p class=place>{escape(place)}</p><p>{shown}</p></div>'


def _split(result: Checked, split: Split, store: PictureStore, seed: int) -> str:
    stats = result.stats[split.name]
    rows = split.rows
    chosen = np.random.default_rng(seed).permutation(len(rows))[:SAMPLES]
    cards = []
    for row in (rows[i] for i in sorted(chosen.tolist())):
        picture = thumbnail(store, row, task=split.rules.task)
        text = "" if split.rules.task == "det" else row.label
        cards.append(_card_html(picture, row.place, text))
    return (
        f"<h2>{split.name}: numbers</h2>{_charts(stats, split.rules.symbols)}"
        f'<h2>{split.name}: some samples</h2><div class="cards">{"".join(cards)}</div>'
    )


def _charts(stats: Stats, symbols: str) -> str:
    common = stats.characters.most_common(CHARACTERS)
    labels = sorted(stats.labels.items())
    aspects = [w / h for w, h in zip(stats.widths, stats.heights)]
    return "".join(
        [
            histogram(stats.lengths, f"{symbols} of a text"),
            histogram(stats.region_heights, "shorter side of a region, px"),
            histogram(stats.widths, "width of the pictures, px"),
            histogram(stats.heights, "height of the pictures, px"),
            histogram(aspects, "width over height"),
            bars([n for _, n in common], [_sign(c) for c, _ in common], f"commonest {symbols}"),
            bars([n for _, n in labels], [shortened(c, 20) for c, _ in labels], "labels"),
        ]
    )


def _sign(character: str) -> str:
    return "␣" if character == " " else shortened(character, MAX_SIGN if len(character) > 1 else 8)


def _remarks(remarks: Iterable[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in remarks)
