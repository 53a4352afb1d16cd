"""What lines read beside each other, and memory that layers keep, save: whole pages, systems by turns.

usage: benchmarks/beside.py [FOLDER] [--rounds 9] [--threads N]

FOLDER holds pictures, doc/imgs by default. All systems are the embedded models in one process; one opens its
networks as large ones are opened, one keeps memory but reads batch after batch, one is as it comes.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from taking_turns import take_turns

from ppocr_lite import TextSystem
from ppocr_lite.images import list_images, read_image
from ppocr_lite.inference.model_files import EngineOptions


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=Path("doc/imgs"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=0, help="0: all that this process may use")
    args = parser.parse_args()
    images = [read_image(path) for path in list_images(args.folder)]
    options = EngineOptions(threads=args.threads)
    with patch("ppocr_lite.inference.engines.onnx_engine.SMALL_NETWORK", 0):
        systems = {"layers split, memory freed": TextSystem(engine=options)}
    split = systems["layers split, memory kept"] = TextSystem(engine=options)
    split.recognizer.predictor.side_by_side = False
    if split.classifier is not None:
        split.classifier.predictor.side_by_side = False
    systems["lines beside each other, memory kept"] = TextSystem(engine=options)
    texts = {name: [system(image).text for image in images] for name, system in systems.items()}
    if len({tuple(read) for read in texts.values()}) > 1:
        print("The systems read different texts.", file=sys.stderr)
        return 1
    calls = {name: partial(_read, system, images) for name, system in systems.items()}
    times = take_turns(calls, rounds=args.rounds)
    first = next(iter(times.values()))
    print(
        f"{len(images)} pictures, medians of the rounds\n\n| | ms | share | processor ms |\n|---|---|---|---|"
    )
    for name, own in times.items():
        print(f"| {name} | {own.wall:.0f} | {own.wall / first.wall:.2f} | {own.cpu:.0f} |")
    return 0


def _read(system: TextSystem, images: list[np.ndarray]) -> None:
    for image in images:
        system(image)


if __name__ == "__main__":
    sys.exit(main())
