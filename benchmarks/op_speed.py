"""Operators of ppocr_lite beside plain loops of the same formulas (plain_ops.py), in one process by turns.

usage: benchmarks/op_speed.py [--rounds 15] [--threads 2] [--only NAME ...]
The inputs are those of speed_inputs.py in the folder of fixtures, PPOCR_LITE_GOLDEN (../shared/golden).
Every round runs both sides once; shown are the medians of the rounds in wall time, and the ratios in wall and
in processor time. Before, both sides are compared on the same inputs. PaddleOCR's medians stand beside as
upstream_speed.json has them: they come from another run of these inputs, on another day.
"""

import argparse
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

Run = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One operator: what it is called, both sides, whether they agree, and PaddleOCR's milliseconds."""

    name: str
    ours: Run
    plain: Run
    agreement: str
    reference_ms: float
    wanted: float


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2, help="of OpenCV and of OpenMP")
    parser.add_argument("--only", nargs="*", choices=sorted(CASES), help="operators; all by default")
    args = parser.parse_args(argv)
    folder = golden_folder()
    if folder is None:
        print("No speed_inputs.py found. Set PPOCR_LITE_GOLDEN to the folder of fixtures.", file=sys.stderr)
        return 1
    os.environ["OMP_NUM_THREADS"] = str(args.threads)  # read when NumPy is loaded, so before the operators
    import cv2

    cv2.setNumThreads(args.threads)
    inputs = load(folder / "speed_inputs.py")
    published = json.loads((folder / "upstream_speed.json").read_text(encoding="utf-8"))
    results = next(iter(published["environments"].values()))["results"]
    print(f"{args.rounds} rounds, {args.threads} threads, OpenCV {cv2.__version__}; ms, medians")
    print(
        f"{'operator':34}{'ours':>8}{'plain':>9}{'ratio':>7}{'CPU ratio':>11}{'PaddleOCR':>11}{'wanted':>8}"
    )
    for key in args.only or CASES:
        case = CASES[key](inputs, results)
        print(row(case, *measure(case, args.rounds)), flush=True)
        print(f"    {case.agreement}")
    print("'PaddleOCR': published medians of another run; 'wanted': times faster than those.")
    return 0


def golden_folder() -> Path | None:
    """The folder of fixtures, None where there is none."""
    default = Path(__file__).resolve().parents[2] / "shared" / "golden"
    folder = Path(os.environ.get("PPOCR_LITE_GOLDEN") or default)
    return folder if (folder / "speed_inputs.py").is_file() else None


def load(file: Path) -> ModuleType:
    """A Python file as a module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file}: cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(case: Case, rounds: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(wall, processor) seconds of each round, of ours and of the plain loops."""
    case.ours(), case.plain()
    ours: list[tuple[float, float]] = []
    plain: list[tuple[float, float]] = []
    for number in range(rounds):
        turns = [(ours, case.ours), (plain, case.plain)]
        for times, run in turns if number % 2 else turns[::-1]:
            wall, processor = time.perf_counter(), time.process_time()
            run()
            times.append((time.perf_counter() - wall, time.process_time() - processor))
    return ours, plain


def row(case: Case, ours: list[tuple[float, float]], plain: list[tuple[float, float]]) -> str:
    """One line of the table."""
    (own, own_cpu), (other, other_cpu) = ([median(t) for t in zip(*times)] for times in (ours, plain))
    return (
        f"{case.name:34}{own * 1e3:8.2f}{other * 1e3:9.2f}{other / own:7.2f}{other_cpu / own_cpu:11.2f}"
        f"{case.reference_ms:11.2f}{case.wanted:8.1f}"
    )


def page_maps(inputs: ModuleType, results: dict[str, Any]) -> Case:
    import numpy as np
    import plain_ops

    from ppocr_lite.transforms.det_targets import MakeBorderMap, MakeShrinkMap

    border, shrink = MakeBorderMap(), MakeShrinkMap()
    page = inputs.det_polys()

    def fresh() -> dict[str, Any]:
        return {**page, "polys": page["polys"].copy(), "ignore_tags": page["ignore_tags"].copy()}

    def ours() -> dict[str, Any]:
        return shrink(border(fresh()))

    def plain() -> dict[str, Any]:
        sample = fresh()
        plain_ops.border_map(sample)
        plain_ops.shrink_map(sample)
        return sample

    keys = ("threshold_map", "threshold_mask", "shrink_map", "shrink_mask")
    one, other = ours(), plain()
    largest = max(float(np.abs(one[key] - other[key]).max()) for key in keys)
    reference = results["shrink_plus_border_640_50polys"]["median_ms"]
    return Case(
        "border and shrink map, 50 polygons", ours, plain, f"largest difference {largest:.1e}", reference, 5
    )


def rec_aug(inputs: ModuleType, results: dict[str, Any]) -> Case:
    import numpy as np
    import plain_ops

    from ppocr_lite.transforms.rec_augment import RecAug
    from ppocr_lite.transforms.tia import warp

    images = inputs.rec_images()
    augment = RecAug(tia_prob=1.0)
    streams = [np.random.default_rng(0) for _ in range(2)]

    def ours() -> None:
        for image in images:
            augment({"image": image.copy()}, streams[0])

    def plain() -> None:
        for image in images:
            plain_ops.rec_aug(image.copy(), streams[1])

    h, w = images[0].shape[:2]
    points = plain_ops.distorted(w, h, 5, np.random.default_rng(1))
    own = warp(images[0], *(np.array(p) for p in points)).astype(int)
    near = float((np.abs(own - plain_ops.warp(images[0], *points)) <= 4).mean())
    reference = len(images) / results["rec_aug_32x320"]["tia_prob_1_images_per_s"] * 1e3
    agreement = f"one warp: {near:.1%} of the values equal to within 4; 64 images are one run"
    return Case("RecAug with TIA, 64 lines 32x320", ours, plain, agreement, reference, 5)


def db_boxes(inputs: ModuleType, results: dict[str, Any]) -> Case:
    import numpy as np
    import plain_ops

    from ppocr_lite.postprocess.db import DBPostProcess

    maps, shapes = inputs.db_map()
    decode = DBPostProcess(**inputs.DB_PARAMS)

    def ours() -> Any:
        return decode({"maps": maps}, shapes)[0].quads

    def plain() -> Any:
        return np.array(plain_ops.db_boxes(maps[0, 0], **inputs.DB_PARAMS))

    one, other = ours(), plain()
    same = one.shape == other.shape and float(np.abs(one - other).max())
    agreement = f"{len(one)} and {len(other)} boxes, largest difference {same} px"
    return Case(
        "DBPostProcess, 100 boxes", ours, plain, agreement, results["db_postprocess_960"]["median_ms"], 2
    )


def ctc(inputs: ModuleType, results: dict[str, Any]) -> Case:
    import plain_ops

    from ppocr_lite.charset import Charset
    from ppocr_lite.postprocess.ctc import CTCLabelDecode

    probs, characters = inputs.ctc_probs(), [*inputs.ctc_dict(), " "]
    decode = CTCLabelDecode(charset=Charset(tuple(characters)))

    def ours() -> Any:
        return decode({"probs": probs})

    def plain() -> Any:
        return plain_ops.ctc_texts(probs, ["", *characters])

    same = sum(a.text == text and abs(a.score - score) < 1e-6 for a, (text, score) in zip(ours(), plain()))
    reference = results["ctc_label_decode_64x80x6625"]["median_ms"]
    agreement = f"{same} of {len(probs)} texts and scores equal"
    return Case("CTC decoding, [64, 80, 6625]", ours, plain, agreement, reference, 1.5)


def ctc_decoded(inputs: ModuleType, results: dict[str, Any]) -> Case:
    """What is left to do for a network exported with Global.export_decode."""
    from ppocr_lite.charset import Charset
    from ppocr_lite.postprocess.ctc import CTCLabelDecode, best_classes

    whole = ctc(inputs, results)
    indices, scores = best_classes(inputs.ctc_probs())
    decode = CTCLabelDecode(charset=Charset((*inputs.ctc_dict(), " ")))

    def ours() -> Any:
        return decode({"indices": indices, "scores": scores})

    return Case("the same, best classes given", ours, whole.plain, whole.agreement, whole.reference_ms, 1.5)


CASES = {"maps": page_maps, "rec_aug": rec_aug, "db": db_boxes, "ctc": ctc, "ctc_decoded": ctc_decoded}

if __name__ == "__main__":
    sys.exit(main())
