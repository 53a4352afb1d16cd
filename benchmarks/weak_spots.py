"""Where an exported detector or recognizer fails, by kind of original, with pictures of typical failures.

usage: benchmarks/weak_spots.py {det,rec} --fonts DIR --texts DIR [--model DIR] [--num N] [--sheet FILE]

Pages and lines are rendered with the full range of damage. The first tables of the model cards and their
pictures come from here. Lines on the sheet are drawn at random from the wrong ones that are read half right
at least; of the others mostly nobody could tell what they say.
"""

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from ppocr_lite.charset import Charset
from ppocr_lite.engine.report.worst import FOUND_COLOUR, TRUTH_COLOUR
from ppocr_lite.inference.model_files import embedded_model
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.metrics.det import DetMetric
from ppocr_lite.synth import FontLibrary, TextSource
from ppocr_lite.synth.gallery import contact_sheet
from ppocr_lite.synth.line import LineRenderer
from ppocr_lite.synth.page import PageRenderer, PageSample

SHOWN_LINES, SHOWN_PAGES = 24, 8
BATCH = 64
LEAST_RIGHT = 0.5

Failure = tuple[np.ndarray, str]


def lines(args: argparse.Namespace, fonts: FontLibrary, texts: TextSource) -> list[Failure]:
    """Accuracy by kind of original, the commonest confusions; returns wrong lines."""
    reader = TextRecognizer.open(args.model or embedded_model("rec"), batch_size=16)
    renderer = LineRenderer(fonts, texts, height=None)
    right: Counter[str] = Counter()
    edits: Counter[str] = Counter()
    count: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    confused: Counter[tuple[str, str]] = Counter()
    failures = []
    for start in range(0, args.num, BATCH):
        numbers = range(start, min(args.num, start + BATCH))
        batch = [renderer.render(np.random.default_rng([args.seed, i]), index=i) for i in numbers]
        for line, result in zip(batch, reader([line.image for line in batch]), strict=True):
            found = Levenshtein.editops(line.text, result.text)
            for kind in (line.scene, "all"):
                count[kind] += 1
                right[kind] += not found
                edits[kind] += len(found)
                letters[kind] += len(line.text)
            for edit in found:
                old = "" if edit.tag == "insert" else line.text[edit.src_pos]
                new = "" if edit.tag == "delete" else result.text[edit.dest_pos]
                confused[old, new] += 1
            if found and len(found) <= (1 - LEAST_RIGHT) * len(line.text):
                failures.append((line.image, f"{line.text}  ->  {result.text}"))
    print("| original | lines | all right | character error rate |\n|---|---|---|---|")
    for kind in sorted(count, key=lambda k: (k == "all", right[k] / count[k])):
        accuracy, rate = right[kind] / count[kind], edits[kind] / letters[kind]
        print(f"| {kind} | {count[kind]} | {accuracy:.3f} | {rate:.3f} |")
    named = {"": "(none)", "\t": "(tab)"}
    common = ", ".join(
        f"`{named.get(a, a)}` as `{named.get(b, b)}` {n}" for (a, b), n in confused.most_common(24)
    )
    print(f"\nCommonest of {sum(confused.values())} confusions: {common}")
    nonsense(args, fonts, texts, reader)
    chosen = np.random.default_rng(0).permutation(len(failures))[:SHOWN_LINES]
    return [failures[int(i)] for i in chosen]


def nonsense(args: argparse.Namespace, fonts: FontLibrary, texts: TextSource, reader: TextRecognizer) -> None:
    """How many crops without text are read as something, and how many of those readings a system keeps."""
    renderer = LineRenderer(fonts, texts, height=None, empty=1.0)
    read = kept = 0
    for start in range(0, args.num, BATCH):
        numbers = range(start, min(args.num, start + BATCH))
        crops = [renderer.render(np.random.default_rng([args.seed, i])).image for i in numbers]
        results = reader(crops)
        read += sum(bool(r.text.strip()) for r in results)
        kept += sum(bool(r.text.strip()) and r.score >= reader.drop_score for r in results)
    print(
        f"\nOf {args.num} crops without text {read} read as something, {kept} at {reader.drop_score} or more."
    )


def pages(args: argparse.Namespace, fonts: FontLibrary, texts: TextSource) -> list[Failure]:
    """Precision, recall and hmean by layout; returns the pages with the lowest hmean."""
    detector = TextDetector.open(args.model or embedded_model("det"))
    renderer = PageRenderer(fonts, texts)
    sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(4, int))
    judged = []
    for number in range(args.num):
        page = renderer.render(np.random.default_rng([args.seed, number]))
        quads = detector([page.image])[0].quads
        truth, found, matched = DetMetric().count(
            list(quads), list(page.quads), [text == "###" for text in page.texts]
        )
        for kind in (page.layout, "all"):
            sums[kind] += (1, truth, found, matched)
        judged.append((_hmean(truth, found, matched), number, quads))
    print("| layout | pages | precision | recall | hmean |\n|---|---|---|---|---|")
    for kind in sorted(sums, key=lambda k: (k == "all", _hmean(*sums[k][1:]))):
        count, truth, found, matched = (int(v) for v in sums[kind])
        precision, recall = matched / max(1, found), matched / max(1, truth)
        print(f"| {kind} | {count} | {precision:.3f} | {recall:.3f} | {_hmean(truth, found, matched):.3f} |")
    judged.sort(key=lambda item: item[:2])
    return [
        _drawn(renderer.render(np.random.default_rng([args.seed, n])), q) for _, n, q in judged[:SHOWN_PAGES]
    ]


def _hmean(truth: int, found: int, matched: int) -> float:
    return 2 * matched / max(1, truth + found)


def _drawn(page: PageSample, found: np.ndarray) -> Failure:
    image = page.image.copy()
    for quads, colour, thick in ((page.quads, TRUTH_COLOUR, 4), (found, FOUND_COLOUR, 2)):
        for quad in quads:
            cv2.polylines(image, [np.rint(quad).astype(np.int32)], True, colour, thick, cv2.LINE_AA)
    return image, "[]"  # drawn already


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=("det", "rec"))
    parser.add_argument("--fonts", nargs="+", default=["/usr/share/fonts"])
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--font_cache", type=Path)
    parser.add_argument("--model", help="folder of an exported model; the embedded one by default")
    parser.add_argument("--charset", help="dictionary: en_columns.txt for lines, en_printable.txt for pages")
    parser.add_argument("--num", type=int, default=2000, help="lines or pages")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sheet", type=Path, help="picture to write")
    args = parser.parse_args()
    usual = "en_columns.txt" if args.task == "rec" else "en_printable.txt"
    characters = Charset.load(args.charset or usual).characters
    fonts = FontLibrary(args.fonts, characters, cache_file=args.font_cache)
    texts = TextSource(args.texts, characters)
    failures = (lines if args.task == "rec" else pages)(args, fonts, texts)
    if args.sheet:
        args.sheet.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(args.sheet), contact_sheet(failures, args.task))
    return 0


if __name__ == "__main__":
    sys.exit(main())
