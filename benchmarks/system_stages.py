"""Time of each stage of reading a page, the share outside the networks, peak memory.

    python benchmarks/system_stages.py PAGE [--det MODEL --rec MODEL --cls MODEL] [--runs 5]

Without models the embedded ones are used. Prints the median over the runs (the first one, which warms up, is
left out) and exits with 1 when more than 25 % of the time is spent outside the networks.
"""

import argparse
import resource
import statistics
import sys

from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.inference.system import TextSystem
from ppocr_lite.structures import OCRResult

MAX_SHARE = 0.25
ENGINE = ".engine"


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("page", help="a picture with much text")
    for name in ("det", "rec", "cls"):
        parser.add_argument(f"--{name}", help=f"{name} model folder or file (default: embedded)")
    parser.add_argument("--no-cls", action="store_true")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def measure(args: argparse.Namespace) -> list[OCRResult]:
    """Results of all runs but the first."""
    system = TextSystem(
        args.det,
        args.rec,
        False if args.no_cls else args.cls,
        engine=EngineOptions(engine=args.engine, threads=args.threads),
    )
    return [system(args.page) for _ in range(args.runs + 1)][1:]


def inside_ms(result: OCRResult) -> float:
    """Time within the networks' engines."""
    return sum(ms for name, ms in result.timings.stages.items() if name.endswith(ENGINE))


def table(results: list[OCRResult]) -> tuple[str, float]:
    """The printed table, and the share of the time outside the networks (0..1)."""
    total = statistics.median(r.timings.total_ms for r in results)
    names = sorted({name for r in results for name in r.timings.stages})
    stages = {name: statistics.median(r.timings.stages.get(name, 0.0) for r in results) for name in names}
    stages["(between stages)"] = statistics.median(
        r.timings.total_ms - sum(r.timings.stages.values()) for r in results
    )
    share = statistics.median(1 - inside_ms(r) / r.timings.total_ms for r in results)
    rows = [
        f"{name:<18} {ms:9.1f} ms {100 * ms / total:6.1f} %"
        for name, ms in sorted(stages.items(), key=lambda item: -item[1])
    ]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = len(results[0]) + len(results[0].dropped)
    rows += [
        f"{'whole page':<18} {total:9.1f} ms  {lines} lines, {lines / total * 1e3:.1f} lines/s",
        f"{'outside networks':<18} {total * share:9.1f} ms {100 * share:6.1f} %",
        f"{'peak memory':<18} {peak_mb:9.0f} MB",
    ]
    return "\n".join(rows), share


def main() -> int:
    text, share = table(measure(parse_args()))
    print(text)
    return 0 if share <= MAX_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
