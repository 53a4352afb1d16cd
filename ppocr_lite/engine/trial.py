"""Configurations tried without data and weights: what to feed their networks, how fast their exports are."""

import os
import platform
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import paddle

from ppocr_lite.charset import find_dictionary
from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError
from ppocr_lite.export import onnx, static_graph
from ppocr_lite.export.inference_config import inference_steps
from ppocr_lite.inference.engines.base import Engine, open_engine

DICTIONARY_SIZES = {"ppocr_keys_v1.txt": 6623, "en_dict.txt": 95, "primus_semantic.txt": 1781}
"""Lines of others' dictionaries that do not come with this package: enough to build a network."""
DETECTOR_IMAGE = (3, 640, 640)
"""[C, H, W] for a detector whose configuration leaves the size open."""
SMALLEST_VARIANCE = 0.01
FIRST_CHARACTER = 0x4E00


def with_stand_in_dictionary(cfg: Config, folder: Path) -> Config:
    """``cfg`` with a dictionary of the right length in place of a known one that is not installed.

    Args:
        folder: where the file is written, under the dictionary's own name.

    Raises:
        ConfigError: the dictionary is neither installed nor known.
    """
    path = cfg.get("Global.character_dict_path")
    size = DICTIONARY_SIZES.get(Path(str(path)).name)
    try:
        if path is None or find_dictionary(path):
            return cfg
    except ConfigError:
        if size is None:
            raise
    file = folder / Path(str(path)).name
    characters = [chr(FIRST_CHARACTER + number) for number in range(size or 0)]
    file.write_text("\n".join(characters) + "\n", encoding="utf-8")
    return cfg.replace({"Global.character_dict_path": str(file)})


def image_shape(cfg: Config) -> tuple[int, int, int]:
    """[C, H, W] of an image as the evaluation of ``cfg`` prepares it; 640 x 640 for detectors of any size."""
    for step in inference_steps(cfg):
        for params in step.values():
            shape = (params or {}).get("image_shape")
            if shape is not None:
                channels, height, width = shape if len(shape) == 3 else (DETECTOR_IMAGE[0], *shape)
                return int(channels), int(height), int(width)
    if cfg.get("Architecture.model_type") != "det":
        raise ConfigError(f"{cfg.source}: no step of Eval.dataset.transforms has an image_shape.")
    return DETECTOR_IMAGE


def networks(model: paddle.nn.Layer) -> dict[str, paddle.nn.Layer]:
    """The networks that are exported, by name: the sub-models of a distillation, else the model as ``""``."""
    submodels = getattr(model, "submodels", None)
    return dict(submodels()) if submodels else {"": model}


def settle_statistics(model: paddle.nn.Layer, shape: Sequence[int], *, images: int = 2) -> None:
    """Give batch norms the statistics of noise, so that fresh weights behave like trained ones.

    With the initial ones (mean 0, variance 1) values grow from layer to layer in a deep network, and so do
    the differences that rounding makes; and it would not matter whether an export folds them rightly.

    Args:
        shape: [C, H, W] of the noise.
    """
    norms = [layer for layer in model.sublayers() if isinstance(layer, paddle.nn.layer.norm._BatchNormBase)]
    momenta = [norm._momentum for norm in norms]
    training = model.training
    noise = np.random.default_rng(1).standard_normal((images, *shape)).astype(np.float32)
    try:
        for norm in norms:
            norm._momentum = 0.0  # the share of the old statistics
        model.train()
        with paddle.no_grad():
            model(paddle.to_tensor(noise))
        for norm in norms:  # a channel that hardly varies would be blown up, rounding errors and all
            norm._variance.set_value(paddle.clip(norm._variance, min=SMALLEST_VARIANCE))
    finally:
        for norm, momentum in zip(norms, momenta):
            norm._momentum = momentum
        model.train() if training else model.eval()


def export_graph(model: paddle.nn.Layer, shape: Sequence[int], folder: Path) -> Path:
    """Write the ONNX file of one network, as an export does, to ``folder``.

    Args:
        shape: [C, H, W] of an image; a recognizer's height stays fixed, all else varies.
    """
    channels, height, width = shape
    is_detector = getattr(model, "task", "rec") == "det"
    free = [None, channels, None if is_detector else height, None]
    network = static_graph.InferenceNetwork(model, static_graph.main_output(model, free))
    graph, params = static_graph.save_static(network, folder, free)
    target = graph.with_suffix(".onnx")
    onnx.convert(graph, params, target, opset=onnx.needed_opset(model), usual_width=width)
    return target


def batch(shape: Sequence[int], *, seed: int = 0) -> np.ndarray:
    """One image of noise, float32 [1, C, H, W]."""
    return np.random.default_rng(seed).standard_normal((1, *shape)).astype(np.float32)


def forward_ms(
    files: Mapping[str, Path], image: np.ndarray, *, threads: int, runs: int, seconds: float = 60
) -> dict[str, list[float]]:
    """Milliseconds of every forward pass of each ONNX file in ONNX Runtime, on the CPU.

    The files take turns, so that whatever else the machine does falls on all of them alike: entry i of all
    lists was measured in the same turn. No turn begins after ``seconds``, but for the first three.
    """
    engines: dict[str, Engine] = {name: open_engine(file, threads=threads) for name, file in files.items()}
    found: dict[str, list[float]] = {name: [] for name in files}
    try:
        for engine in engines.values():  # the first run prepares buffers
            engine.run(image)
        begun = time.perf_counter()
        for turn in range(runs):
            if turn >= 3 and time.perf_counter() - begun > seconds:
                break
            order = list(engines)
            for name in order if turn % 2 else reversed(order):
                start = time.perf_counter()
                engines[name].run(image)
                found[name].append(1000 * (time.perf_counter() - start))
    finally:
        for engine in engines.values():
            engine.close()
    return found


def machine() -> str:
    """Processor, system and versions on which times were measured."""
    versions = [f"{name} {metadata.version(name)}" for name in ("onnxruntime", "paddlepaddle", "paddle2onnx")]
    return ", ".join([f"{_processor()} ({os.cpu_count()} logical processors)", platform.system(), *versions])


def _processor() -> str:
    """Name of the processor; the machine type where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
