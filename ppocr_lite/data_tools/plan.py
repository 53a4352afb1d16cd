"""What a configuration says about its data: files to read, and what their samples must be like."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config, Section
from ppocr_lite.data_tools.lmdb_files import find_databases, read_lmdb
from ppocr_lite.data_tools.rows import LabelFile, Row, read_label_file
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import TRANSFORMS, construct
from ppocr_lite.transforms.resize import RecResizeImg

SPLITS = ("Train", "Eval")
FILE_DATASETS = ("SimpleDataSet", "TextDetDataset", "TextRecDataset")
LMDB_DATASETS = ("LMDBDataSet", "LMDBDateSet")
MIX_DATASET = "MixDataSet"
TASKS = ("det", "rec", "cls")
ENCODERS = {
    "DetLabelEncode": "det",
    "ClsLabelEncode": "cls",
    "CTCLabelEncode": "rec",
    "AttnLabelEncode": "rec",
}
DEFAULT_TEXT_LENGTH = 25
"""Of PaddleOCR's RecConAug and decoders; configurations of recognizers say their own."""
DEFAULT_MIN_TEXT_SIZE = 8
PIXELS_PER_STEP = 4
"""Of the input's width for one step of the time axis: the stride of the usual recognizers. An assumption."""


@dataclass(frozen=True)
class Rules:
    """What the samples of a split must be like.

    Args:
        task: ``det``, ``rec`` or ``cls``.
        charset: of recognition; None where the dictionary cannot be used.
        separator: between the tokens of a label; empty where labels are made of characters.
        max_text_length: characters or tokens; 0 where nothing limits them.
        special: entries of a label beside its symbols (2 for attention: begin and end).
        pixels_per_step: of the input's width for one step of the time axis.
        resize: what fixes the width of a line, and so the time axis of CTC; None: not known, or no CTC.
        label_list: of classification.
        min_text_size: pixels; regions below it are ignored in training. 0: no such rule.
    """

    task: str
    charset: Charset | None = None
    separator: str = ""
    max_text_length: int = 0
    special: int = 0
    pixels_per_step: int = PIXELS_PER_STEP
    resize: RecResizeImg | None = None
    label_list: tuple[str, ...] = ()
    min_text_size: int = 0

    @property
    def symbols(self) -> str:
        """What a label is made of, for messages."""
        return "tokens" if self.separator else "characters"


@dataclass(frozen=True)
class Split:
    """``Train`` or ``Eval``: its label files or databases, and its rules."""

    name: str
    files: Sequence[LabelFile]
    rules: Rules

    @property
    def rows(self) -> list[Row]:
        """Of all files."""
        return [row for file in self.files for row in file.rows]


def read_splits(
    cfg: Config, names: Sequence[str] = SPLITS, *, charset: Charset | None = None, limit: int = 0
) -> tuple[list[Split], list[str]]:
    """The splits that are made of files, and a line about each one that is not.

    Args:
        names: ``Train``, ``Eval`` or both.
        charset: see Rules.
        limit: rows of each file; 0 for all.

    Raises:
        ConfigError: a section lacks something, or no split is made of files.
        DataError: a label file cannot be read, or there is no database.
    """
    splits, skipped = [], []
    for name in names:
        section = cfg.section(f"{name}.dataset")
        files: list[LabelFile] = []
        for member in members(section):
            kind = member.get("name", "")
            if kind in FILE_DATASETS or kind in LMDB_DATASETS:
                files += read_files(member, limit=limit)
            else:
                reason = f"{kind} has no files" if kind else "the configuration has no such section"
                skipped.append(f"{name}: not checked, {reason}.")
        if files:
            splits.append(Split(name, files, rules_of(cfg, steps_of(section), charset)))
    if not splits:
        raise ConfigError(
            f"{cfg.source}: nothing to check. {' '.join(skipped)} "
            f"Files belong to: {', '.join((*FILE_DATASETS[:1], *LMDB_DATASETS[:1]))}."
        )
    return splits, skipped


def members(section: Section) -> list[Section]:
    """The datasets that a ``dataset`` section mixes, at any depth; itself if it is no mix."""
    if section.get("name") != MIX_DATASET:
        return [section]
    listed = section.get("datasets")
    found = []
    for index, item in enumerate(listed if isinstance(listed, list) else []):
        found += members(Section(item, f"{section.path}.datasets[{index}]"))
    return found


def steps_of(section: Section) -> dict[str, Section]:
    """Transforms of a ``dataset`` section; of a mix without any, those of the first dataset that has some."""
    for part in (section, *members(section)):
        steps = dict(part.steps("transforms"))
        if steps:
            return steps
    return {}


def read_files(section: Section, *, limit: int = 0) -> list[LabelFile]:
    """Label files or databases of a ``dataset`` section; a file that is listed twice is read once."""
    folders = _listed(section, "data_dir")
    if section["name"] in LMDB_DATASETS:
        return [read_lmdb(folder, limit=limit) for folder in find_databases(*folders)]
    files = _listed(section, "label_file_list")
    if len(folders) == 1:
        folders = folders * len(files)
    if len(folders) != len(files):
        raise ConfigError(
            f"{section.place('data_dir')}: {len(folders)} folders do not fit {len(files)} label files. "
            "Give one folder, or one for each file."
        )
    delimiter = str(section.get("delimiter", "\t"))
    pairs = dict.fromkeys(zip(files, folders))
    return [read_label_file(file, d, delimiter=delimiter, limit=limit) for file, d in pairs]


def rules_of(cfg: Config, steps: Mapping[str, Section], charset: Charset | None) -> Rules:
    """Rules from the transforms (name: parameters) and from ``Global``."""
    task = task_of(cfg, steps)
    # As in build_pipeline: what Global says wins over the step.
    settings = {**{k: v for step in steps.values() for k, v in step.items()}, **_given(cfg.section("Global"))}
    if task == "det":
        shrink = steps.get("MakeShrinkMap")
        size = 0 if shrink is None else int(shrink.get("min_text_size", DEFAULT_MIN_TEXT_SIZE))
        return Rules("det", min_text_size=size)
    if task == "cls":
        return Rules("cls", label_list=tuple(str(label) for label in settings.get("label_list") or ()))
    attention = "AttnLabelEncode" in steps
    return Rules(
        "rec",
        charset=charset,
        separator=str(cfg.get("Global.token_separator") or ""),
        max_text_length=int(settings.get("max_text_length", DEFAULT_TEXT_LENGTH)),
        special=2 if attention else 0,
        pixels_per_step=_pixels_per_step(cfg),
        resize=None if attention else _resize(cfg, steps),
    )


def task_of(cfg: Config, steps: Mapping[str, Any]) -> str:
    """``det``, ``rec`` or ``cls``, by the label encoder among the transforms, else by the architecture."""
    for step in steps:
        if step in ENCODERS:
            return ENCODERS[step]
    task = str(cfg.get("Architecture.model_type", ""))
    if task not in TASKS:
        raise ConfigError(
            f"{cfg.source}: neither a label encoder among the transforms ({', '.join(ENCODERS)}) nor "
            f"Architecture.model_type ({task!r}) says what the labels are. Set it to det, rec or cls."
        )
    return task


def _resize(cfg: Config, steps: Mapping[str, Section]) -> RecResizeImg | None:
    params = steps.get("RecResizeImg")
    if params is None:
        return None
    built = construct(TRANSFORMS.get("RecResizeImg"), params, cfg.section("Global"), where=params.path)
    return built if isinstance(built, RecResizeImg) else None


def _pixels_per_step(cfg: Config) -> int:
    """What the backbone's own poolings say, where its section tells them; else the usual stride."""
    widths = cfg.get("Architecture.Backbone.pool_widths")
    return math.prod(int(width) for width in widths) if widths else PIXELS_PER_STEP


def _given(section: Section) -> dict[str, Any]:
    return {key: value for key, value in section.items() if value is not None}


def _listed(section: Section, key: str) -> list[str]:
    value = section[key]
    items = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    if value is None or not items:
        raise ConfigError(f"{section.place(key)}: nothing is given. Name a file or a folder.")
    return items
