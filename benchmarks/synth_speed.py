"""Samples per second and core of the renderer.

Usage: python benchmarks/synth_speed.py --texts DIR [--fonts DIR ...]
"""

import argparse
import time

import cv2

from ppocr_lite.charset import Charset
from ppocr_lite.synth import DEFAULT_FONT_DIRS, FontLibrary, SynthStream, TextSource

WARM_UP = 500  # lines that fill the cache of loaded fonts, as the first seconds of a training do


def measure(stream: SynthStream, count: int, *, first: int) -> float:
    """Samples per second of processor time of this one process."""
    start = time.process_time()
    for index in range(first, first + count):
        stream.sample(index)
    return count / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--fonts", nargs="+", default=list(DEFAULT_FONT_DIRS))
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--pages", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)  # a figure for one core
    charset = Charset.load("en_printable.txt")
    start = time.perf_counter()
    library = FontLibrary(options.fonts, charset.characters)
    texts = TextSource(options.texts, charset.characters)
    print(f"{len(library)} fonts and the texts read in {time.perf_counter() - start:.1f} s")
    for kind, count in (("rec", options.lines), ("cls", options.lines // 2), ("det", options.pages)):
        stream = SynthStream(kind, fonts=library, texts=texts, charset=charset, seed=1)
        measure(stream, WARM_UP if kind != "det" else 2, first=10**6)
        print(f"{kind}: {measure(stream, count, first=0):.1f} samples per second and core")


if __name__ == "__main__":
    main()
