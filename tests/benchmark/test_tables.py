"""The three forms of a report, from results written by hand."""

import json

import pytest

from ppocr_lite.benchmark.protocol import NO_TEXT, Protocol
from ppocr_lite.benchmark.results import LexiconUse, Report, SetResult
from ppocr_lite.benchmark.tables import json_report, latex_report, latex_text, text_report
from ppocr_lite.benchmark.tally import Score


def score(right, samples, low, high):
    return Score(samples, right, right / samples, low, high, cer=0.125, norm_edit_distance=0.9)


@pytest.fixture
def report():
    first = SetResult(
        "IC13_857",
        "data/IC13_857",
        11,
        {"50": score(10, 10, 0.7, 1.0), "none": score(8, 10, 0.49, 0.9433)},
        left_out={NO_TEXT: 1},
        lexicons={"50": LexiconUse(49.5, {"by CTC probability": 9, "by edit distance": 1}, 2)},
    )
    second = SetResult(
        "SVT",
        "data/SVT",
        31,
        {"none": score(15, 30, 0.33, 0.67)},
        bad={"no picture stored": 1},
        examples={"no picture stored": "data/SVT:7: no picture stored"},
    )
    return Report("my_model", Protocol(min_length=3), [first, second])


def test_text(report):
    assert text_report(report) == [
        "recognizer: my_model",
        "compared: letters and digits, in lower case; labels left out: shorter than 3",
        "",
        "word accuracy, % [95 % interval]",
        "set               samples              lexicon 50            no lexicon",
        "IC13_857               10  100.00 [70.00, 100.00]  80.00 [49.00, 94.33]",
        "SVT                    30                       -  50.00 [33.00, 67.00]",
        "mean, by samples       40  100.00 [72.25, 100.00]  57.50 [42.20, 71.49]",
        "mean of the sets                           100.00                 65.00",
        "sets with it                                    1                     2",
        "",
        "samples, and the numbers without lexicon",
        "set       stored  left out  bad  CER, %  norm. edit distance",
        "IC13_857      11         1    0   12.50               0.9000",
        "SVT           31         0    1   12.50               0.9000",
        "",
        "IC13_857: 1 left out: no text left to compare",
        "IC13_857: lexicon 50: 49.5 words on average; chosen 9 by CTC probability, 1 by edit distance; "
        "2 labels are not in it",
        "SVT: 1 bad: data/SVT:7: no picture stored",
    ]


def test_text_of_a_single_set(report):
    lines = text_report(Report("m", Protocol("exact", drop_symbols=True), report.sets[1:]))
    assert not any("mean" in line for line in lines)
    assert lines[1] == (
        "compared: every character; labels left out: with other characters than letters and digits"
    )


def test_json(report):
    found = json.loads(json_report(report))
    assert found["version"] == 1
    assert found["protocol"] == {"compare": "alnum", "drop_symbols": False, "min_length": 3}
    assert found["sets"][0]["scores"]["none"] == {
        "samples": 10,
        "right": 8,
        "accuracy": 0.8,
        "low": 0.49,
        "high": 0.9433,
        "cer": 0.125,
        "norm_edit_distance": 0.9,
    }
    assert found["sets"][0]["lexicons"]["50"]["without_truth"] == 2
    assert found["sets"][1]["bad"] == {"no picture stored": 1}
    mean = found["means"]["none"]
    assert (mean["sets"], mean["samples"], mean["weighted"]) == (2, 40, 23 / 40)
    assert mean["unweighted"] == pytest.approx(0.65)
    assert found["means"]["50"]["sets"] == 1


def test_latex(report):
    assert latex_report(report) == "\n".join(
        [
            r"% word accuracy in %, by lexicon; needs \usepackage{booktabs}",
            r"\begin{tabular}{lcc c cc cc}",
            r"\toprule",
            r" & \multicolumn{2}{c}{IC13\_857} & \multicolumn{1}{c}{SVT} & "
            r"\multicolumn{2}{c}{mean, by samples} & \multicolumn{2}{c}{mean of the sets} \\",
            r"\cmidrule(lr){2-3}\cmidrule(lr){4-4}\cmidrule(lr){5-6}\cmidrule(lr){7-8}",
            r" & 50 & none & none & 50 & none & 50 & none \\",
            r"\midrule",
            r"my\_model & 100.0 & 80.0 & 50.0 & 100.0 & 57.5 & 100.0 & 65.0 \\",
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )
    alone = latex_report(Report("m", Protocol(), report.sets[1:]))
    assert r" & \multicolumn{1}{c}{SVT} \\" in alone
    assert "mean" not in alone


def test_signs_of_tex():
    assert latex_text(r"50% of a\b~{x}^2 #1 $") == (
        r"50\% of a\textbackslash{}b\textasciitilde{}\{x\}\textasciicircum{}2 \#1 \$"
    )
