"""From a network that was trained to round, to a model folder whose ONNX file engines run in 8 bits."""

import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from ppocr_lite.compression import match, qdq, quantize
from ppocr_lite.compression.int8_file import compare, describe, finish_folder, save_int8
from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.assemble import Parts
from ppocr_lite.engine.trial import image_shape
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.export import bundle, static_graph
from ppocr_lite.inference.engines.base import open_engine
from ppocr_lite.modeling import DistillationModel

logger = logging.getLogger(__name__)

PROBE_SEED = 0


def prepare(found: Parts) -> None:
    """Make the model of ``found`` round, as its section ``Quantization`` says; frozen sub-models stay float.

    To be handed to :func:`ppocr_lite.engine.assemble.train` and ``trained``.
    """
    options = quantize.QuantOptions.of(found.cfg.section("Quantization"))
    for name, model in _trained_models(found).items():
        if name:
            logger.info("sub-model %s:", name)
        quantize.quantize(model, _noise(found, model), options)


def _trained_models(found: Parts) -> dict[str, Any]:
    if not isinstance(found.model, DistillationModel):
        return {"": found.model}
    frozen = found.model.frozen_names
    models = {name: m for name, m in found.model.submodels().items() if name not in frozen}
    if not models:
        raise ConfigError("Architecture.Models: all sub-models are frozen; there is nothing to be quantized.")
    return models


def _noise(found: Parts, model: Any) -> np.ndarray:
    _, height, width = image_shape(found.cfg)
    shape = (1, getattr(model, "in_channels", 3), height, width)
    return np.random.default_rng(PROBE_SEED).standard_normal(shape).astype(np.float32)


def export(cfg: Config) -> Path:
    """Export the model of ``Global.checkpoints`` or ``pretrained_model`` to ``Global.save_inference_dir``."""
    folder = cfg.get("Global.save_inference_dir")
    if not folder:
        raise ConfigError(
            "Global.save_inference_dir: not set. Give a folder: -o Global.save_inference_dir=..."
        )
    export_parts(assemble.trained(cfg, prepare=prepare), Path(folder))
    return Path(folder)


def export_parts(found: Parts, folder: Path) -> dict[str, dict[str, Any]]:
    """Write the model folders of a trained model that was made to round; gives each ``inference.yml``.

    As :func:`ppocr_lite.engine.assemble.export_parts` does, but ``inference.onnx`` holds integers, and
    Paddle's files hold the network that rounds: float32 arithmetic on the same grid, for comparison. (Paddle
    3.2 converts networks with its own quantization layers only, and fails there.)

    Raises:
        ModelFileError: the network has no ranges yet, or conversion failed.
    """
    return {name: _export(single, folder / name) for name, single in assemble.single_parts(found).items()}


def _export(single: Parts, folder: Path) -> dict[str, Any]:
    layers = quantize.quantized_layers(single.model)
    if not layers:  # a frozen teacher
        return assemble.export_parts(single, folder)[""]
    check_ranges(single.model)
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder, prefix=".export-"))
    try:
        with quantize.in_float(single.model):
            values = assemble.export_parts(single, work)[""]
        _require_onnx(work, folder)
        options = quantize.QuantOptions.of(single.cfg.section("Quantization"))
        write_int8(single.model, work / "inference.onnx", pack=options.pack_float)
        values["Quantization"] = describe(work / "inference.onnx", method="PACT", weight_bits=_bits(layers))
        with quantize.with_fixed_ranges(single.model):
            values["Parity"] = _rewrite_paddle_files(single, work, values)
        finish_folder(work, values)
        static_graph.clear(folder)
        for part in work.iterdir():
            os.replace(part, folder / part.name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    logger.info("int8 model is saved to %s", folder / static_graph.NAME)
    return values


def check_ranges(model: Any) -> None:
    unseen = [name for name, layer in quantize.quantizers(model).items() if not layer.seen]
    if unseen:
        raise ModelFileError(
            f"{unseen[0]} and {len(unseen) - 1} other quantizers have no range: no batch has gone through "
            "them in training. Train with deploy/slim/quantization/quant.py, or take quant_kl.py, which "
            "needs no training."
        )


def _require_onnx(work: Path, folder: Path) -> None:
    if not (work / "inference.onnx").is_file():
        raise ModelFileError(
            f"{folder}: an int8 model is an ONNX file, which needs: pip install onnx onnxruntime paddle2onnx"
        )


def _bits(layers: Mapping[str, quantize.Quantized]) -> int:
    return int(next(iter(layers.values())).bits)


def write_int8(model: Any, file: Path, *, pack: bool) -> None:
    """Put the learned ranges into the float graph of ``file``; ``pack`` the float weights too."""
    import onnx

    graph_model = onnx.load(str(file))
    graph = graph_model.graph
    qdq.name_nodes(graph)
    layers = quantize.quantized_layers(model)
    nodes = match.find_nodes(graph, _weights(layers))
    places = []
    for name, layer in layers.items():
        node = nodes[name]
        if layer.pact is not None:
            places.append(qdq.Place(node.input[0], layer.pact.grid, frozenset([node.name])))
        if layer.result_quantizer is not None:
            places.append(qdq.Place(match.result_of(graph, node), layer.result_quantizer.grid))
    names = [node.name for node in nodes.values()]
    qdq.quantize_graph(graph_model, places, names, weight_bits=_bits(layers))
    save_int8(graph_model, file, pack=pack)


def _weights(layers: Mapping[str, quantize.Quantized]) -> list[match.Weights]:
    listed = []
    for name, layer in layers.items():
        is_conv = isinstance(layer, quantize.QuantizedConv2D)
        array = qdq.channels_first(layer.weight.numpy(), 0 if is_conv else 1)
        listed.append(match.Weights(name, is_conv, array))
    return listed


def _rewrite_paddle_files(single: Parts, work: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Paddle's files anew, of the network that rounds, and what the int8 engine makes of the same inputs."""
    shape = values["Shapes"]["input"]
    network = static_graph.InferenceNetwork(single.model, static_graph.main_output(single.model, shape))
    static_graph.save_static(network, work, shape)
    # Noise is left out: all of it is beyond the ranges that were learned from pictures.
    inputs = bundle.parity_inputs(values["PreProcess"]["transform_ops"], shape)[bundle.RANDOM_BATCHES :]
    engine = open_engine(work / "inference.onnx", threads=1)

    def live(batch: np.ndarray) -> np.ndarray:
        with paddle.no_grad():
            result: np.ndarray = network(paddle.to_tensor(batch)).numpy()
        return result

    try:
        report = compare(
            *(live, lambda batch: engine.run(batch)[0], inputs, single.postprocess), output=network.output
        )
    finally:
        engine.close()
    logger.info("network that rounds / int8 engine: %s", report)
    return {"inputs": sum(len(batch) for batch, _ in inputs), "int8": report}
