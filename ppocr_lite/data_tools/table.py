"""What a check found, as text and as JSON."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ppocr_lite.data_tools.check import Checked
from ppocr_lite.data_tools.kinds import KINDS
from ppocr_lite.data_tools.lookalike import hint, name_of

SHOWN_EXAMPLES = 3
"""Of each kind, in the text."""
SHOWN_CHARACTERS = 20
"""Of those that the dictionary lacks."""
MAX_SIGN = 40
"""Characters of a token in the table of unknown ones."""
MAX_WIDTH = 200
"""Characters of an example's line."""


def text_report(result: Checked) -> list[str]:
    """Lines: what was read, the table, the worst examples, the unknown characters, the remarks."""
    lines = [*_summary(result), ""]
    if result.findings.kinds():
        rows = [("kind", "count", "share", "what is wrong", "what to do"), *finding_rows(result)]
        lines += [*_aligned(rows), "", "Worst examples:"]
        lines += _examples(result)
    lines += _unknown(result)
    lines += ["", *result.remarks] if result.remarks else []
    problems = result.findings.problems
    return [*lines, "", f"{problems} problems found." if problems else "No problems found."]


def finding_rows(result: Checked) -> list[tuple[str, str, str, str, str]]:
    """(kind, count, share, title, advice) of each kind that was found."""
    rows = []
    for key in result.findings:
        kind, count = KINDS[key], result.findings.count(key)
        share = f"{count / max(1, result.total(kind.unit)):.2%} of {kind.unit}"
        title = f"{kind.title} (note)" if kind.note else kind.title
        rows.append((key, str(count), share, title, kind.advice))
    return rows


def unknown_rows(result: Checked) -> list[tuple[str, int, str, str]]:
    """(character, count, its Unicode name, hint) of all that the dictionary lacks, the commonest first."""
    counts: Counter[str] = Counter()
    for stats in result.stats.values():
        counts.update(stats.unknown)
    charset = result.dictionary.charset
    return [(c, n, name_of(c), hint(c, charset) if charset else "") for c, n in counts.most_common()]


def as_dict(result: Checked) -> dict[str, Any]:
    """The report for ``--json``."""
    found = []
    for key in result.findings:
        kind, count = KINDS[key], result.findings.count(key)
        examples = [
            {"place": f.place, "split": f.split, "text": f.fault.text} for f in result.findings.examples(key)
        ]
        found.append(
            {
                "kind": key,
                "title": kind.title,
                "note": kind.note,
                "count": count,
                "unit": kind.unit,
                "share": count / max(1, result.total(kind.unit)),
                "what_to_do": kind.advice,
                "examples": examples,
            }
        )
    return {
        "problems": result.findings.problems,
        "splits": {split.name: _split_dict(result, split.name) for split in result.splits},
        "findings": found,
        "unknown_characters": [
            {"character": c, "count": n, "name": name, "hint": text}
            for c, n, name, text in unknown_rows(result)
        ],
        "remarks": result.remarks,
    }


def _split_dict(result: Checked, name: str) -> dict[str, Any]:
    (split,) = (s for s in result.splits if s.name == name)
    return {
        "task": split.rules.task,
        "files": {file.path: len(file.rows) for file in split.files},
        "totals": dict(result.stats[name].totals),
        "labels": dict(result.stats[name].labels),
    }


def _summary(result: Checked) -> list[str]:
    lines = []
    for split in result.splits:
        stats = result.stats[split.name]
        totals = ", ".join(f"{stats.totals[unit]} {unit}" for unit in ("files", "rows", "images", "regions"))
        lines.append(f"{split.name} ({split.rules.task}): {totals.removesuffix(', 0 regions')}")
        never = stats.never_seen(split.rules)
        if never:
            some = " ".join(never[:SHOWN_CHARACTERS]) + (" ..." if len(never) > SHOWN_CHARACTERS else "")
            lines.append(f"  {len(never)} {split.rules.symbols} of the dictionary are in no text: {some}")
    return lines


def _examples(result: Checked) -> list[str]:
    lines = []
    for key in result.findings:
        for finding in result.findings.examples(key, SHOWN_EXAMPLES):
            lines.append(shortened(f"  {key}: {finding.place}: {finding.fault.text}", MAX_WIDTH))
    return lines


def _unknown(result: Checked) -> list[str]:
    rows = unknown_rows(result)
    if not rows:
        return []
    table = [("sign", "count", "name", "hint")]
    table += [(shortened(c, MAX_SIGN), str(n), name, text) for c, n, name, text in rows[:SHOWN_CHARACTERS]]
    more = len(rows) - SHOWN_CHARACTERS
    left = [f"and {more} more"] if more > 0 else []
    return ["", f"{symbols_title(result)} outside the dictionary:", *_aligned(table), *left]


def symbols_title(result: Checked) -> str:
    """``Characters`` or ``Tokens``: what labels of recognition are made of."""
    return next((s.rules.symbols for s in result.splits if s.rules.task == "rec"), "characters").capitalize()


def shortened(text: str, width: int) -> str:
    """``text`` on one line, cut at ``width`` characters; signs that would move the cursor are escaped."""
    line = "".join(_visible(c) for c in text)
    return line if len(line) <= width else f"{line[: width - 4]} ..."


def _visible(character: str) -> str:
    # Control and direction marks of a label must not act on the terminal.
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return ascii(character)[1:-1]
    return character


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equal width, the counts to the right."""
    widths = [max(_columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [_line(row, widths) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = []
    for i, (cell, width) in enumerate(zip(row, widths)):
        blanks = " " * (width - _columns(cell))
        cells.append(blanks + cell if i == 1 else cell + blanks)
    return "  ".join(cells).rstrip()


def _columns(text: Iterable[str]) -> int:
    """Columns on a terminal: East Asian wide signs take two, marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
