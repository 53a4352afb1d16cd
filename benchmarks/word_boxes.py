"""How well the boxes of characters and words fit: overlap with where a font put the letters.

    python benchmarks/word_boxes.py [--lines 200]

Lines of made-up words, dates and amounts are drawn with DejaVu and Liberation, 32 px high, and read by the
embedded recognizer. Prints the intersection over union, along the line, of the boxes of the lines without an
error: from the steps alone, and fitted to the ink as it is done. Then what the boxes cost. Needs Pillow.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from decoding_gain import FONTS
from decoding_speed import made_up_words
from PIL import Image, ImageDraw, ImageFont

from ppocr_lite.inference import char_boxes
from ppocr_lite.inference.model_files import EngineOptions, embedded_model
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.structures import RecResult, TextSpan

MARGIN = 8
Sides = tuple[float, float]


def some_text(words: Sequence[str], rng: np.random.Generator) -> str:
    """A few words, or a date and an amount."""
    if rng.random() < 0.3:
        day, month, year, euros, cents = rng.integers([1, 1, 2010, 1, 10], [29, 13, 2031, 9999, 100])
        return f"{day}.{month}.{year} {euros},{cents}"
    return " ".join(rng.choice(words, rng.integers(1, 7)))


def drawn(text: str, font: ImageFont.FreeTypeFont) -> tuple[np.ndarray, list[Sides]]:
    """The line, uint8 BGR [44, w, 3], and the sides of the ink of each character."""
    canvas = Image.new("RGB", (int(font.getlength(text)) + 2 * MARGIN, 44), "white")
    ImageDraw.Draw(canvas).text((MARGIN, 2), text, fill="black", font=font)
    sides = []
    for i, character in enumerate(text):
        left, _, right, _ = font.getbbox(character)
        start = MARGIN + font.getlength(text[:i])
        sides.append((start + left, start + right))
    return np.asarray(canvas)[:, :, ::-1].copy(), sides


def overlap(span: TextSpan, first: Sides, last: Sides) -> float:
    """Intersection over union of a box and the ink from one character to another."""
    left, right = float(span.quad[0, 0]), float(span.quad[1, 0])
    shared = min(right, last[1]) - max(left, first[0])
    return max(0.0, shared) / (max(right, last[1]) - min(left, first[0]))


def fits(results: Sequence[RecResult], texts: Sequence[str], sides: Sequence[list[Sides]]) -> str:
    """Both overlaps, and of how many lines."""
    of_characters, of_words, lines = [], [], 0
    for result, text, own in zip(results, texts, sides):
        if result.text != text:
            continue
        lines += 1
        of_characters += [overlap(c, own[c.start], own[c.start]) for c in result.characters if c.text != " "]
        of_words += [overlap(w, own[w.start], own[w.start + len(w.text) - 1]) for w in result.words]
    return (
        f"characters {np.mean(of_characters):.3f} (worst 5 %: below {np.percentile(of_characters, 5):.2f}), "
        f"words {np.mean(of_words):.3f} (below {np.percentile(of_words, 5):.2f}), {lines} lines"
    )


def without_ink(work: Callable[[], list[RecResult]]) -> list[RecResult]:
    """Do it as if nothing was seen in the pictures."""
    kept = char_boxes.shaded_ink_profile, char_boxes.quiet_columns
    char_boxes.shaded_ink_profile = lambda crop: np.ones(crop.shape[1])
    char_boxes.quiet_columns = lambda ink: np.zeros(len(ink), bool)
    char_boxes.FAINT, faint = -1.0, char_boxes.FAINT
    try:
        return work()
    finally:
        (char_boxes.shaded_ink_profile, char_boxes.quiet_columns), char_boxes.FAINT = kept, faint


def least_ms(work: Callable[[], object], rounds: int = 5) -> float:
    """Processor milliseconds of the fastest round."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append((time.process_time() - start) * 1e3)
    return min(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=200)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    words = made_up_words(5000)
    recognizer = TextRecognizer.open(
        embedded_model("rec"),
        engine=EngineOptions(threads=1),
        decoding=DecodingOptions(return_word_box=True),
    )
    texts = [some_text(words, rng) for _ in range(args.lines)]
    pictures, sides = zip(*(drawn(t, ImageFont.truetype(str(rng.choice(FONTS)), 32)) for t in texts))
    print("steps alone:  ", fits(without_ink(lambda: recognizer(pictures)), texts, sides))
    print("fitted to ink:", fits(recognizer(pictures), texts, sides))
    plain, boxed = (
        least_ms(lambda d=d: recognizer(pictures, decoding=d)) / args.lines
        for d in (DecodingOptions(), DecodingOptions(return_word_box=True))
    )
    print(f"{plain:.2f} ms a line with its network, {boxed - plain:.2f} ms more for the boxes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
