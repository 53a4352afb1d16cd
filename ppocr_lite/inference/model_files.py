"""Exported models on disk: find the network's file, read what travels with it, check that all fits.

Understood are folders written by ``tools/export_model.py``, inference folders of PaddleOCR 2.x and 3.x, and
single .onnx files, with their charset in ``inference.yml`` or in the file's metadata (key ``character``).
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ppocr_lite.config import parse_yaml
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.inference.engines.base import Engine, open_engine

logger = logging.getLogger(__name__)

AUTO = "auto"
ONNX_NAMES = ("inference.onnx", "model.onnx")
PADDLE_NAMES = ("model.pdmodel", "inference.pdmodel", "inference.json", "model.json")
OPENVINO_NAMES = ("inference.xml", "model.xml")
CONFIG_NAMES = ("inference.yml", "inference.yaml")
EMBEDDED_SET = "en"
_EXPORT_HINT = "Export one with tools/export_model.py, or pass a .onnx file."


@dataclass(frozen=True)
class EngineOptions:
    """How to run networks; see :func:`~ppocr_lite.inference.engines.open_engine`. ``auto``: by the files."""

    engine: str = AUTO
    device: str = "cpu"
    threads: int = 0
    precision: str = "fp32"


@dataclass(frozen=True, eq=False)
class Model:
    """An opened network and what is known about it.

    Args:
        path: the network's file, for messages.
        engine: the running network.
        description: content of ``inference.yml``; empty for a model without one.
    """

    path: Path
    engine: Engine
    description: Mapping[str, Any] = field(default_factory=dict)

    @property
    def transform_ops(self) -> list[dict[str, Any]]:
        """Pre-processing steps as one-key mappings, label steps and KeepKeys left out."""
        steps = _mapping(self.description, "PreProcess", self.path).get("transform_ops") or []
        pairs = [
            (step, None) if isinstance(step, str) else next(iter(step.items())) for step in steps if step
        ]
        return [{str(n): p} for n, p in pairs if "Label" not in str(n) and n not in ("KeepKeys", "ToStatic")]

    @property
    def post_process(self) -> dict[str, Any]:
        """The PostProcess section without the charset."""
        section = dict(_mapping(self.description, "PostProcess", self.path))
        for key in ("character_dict", "token_separator"):
            section.pop(key, None)
        return section

    @property
    def decoded(self) -> int:
        """Classes of a recognizer that decodes in the network (``Global.export_decode``); 0 for others.

        Raises:
            ModelFileError: inference.yml says that it does, but not how many there are.
        """
        if not _mapping(self.description, "Global", self.path).get("decoded"):
            return 0
        classes = _mapping(self.description, "Shapes", self.path).get("classes")
        if not isinstance(classes, int) or classes < 1:
            raise ModelFileError(
                f"{self.path}: Shapes.classes in inference.yml: expected the number of classes, "
                f"got {classes!r}. Export the model again."
            )
        return classes

    @property
    def characters(self) -> tuple[str, ...] | None:
        """The charset that travels with the model; None when there is none."""
        listed = _mapping(self.description, "PostProcess", self.path).get("character_dict")
        if listed:
            return tuple(str(c) for c in listed)
        text = self.engine.metadata.get("character")
        if text is None:
            return None
        characters = text.split("\n")  # not splitlines: dictionaries hold U+2028 and its kind as characters
        return tuple(c.rstrip("\r") for c in (characters[:-1] if characters[-1] == "" else characters))

    @property
    def token_separator(self) -> str:
        """What stands between the tokens of a text; empty for a charset of characters."""
        section = _mapping(self.description, "PostProcess", self.path)
        return str(section.get("token_separator") or self.engine.metadata.get("token_separator", ""))

    def step(self, suffix: str) -> dict[str, Any]:
        """Parameters of the first pre-processing step whose name ends in ``suffix``; empty without one."""
        for step in self.transform_ops:
            ((name, params),) = step.items()
            if name.endswith(suffix):
                return dict(params or {})
        return {}


def open_model(path: str | Path, options: EngineOptions | None = None) -> Model:
    """Find and open the network of a model folder or file.

    Raises:
        ModelFileError: nothing there, a part is missing or damaged; the message says what to do.
    """
    options = options or EngineOptions()
    kind, file = find_network(Path(path), options.engine)
    description = _read_description(file)
    _check_hashes(file, description)
    engine = open_engine(
        file, kind=kind, device=options.device, threads=options.threads, precision=options.precision
    )
    if not description and "inference_yml" in engine.metadata:
        description = _parse(engine.metadata["inference_yml"], f"{file}: metadata inference_yml")
    return Model(file, engine, description)


def find_network(path: Path, engine: str = AUTO) -> tuple[str, Path]:
    """(engine kind, file) for a model folder or file; ``auto`` prefers ONNX."""
    if path.is_file():
        kind = {".onnx": "onnxruntime", ".xml": "openvino", ".pdmodel": "paddle", ".json": "paddle"}.get(
            path.suffix
        )
        if kind is None:
            raise ModelFileError(
                f"{path}: expected a folder, or a file ending in .onnx, .pdmodel, .json or .xml."
            )
        return (kind if engine == AUTO else engine), path
    if not path.is_dir():
        # PaddleOCR 2.x also takes the common prefix of the files, as in det/inference.
        prefixed = [p for s in (".onnx", ".pdmodel", ".json") if (p := Path(f"{path}{s}")).is_file()]
        if prefixed:
            return find_network(prefixed[0], engine)
        raise ModelFileError(f"{path}: no such model folder or file. {_EXPORT_HINT}")
    onnx = _first(path, ONNX_NAMES) or _only_onnx(path)
    paddle = _first(path, PADDLE_NAMES)
    xml = _first(path, OPENVINO_NAMES)
    choices = {
        AUTO: [("onnxruntime", onnx), ("paddle", paddle), ("openvino", xml)],
        "onnxruntime": [("onnxruntime", onnx)],
        "paddle": [("paddle", paddle)],
        "openvino": [("openvino", xml), ("openvino", onnx), ("openvino", paddle)],
    }
    for kind, file in choices.get(engine, [(engine, onnx)]):
        if file is not None:
            return kind, file
    raise ModelFileError(_nothing_found(path, engine, has_paddle=paddle is not None))


def embedded_model(task: str) -> Path:
    """Folder of the package's own model for ``det``, ``cls`` or ``rec``.

    Raises:
        ModelFileError: this copy of the package comes without it.
    """
    folder = Path(__file__).resolve().parents[1] / "models" / EMBEDDED_SET / task
    if _first(folder, ONNX_NAMES) is None:
        raise ModelFileError(
            f"{folder}: this installation has no embedded {task} model. Reinstall ppocr_lite, "
            f"or give a model with --{task}_model_dir, or {task}=... in Python."
        )
    return folder


def resolve_charset(
    characters: Sequence[str],
    num_classes: int,
    *,
    path: Path,
    where: str,
    specials: int = 1,
    tokens: bool = False,
) -> tuple[str, ...]:
    """The charset, with the space that PaddleOCR appends unasked when the network has a class for it.

    Args:
        characters: as the dictionary has them.
        num_classes: width of the network's output, special classes included.
        path: the network's file, for the message.
        where: where the charset comes from, for the message.
        specials: classes that are no characters: 1 for CTC (the blank), 2 for attention (begin and end).
        tokens: the entries are tokens, to which no space is appended.

    Raises:
        ModelFileError: the sizes do not fit; decoding would give fluent nonsense.
    """
    size = len(characters) + specials
    if size == num_classes:
        return tuple(characters)
    if size + 1 == num_classes and not tokens:
        return (*characters, " ")
    if size - 1 == num_classes and characters[-1] == " ":
        return tuple(characters[:-1])
    entries = (
        f"tokens and needs {size}" if tokens else f"characters and needs {size} (or {size + 1} with a space)"
    )
    raise ModelFileError(
        f"{path}: the network tells {num_classes} classes apart, but the charset of {where} has "
        f"{len(characters)} {entries}. Give the dictionary it was trained with: --rec_char_dict_path FILE."
    )


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _only_onnx(folder: Path) -> Path | None:
    files = sorted(folder.glob("*.onnx"))
    return files[0] if len(files) == 1 else None


def _nothing_found(folder: Path, engine: str, *, has_paddle: bool) -> str:
    several = sorted(p.name for p in folder.glob("*.onnx"))
    if len(several) > 1:
        return f"{folder}: several .onnx files ({', '.join(several)}). Pass the one that is meant."
    if engine == "paddle":
        return (
            f"{folder}: not find model.pdmodel or inference.pdmodel (or inference.json) in it. {_EXPORT_HINT}"
        )
    if has_paddle:
        return (
            f"{folder}: holds Paddle files only. Choose --engine paddle, or convert it: "
            "paddle2onnx --model_dir FOLDER --model_filename inference.pdmodel "
            "--params_filename inference.pdiparams --save_file inference.onnx"
        )
    return f"{folder}: no inference.onnx here. {_EXPORT_HINT}"


def _read_description(file: Path) -> dict[str, Any]:
    """``inference.yml`` beside the network, unless the file is one of several loose models in a folder."""
    config = _first(file.parent, CONFIG_NAMES)
    if config is None or file.stem not in ("inference", "model"):
        return {}
    try:
        text = config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{config}: cannot be read ({error}). Export the model again.") from error
    return _parse(text, str(config))


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        values = parse_yaml(text, where)
    except ConfigError as error:
        raise ModelFileError(f"{error} Export the model again.") from error
    if not isinstance(values, dict):
        raise ModelFileError(f"{where}: expected sections such as PreProcess, got {values!r:.60}.")
    return values


def _check_hashes(file: Path, description: Mapping[str, Any]) -> None:
    """Compare the network's files with the hashes written at export."""
    for name, wanted in _mapping(description, "Hashes", file).items():
        part = file.parent / str(name)
        weights = part.suffix == ".pdiparams" and part.stem == file.stem and file.suffix != ".onnx"
        if part != file and not weights:
            continue
        if not part.is_file():
            raise ModelFileError(
                f"{part}: missing, though inference.yml lists it. Copy the whole model folder."
            )
        found = hashlib.sha256(part.read_bytes()).hexdigest()
        if found != str(wanted).removeprefix("sha256:"):
            raise ModelFileError(
                f"{part}: its SHA-256 is not the one in inference.yml: the file is damaged or was replaced. "
                "Copy the whole model folder again, or export again."
            )


def _mapping(values: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    section = values.get(key) or {}
    if not isinstance(section, Mapping):
        raise ModelFileError(
            f"{path}: {key} in inference.yml: expected keys and values, got {section!r:.60}."
        )
    return section
