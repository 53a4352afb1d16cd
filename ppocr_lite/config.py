"""YAML configurations: loading, ``_BASE_`` files, ``-o`` overrides, read-only sections, dumping.

YAML 1.1 by the safe loader, with anchors; of duplicate keys the last one wins, because PaddleOCR 2.x's own
files hold some. Unlike YAML 1.1, ``1e-4`` is a number.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean

TOP_LEVEL = (
    "Global",
    "Architecture",
    "Optimizer",
    "Loss",
    "PostProcess",
    "Metric",
    "Train",
    "Eval",
    "wandb",
    "profiler_options",
)
BASE_KEY = "_BASE_"


class _Loader(yaml.SafeLoader):
    """The safe loader, for which ``1e-4`` is a float."""


_Loader.yaml_implicit_resolvers = copy.deepcopy(yaml.SafeLoader.yaml_implicit_resolvers)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


class Section(Mapping[str, Any]):
    """A read-only part of a configuration that knows its place (``path``), for messages."""

    def __init__(self, values: Mapping[str, Any] | None, path: str) -> None:
        if values is not None and not isinstance(values, Mapping):
            raise ConfigError(f"{path}: expected keys and values, got {values!r:.60}.")
        self._values = dict(values or {})
        self.path = path

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            raise ConfigError(f"{self.path}: the key '{key}' is missing.{did_you_mean(key, self._values)}")
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def get(self, key: str, default: Any = None) -> Any:
        """Value of ``key``; ``default`` when it is absent or empty (``None``)."""
        value = self._values.get(key)
        return default if value is None else value

    def section(self, key: str) -> "Section":
        """The sub-section ``key``; empty when it is absent or None."""
        return Section(self._values.get(key), f"{self.path}.{key}")

    def __repr__(self) -> str:
        return f"Section({self.path}: {self._values})"


class Config:
    """A whole configuration; never changed after loading.

    >>> cfg = Config({"Global": {"epoch_num": 2}})
    >>> cfg.get("Global.epoch_num"), cfg.get("Global.seed", 1024)
    (2, 1024)
    """

    def __init__(self, values: Mapping[str, Any], source: str = "configuration") -> None:
        for key in values:
            if key not in TOP_LEVEL:
                raise ConfigError(
                    f"{source}: unknown top-level key '{key}'.{did_you_mean(key, TOP_LEVEL)} "
                    f"Known: {', '.join(TOP_LEVEL)}."
                )
        self._values = copy.deepcopy(dict(values))
        self.source = source

    @classmethod
    def load(cls, path: str | Path, overrides: Iterable[str] = ()) -> "Config":
        """Read a .yml/.yaml file, lay it over its ``_BASE_`` files, apply ``key=value`` overrides in order.

        Raises:
            ConfigError: unreadable file, broken YAML, unknown top-level key, an override that fits nowhere.
        """
        values = _load_file(Path(path), seen=())
        for override in overrides:
            apply_override(values, override)
        return cls(values, str(path))

    def section(self, path: str) -> Section:
        """The section at a dotted path; empty when it is absent or None."""
        first, *rest = path.split(".")
        section = Section(self._values.get(first), first)
        for key in rest:
            section = section.section(key)
        return section

    def get(self, path: str, default: Any = None) -> Any:
        """Value at a dotted path; ``default`` when it is absent or None."""
        parent, _, key = path.rpartition(".")
        if not parent:
            value = self._values.get(key)
            return default if value is None else copy.deepcopy(value)
        return copy.deepcopy(self.section(parent).get(key, default))

    def replace(self, overrides: Mapping[str, Any]) -> "Config":
        """A new configuration with values at dotted paths replaced."""
        values = self.to_dict()
        for path, value in overrides.items():
            _assign(values, _split_key(path), value, path)
        return Config(values, self.source)

    def to_dict(self) -> dict[str, Any]:
        """A deep copy as plain containers."""
        return copy.deepcopy(self._values)

    def dump(self, path: str | Path) -> None:
        """Write as YAML, keys in their order."""
        text = yaml.safe_dump(self._values, sort_keys=False, allow_unicode=True)
        Path(path).write_text(text, encoding="utf-8")


def parse_yaml(text: str, where: str) -> Any:
    """Parse YAML text safely; ConfigError with the place of the fault."""
    try:
        return _Loader(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{where}{place}: not valid YAML: {problem}.") from error


def _load_file(path: Path, seen: Sequence[Path]) -> dict[str, Any]:
    if path.suffix.lower() not in (".yml", ".yaml"):
        raise ConfigError(f"{path}: a configuration file ends in .yml or .yaml.")
    if path.resolve() in seen:
        raise ConfigError(f"{path}: {BASE_KEY} refers back to itself.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from error
    values = parse_yaml(text, str(path))
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected sections such as Global and Architecture, got {values!r:.60}.")
    bases = values.pop(BASE_KEY, None) or []
    merged: dict[str, Any] = {}
    for base in [bases] if isinstance(bases, str) else bases:
        merged = _merge(merged, _load_file(path.parent / base, (*seen, path.resolve())))
    return _merge(merged, values)


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay ``over`` over ``base``: mappings merge by key unless their ``name`` differs; all else replaces."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            renamed = "name" in value and value["name"] != old.get("name")
            merged[key] = dict(value) if renamed else _merge(old, value)
        else:
            merged[key] = value
    return merged


def apply_override(values: dict[str, Any], override: str) -> None:
    """Apply one ``a.b.c=value`` in place; the value is YAML, list items are ``a.0.b`` or ``a[0].b``.

    The value may hold further ``=``. A last key may be new; a middle key must exist.
    """
    key, sign, text = override.strip().partition("=")
    if not sign or not key:
        raise ConfigError(f"-o {override}: expected key=value, as in -o Global.epoch_num=10.")
    value = parse_yaml(text, f"-o {override}") if text.strip() else None
    path = _split_key(key)
    if path[0] not in TOP_LEVEL:
        raise ConfigError(f"-o {override}: no section '{path[0]}'.{did_you_mean(path[0], TOP_LEVEL)}")
    if len(path) == 1 and isinstance(value, dict) and isinstance(values.get(path[0]), dict):
        values[path[0]].update(value)
        return
    _assign(values, path, value, f"-o {override}")


def _split_key(key: str) -> list[str]:
    return [part for part in re.sub(r"\[(-?\d+)\]", r".\1", key).split(".") if part]


def _assign(values: dict[str, Any], path: Sequence[str], value: Any, where: str) -> None:
    node: Any = values
    for depth, key in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(node, list):
            index = _list_index(node, key, where)
            if last:
                node[index] = value
            node = node[index]
        elif isinstance(node, dict):
            if last:
                node[key] = value
                return
            if key not in node:
                known = did_you_mean(key, node)
                raise ConfigError(f"{where}: no key '{'.'.join(path[: depth + 1])}' to go into.{known}")
            if node[key] is None:
                node[key] = {}
            node = node[key]
        else:
            raise ConfigError(
                f"{where}: '{'.'.join(path[:depth])}' is a value ({node!r:.40}), not a section."
            )


def _list_index(items: Sequence[Any], key: str, where: str) -> int:
    """Index of a list item: a number, or the name of a one-key item such as a transform."""
    if re.fullmatch(r"-?\d+", key):
        if -len(items) <= int(key) < len(items):
            return int(key)
        raise ConfigError(f"{where}: item {key} of a list of {len(items)}.")
    raise ConfigError(
        f"{where}: '{key}' is not an index; this is a list of {len(items)} items (0 to {len(items) - 1})."
    )
