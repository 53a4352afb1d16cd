"""The page: one file, escaped, with all sections."""

import re
from html.parser import HTMLParser

import numpy as np

from ppocr_lite.engine.report import Example, Facts, History, page
from ppocr_lite.engine.report.page import data_uri, duration

EVIL = "<script>alert('x')</script>"
HISTORY = History(
    (
        {
            "kind": "train",
            "global_step": 10,
            "loss": 2.0,
            "lr": 0.1,
            "ips": 9.0,
            "reader_s": 0.1,
            "batch_s": 0.4,
        },
        {"kind": "bad_step", "global_step": 12, "problem": EVIL, "file": "nan_batches/step_12.npz"},
        {
            "kind": "train",
            "global_step": 20,
            "loss": 1.0,
            "lr": 0.1,
            "ips": 9.0,
            "reader_s": 0.1,
            "batch_s": 0.4,
        },
        {
            "kind": "eval",
            "global_step": 20,
            "acc": 0.5,
            "acc_low": 0.4,
            "acc_high": 0.6,
            "cer": 0.3,
            "seconds": 2.0,
        },
    )
)
FACTS = Facts(
    title=f"Training of {EVIL}",
    status=f"Stopped: {EVIL}",
    rows={"Best acc": "0.5 in epoch 2"},
    indicator="acc",
    planned_rates=[(1, 0.1), (20, 0.1)],
    examples=[Example(np.zeros((4, 8, 3), np.uint8), {"label": EVIL, "prediction": "الف", "CER": "0.5"})],
    examples_from="Of the best evaluation.",
    config=f"Global:\n  note: {EVIL}\n",
)


class Checker(HTMLParser):
    """Collects tags and finds what is not closed in its order."""

    VOID = ("meta", "img", "br")

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.sources = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_one_file_without_scripts_or_network():
    html = page(HISTORY, FACTS)
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert "script" not in checker.tags
    assert EVIL not in html
    assert html.count("alert(") == 6  # title twice, status, bad step, label, configuration: as texts
    assert [source[:23] for source in checker.sources] == ["data:image/jpeg;base64,"]
    assert not re.search(r"https?://", html)


def test_sections():
    html = page(HISTORY, FACTS)
    assert re.findall(r"<h2>(.*?)</h2>", html) == [
        "Curves",
        "Where the time went",
        "Steps that were not finite",
        "Worst predictions",
        "Configuration",
    ]
    charts = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    assert charts == [
        "Loss",
        "Evaluation: acc",
        "Evaluation: other metrics",
        "Learning rate",
        "Images per second",
        "Waiting for data, % of the time",
    ]
    assert "acc_low" not in html  # drawn as a band
    assert html.count("<polygon") == 1
    assert "waiting for training data: 2.0 s (20.0 %)" in html  # 20 * 0.1 of 20 * 0.4 + 2
    assert "الف" in html


def test_a_run_without_numbers():
    html = page(History(), Facts("Training", "Stopped"))
    assert "No numbers were logged" in html
    assert "Worst" not in html


def test_duration():
    assert [duration(s) for s in (0.04, 59.96, 3599.6, 90000)] == [
        "0.0 s",
        "60.0 s",
        "1 h 0 min",
        "25 h 0 min",
    ]


def test_pictures_are_inside():
    assert data_uri(np.zeros((2, 2, 3), np.uint8)).startswith("data:image/jpeg;base64,/9j/")
