"""Samples per second of a configuration's training data, for several numbers of workers.

    python benchmarks/loader_speed.py -c configs/rec/en/en_rec_mv3_crnn.yml [-o KEY=VALUE ...]

Training must not wait for its data: compare with the samples per second that the trainer prints.
"""

import argparse
import time

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import build_dataloader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-c", "--config", required=True)
    parser.add_argument("-o", "--opt", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--seconds", type=float, default=10.0, help="time for each number of workers")
    args = parser.parse_args()
    cfg = Config.load(args.config, args.opt)
    for workers in args.workers:
        rate, shapes = measure(cfg.replace({"Train.loader.num_workers": workers}), args.seconds)
        print(f"num_workers {workers}: {rate:8.1f} samples/s   image shapes {', '.join(map(str, shapes))}")


def measure(cfg: Config, seconds: float) -> tuple[float, list[tuple[int, ...]]]:
    """(samples per second after the first batch, image shapes seen)."""
    path = cfg.get("Global.character_dict_path")
    is_rec = cfg.get("Architecture.model_type") == "rec"
    charset = Charset.load(path, use_space_char=cfg.get("Global.use_space_char", False)) if is_rec else None
    loader = build_dataloader(cfg, "Train", charset=charset)
    count, shapes, start = 0, set(), 0.0
    for batch in loader.numpy_batches():
        image = np.asarray(batch["image"])
        shapes.add(image.shape[1:])
        if not start:  # the first batch pays for starting the workers
            start = time.perf_counter()
            continue
        count += len(image)
        if time.perf_counter() - start > seconds:
            break
    loader.close()
    return count / max(time.perf_counter() - start, 1e-9), sorted(shapes)


if __name__ == "__main__":
    main()
