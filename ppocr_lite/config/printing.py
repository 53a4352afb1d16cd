"""A configuration as YAML text in which a comment says where each value comes from."""

from collections.abc import Mapping
from typing import Any

from ppocr_lite.config.config import Config
from ppocr_lite.config.global_keys import GLOBAL_DEFAULTS
from ppocr_lite.config.origins import DEFAULT, Key
from ppocr_lite.config.yaml_text import inline_yaml

COMMENT_COLUMN = 60
"""Comments begin here, or two spaces behind a longer line."""
MAX_INLINE = 70
"""Longest list that stands in one line, in characters."""
INDENT = "  "

Line = tuple[str, str]
"""Text, and the comment behind it."""


def annotated_yaml(cfg: Config) -> str:
    """All values of ``cfg`` with their origins. The text is YAML and loads to the same values.

    Defaults of absent ``Global`` keys stand there as comments.
    """
    lines: list[Line] = []
    for key, value in cfg.to_dict().items():
        lines += _entry(cfg, [key], f"{key}:", value, "")
        if key == "Global" and isinstance(value, Mapping):
            lines += [(f"{INDENT}# {name}: {inline_yaml(v)}", DEFAULT) for name, v in _absent(value).items()]
    return "".join(_with_comment(*line) for line in lines)


def _absent(section: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults of the ``Global`` keys that are not given."""
    return {k: v for k, v in GLOBAL_DEFAULTS.items() if v is not None and section.get(k) is None}


def _with_comment(text: str, comment: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in comment)
    return f"{text:<{COMMENT_COLUMN}}  # {shown}\n" if shown else f"{text}\n"


def _entry(cfg: Config, path: list[Key], head: str, value: Any, indent: str) -> list[Line]:
    """Lines of one value behind its ``head``: ``key:`` or the dash of a list."""
    if isinstance(value, dict) and value:
        lines: list[Line] = [(f"{indent}{head}", "")]
        for key, inner in value.items():
            lines += _entry(cfg, [*path, key], f"{inline_yaml(key)}:", inner, indent + INDENT)
        return lines
    if isinstance(value, list) and value and not _fits_a_line(cfg, path, value):
        lines = [(f"{indent}{head}", "")]
        for index, item in enumerate(value):
            lines += _item(cfg, [*path, index], item, indent + INDENT)
        return lines
    return [(f"{indent}{head} {inline_yaml(value)}", cfg.origin(path))]


def _item(cfg: Config, path: list[Key], item: Any, indent: str) -> list[Line]:
    """Lines of a list's item; the first key of a mapping stands behind the dash."""
    lines = _entry(cfg, path, "-", item, indent)
    if not isinstance(item, dict) or not item:
        return lines
    (first, comment), *rest = lines[1:]
    return [(f"{indent}- {first.removeprefix(indent + INDENT)}", comment), *rest]


def _fits_a_line(cfg: Config, path: list[Key], items: list[Any]) -> bool:
    """Whether a list is short, holds no mappings, and comes from one file or override as a whole."""
    if any(isinstance(item, dict) for item in items) or len(inline_yaml(items)) > MAX_INLINE:
        return False
    sources = {cfg.origin([*path, index]).rpartition(":")[0] for index in range(len(items))}
    return len(sources) == 1
