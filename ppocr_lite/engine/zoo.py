"""doc/zoo.md: every registered part and every configuration in numbers, written from the code itself."""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ppocr_lite.data import random_data
from ppocr_lite.engine import assemble  # registers all parts but the above
from ppocr_lite.modeling import ARCHITECTURES
from ppocr_lite.modeling.complexity import measure
from ppocr_lite.registry import (
    BACKBONES,
    DATASETS,
    HEADS,
    LOSSES,
    METRICS,
    NECKS,
    POSTPROCESSES,
    RECTIFIERS,
    TRANSFORMS,
    Registry,
)
from ppocr_lite.transforms.augmenters import AUGMENTERS

REGISTERED = (*assemble.REGISTERED, random_data)
WITH_PAPERS = (
    ("Rectifiers (`Architecture.Transform`)", RECTIFIERS),
    ("Backbones", BACKBONES),
    ("Necks", NECKS),
    ("Heads", HEADS),
    ("Losses", LOSSES),
)
IN_SHORT = (
    ("Architectures", ARCHITECTURES),
    ("Post-processing", POSTPROCESSES),
    ("Metrics", METRICS),
    ("Data sets", DATASETS),
    ("Transforms (`Train.dataset.transforms`)", TRANSFORMS),
    ("Augmenters (`IaaAugment.augmenter_args`)", AUGMENTERS),
)
HANDED_OVER = ("in_channels", "charset", "arch", "max_text_length", "name_scope", "dtype")
"""Parameters that no part's section writes: from the part before, the dictionary, ``Global`` or Paddle."""
PAPER = re.compile(
    r'(?P<authors>[A-Z][^".:;()]*?(?:et al\.)?),? "(?P<title>[^"]+)",'
    r"(?: (?P<venue>[A-Za-z][A-Za-z ]*?))? (?P<year>\d{4})(?:, (?P<source>arXiv:\d{4}\.\d{4,5}))?"
)
DET, REC, CLS = (3, 640, 640), (3, 32, 320), (3, 48, 192)
MOBILENET_SCALES = (0.35, 0.5, 0.75, 1.0, 1.25)
RESNET_LAYERS = (18, 34, 50, 101, 152)
CRNN_LAYERS = (15, 23)


def parts_section() -> str:
    """The tables of everything that a configuration can name."""
    tables = [part_table(title, registry, papers=True) for title, registry in WITH_PAPERS]
    tables += [part_table(title, registry, papers=False) for title, registry in IN_SHORT]
    return "\n".join(tables)


def part_table(title: str, registry: Registry, *, papers: bool) -> str:
    """A heading and one row for each part of ``registry``; ``papers`` adds where they were published."""
    head = ["name", "task", "parameters", "ignored", "what it is", *(["paper"] if papers else [])]
    rows = []
    for item, names, tasks in _grouped(registry):
        row = [
            ", ".join(f"`{name}`" for name in names),
            ", ".join(tasks) or "all",
            ", ".join(f"`{text}`" for text in parameters(item)) or "-",
            ", ".join(f"`{name}`" for name in getattr(item, "ignored_params", ())) or "-",
            summary(item),
        ]
        rows.append([*row, "; ".join(paper_texts(item)) or "-"] if papers else row)
    return f"### {title}\n\n{table(head, rows)}"


def _grouped(registry: Registry) -> list[tuple[Callable[..., Any], list[str], list[str]]]:
    """(part, its names, its tasks), by the first name; several names of one class are one entry."""
    found: dict[int, tuple[Callable[..., Any], list[str], list[str]]] = {}
    for name, task, item in registry.items():
        _, names, tasks = found.setdefault(id(item), (item, [], []))
        if name not in names:
            names.append(name)
        if task is not None and task not in tasks:
            tasks.append(task)
    return list(found.values())


def parameters(item: Callable[..., Any]) -> list[str]:
    """``name=default`` of what a configuration can set; the name alone where a value is needed."""
    texts = []
    for name, parameter in inspect.signature(item).parameters.items():
        if name in HANDED_OVER or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        texts.append(name if parameter.default is parameter.empty else f"{name}={parameter.default!r}")
    return texts


def summary(item: Callable[..., Any]) -> str:
    """The first sentence or paragraph of the docstring, whichever ends first, on one line."""
    first = " ".join(_own_docstring(item).strip().split("\n\n")[0].split())
    plain = re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", first).replace("``", "`").replace("|", "\\|")
    return re.split(r"(?<=\.) ", plain)[0]


def _own_docstring(item: Callable[..., Any]) -> str:
    """Not that of a parent class, and not the signature that a dataclass or a named tuple gets."""
    return inspect.cleandoc(getattr(item, "__doc__", None) or "")


def paper_texts(item: Callable[..., Any]) -> list[str]:
    """Publications that the part's docstring names, or else its module's: authors, title, where, when."""
    module = sys.modules[item.__module__].__doc__ or ""
    for text in (_own_docstring(item), module):
        found = [_one_paper(match) for match in PAPER.finditer(" ".join(text.split()))]
        if found:
            return found
    return []


def _one_paper(match: "re.Match[str]") -> str:
    venue, source = match["venue"], match["source"]
    if source:
        source = f"[{source}](https://arxiv.org/abs/{source.removeprefix('arXiv:')})"
    authors = re.split(r" (?:of|in|from|on [^,]*?lines) ", match["authors"])[-1]
    when = f"{venue} {match['year']}" if venue else match["year"]
    return ", ".join(filter(None, [f"{authors.strip()}, *{match['title']}*", when, source]))


def without_paper() -> list[str]:
    """Kind and name of the networks' parts and losses whose docstrings name no publication."""
    return [
        f"{registry.kind} {names[0]}"
        for _, registry in WITH_PAPERS
        for item, names, _ in _grouped(registry)
        if not paper_texts(item)
    ]


def variants_section() -> str:
    """Sizes of the backbones that come in several, each alone."""
    head = ["backbone", "task", "input", "parameters", "multiply-adds"]
    rows = [variant_row(*variant) for variant in variants()]
    return table(head, rows)


Variant = tuple[str, str, Mapping[str, Any], tuple[int, int, int]]


def variants() -> Iterable[Variant]:
    """(name, task, parameters, [C, H, W]) of every published size."""
    for task, shape in (("det", DET), ("rec", REC)):
        for model_name in ("large", "small"):
            for scale in MOBILENET_SCALES:
                yield "MobileNetV3", task, {"model_name": model_name, "scale": scale}, shape
    for scale in MOBILENET_SCALES:
        if scale != 0.35:  # its layers would not be whole channels
            yield "MobileNetV1Enhance", "rec", {"scale": scale}, REC
    for layers in RESNET_LAYERS:
        yield "ResNet_vd", "det", {"layers": layers}, DET
    for layers in RESNET_LAYERS:
        yield "ResNet", "det", {"layers": layers, "variant": "plain"}, DET
    for layers in RESNET_LAYERS:
        yield "ResNet", "rec", {"layers": layers}, REC
    for layers in CRNN_LAYERS:
        yield "ResNet_CRNN", "rec", {"layers": layers}, REC


def variant_row(name: str, task: str, values: Mapping[str, Any], shape: tuple[int, int, int]) -> list[str]:
    """Count one backbone; a detector at a quarter of each side, for its work grows with the pixels."""
    network = BACKBONES.build({"name": name, **values}, task=task, in_channels=shape[0])
    divisor = 4 if task == "det" and name.startswith("ResNet") else 1  # SE gates do not grow
    smaller = (shape[0], shape[1] // divisor, shape[2] // divisor)
    found = measure(network, smaller)
    title = ", ".join([f"`{name}`", *(f"{key} {value}" for key, value in values.items())])
    calculated = found.multiply_adds * divisor * divisor
    return [title, task, size_text(shape), thousands(found.parameters), millions(calculated)]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown with one line for each row."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def thousands(number: int) -> str:
    """
    >>> thousands(1234567)
    '1 234 567'
    """
    return f"{number:,}".replace(",", " ")


def millions(number: int) -> str:
    """
    >>> millions(1_234_567_890), millions(16_315_376)
    ('1 235 M', '16.3 M')
    """
    value = number / 1e6
    return f"{thousands(round(value))} M" if value >= 100 else f"{value:.1f} M"


def size_text(shape: Sequence[int]) -> str:
    """
    >>> size_text((3, 32, 320))
    '3 x 32 x 320'
    """
    return " x ".join(map(str, shape))
