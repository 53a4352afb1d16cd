"""What a folder with an int8 network says about itself, and how far it is from another network."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.compression import shrink
from ppocr_lite.export import inference_config, parity
from ppocr_lite.export.onnx import write_metadata

INTEGER_NODES = (
    "QLinearConv",
    "ConvInteger",
    "QGemm",
    "QLinearMatMul",
    "MatMulInteger",
    "MatMulIntegerToFloat",
)
"""Operations by which ONNX Runtime computes convolutions and matrix products in integers."""
ONE_STEP = 1 / 127
"""A rounding step of probabilities, whose range is 0..1."""
FLOAT_NODES = ("Conv", "FusedConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul")


def save_int8(model: Any, file: Path, *, pack: bool) -> None:
    """Write a quantized graph, with short names; ``pack``: the float weights that are left as int8 too."""
    import onnx

    if pack:
        shrink.pack_floats(model)
    shrink.drop_bias_scales(model)
    shrink.shorten_names(model)
    shrink.drop_the_obvious(model.graph)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(file))


def node_counts(file: Path) -> dict[str, int]:
    """{"int8": ..., "float": ...}: convolutions and matrix products as ONNX Runtime runs them here.

    Which kernels it takes is known only after it has optimized the graph for this processor.
    """
    kinds = optimized_kinds(file)
    return {
        "int8": sum(kind in INTEGER_NODES for kind in kinds),
        "float": sum(kind in FLOAT_NODES for kind in kinds),
    }


def optimized_kinds(file: Path) -> list[str]:
    """Kinds of all nodes of the graph that ONNX Runtime makes of a file."""
    import onnx
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # it warns that such a graph is for this processor, as is wanted
        options.optimized_model_filepath = str(Path(folder) / "optimized.onnx")
        onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        model = onnx.load(options.optimized_model_filepath)
    return [node.op_type for node in model.graph.node]


def describe(
    file: Path,
    *,
    method: str,
    weight_bits: int,
    float_layers: Sequence[str] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The section ``Quantization`` of ``inference.yml``."""
    counts = node_counts(file)
    return {
        "method": method,
        "weights": f"int8 ({weight_bits} bits), symmetric, one scale for each output channel",
        "activations": "uint8, one scale for each tensor",
        "nodes_int8": counts["int8"],
        "nodes_float": counts["float"],
        "float_layers": list(float_layers),
        **dict(extra or {}),
    }


def finish_folder(folder: Path, values: dict[str, Any], *, name: str = "inference") -> None:
    """Write ``inference.yml``, into the ONNX file too, with the hashes of the folder's other files."""
    values.pop("Hashes", None)
    write_metadata(folder / f"{name}.onnx", {"inference_yml": inference_config.to_yaml(values)})
    files = sorted(file for file in folder.iterdir() if file.suffix != ".yml")
    values["Hashes"] = {file.name: inference_config.sha256(file) for file in files}
    (folder / f"{name}.yml").write_text(inference_config.to_yaml(values), encoding="utf-8")


def compare(
    reference: Callable[[np.ndarray], np.ndarray],
    other: Callable[[np.ndarray], np.ndarray],
    inputs: Sequence[parity.Input],
    postprocess: parity.PostProcess,
    *,
    output: str,
) -> dict[str, Any]:
    """Differences of the outputs and the share of equal results: texts, labels, or boxes within a pixel.

    Two exact computations of one rounded network differ where a value lies between two steps to within the
    error of float32: it is rounded to different sides, and later layers pass the step on. So the share of the
    probabilities that agree within a step says more than the largest difference.

    Args:
        reference, other: float32 [N, C, H, W] -> probabilities.
        inputs: batches, each with the ``shapes`` for the post-processing of detection, or None.
        output: the name under which the post-processing expects the probabilities.
    """
    largest, total, near, agreeing, images = 0.0, 0.0, 0.0, 0, 0
    for batch, shapes in inputs:
        wanted, got = reference(batch), other(batch)
        difference = np.abs(got - wanted)
        largest, total = max(largest, float(difference.max())), total + float(difference.mean()) * len(batch)
        near += float((difference <= ONE_STEP).mean()) * len(batch)
        pairs = zip(postprocess({output: wanted}, shapes), postprocess({output: got}, shapes))
        agreeing += sum(parity.same_result(a, b) for a, b in pairs)
        images += len(batch)
    return {
        "max_abs_diff": float(f"{largest:.3g}"),
        "mean_abs_diff": float(f"{total / max(1, images):.3g}"),
        "within_one_step": round(near / max(1, images), 6),
        "text_agreement": agreeing / max(1, images),
    }
