"""Writes a whole model folder: Paddle files, ONNX, ``inference.yml``; checked before any of it is kept."""

import logging
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.errors import ModelFileError
from ppocr_lite.export import decoding, inference_config, onnx, parity, static_graph
from ppocr_lite.inference.engines.base import Engine, open_engine
from ppocr_lite.inference.predictor import decoded_output
from ppocr_lite.transforms import ARRAY_SOURCES, build_pipeline

logger = logging.getLogger(__name__)

RANDOM_BATCHES = 4
RENDERED_IMAGES = 6
PACKAGES = ("paddlepaddle", "paddlepaddle-gpu", "paddle2onnx", "onnx", "onnxruntime")


def export_model(
    model: paddle.nn.Layer,
    cfg: Config,
    *,
    folder: str | Path,
    postprocess: parity.PostProcess,
    charset: Charset | None = None,
    tolerance: float = parity.TOLERANCE,
) -> dict[str, Any]:
    """Write ``inference.onnx``, the Paddle files and ``inference.yml`` to ``folder``.

    Files of an earlier export there are replaced, but only when everything has succeeded.

    Args:
        model: trained; left in evaluation mode.
        cfg: its configuration: ``Eval.dataset.transforms``, ``PostProcess`` and names are taken from it.
        postprocess: turns network outputs into results, for the comparison of texts.
        charset: of a recognizer.
        tolerance: see :func:`~ppocr_lite.export.parity.check`.

    Returns:
        The content of ``inference.yml``.

    Raises:
        ModelFileError: conversion failed, or an exported network differs from the model.
    """
    folder = Path(folder)
    wanted = decoding.is_wanted(cfg)
    steps = inference_config.inference_steps(cfg)
    shape = _input_shape(model, steps)
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder, prefix=".export-"))
    try:
        output = static_graph.main_output(model, shape)
        network, exported = _networks(model, output, decode=wanted)
        graph, params = static_graph.save_static(exported, work, shape)
        opset = onnx.needed_opset(model)
        width = inference_config.image_width(steps)
        onnx_file = _convert(graph, params, opset=opset, usual_width=width)
        engines = {"paddle": open_engine(graph, kind="paddle")}
        if onnx_file:
            engines["onnx"] = open_engine(onnx_file)
        inputs = parity_inputs(steps, shape)
        report = _check_parity(network, engines, inputs, postprocess=postprocess, tolerance=tolerance)
        values = inference_config.describe(
            cfg,
            charset,
            steps=steps,
            input_shape=shape,
            output_shape=_checked_output(network, shape, charset),
            parity=report,
            versions=_versions(opset),
        )
        if isinstance(exported, decoding.DecodingNetwork):
            decoding.describe(values, values["Shapes"]["output"])
        if onnx_file:
            _write_texts(onnx_file, values, charset)
        _finish(values, [file for file in (onnx_file, graph, params) if file])
        static_graph.clear(folder)
        for file in work.iterdir():
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    logger.info("inference model is saved to %s", folder / static_graph.NAME)
    return values


def _networks(
    model: paddle.nn.Layer, output: str, *, decode: bool
) -> tuple[static_graph.InferenceNetwork, static_graph.InferenceNetwork]:
    """The network as it is, for comparisons, and as it is exported."""
    itself = output == decoding.OUTPUT
    plain, decoded = static_graph.InferenceNetwork, decoding.DecodingNetwork
    live, exported = decoded if itself else plain, decoded if itself or decode else plain
    return live(model, output), exported(model, output)


def _input_shape(model: paddle.nn.Layer, steps: inference_config.Steps) -> list[int | None]:
    """[N, C, H, W] with None for what varies: the height is fixed where pre-processing fixes it."""
    channels, height = inference_config.image_shape(steps)
    return [None, channels or getattr(model, "in_channels", 3), height, None]


def _checked_output(
    network: static_graph.InferenceNetwork, shape: Sequence[int | None], charset: Charset | None
) -> list[int | None]:
    """Shape of the output, None for what varies with the input; the classes must be those of ``charset``."""
    small, large = (_shape(network, static_graph.filled(shape, scale)) for scale in (1, 2))
    output = [a if a == b else None for a, b in zip(small, large)]
    if charset is not None and output[-1] not in (charset.ctc_size, charset.attention_size):
        raise ModelFileError(
            f"The network tells {output[-1]} classes apart, the character set has {len(charset)} characters. "
            "Check Global.character_dict_path and use_space_char."
        )
    return output


def _shape(network: static_graph.InferenceNetwork, batch: np.ndarray) -> tuple[int, ...]:
    """Of the probabilities, also where the network keeps them to itself."""
    found = _run(network, batch)
    if isinstance(found, parity.Decoded):
        return (*found.indices.shape, network.model.head.out_channels)
    return found.shape


def _run(network: static_graph.InferenceNetwork, batch: np.ndarray) -> np.ndarray | parity.Decoded:
    with paddle.no_grad():
        output = network(paddle.to_tensor(batch))
    if isinstance(output, tuple):
        return parity.Decoded(*(part.numpy() for part in output))
    found: np.ndarray = output.numpy()
    return found


def _convert(graph: Path, params: Path, *, opset: int, usual_width: int | None) -> Path | None:
    """The ONNX file; None, with a warning, where the converter is not installed."""
    missing = onnx.missing_packages()
    if missing:
        logger.warning(
            "No ONNX file is written, for want of %s. To have one: pip install %s",
            ", ".join(missing),
            " ".join(missing),
        )
        return None
    target = graph.with_suffix(".onnx")
    onnx.convert(graph, params, target, opset=opset, usual_width=usual_width)
    return target


def parity_inputs(steps: inference_config.Steps, shape: Sequence[int | None]) -> list[parity.Input]:
    """Noise, and rendered text as the pre-processing prepares it."""
    pipeline = build_pipeline(steps, where="Eval.dataset.transforms", sources=ARRAY_SOURCES)
    inputs = parity.random_batches(shape, RANDOM_BATCHES)
    for image in parity.rendered_images(RENDERED_IMAGES, line=shape[2] is not None):
        sample = pipeline({"image": image, "img_path": "rendered", "label": "", "ext_data": []})
        if sample is not None:
            shapes = np.asarray(sample["shape"])[None] if "shape" in sample else None
            inputs.append((np.asarray(sample["image"])[None], shapes))
    return inputs


def _check_parity(
    network: static_graph.InferenceNetwork,
    engines: Mapping[str, Engine],
    inputs: Sequence[parity.Input],
    *,
    postprocess: parity.PostProcess,
    tolerance: float,
) -> dict[str, Any]:
    """Compare the live model with the exported ones, which are closed afterwards."""
    runners: dict[str, parity.Runner] = {"live": partial(_run, network)}
    for name, engine in engines.items():
        runners[name] = partial(_output, engine)
    try:
        return parity.check(
            runners, inputs, output=network.output, postprocess=postprocess, tolerance=tolerance
        )
    finally:
        for engine in engines.values():
            engine.close()


def _output(engine: Engine, batch: np.ndarray) -> np.ndarray | parity.Decoded:
    outputs = engine.run(batch)
    return outputs[0] if len(outputs) == 1 else parity.Decoded(**decoded_output(engine, outputs))


def _write_texts(onnx_file: Path, values: Mapping[str, Any], charset: Charset | None) -> None:
    """Put ``inference.yml`` (still without hashes) and the characters into the ONNX file."""
    texts = {"inference_yml": inference_config.to_yaml(values)}
    if charset is not None:
        texts["character"] = "\n".join(charset.characters)
        if charset.separator:
            texts["token_separator"] = charset.separator
    onnx.write_metadata(onnx_file, texts)


def _finish(values: dict[str, Any], files: Sequence[Path]) -> None:
    """Write ``inference.yml`` with the hashes of the other files."""
    values["Hashes"] = {file.name: inference_config.sha256(file) for file in files}
    target = files[0].parent / f"{static_graph.NAME}.yml"
    target.write_text(inference_config.to_yaml(values), encoding="utf-8")


def _versions(opset: int) -> dict[str, str]:
    versions = {"onnx_opset": str(opset)}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
