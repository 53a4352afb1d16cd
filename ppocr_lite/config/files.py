"""Configuration files and what they are based on."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppocr_lite.config.origins import Origins, merge_origins
from ppocr_lite.config.yaml_text import parse_located
from ppocr_lite.errors import ConfigError

BASE_KEY = "_BASE_"

Located = tuple[dict[str, Any], Origins]


def load_file(path: Path, seen: Sequence[Path] = ()) -> Located:
    """Values of a file, laid over its ``_BASE_`` files, and where each one comes from.

    Args:
        seen: files that are being loaded and must not be a base.

    Raises:
        ConfigError: unreadable file, broken YAML, a base that leads back here.
    """
    if path.suffix.lower() not in (".yml", ".yaml"):
        raise ConfigError(f"{path}: a configuration file ends in .yml or .yaml.")
    if path.resolve() in seen:
        raise ConfigError(f"{path}: {BASE_KEY} refers back to itself.")
    values, origins = parse_located(_read(path), os.path.normpath(path))
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected sections such as Global and Architecture, got {values!r:.60}.")
    merged: Located = ({}, Origins())
    for base in _bases(values.pop(BASE_KEY, None), origins.find([BASE_KEY])):
        merged = merge(merged, load_file(path.parent / base, (*seen, path.resolve())))
    return merge(merged, (values, origins))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is no text in UTF-8, as a configuration is ({error}).") from error


def _bases(value: Any, place: str) -> list[str]:
    bases = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(base, str) for base in bases):
        raise ConfigError(f"{place}: {BASE_KEY} is a file or a list of files, not {value!r:.60}.")
    return bases


def merge(base: Located, over: Located) -> Located:
    """Lay ``over`` over ``base``: mappings merge by key unless their ``name`` differs; all else replaces."""
    values, origins = dict(base[0]), merge_origins(base[1], over[1])
    for key, value in over[0].items():
        old, new = values.get(key), value
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            renamed = "name" in value and value["name"] != old.get("name")
            if not renamed:
                inner = merge((dict(old), base[1].child(key)), (dict(value), over[1].child(key)))
                new, origins.children[str(key)] = inner
        values[key] = new
    return values, origins
