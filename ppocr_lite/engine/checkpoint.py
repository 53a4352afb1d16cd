"""Checkpoints: ``<prefix>.pdparams`` (weights), ``.pdopt`` (optimizer), ``.states`` (where training stands).

The three files are those of PaddleOCR 2.x and are read by it. ``.states`` holds one entry more,
``ppocr_lite``, with what an exact continuation needs, and checksums that tell whether the three belong
together. They are replaced so that a crash at any moment leaves a whole set. Weights alone may also be a
``.safetensors`` file. Beside the weights of a pruned model stands its ``<prefix>.structure.json``.
"""

import logging
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from ppocr_lite.engine.slots import rename_slots
from ppocr_lite.errors import ModelFileError
from ppocr_lite.modeling.structure import structure_of
from ppocr_lite.weights import files, names, pickles, structures
from ppocr_lite.weights.disk import write_atomic
from ppocr_lite.weights.report import LoadReport, shortened
from ppocr_lite.weights.together import finish, write_together

logger = logging.getLogger(__name__)

MASTERS = "master_weights"
"""Paddle's entry of ``.pdopt`` with the float32 originals of parameters kept in 16 bits."""
SUFFIXES = (".pdparams", structures.SUFFIX, ".pdopt", ".states")
OWN_KEY = "ppocr_lite"
"""Entry of ``.states`` that PaddleOCR does not know and ignores."""


def find_params(path: str | Path) -> Path:
    """The file of weights of a prefix: ``<prefix>.pdparams``, or ``<prefix>.safetensors`` if that is there.

    Args:
        path: the prefix, one of these files, or the ``.pdopt`` or ``.states`` beside it.

    Raises:
        ModelFileError: no such file, or a URL.
    """
    if re.match(r"https?://", str(path)):
        raise ModelFileError(f"{path}: weights are not downloaded. Fetch the file and give its path.")
    if Path(path).suffix in files.SUFFIXES:
        candidates = [Path(path)]
    else:
        prefix = re.sub(r"\.(pdopt|states)$", "", str(path))
        candidates = [Path(prefix + suffix) for suffix in files.SUFFIXES]
    found = next((file for file in candidates if file.is_file()), None)
    if found is None:
        folder = candidates[0].parent
        near = sorted(p.name for suffix in files.SUFFIXES for p in folder.glob(f"*{suffix}"))
        there = f" In that folder: {', '.join(shortened(near))}." if near else ""
        others = "".join(f", nor {file.suffix}" for file in candidates[1:])
        raise ModelFileError(f"{candidates[0]}: no such file{others}.{there}")
    return found


def load_weights(model: paddle.nn.Layer, weights: Mapping[str, np.ndarray]) -> LoadReport:
    """Set the parameters and buffers of ``model`` that ``weights`` holds in the right shape.

    A recurrent layer's tensor may stand under either of the two names that Paddle gives it.
    """
    tensors = model.state_dict()
    report = LoadReport(convolutions=sum(tensor.ndim == 4 for tensor in tensors.values()))
    for name, tensor in tensors.items():
        array = names.find_array(weights, name)
        if array is None:
            report.missing.append(name)
        elif list(array.shape) != list(tensor.shape):
            report.mismatched[name] = (list(array.shape), list(tensor.shape))
        else:
            _set_value(tensor, array)
            report.matched.append(name)
    known = set(tensors) | {names.alias(name) for name in tensors}
    report.unexpected = [name for name in weights if name not in known]
    return report


def _set_value(tensor: paddle.Tensor, array: np.ndarray) -> None:
    if tensor.dtype == paddle.bfloat16:  # numpy has no such type
        tensor.set_value(paddle.to_tensor(np.asarray(array, np.float32)).astype(tensor.dtype))
    else:
        tensor.set_value(np.asarray(array, dtype=str(tensor.dtype).rpartition(".")[2]))


def load_pretrained(model: paddle.nn.Layer, path: str | Path, *, submodel: str = "") -> LoadReport:
    """Load weights leniently: what does not fit is left as it is and named in a warning.

    Args:
        submodel: the name that ``model`` has in a distillation. Of a file that holds a whole distillation,
            the arrays of this name are taken.

    Raises:
        ModelFileError: the file cannot be read, or nothing in it fits.
    """
    file = find_params(path)
    weights = _of_submodel(submodel, _unwrapped(file), file)
    report = load_weights(model, weights)
    if not report.matched or report.looks_pruned:
        fits = "looks pruned, and does not fit" if report.matched else "none of its {} arrays fits"
        raise ModelFileError(
            f"{file}: {fits.format(len(weights))} the model.\n{report.table()}"
            f"{_prefix_hint(weights, model.state_dict())}{_pruned_hint(report, file)}"
        )
    if not report.complete or report.unexpected:
        table = report.table() + _pruned_hint(report, file)
        logger.warning("%s: fits the model in part; the rest starts anew.\n%s", file, table)
    logger.info("load pretrain successful from %s", file)
    return report


def _of_submodel(name: str, weights: dict[str, np.ndarray], file: Path) -> dict[str, np.ndarray]:
    """The arrays whose names begin with ``name.``, without it; all of them where there is none such."""
    start = f"{name}."
    part = {key.removeprefix(start): array for key, array in weights.items() if key.startswith(start)}
    if not name or not part:
        return weights
    logger.info("%s: of its %d arrays the %d of '%s' are taken.", file, len(weights), len(part), start)
    return part


def load_exact(model: paddle.nn.Layer, path: str | Path) -> LoadReport:
    """Load weights of which every one of the model's must be there; ModelFileError otherwise."""
    file = find_params(path)
    weights = _unwrapped(file)
    report = load_weights(model, weights)
    if not report.complete:
        raise ModelFileError(
            f"{file}: does not fit the model.\n{report.table()}\n"
            "Check that the configuration is the one it was trained with."
            f"{_prefix_hint(weights, model.state_dict())}{_pruned_hint(report, file)}"
        )
    if report.unexpected:
        logger.warning("%s: holds more than the model.\n%s", file, report.table())
    return report


def _unwrapped(file: Path) -> dict[str, np.ndarray]:
    """The arrays of a file under the model's own names, if a wrapper put its own before all of them."""
    weights, prefix = names.unwrap(files.read_weights(file))
    if prefix:
        logger.info("%s: its names begin with '%s', a wrapper's; loaded without.", file, prefix)
    return weights


def _prefix_hint(weights: Iterable[str], wanted: Iterable[str]) -> str:
    """Tell a user who mixes up a distillation checkpoint and that of one of its models."""
    weights, wanted = list(weights), set(wanted)
    submodels = list({name.partition(".")[0]: 0 for name in weights if name.partition(".")[2] in wanted})
    if submodels:
        one = "Student" if "Student" in submodels else submodels[0]
        return (
            f"\nIt holds the model within {', '.join(submodels)}. Take one out with "
            f"'ppocr-lite weights extract --prefix {one}. IN OUT'."
        )
    held = set(weights)
    inner = sorted({name.partition(".")[0] for name in wanted if name.partition(".")[2] in held})
    if not inner:
        return ""
    return (
        f"\nIt holds one model, such as {', '.join(inner)} of this distillation. "
        f"Give it as Architecture.Models.{inner[0]}.pretrained."
    )


def _pruned_hint(report: LoadReport, file: Path) -> str:
    path = structures.path_of(file)
    if not report.with_fewer_filters or path.is_file():
        return ""
    return (
        f"\nIts convolutions have fewer filters, as a pruned model's. If it is one, copy '{path.name}' from "
        f"where it was pruned to {path.parent}; the weights alone do not say which filters are left."
    )


def save_weights(path: str | Path, model: paddle.nn.Layer) -> None:
    """Write ``<path>.pdparams`` atomically; ``.safetensors`` if ``path`` ends so."""
    path = Path(path) if Path(path).suffix in files.SUFFIXES else Path(f"{path}{files.PICKLE}")
    tensors = model.state_dict()
    files.write_weights(path, _to_numpy(tensors), {name: tensor.name for name, tensor in tensors.items()})
    structure = structure_of(model)
    if structure is not None:
        write_atomic(structures.path_of(path), structures.to_bytes(structure))
    else:
        structures.path_of(path).unlink(missing_ok=True)


def save(
    prefix: str | Path,
    model: paddle.nn.Layer,
    optimizer: paddle.optimizer.Optimizer | None = None,
    *,
    states: Mapping[str, Any] | None = None,
) -> None:
    """Write the weights and, where given, the optimizer and ``states`` (plain values and arrays).

    Raises:
        ModelFileError: they cannot be written, for want of space or permission; the old ones stay.
    """
    contents = {".pdparams": _weights_bytes(model, optimizer)}
    structure = structure_of(model)
    if structure is not None:
        contents[structures.SUFFIX] = structures.to_bytes(structure)
    if optimizer is not None:
        contents[".pdopt"] = pickles.to_bytes(_to_numpy(optimizer.state_dict()))
    if states is not None:
        own = dict(states.get(OWN_KEY, {}))
        own["crc32"] = {suffix: zlib.crc32(data) for suffix, data in contents.items()}
        contents[".states"] = pickles.to_bytes({**states, OWN_KEY: own})
    try:
        write_together(prefix, contents)
    except OSError as error:
        megabytes = sum(map(len, contents.values())) / 1e6
        raise ModelFileError(
            f"{prefix}: the checkpoint ({megabytes:.1f} MB) cannot be written: {error.strerror or error}. "
            "What was there before is as it was. Make room or give another Global.save_model_dir, and resume."
        ) from error
    if structure is None:  # of an earlier, pruned model of this name
        Path(f"{prefix}{structures.SUFFIX}").unlink(missing_ok=True)


def finish_save(prefix: str | Path) -> bool:
    """Finish a save of this checkpoint that was killed between its files; False where there is none.

    Call it before :func:`load`, in one process only.
    """
    base = re.sub(r"\.(pdparams|pdopt|states)$", "", str(prefix))
    return finish(base, SUFFIXES, _belong_together)


def _belong_together(paths: Mapping[str, Path]) -> bool:
    try:
        states = pickles.read_pickle(paths[".states"])
        sums = states[OWN_KEY]["crc32"]
        return all(zlib.crc32(paths[suffix].read_bytes()) == crc for suffix, crc in sums.items())
    except (ModelFileError, OSError, KeyError, TypeError):
        return False  # half written, or not ours


def _weights_bytes(model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer | None) -> bytes:
    arrays: dict[str, Any] = _to_numpy(float_state(model, optimizer))
    arrays[names.NAMES_KEY] = {name: tensor.name for name, tensor in model.state_dict().items()}
    return pickles.to_bytes(arrays)


def float_state(
    model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer | None = None
) -> dict[str, paddle.Tensor]:
    """The state_dict of ``model``; of parameters kept in 16 bits, the optimizer's float32 masters."""
    tensors: dict[str, paddle.Tensor] = model.state_dict()
    tensors = {**tensors, **masters(model, optimizer)}
    return {k: v.astype("float32") if _is_half(v) else v for k, v in tensors.items()}


def masters(model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer | None) -> dict[str, paddle.Tensor]:
    """The float32 originals of those parameters of ``model`` that are kept in 16 bits, by their names."""
    halves = {name: tensor for name, tensor in model.state_dict().items() if _is_half(tensor)}
    if optimizer is None or not halves:
        return {}
    kept = optimizer.state_dict().get(MASTERS, {})
    return {name: kept[tensor.name] for name, tensor in halves.items() if tensor.name in kept}


def _is_half(tensor: paddle.Tensor) -> bool:
    return tensor.dtype in (paddle.float16, paddle.bfloat16)


def _to_numpy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Tensors -> numpy arrays, in nested dictionaries too."""
    plain: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, paddle.Tensor):
            plain[key] = value.numpy()
        else:
            plain[key] = _to_numpy(value) if isinstance(value, Mapping) else value
    return plain


def load(
    prefix: str | Path, model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer | None = None
) -> dict[str, Any]:
    """Load a checkpoint to go on from: all weights, the optimizer, and return its ``.states``.

    Raises:
        ModelFileError: the weights are missing, do not fit, or the files were not written together.
    """
    file = find_params(prefix)
    base = str(file.with_suffix(""))
    states = _read_states(base, weights=file)
    load_exact(model, file)
    if optimizer is not None:
        _load_optimizer(base, file, model=model, optimizer=optimizer)
    logger.info("resume from %s", base)
    return states


def _read_states(base: str, *, weights: Path) -> dict[str, Any]:
    if not Path(f"{base}.states").is_file():
        logger.warning("%s.states: no such file; epoch and best metric start anew.", base)
        return {}
    states = pickles.read_pickle(f"{base}.states")
    if not isinstance(states, dict):
        raise ModelFileError(f"{base}.states: expected a dictionary, got a {type(states).__name__}.")
    for suffix, crc in states.get(OWN_KEY, {}).get("crc32", {}).items():
        part = Path(base + suffix)
        if suffix == files.PICKLE and part != weights:
            continue  # the same weights in the other format: their bytes tell nothing
        if not part.is_file() or zlib.crc32(part.read_bytes()) != crc:
            raise ModelFileError(
                f"{part}: was not written together with {base}.states (an interrupted save?). "
                "Resume from another checkpoint of this run, or use it as Global.pretrained_model."
            )
    return states


def _load_optimizer(
    base: str, weights: Path, *, model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer
) -> None:
    if not Path(f"{base}.pdopt").is_file():
        logger.warning("%s.pdopt: no such file; the optimizer starts anew.", base)
        return
    values, _ = files.read_params(f"{base}.pdopt")
    old_names, _ = names.unwrap(files.read_file(weights).names)
    renamed = rename_slots(values, old_names, model)
    if MASTERS in renamed:
        own = rename_slots(renamed[MASTERS], old_names, model)
        renamed[MASTERS] = {name: paddle.to_tensor(value) for name, value in own.items()}
    optimizer.set_state_dict(renamed)
