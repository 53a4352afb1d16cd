"""Our embedded models beside RapidOCR and Tesseract on one folder of pages: seconds, memory, word F1.

usage: benchmarks/peers.py DIR [--rapidocr PYTHON] [--tesseract COMMAND] [--rounds N] [--out FOLDER]

DIR holds pages/, and for word F1 gt/ and score.py (see real_pages.py). PYTHON is an interpreter that has
rapidocr-onnxruntime, in an environment of its own, since it wants another OpenCV. Each reader is a process of
its own, with the threads it chooses for itself; they take turns, the order turned round each time. The time
is that of the pages alone where the reader is a library, and that of the command for Tesseract, which starts
anew for every page.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from ppocr_lite.images import list_images

PROGRAM = """
import json, resource, sys, time
{setup}
seconds, texts = [], {{}}
for path in sys.argv[1:]:
    started = time.perf_counter()
    texts[path] = read(path)
    seconds.append(time.perf_counter() - started)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"seconds": sum(seconds), "peak": peak, "texts": texts}}))
"""
OURS = """
from ppocr_lite import TextSystem
system = TextSystem()
read = lambda path: system(path).text
"""
RAPIDOCR = """
from rapidocr_onnxruntime import RapidOCR
system = RapidOCR()
read = lambda path: "\\n".join(line[1] for line in system(path)[0] or [])
"""

Found = dict[str, Any]


def library(python: str, setup: str, pages: list[Path]) -> Found:
    """Seconds, peak memory in MB and texts of a reader that ``setup`` makes in a process of its own."""
    command = [python, "-c", PROGRAM.format(setup=setup), *map(str, pages)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def tesseract(command: str, pages: list[Path]) -> Found:
    """One process for each page; its memory is not measured."""
    seconds, texts = 0.0, {}
    for path in pages:
        started = time.perf_counter()
        call = [command, str(path), "-", "-l", "eng"]
        done = subprocess.run(call, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        seconds += time.perf_counter() - started
        texts[str(path)] = done.stdout
    return {"seconds": seconds, "peak": None, "texts": texts}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rapidocr", help="Python interpreter that has rapidocr-onnxruntime")
    parser.add_argument("--tesseract", help="its command")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("output/peers"))
    args = parser.parse_args()
    pages = list_images(args.folder / "pages")
    readers: dict[str, Callable[[], Found]] = {"ppocr_lite": lambda: library(sys.executable, OURS, pages)}
    if args.rapidocr:
        readers["rapidocr"] = lambda: library(args.rapidocr, RAPIDOCR, pages)
    if args.tesseract:
        readers["tesseract"] = lambda: tesseract(args.tesseract, pages)
    runs: dict[str, list[Found]] = {name: [] for name in readers}
    for number in range(args.rounds):
        for name in list(readers) if number % 2 else reversed(list(readers)):
            runs[name].append(readers[name]())
            print(f"round {number + 1} {name}: {runs[name][-1]['seconds']:.2f} s", file=sys.stderr)
    for name, found in runs.items():
        folder = args.out / name
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in found[0]["texts"].items():
            (folder / f"{Path(path).name}.txt").write_text(text + "\n", encoding="utf-8")
    ours = [run["seconds"] for run in runs["ppocr_lite"]]
    print("| reader | seconds, median | times ours, round by round | peak MB |\n|---|---|---|---|")
    for name, found in runs.items():
        seconds = [run["seconds"] for run in found]
        ratios = sorted(s / o for s, o in zip(seconds, ours))
        peak = f"{max(run['peak'] for run in found):.0f}" if found[0]["peak"] else ""
        times = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"| {name} | {median(seconds):.2f} | {times} | {peak} |")
    score = args.folder / "score.py"
    if not score.is_file():
        return 0
    folders = [str(args.out / name) for name in runs]
    command = [sys.executable, str(score), str(args.folder / "gt"), *folders]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
