"""The page of a check: whole, escaped, without anything from outside."""

import base64
import json
import re
from html.parser import HTMLParser

import cv2
import numpy as np

from ppocr_lite.data_tools.pictures import PictureStore
from ppocr_lite.data_tools.rows import ImageKey, Row
from ppocr_lite.data_tools.svg import bars, histogram
from ppocr_lite.data_tools.thumbnails import thumbnail

VOID = {"meta", "img", "br", "tr", "td", "th"}
SQUARE = [[10, 10], [50, 10], [50, 30], [10, 30]]


class Reader(HTMLParser):
    """Collects tags and addresses; complains of tags that do not nest."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.addresses = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for key, value in attrs if key in ("src", "href")]
        assert not any(key.startswith("on") for key, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def read_page(path):
    reader = Reader()
    text = path.read_text(encoding="utf-8")
    reader.feed(text)
    assert not reader.open
    return text, reader


def decoded(address):
    assert address.startswith("data:image/jpeg;base64,")
    return cv2.imdecode(np.frombuffer(base64.b64decode(address.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)


def test_a_page_of_recognition(folder, run):
    folder.labels("train.txt", f"{folder.picture('a.png')}\t<script>alert(1)</script>\"'", "none.png\tx")
    run("check", "-c", folder.config("rec"), "--html", folder.root / "page.html")
    text, reader = read_page(folder.root / "page.html")
    assert "script" not in reader.tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert {address[:5] for address in reader.addresses if not address.startswith("#")} == {"data:"}
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    for title in ("characters of a text", "width of the pictures, px", "commonest characters"):
        assert title in text
    for address in reader.addresses:
        if address.startswith("#"):
            assert f'id="{address[1:]}"' in text


def test_a_page_of_detection_shows_the_bad_region_in_red(folder, run):
    path = folder.root / "a.png"
    cv2.imwrite(str(path), np.full((200, 300, 3), 255, np.uint8))
    regions = [{"transcription": "x", "points": points} for points in (SQUARE, SQUARE[::-1])]
    folder.labels("train.txt", f"a.png\t{json.dumps(regions)}")
    run("check", "-c", folder.config("det"), "--html", folder.root / "page.html")
    _, reader = read_page(folder.root / "page.html")
    bad, whole = (decoded(address) for address in reader.addresses if address.startswith("data:"))
    assert count_red(bad) > 50
    assert count_red(whole) == 0
    assert whole.shape == (240, 360, 3)


def count_red(image):
    blue, green, red = (image[:, :, i].astype(int) for i in range(3))
    return int(((red > 150) & (green < 100) & (blue < 100)).sum())


def test_thumbnails_of_awkward_rows(folder):
    folder.picture("a.png", 3000, 2)
    (folder.root / "bad.png").write_bytes(b"no picture")
    far = json.dumps([{"transcription": "x", "points": [[-1000000, 5], [1000000, 5], [9, 900000]]}])
    rows = [
        Row("f", i, name, label, images=(ImageKey(str(folder.root / name)),))
        for i, (name, label) in enumerate(
            [("a.png", far), ("a.png", "["), ("bad.png", far), ("none.png", far)]
        )
    ]
    with PictureStore() as store:
        shown = [thumbnail(store, row, task="det", region=0) for row in rows]
        assert thumbnail(store, Row("f", 1, "", ""), task="rec") == ""
    assert decoded(shown[1]).shape == (1, 360, 3)
    assert shown[0].startswith("data:")
    assert shown[2:] == ["", ""]


def test_histogram_has_one_bar_for_each_whole_number():
    chart = histogram([1, 1, 2, 4], "lengths")
    assert re.findall(r"<title>(.*?)</title>", chart) == ["1: 2", "2: 1", "3: 0", "4: 1"]
    heights = [float(h) for h in re.findall(r'<rect [^>]*height="([\d.]+)"', chart)]
    assert [round(h / heights[0], 2) for h in heights] == [1, 0.5, 0, 0.5]


def test_histogram_of_many_values_counts_each_once():
    values = np.random.default_rng(0).gamma(2.0, 3.0, 500).tolist()
    counts = [int(n) for n in re.findall(r": (\d+)</title>", histogram(values, "x"))]
    assert sum(counts) == 500
    assert len(counts) <= 31
    assert histogram([], "x") == bars([], [], "x") == ""
    assert "<title>7: 2</title>" in histogram([7, 7], "x")
