"""Post-training quantization: an int8 model folder from a float one and pictures. Needs no Paddle."""

import logging
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.compression import calibrate, qdq
from ppocr_lite.compression.int8_file import compare, describe, finish_folder, save_int8
from ppocr_lite.errors import ConfigError, DataError, MissingDependency, ModelFileError
from ppocr_lite.inference.engines.base import Engine, open_engine
from ppocr_lite.inference.model_files import EngineOptions, Model, open_model
from ppocr_lite.inference.predictor import Predictor
from ppocr_lite.inference.text_classifier import TextClassifier
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer

logger = logging.getLogger(__name__)

READERS: Mapping[str, Any] = {"det": TextDetector, "cls": TextClassifier, "rec": TextRecognizer}
AUTO_STEP = 2
"""Layers that are made float again at once while looking for how many have to be."""
REPORT = "layers.tsv"

Prepared = tuple[np.ndarray, np.ndarray | None]


@dataclass(frozen=True)
class StaticOptions:
    """How a float network is quantized.

    Args:
        method: ``percentile``, ``kl`` or ``minmax``.
        percentile: for that method.
        keep_float: that many layers stay float, those that change the output most by themselves; ``auto``:
            as many as it takes (two at a time, half of the layers at most) until ``agreement`` is reached.
        agreement: share of the calibration pictures whose result must be that of the float network: text,
            label, boxes within a pixel.
        depthwise, first, weight_bits, pack_float: as in quantization-aware training; see
            :class:`~ppocr_lite.compression.quantize.QuantOptions`.
        report_images: pictures by which layers are compared.
        threads: of the engine; 0 takes what this process may use.
    """

    method: str = "percentile"
    percentile: float = calibrate.PERCENTILE
    keep_float: int | str = 0
    agreement: float = 0.98
    depthwise: bool = False
    first: bool = False
    weight_bits: int = 8
    pack_float: bool = True
    report_images: int = 8
    threads: int = 0

    def __post_init__(self) -> None:
        calibrate.choose_method(self.method, share=self.percentile)
        if self.keep_float != "auto" and not (isinstance(self.keep_float, int) and self.keep_float >= 0):
            raise ConfigError(
                f"keep_float: expected a number of layers from 0 or 'auto', got {self.keep_float!r}."
            )
        if not 2 <= self.weight_bits <= 8:
            raise ConfigError(f"weight_bits: expected 2 to 8, got {self.weight_bits}.")


@dataclass(frozen=True)
class LayerError:
    """What the output loses when this layer alone is quantized.

    Args:
        name, shape: the node, and the shape of its weight.
        sqnr_db: 10 log10(power of the output / power of the change); infinite without a change.
        largest: largest change of a probability.
    """

    name: str
    shape: tuple[int, ...]
    sqnr_db: float
    largest: float


def quantize_folder(
    source: str | Path,
    target: str | Path,
    pictures: Sequence[np.ndarray],
    options: StaticOptions | None = None,
) -> dict[str, Any]:
    """Write the folder ``target`` with an int8 ``inference.onnx``; gives the content of ``inference.yml``.

    The table of layers, worst first, is in ``layers.tsv`` there.

    Args:
        source: exported float model folder (or .onnx file) of this package.
        pictures: uint8 BGR [H, W, 3] of any size, such as the model will see; some dozens suffice.

    Raises:
        DataError: no picture.
        ModelFileError: no float ONNX file in ``source``, or one that is quantized already.
        MissingDependency: onnx is not installed.
    """
    options = options or StaticOptions()
    if not len(pictures):
        raise DataError("Calibration: no picture. Give a folder or a label file with some.")
    work = Quantizer(source, pictures, options)
    try:
        return work.write(Path(target))
    finally:
        work.close()


class Quantizer:
    """One float network with its calibration pictures; see :func:`quantize_folder`."""

    def __init__(self, source: str | Path, pictures: Sequence[np.ndarray], options: StaticOptions) -> None:
        onnx = _import_onnx()
        self.options = options
        self.opened = open_model(source, EngineOptions(engine="onnxruntime", threads=options.threads))
        _check_is_float(self.opened)
        self.predictor: Predictor[Any] = _predictor(self.opened)
        self.inputs = [self._prepared(picture) for picture in pictures]
        self.model = onnx.load(str(self.opened.path))
        qdq.name_nodes(self.model.graph)
        self.layers = _layers(self.model.graph, options)
        tensors = {name for node in self.layers for name in _tensors(self.model.graph, node)}
        seen = calibrate.observe(self.model, sorted(tensors), lambda: (batch for batch, _ in self.inputs))
        method = calibrate.choose_method(options.method, share=options.percentile)
        self.grids = {name: qdq.Grid.between(*method(histogram)) for name, histogram in seen.items()}
        self._wanted = [self._output(self.opened.engine, batch) for batch, _ in self.inputs]

    def close(self) -> None:
        """Free the float network."""
        self.opened.engine.close()

    def write(self, target: Path) -> dict[str, Any]:
        """Quantize, compare with the float network, and write the folder."""
        errors = self.layer_errors()
        kept = self._choose(errors)
        values = {k: v for k, v in self.opened.description.items() if k not in ("Hashes", "Parity")}
        target.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=target, prefix=".int8-"))
        try:
            file = work / "inference.onnx"
            save_int8(self.quantized(kept), file, pack=self.options.pack_float)
            report = self._compare(file)
            extra = {"pictures": len(self.inputs), "against_float": report}
            values["Quantization"] = describe(
                *(file,),
                method=self.options.method,
                weight_bits=self.options.weight_bits,
                float_layers=sorted(kept),
                extra=extra,
            )
            (work / REPORT).write_text(table(errors), encoding="utf-8")
            finish_folder(work, values)
            for part in work.iterdir():
                os.replace(part, target / part.name)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        logger.info("int8 model is saved to %s: %s", target, values["Quantization"])
        return values

    def quantized(self, kept: Collection[str] = ()) -> Any:
        """onnx.ModelProto with all layers but those in ``kept`` quantized."""
        return self._only([node.name for node in self.layers if node.name not in kept])

    def _only(self, names: Collection[str]) -> Any:
        import onnx

        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        places = _places(model.graph, names, self.grids)
        qdq.quantize_graph(model, places, names, weight_bits=self.options.weight_bits)
        return model

    def layer_errors(self) -> list[LayerError]:
        """The layers, worst first, each quantized by itself in the float network."""
        count = self.options.report_images
        inputs, wanted = self.inputs[:count], self._wanted[:count]
        errors = []
        for node in self.layers:
            with _engine_of(self._only([node.name]), self.options.threads) as engine:
                got = [self._output(engine, batch) for batch, _ in inputs]
            noise = sum(float(((a - b) ** 2).sum()) for a, b in zip(got, wanted))
            power = sum(float((b**2).sum()) for b in wanted)
            decibels = 10 * np.log10(power / noise) if noise else np.inf
            largest = max(float(np.abs(a - b).max()) for a, b in zip(got, wanted))
            shape = next(tuple(t.dims) for t in self.model.graph.initializer if t.name == node.input[1])
            errors.append(LayerError(node.name, shape, float(decibels), largest))
        return sorted(errors, key=lambda error: error.sqnr_db)

    def _choose(self, errors: Sequence[LayerError]) -> set[str]:
        """The layers that stay float."""
        order = [error.name for error in errors]
        if isinstance(self.options.keep_float, int):
            if self.options.keep_float >= len(order):
                raise ConfigError(
                    f"keep_float: {self.options.keep_float} of {len(order)} layers leave none to quantize."
                )
            return set(order[: self.options.keep_float])
        for count in range(0, len(order) // 2 + 1, AUTO_STEP):
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "inference.onnx"
                save_int8(self.quantized(order[:count]), file, pack=False)
                share = self._compare(file)["text_agreement"]
            logger.info("%d layers float: %.3f of the results are those of the float network", count, share)
            if share >= self.options.agreement:
                return set(order[:count])
        logger.warning(
            "Half of the layers are float and still only %.3f of the results agree with the float network. "
            "Give more pictures or another method, or train: quant.py.",
            share,
        )
        return set(order[:count])

    def _prepared(self, picture: np.ndarray) -> Prepared:
        sample = self.predictor.prepare(picture)
        shapes = np.asarray(sample["shape"])[None] if "shape" in sample else None
        return np.ascontiguousarray(sample["image"], np.float32)[None], shapes

    def _output(self, engine: Engine, batch: np.ndarray) -> np.ndarray:
        chosen = self.predictor.choose(engine, engine.run(batch))
        if isinstance(chosen, dict):
            raise ModelFileError(
                f"{self.opened.path}: decodes itself, so that errors cannot be measured. Export it without "
                "Global.export_decode."
            )
        return chosen

    def _compare(self, file: Path) -> dict[str, Any]:
        engine = open_engine(file, threads=self.options.threads)
        wanted = iter(self._wanted)
        try:
            return compare(
                lambda batch: next(wanted),
                lambda batch: self._output(engine, batch),
                self.inputs,
                lambda outputs, shapes: list(self.predictor.postprocess(dict(outputs), shapes)),
                output=self.predictor.output,
            )
        finally:
            engine.close()


class _engine_of:
    """A graph in memory as an engine, for the length of a ``with``."""

    def __init__(self, model: Any, threads: int) -> None:
        self._model, self._threads = model, threads

    def __enter__(self) -> Engine:
        self._folder = tempfile.TemporaryDirectory()
        file = Path(self._folder.name) / "inference.onnx"
        file.write_bytes(self._model.SerializeToString())
        self._engine = open_engine(file, threads=self._threads)
        return self._engine

    def __exit__(self, *_: Any) -> None:
        self._engine.close()
        self._folder.cleanup()


def table(errors: Sequence[LayerError]) -> str:
    """Tab-separated rows, worst layer first."""
    rows = ["layer\tweight\tsqnr_db\tmax_abs_diff"]
    for error in errors:
        shape = "x".join(map(str, error.shape))
        rows.append(f"{error.name}\t{shape}\t{error.sqnr_db:.1f}\t{error.largest:.4f}")
    return "\n".join(rows) + "\n"


def _import_onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise MissingDependency("Quantization needs a package. Install it with: pip install onnx") from error
    return onnx


def _check_is_float(opened: Model) -> None:
    if opened.description.get("Quantization"):
        raise ModelFileError(f"{opened.path}: is quantized already. Give the folder of the float model.")


def _predictor(opened: Model) -> Predictor[Any]:
    task = str((opened.description.get("Global") or {}).get("model_type"))
    if task not in READERS:
        raise ModelFileError(
            f"{opened.path}: Global.model_type in inference.yml is {task}, not one of {', '.join(READERS)}. "
            "Export the model with tools/export_model.py."
        )
    predictor: Predictor[Any] = READERS[task].open(opened).predictor
    return predictor


def _layers(graph: Any, options: StaticOptions) -> list[Any]:
    nodes = qdq.weighted_nodes(graph)
    if not options.first:
        nodes = nodes[1:]
    chosen = [node for node in nodes if options.depthwise or not _is_grouped(node)]
    if not chosen:
        raise ModelFileError("The network has no convolution or matrix product to be quantized.")
    return chosen


def _is_grouped(node: Any) -> bool:
    return any(a.name == "group" and a.i > 1 for a in node.attribute)


def _tensors(graph: Any, node: Any) -> Iterator[str]:
    """The tensors that are rounded for a node: its input and, of a convolution, its result after a ReLU."""
    yield node.input[0]
    if node.op_type != "Conv":
        return
    readers = [n for n in graph.node if node.output[0] in n.input]
    result = node.output[0]
    if len(readers) == 1 and readers[0].op_type == "Relu":
        result = readers[0].output[0]
    if result not in {output.name for output in graph.output}:
        yield result


def _places(graph: Any, names: Collection[str], grids: Mapping[str, qdq.Grid]) -> list[qdq.Place]:
    """Results are rounded for all who read them; other inputs for the quantized nodes alone."""
    results: dict[str, None] = {}
    inputs: dict[str, set[str]] = {}
    for node in graph.node:
        if node.name not in names:
            continue
        source, *result = _tensors(graph, node)
        results.update(dict.fromkeys(result))
        inputs.setdefault(source, set()).add(node.name)
    places = [qdq.Place(name, grids[name]) for name in results]
    for name, readers in inputs.items():
        if name not in results:
            places.append(qdq.Place(name, grids[name], frozenset(readers)))
    return places
