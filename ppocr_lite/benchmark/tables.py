"""A report as text for the terminal, as JSON, and as a LaTeX table in the layout of papers."""

import json
from collections.abc import Iterator, Sequence

from ppocr_lite.benchmark.lexicons import NONE
from ppocr_lite.benchmark.protocol import SYMBOLS
from ppocr_lite.benchmark.results import Report, SetResult
from ppocr_lite.benchmark.tally import Score

EMPTY = "-"
BY_SAMPLES, OF_SETS = "mean, by samples", "mean of the sets"
COMPARED = {
    "alnum": "letters and digits, in lower case",
    "alnum-case": "letters and digits, case counts",
    "exact": "every character",
}
_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def text_report(report: Report) -> list[str]:
    """Lines: what was measured, accuracies with their intervals, the rest of the numbers, remarks."""
    return [
        f"recognizer: {report.recognizer}",
        f"compared: {COMPARED[report.protocol.compare]}{_filters(report)}",
        "",
        "word accuracy, % [95 % interval]",
        *_aligned([("set", "samples", *map(_title, report.lexicons)), *_accuracies(report)]),
        "",
        "samples, and the numbers without lexicon",
        *_aligned([("set", "stored", "left out", "bad", "CER, %", "norm. edit distance"), *_others(report)]),
        *_remarks(report),
    ]


def json_report(report: Report) -> str:
    """All numbers, unrounded; shares are 0..1."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=1) + "\n"


def latex_report(report: Report) -> str:
    """One row for the recognizer; sets as columns, with their lexicons below. Needs the package booktabs."""
    names = report.lexicons
    columns = [[name for name in names if name in one.scores] for one in report.sets]
    several = len(report.sets) > 1
    groups = [*columns, names, names] if several else columns
    titles = [latex_text(one.name) for one in report.sets]
    values = [_percent(one.scores[n]) for one, group in zip(report.sets, columns) for n in group]
    if several:
        titles += [BY_SAMPLES, OF_SETS]
        means = [report.mean(name) for name in names]
        values += [f"{100 * m.weighted:.1f}" for m in means] + [f"{100 * m.unweighted:.1f}" for m in means]
    heads = [rf"\multicolumn{{{len(group)}}}{{c}}{{{title}}}" for group, title in zip(groups, titles)]
    below = [latex_text(name) for group in groups for name in group]
    rows = [
        r"% word accuracy in %, by lexicon; needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{' '.join('c' * len(group) for group in groups)}}}",
        r"\toprule",
        rf" & {' & '.join(heads)} \\",
        "".join(_rules(groups)),
        rf" & {' & '.join(below)} \\",
        r"\midrule",
        rf"{latex_text(report.recognizer)} & {' & '.join(values)} \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(rows) + "\n"


def latex_text(text: str) -> str:
    r"""``text`` with TeX's own signs escaped.

    >>> latex_text("IC13_857 & more")
    'IC13\\_857 \\& more'
    """
    return "".join(_LATEX.get(c, c) for c in text)


def _rules(groups: Sequence[Sequence[str]]) -> Iterator[str]:
    first = 2
    for group in groups:
        yield rf"\cmidrule(lr){{{first}-{first + len(group) - 1}}}"
        first += len(group)


def _filters(report: Report) -> str:
    protocol = report.protocol
    rules = [SYMBOLS] if protocol.drop_symbols else []
    if protocol.min_length:
        rules.append(f"shorter than {protocol.min_length}")
    return f"; labels left out: {', '.join(rules)}" if rules else ""


def _accuracies(report: Report) -> Iterator[tuple[str, ...]]:
    for one in report.sets:
        cells = (_with_interval(one.scores[n]) if n in one.scores else EMPTY for n in report.lexicons)
        yield (one.name, str(one.scores[NONE].samples), *cells)
    if len(report.sets) < 2:
        return
    means = [report.mean(name) for name in report.lexicons]
    samples = str(means[-1].samples)
    weighted = (f"{100 * m.weighted:.2f} [{100 * m.low:.2f}, {100 * m.high:.2f}]" for m in means)
    yield (BY_SAMPLES, samples, *weighted)
    yield (OF_SETS, "", *(f"{100 * m.unweighted:.2f}" for m in means))
    if any(m.sets < len(report.sets) for m in means):
        yield ("sets with it", "", *(str(m.sets) for m in means))


def _others(report: Report) -> Iterator[tuple[str, ...]]:
    for one in report.sets:
        score = one.scores[NONE]
        yield (
            one.name,
            str(one.stored),
            str(sum(one.left_out.values())),
            str(sum(one.bad.values())),
            f"{100 * score.cer:.2f}",
            f"{score.norm_edit_distance:.4f}",
        )


def _remarks(report: Report) -> Iterator[str]:
    """What of the numbers needs an explanation, a line each, after an empty one."""
    remarks = [line for one in report.sets for line in (*_sample_remarks(one), *_lexicon_remarks(one))]
    if remarks:
        yield ""
    yield from remarks


def _sample_remarks(one: SetResult) -> Iterator[str]:
    for reason, number in one.left_out.items():
        yield f"{one.name}: {number} left out: {reason}"
    for fault, number in one.bad.items():
        yield f"{one.name}: {number} bad: {one.examples[fault]}"


def _lexicon_remarks(one: SetResult) -> Iterator[str]:
    for name, use in one.lexicons.items():
        ways = ", ".join(f"{number} {way}" for way, number in use.chosen_by.items())
        missing = f"; {use.without_truth} labels are not in it" if use.without_truth else ""
        yield f"{one.name}: lexicon {name}: {use.words:.1f} words on average; chosen {ways}{missing}"


def _title(lexicon: str) -> str:
    return "no lexicon" if lexicon == NONE else f"lexicon {lexicon}"


def _with_interval(score: Score) -> str:
    return f"{_percent(score, 2)} [{100 * score.low:.2f}, {100 * score.high:.2f}]"


def _percent(score: Score, decimals: int = 1) -> str:
    return f"{100 * score.accuracy:.{decimals}f}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns with two blanks between; the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
