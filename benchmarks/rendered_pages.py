"""Word F1 and whole lines read right on rendered pages, for one or more detectors and recognizers.

usage: benchmarks/rendered_pages.py --texts DIR [--fonts DIR] [--num 75] [--seed 91]
           [--det FOLDER ...] [--rec FOLDER ...] [--layout NAME ...] [--turn DEGREES] [--bow SHARE]

Every pair of the given models (the embedded ones by default, also by the word "embedded") reads the same
pages. Words are compared page by page as multisets, without punctuation at their ends, case kept. Readings in
regions that are marked as illegible do not count. ``--turn`` lets lines fall by an angle, ``--bow`` lets them
hang like those of an open book, by a share of the page's width. ``false``: lines found where no labelled line
is, a page.
"""

import argparse
import itertools
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from ppocr_lite import TextSystem
from ppocr_lite.charset import Charset
from ppocr_lite.geometry import intersection_area, polygon_area
from ppocr_lite.inference.skew import turned
from ppocr_lite.structures import TextLine
from ppocr_lite.synth import FontLibrary, TextSource
from ppocr_lite.synth.page import LAYOUTS, PageRenderer, PageSample

ILLEGIBLE = "###"
INSIDE = 0.5
"""A reading that lies in an illegible region by more than this share of its area does not count."""
TOUCHES = 0.1
"""A reading of which less than this share lies in labelled regions is a false alarm."""
EMBEDDED = "embedded"
COLUMNS = ("pages", "word F1", "precision", "recall", "whole lines", "false a page")


def words(texts: Sequence[str]) -> Counter[str]:
    """Words of some lines without punctuation at their ends."""
    stripped = (re.sub(r"^\W+|\W+$", "", word) for text in texts for word in text.split())
    return Counter(word for word in stripped if word)


def judge(page: PageSample, lines: Sequence[TextLine]) -> np.ndarray:
    """(1, words of the truth, words read, words right, lines of the truth, lines right, false lines)."""
    legible = [text != ILLEGIBLE for text in page.texts]
    read, false = [], 0
    for line in lines:
        area = max(1e-6, polygon_area(line.quad))
        shares = [intersection_area(line.quad, quad) / area for quad in page.quads]
        if any(share > INSIDE and not ok for share, ok in zip(shares, legible)):
            continue
        read.append(line.text)
        false += sum(shares) < TOUCHES
    truth = [text for text, ok in zip(page.texts, legible) if ok]
    wanted, found = words(truth), words(read)
    whole = sum((Counter(truth) & Counter(read)).values())
    counts = (sum(wanted.values()), sum(found.values()), sum((wanted & found).values()))
    return np.array([1, *counts, len(truth), whole, false])


def turned_by(page: PageSample, degrees: float) -> PageSample:
    """The page turned so that its lines fall by ``degrees``."""
    image, back = turned(page.image, -degrees)
    matrix = cv2.invertAffineTransform(back)
    quads = page.quads @ matrix[:, :2].T + matrix[:, 2]
    return replace(page, image=image, quads=quads.astype(np.float32))


def bowed_by(page: PageSample, share: float) -> PageSample:
    """The page with lines that hang by ``share`` of its width at its left, less at its right."""
    width = page.image.shape[1]
    x = np.arange(width) / width - 0.5
    sag = share * width * 4 * x**2 * np.where(x < 0, 1.0, 0.3)
    pad = int(share * width) + 1
    image = cv2.copyMakeBorder(page.image, pad, pad, 0, 0, cv2.BORDER_REPLICATE)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(len(image), dtype=np.float32))
    rows = (rows - sag).astype(np.float32)
    image = cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    quads = page.quads.copy()
    quads[..., 1] += pad + sag[np.clip(quads[..., 0].astype(int), 0, width - 1)]
    return replace(page, image=image, quads=quads)


def row(sums: np.ndarray) -> list[str]:
    """The table's columns for summed counts."""
    count, wanted, found, right, lines, whole, false = (int(v) for v in sums)
    shares = (2 * right / max(1, wanted + found), right / max(1, found), right / max(1, wanted))
    return [str(count), *(f"{v:.3f}" for v in (*shares, whole / max(1, lines))), f"{false / count:.1f}"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fonts", nargs="+", default=["/usr/share/fonts"])
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--font_cache", type=Path)
    parser.add_argument("--num", type=int, default=75, help="pages")
    parser.add_argument("--seed", type=int, default=91)
    parser.add_argument("--layout", nargs="*", choices=[kind.name for kind, _ in LAYOUTS], default=[])
    parser.add_argument("--det", nargs="+", default=[EMBEDDED], help="folders of exported models")
    parser.add_argument("--rec", nargs="+", default=[EMBEDDED])
    parser.add_argument("--turn", type=float, default=0.0, help="degrees")
    parser.add_argument("--bow", type=float, default=0.0, help="share of the width, 0.01 to 0.06 say")
    args = parser.parse_args()
    characters = Charset.load("en_printable.txt").characters
    kinds = [pair for pair in LAYOUTS if not args.layout or pair[0].name in args.layout]
    renderer = PageRenderer(
        FontLibrary(args.fonts, characters, cache_file=args.font_cache),
        TextSource(args.texts, characters),
        kinds=kinds,
    )
    pairs = list(itertools.product(args.det, args.rec))
    systems = {}
    for det, rec in pairs:
        models = {task: name for task, name in (("det", det), ("rec", rec)) if name != EMBEDDED}
        systems[det, rec] = TextSystem(**models)
    sums: dict[tuple[str, str], dict[str, np.ndarray]] = {p: defaultdict(lambda: np.zeros(7)) for p in pairs}
    for number in tqdm(range(args.num), unit="page", disable=None):
        page = renderer.render(np.random.default_rng([args.seed, number]))
        page = bowed_by(page, args.bow) if args.bow else page
        page = turned_by(page, args.turn) if args.turn else page
        for pair, system in systems.items():
            counts = judge(page, system(page.image).lines)
            for kind in (page.layout, "all"):
                sums[pair][kind] += counts
    for det, rec in pairs:
        print(f"\ndetector {det}, recognizer {rec}\n\n| layout | " + " | ".join(COLUMNS) + " |")
        print("|---" * (len(COLUMNS) + 1) + "|")
        for kind in sorted(sums[det, rec], key=lambda k: (k == "all", k)):
            print("| " + " | ".join([kind, *row(sums[det, rec][kind])]) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
