"""Paddle inference files -> one ONNX file: converted, simplified, checked, with texts inside."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ppocr_lite.errors import ModelFileError
from ppocr_lite.export import onnx_folding, onnx_passes
from ppocr_lite.export.usual_width import keep_for_width

OPSET = 14
"""The first with HardSwish as one operation; every runtime of the last years has it."""
OPSET_ATTRIBUTE = "onnx_opset"
"""Class attribute of a layer that cannot be written with :data:`OPSET`: the first opset that has it."""

# Its own process: the converter prints to the terminal, and a model it cannot handle may end the process.
# No optimizer of its own: the default one tries to install packages while it runs.
_CONVERT = """
import sys
import paddle2onnx
model, params, target, opset = sys.argv[1:]
paddle2onnx.export(model, params, target, opset_version=int(opset), enable_onnx_checker=True,
                   optimize_tool="None")
"""


def needed_opset(model: Any) -> int:
    """:data:`OPSET`, or a later one where a layer of ``model`` asks for it."""
    return max([OPSET, *(getattr(layer, OPSET_ATTRIBUTE, OPSET) for layer in model.sublayers(True))])


def convert(
    graph: Path,
    params: Path,
    target: Path,
    *,
    opset: int = OPSET,
    usual_width: int | None = None,
    timeout_s: float = 600,
) -> None:
    """Write ``target`` (.onnx) from Paddle inference files, simplified.

    Args:
        usual_width: of most images, for which :mod:`~ppocr_lite.export.usual_width` prepares.

    Raises:
        ModelFileError: the converter failed; the message ends with what it said.
    """
    command = [sys.executable, "-c", _CONVERT, str(graph), str(params), str(target), str(opset)]
    target.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(f"{graph}: paddle2onnx did not finish in {timeout_s:g} s.") from error
    if done.returncode or not target.is_file():
        said = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise ModelFileError(f"{graph}: paddle2onnx failed (exit status {done.returncode}): {said}")
    simplify(target, usual_width=usual_width)


def missing_packages() -> list[str]:
    """Packages that the conversion needs and that are not installed."""
    return [name for name in ("onnx", "onnxruntime", "paddle2onnx") if find_spec(name) is None]


def simplify(path: Path, *, usual_width: int | None = None) -> None:
    """Fold constants and batch norms with ONNX Runtime's hardware-independent passes, and check the graph."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # the converter's unused initializers are not the user's business
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path.with_suffix(".simple.onnx"))
    simple = Path(options.optimized_model_filepath)
    try:
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        model = onnx.load(str(simple))
    finally:
        simple.unlink(missing_ok=True)
    onnx_folding.fold_biases(model)
    onnx_folding.fold_norms(model)
    if usual_width is not None:
        keep_for_width(model, usual_width)
    used = {node.domain or "" for node in model.graph.node}
    kept = [entry for entry in model.opset_import if (entry.domain or "") in used | {""}]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    onnx.save(model, str(path))
    onnx_passes.name_dimensions(path)
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)


def write_metadata(path: Path, texts: Mapping[str, str]) -> None:
    """Put named texts into the file, replacing those of the same name."""
    import onnx

    model = onnx.load(str(path))
    merged = {entry.key: entry.value for entry in model.metadata_props} | dict(texts)
    onnx.helper.set_model_props(model, merged)
    onnx.save(model, str(path))
