"""What a search and a character n-gram bring on blurred rendered lines, read by the embedded recognizer.

    python benchmarks/decoding_gain.py --train TEXT [TEXT ...] --test TEXT [TEXT ...] [--lines 300]

The n-gram is counted on the first texts. Lines of the others, of 20 to 75 characters, are drawn with DejaVu
and Liberation, made small, blurred and noisy, and read once; each way decodes the same outputs. Needs Pillow.
Prints character error rate, share of lines without an error, and processor milliseconds a line.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ppocr_lite.inference.line_steps import steps_predictor
from ppocr_lite.inference.model_files import EngineOptions, embedded_model
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.metrics.text import edit_distances
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.postprocess.line_decoder import LineDecoder
from ppocr_lite.postprocess.ngram import CharNgram

FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSansMono.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSerif-Regular.ttf",
    "LiberationSerif-Italic.ttf",
)
WEIGHTS = ((0.2, 0.4), (0.3, 0.3), (0.3, 0.6), (0.5, 1.0), (1.0, 2.0))


def read_lines(paths: Sequence[str]) -> list[str]:
    """Lines of text files, spaces made one."""
    text = "\n".join(Path(path).read_text(encoding="utf-8", errors="ignore") for path in paths)
    return [line for raw in text.splitlines() if (line := " ".join(raw.split()))]


def draw_line(text: str, rng: np.random.Generator, blur: Sequence[float]) -> np.ndarray:
    """A small, blurred, noisy picture of a line, uint8 [h, w, 3]."""
    font = ImageFont.truetype(str(rng.choice(FONTS)), 32)
    canvas = Image.new("L", (int(font.getlength(text)) + 16, 44), "white")
    ImageDraw.Draw(canvas).text((8, 2), text, fill="black", font=font)
    grey = cv2.GaussianBlur(np.asarray(canvas, np.float32), (0, 0), rng.uniform(*blur))
    scale = rng.uniform(0.24, 0.4)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = 255 - (255 - grey) * rng.uniform(0.35, 0.8) + rng.normal(0, rng.uniform(6, 14), grey.shape)
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train", nargs="+", required=True, help="text for the n-gram")
    parser.add_argument("--test", nargs="+", required=True, help="text for the lines")
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--blur", type=float, nargs=2, default=(1.0, 2.2), help="pixels at a height of 44")
    parser.add_argument("--order", type=int, default=5)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    training = read_lines(args.train)
    ngram = CharNgram.train(training, order=args.order, min_count=2)
    print(f"{len(ngram)} n-grams of {sum(map(len, training))} characters")
    fitting = [
        line for line in dict.fromkeys(read_lines(args.test)) if 20 < len(line) <= 75 and line.isascii()
    ]
    truths = [fitting[i] for i in rng.permutation(len(fitting))[: args.lines]]
    recognizer = TextRecognizer.open(embedded_model("rec"), engine=EngineOptions(threads=1))
    network = steps_predictor(recognizer.predictor)
    probs = [steps.probs for steps in network([draw_line(text, rng, args.blur) for text in truths])]
    ways = {"greedy": DecodingOptions(return_word_box=True), "beam 10": DecodingOptions(beam_size=10)}
    for weight, bonus in WEIGHTS:
        name = f"n-gram, weight {weight}, bonus {bonus}"
        ways[name] = DecodingOptions(ngram=ngram, ngram_weight=weight, ngram_bonus=bonus)
    charset = recognizer.predictor.postprocess.charset  # type: ignore[attr-defined]
    for name, options in ways.items():
        decode = LineDecoder(charset, options)
        start = time.process_time()
        texts = [decode(p).text.text(charset) for p in probs]
        ms = (time.process_time() - start) * 1e3 / len(probs)
        rate = edit_distances(texts, truths).sum() / sum(map(len, truths))
        right = np.mean([text == truth for text, truth in zip(texts, truths)])
        print(f"{name:32s} CER {100 * rate:5.2f} %  lines right {100 * right:5.1f} %  {ms:5.1f} ms a line")
    return 0


if __name__ == "__main__":
    sys.exit(main())
