"""Time of every way to decode, beside greedy decoding, in one run on outputs of the embedded network.

    python benchmarks/decoding_speed.py [PICTURE ...] [--words FILE] [--rounds 5]

The lines of the pictures (doc/imgs by default) are read once as they are and once blurred, so that the
network is sure of half of them; words for the lexicons are cut out of the pages by their word boxes. Without
a file of words 50,000 are made up of syllables. Processor time of one thread, the least of the rounds: for 80
steps of a line, and for a word. Exits with 1 when a beam of 10 takes more than 5 ms for 80 steps, or the
lexicon of 50,000 words more than 10 ms a word above greedy decoding.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.geometry import crop_quad
from ppocr_lite.images import list_images, read_image
from ppocr_lite.inference.line_steps import steps_predictor
from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.inference.system import TextSystem
from ppocr_lite.postprocess.ctc import CTCLabelDecode
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.postprocess.lexicon import Lexicon, LexiconDecoder
from ppocr_lite.postprocess.line_decoder import LineDecoder
from ppocr_lite.postprocess.ngram import CharNgram

REPO = Path(__file__).resolve().parents[1]
MAX_BEAM_MS = 5.0
MAX_LEXICON_MS = 10.0
LEXICONS = (50, 1000, 50_000)
DATE = r"\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}"
AMOUNT = r"[$€£]?\d{1,3}(,\d{3})*\.\d\d"


def outputs(pictures: Sequence[str]) -> tuple[list[np.ndarray], list[np.ndarray], list[str], Charset]:
    """Probabilities [T, K] of lines and of words, the words as they were read, and the charset."""
    system = TextSystem(cls=False, engine=EngineOptions(threads=1))
    lines, words, texts = [], [], []
    for picture in pictures:
        image = read_image(picture)
        for line in system(image, decoding=DecodingOptions(return_word_box=True)):
            lines.append(crop_quad(image, line.quad))
            words += [crop_quad(image, word.quad) for word in line.words]
            texts += [word.text for word in line.words]
    blurred = [cv2.GaussianBlur(line, (0, 0), line.shape[0] / 16) for line in lines]
    network = steps_predictor(system.recognizer.predictor)
    charset = system.recognizer.predictor.postprocess.charset  # type: ignore[attr-defined]
    return [s.probs for s in network(lines + blurred)], [s.probs for s in network(words)], texts, charset


def made_up_words(count: int) -> list[str]:
    """Words of one to five syllables."""
    rng = random.Random(0)
    parts = [a + b + c for a in ("", *"bcdfghlmnprst", "st", "tr") for b in "aeiou" for c in ("", *"lnrst")]
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choices(parts, k=rng.choices((1, 2, 3, 4, 5), (5, 30, 40, 20, 5))[0]))] = None
    return list(words)


def measure(
    ways: dict[str, Callable[[np.ndarray], object]], items: Sequence[np.ndarray], rounds: int
) -> dict[str, float]:
    """Milliseconds of each way for all the items, the least of the rounds, which take turns."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            for item in items:
                way(item)
            best[name] = min(best[name], (time.process_time() - start) * 1e3)
    return best


def line_ways(charset: Charset, words: Sequence[str]) -> dict[str, Callable[[np.ndarray], object]]:
    """Decoders of lines by name."""
    ngram = CharNgram.train(words)
    options = {
        "beam 10": DecodingOptions(beam_size=10),
        "beam 10, 5 alternatives": DecodingOptions(alternatives=5),
        "n-gram of 5": DecodingOptions(ngram=ngram),
        "pattern: date": DecodingOptions(pattern=DATE),
        "pattern: amount": DecodingOptions(pattern=AMOUNT),
        f"list of {len(words)} words, several a line": DecodingOptions(word_list=words, several_words=True),
    }
    greedy = CTCLabelDecode(charset=charset)
    return {
        "greedy": lambda p: greedy({"probs": p[None]}),
        **{name: LineDecoder(charset, o) for name, o in options.items()},
    }


def lexicon_ways(
    charset: Charset, words: Sequence[str], seen: Sequence[str]
) -> dict[str, Callable[[np.ndarray], object]]:
    """Decoders of words by name; the words on the pages are in every lexicon."""
    greedy = CTCLabelDecode(charset=charset)
    decode = LexiconDecoder(charset)
    ways: dict[str, Callable[[np.ndarray], object]] = {"greedy": lambda p: greedy({"probs": p[None]})}
    for size in LEXICONS:
        chosen = [*dict.fromkeys(seen[: size // 2]), *words][:size]
        lexicon = Lexicon(chosen, charset=charset, fold_case=True)
        lexicon.near("warm", 3)
        ways[f"lexicon of {size}"] = lambda p, lexicon=lexicon: decode(p, lexicon)  # type: ignore[misc]
    few = [*dict.fromkeys(seen), *words][:50]
    ways["lexicon of 50, a new one each"] = lambda p: decode(p, Lexicon(few, charset=charset, fold_case=True))
    return ways


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", nargs="*", help="pages of text")
    parser.add_argument("--words", help="UTF-8 file with a word a line")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    given = Path(args.words).read_text(encoding="utf-8").split() if args.words else []
    words = random.Random(0).sample(given, min(len(given), 50_000)) if given else made_up_words(50_000)
    pictures = args.pictures or [str(path) for path in list_images(REPO / "doc" / "imgs")]
    lines, cut, seen, charset = outputs(pictures)

    steps = sum(len(line) for line in lines)
    print(f"{len(lines)} lines of {steps / len(lines):.0f} steps on average, {charset.ctc_size} classes")
    found = measure(line_ways(charset, words), lines, args.rounds)
    for name, ms in found.items():
        print(f"  {name:42s} {ms / steps * 80:7.2f} ms / 80 steps {ms / found['greedy']:7.1f} x greedy")
    beam = found["beam 10"] / steps * 80

    print(f"{len(cut)} words of {sum(map(len, cut)) / len(cut):.0f} steps on average")
    found = measure(lexicon_ways(charset, words, seen), cut, args.rounds)
    for name, ms in found.items():
        above = (ms - found["greedy"]) / len(cut)
        print(f"  {name:42s} {ms / len(cut):7.2f} ms a word {above:10.2f} ms above greedy")
    lexicon = (found[f"lexicon of {LEXICONS[-1]}"] - found["greedy"]) / len(cut)
    good = beam <= MAX_BEAM_MS and lexicon <= MAX_LEXICON_MS
    print(
        f"beam of 10: {beam:.2f} ms (limit {MAX_BEAM_MS}); lexicon: {lexicon:.2f} ms (limit {MAX_LEXICON_MS})"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
