"""Rendered words and pages as label files, and scores on pictures that were not rendered."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ppocr_lite import TextSystem
from ppocr_lite.images import list_images, read_image
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.metrics.det import DetMetric
from ppocr_lite.metrics.rec import RecMetric
from ppocr_lite.synth import FontLibrary, SynthStream, TextSource
from ppocr_lite.synth.line import LineRenderer
from ppocr_lite.synth.writers import FolderWriter

REPO = Path(__file__).resolve().parents[1]
WORD_LISTS = ("/usr/share/dict/american-english", "/usr/share/dict/words")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CHARACTERS = f"0123456789{LETTERS}{LETTERS.upper()}"
LEAST, MOST = 2, 7
"""Letters of a word."""
NUMBERS, CAPITALIZED, CAPITALS = 0.2, 0.15, 0.15
"""Shares of numbers, of words with a capital, of words in capitals."""
EVAL_SEED = 7_000_000
"""No training seed; the held-out data is the same for all of them."""
PAGE_SIDE = (320, 480)
DONE = "done.json"
IGNORED = ("*", "###")
"""Transcriptions of regions that do not count."""


def word_list(given: str | None, folder: Path) -> Path:
    """A file with one short word in small letters a line, written to ``folder`` once."""
    target = folder / "words.txt"
    if target.is_file():
        return target
    sources = [given] if given else [path for path in WORD_LISTS if Path(path).is_file()][:1]
    texts = [Path(path) for path in sources] or sorted((REPO / "doc").glob("*.md"))
    words = {word for path in texts for word in path.read_text(encoding="utf-8").split()}
    usable = sorted(w for w in words if LEAST <= len(w) <= MOST and set(w) <= set(LETTERS))
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(usable) + "\n", encoding="utf-8")
    return target


def write_set(
    task: str, out: Path, count: int, *, seed: int, level: float, words: Path, fonts: Sequence[str]
) -> Path:
    """``out/label.txt`` with ``count`` rendered pictures beside it; nothing is done where it is complete."""
    wanted = {"task": task, "count": count, "seed": seed, "level": level}
    if (out / DONE).is_file() and json.loads((out / DONE).read_text()) == wanted:
        return out
    samples = _lines if task == "rec" else _pages
    with FolderWriter(out, task) as writer:
        for index, (image, label) in enumerate(samples(count, seed, level, words, fonts)):
            writer.add(index, cv2.imencode(".png", image)[1].tobytes(), label)
    (out / DONE).write_text(json.dumps(wanted))
    return out


def _lines(
    count: int, seed: int, level: float, words: Path, fonts: Sequence[str]
) -> Iterator[tuple[np.ndarray, str]]:
    library = FontLibrary(fonts, CHARACTERS, cache_file=words.with_name("fonts_rec.json"))
    renderer = LineRenderer(library, TextSource([words], CHARACTERS), height=32, level=level, max_ratio=8)
    listed = words.read_text(encoding="utf-8").split()
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        line = renderer.render(rng, _text(rng, listed))
        yield line.image, line.text


def _text(rng: np.random.Generator, words: Sequence[str]) -> str:
    """A word or a number."""
    kind = rng.random()
    if kind < NUMBERS:
        return "".join(map(str, rng.integers(0, 10, int(rng.integers(LEAST, MOST + 1)))))
    word = words[int(rng.integers(len(words)))]
    if kind < NUMBERS + CAPITALIZED:
        return word.capitalize()
    return word.upper() if kind < NUMBERS + CAPITALIZED + CAPITALS else word


def _pages(
    count: int, seed: int, level: float, words: Path, fonts: Sequence[str]
) -> Iterator[tuple[np.ndarray, str]]:
    cache = words.with_name("fonts_det.json")
    stream = SynthStream(
        "det", texts=[words], fonts=fonts, font_cache=cache, seed=seed, level=level, side=PAGE_SIDE
    )
    for index in range(count):
        sample = stream.sample(index)
        yield sample["image"], sample["label"]


def score_on_real(task: str, folder: Path, model: Path, out: Path) -> dict[str, float]:
    """Scores of an exported student on pictures that were not rendered.

    rec: accuracy and 1 - normalized edit distance (letters and digits, case folded) on the words of
    ``folder/words/label.txt``. det: hmean on ``folder/icdar15/label.txt``, and ``pages_f1``, the word F1
    that ``folder/score.py`` finds for ``folder/pages`` when the package's recognizer reads what the student
    found.
    """
    if task == "rec":
        rows = (folder / "words/label.txt").read_text(encoding="utf-8").splitlines()
        names, truth = zip(*(row.split("\t") for row in rows))
        read = TextRecognizer.open(model)([read_image(folder / "words" / name) for name in names])
        metric = RecMetric(is_filter=True)
        metric.update_texts([result.text for result in read], truth)
        scores = metric.compute()
        return {f"words_{name}": scores[name] for name in ("acc", "norm_edit_dis")}
    return {"icdar15_hmean": _hmean(folder / "icdar15", model), "pages_f1": _pages_f1(folder, model, out)}


def _hmean(folder: Path, model: Path) -> float:
    detector, metric = TextDetector.open(model), DetMetric()
    for row in (folder / "label.txt").read_text(encoding="utf-8").splitlines():
        name, label = row.split("\t")
        regions = json.loads(label)
        found = detector([read_image(folder / name)])[0]
        truth = [np.asarray(region["points"], np.float64) for region in regions]
        metric.count(list(found.quads), truth, [region["transcription"] in IGNORED for region in regions])
    return metric.compute()["hmean"]


def _pages_f1(folder: Path, model: Path, out: Path) -> float:
    out.mkdir(parents=True, exist_ok=True)
    system = TextSystem(det=model)
    for path in list_images(folder / "pages"):
        (out / f"{path.name}.txt").write_text(system(path).text + "\n", encoding="utf-8")
    command = [sys.executable, str(folder / "score.py"), str(folder / "gt"), str(out)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(said.rsplit("word F1", 1)[1].split()[0])
