"""Word F1 on a folder of real pages: DIR/pages, DIR/gt and DIR/score.py, which compares folders of texts.

usage: benchmarks/real_pages.py DIR [--out FOLDER] [--det X --rec X --cls X] [--draw]
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from ppocr_lite import TextSystem
from ppocr_lite.images import list_images, read_image
from ppocr_lite.visualize import draw, write_image


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("output/real_pages"))
    for task in ("det", "rec", "cls"):
        parser.add_argument(f"--{task}", help="model folder or file; the embedded one by default")
    parser.add_argument("--draw", action="store_true", help="write drawn pictures too")
    args = parser.parse_args()
    models = {k: v for k, v in (("det", args.det), ("rec", args.rec), ("cls", args.cls)) if v}
    system = TextSystem(**models)
    args.out.mkdir(parents=True, exist_ok=True)
    seconds = []
    for path in list_images(args.folder / "pages"):
        started = time.perf_counter()
        result = system(path)
        seconds.append(time.perf_counter() - started)
        (args.out / f"{path.name}.txt").write_text(result.text + "\n", encoding="utf-8")
        if args.draw:
            write_image(args.out / f"{path.stem}.jpg", draw(read_image(path), result))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    median = np.median(seconds)
    print(f"{len(seconds)} pages, {sum(seconds):.2f} s (median {median:.2f} s), peak {peak:.0f} MB")
    score = [sys.executable, str(args.folder / "score.py"), str(args.folder / "gt"), str(args.out)]
    return subprocess.run(score, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
