"""Forward passes of exported networks beside PaddleOCR's own exports of the same configurations.

usage: benchmarks/export_speed.py --reference DIR [-c FILE ...] [--runs 25] [--seconds 20] [--threads 1 2]
DIR is a checkout of PaddleOCR 2.x (the folder that holds ppocr/modeling). Its network of each configuration
gets our weights by name and is exported as its documentation says: paddle.jit.save, then paddle2onnx with its
own defaults and opset 11. Both ONNX files take turns in one process in ONNX Runtime.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble, trial
from ppocr_lite.inference.engines.base import open_engine

REFERENCE_OPSET = 11
SMALL = {"det": (64, 64), "rec": (32, 64), "cls": (48, 96)}
CONFIGS = Path(__file__).resolve().parents[1] / "configs"

# A process of its own: the checkout's modules are called as they like, and a conversion may end the process.
EXPORT_REFERENCE = """
import json, sys
import numpy as np
import paddle
import paddle2onnx
from ppocr.modeling.architectures import build_model

section, weights, shape, folder, opset = json.loads(sys.argv[1])
model = build_model(section)
model.eval()
missing, unexpected = model.set_state_dict(dict(np.load(weights)))
assert not missing and not unexpected, (missing, unexpected)
spec = paddle.static.InputSpec([None, *shape], "float32", name="x")
paddle.jit.save(paddle.jit.to_static(model, input_spec=[spec]), folder + "/inference")
paddle2onnx.export(folder + "/inference.json", folder + "/inference.pdiparams", folder + "/inference.onnx",
                   opset_version=opset)
"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reference", required=True, type=Path, help="checkout of PaddleOCR 2.x")
    parser.add_argument("-c", "--config", nargs="*", type=Path, help="configurations; all by default")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=20, help="for each configuration and thread count")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    args = parser.parse_args(argv)
    print(trial.machine())
    print("ratio: median of the ratios of all turns; best: ratio of the fastest runs; ours / reference")
    print(
        f"{'configuration':38} {'input':>9} threads nodes ours/ref     ms ours/ref   ratio    best difference"
    )
    done: set[str] = set()
    for file in args.config or sorted(CONFIGS.rglob("*.yml")):
        with tempfile.TemporaryDirectory() as folder:
            cfg = trial.with_stand_in_dictionary(Config.load(file), Path(folder))
            for name, section, model in networks(cfg):
                shape = trial.image_shape(cfg)
                key = json.dumps([section, shape], sort_keys=True, default=str)
                if key not in done:
                    done.add(key)
                    compare(f"{file.stem} {name}".strip(), section, model, shape=shape, args=args)
    return 0


def networks(cfg: Config) -> list[tuple[str, dict[str, Any], Any]]:
    """(name, Architecture section for the reference, our network) of each network that is exported."""
    found = assemble.parts(cfg)
    whole = dict(cfg.get("Architecture"))
    result = []
    for name, model in trial.networks(found.model).items():
        settle(model, whole["model_type"])
        section = json.loads(json.dumps(whole["Models"][name] if name else whole))
        section.update(model_type=whole["model_type"], return_all_feats=False)
        classes = getattr(model.head, "out_channels", None)
        if whole["model_type"] == "rec":
            section["Head"]["out_channels"] = classes
        result.append((name, section, model))
    return result


def settle(model: Any, task: str) -> None:
    """Statistics of batch norms from small pictures."""
    trial.settle_statistics(model, (model.in_channels, *SMALL[task]))


def compare(title: str, section: dict[str, Any], model: Any, *, shape: Sequence[int], args: Any) -> None:
    """Export both, run both, print a line for each number of threads."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        files = {"ours": trial.export_graph(model, shape, folder / "ours")}
        reference = export_reference(
            section, model, shape, folder=folder / "reference", checkout=args.reference
        )
        size = "x".join(map(str, shape[1:]))
        if isinstance(reference, str):
            print(f"{title:38} {size:>9} PaddleOCR's own export fails: {reference}", flush=True)
            return
        files["ref"] = reference
        image = trial.batch(shape)
        counts = {name: operations(file) for name, file in files.items()}
        nodes = "/".join(str(sum(count.values())) for count in counts.values())
        difference = largest_difference(files, image)
        for threads in args.threads:
            times = trial.forward_ms(files, image, threads=threads, runs=args.runs, seconds=args.seconds)
            ratio = median(a / b for a, b in zip(times["ours"], times["ref"]))
            best = min(times["ours"]) / min(times["ref"])
            ms = "/".join(f"{median(times[name]):.2f}" for name in files)
            start = f"{title:38} {size:>9} {threads:7} {nodes:>14}"
            print(f"{start} {ms:>15} {ratio:7.3f} {best:7.3f} {difference:10.1e}", flush=True)
        print_differences(counts)


def export_reference(
    section: dict[str, Any], model: Any, shape: Sequence[int], *, folder: Path, checkout: Path
) -> Path | str:
    """The ONNX file of the reference's network, or the last line of what went wrong."""
    folder.mkdir()
    weights = folder / "weights.npz"
    np.savez(weights, **{name: tensor.numpy() for name, tensor in model.state_dict().items()})
    channels, height, width = shape
    if section["model_type"] != "rec":
        height = width = -1
    elif not section.get("Transform"):
        width = -1
    job = json.dumps([section, str(weights), [channels, height, width], str(folder), REFERENCE_OPSET])
    # The default optimizer of paddle2onnx would install packages that it misses.
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        [sys.executable, "-c", EXPORT_REFERENCE, job],
        capture_output=True, text=True, env=environment, check=False, cwd=folder,
    )  # fmt: skip
    target = folder / "inference.onnx"
    if target.is_file() and not done.returncode:
        return target
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return said[-1][:120] if said else f"exit status {done.returncode}"


def operations(file: Path) -> Counter[str]:
    """How many nodes of each kind the graph has."""
    import onnx

    return Counter(node.op_type for node in onnx.load(str(file)).graph.node)


def largest_difference(files: Mapping[str, Path], image: np.ndarray) -> float:
    outputs = []
    for file in files.values():
        engine = open_engine(file, threads=1)
        outputs.append(engine.run(image)[0])
        engine.close()
    return float(np.abs(outputs[0] - outputs[1]).max())


def print_differences(counts: Mapping[str, Counter[str]]) -> None:
    """The kinds of nodes that one graph has more of than the other, where the sums differ."""
    ours, reference = counts["ours"], counts["ref"]
    if sum(ours.values()) == sum(reference.values()):
        return
    kinds = sorted(kind for kind in ours | reference if ours[kind] != reference[kind])
    print("    " + ", ".join(f"{kind} {ours[kind]}/{reference[kind]}" for kind in kinds), flush=True)


if __name__ == "__main__":
    sys.exit(main())
