"""``-o key=value``: into mappings by key, into lists by index or by the name of an item."""

import re
from collections.abc import Sequence
from typing import Any

from ppocr_lite.config.origins import Key
from ppocr_lite.config.yaml_text import parse_yaml
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
    "Quantization",
    "wandb",
    "profiler_options",
)

_INDEX = re.compile(r"-?\d+")


def apply_override(values: dict[str, Any], override: str) -> list[list[Key]]:
    """Apply one ``a.b.c=value`` in place; gives the paths of what it set, list items as indices.

    The value is YAML and may hold further ``=``; an empty one is None. ``a.0.b`` and ``a[0].b`` go into a
    list, and so does ``transforms.RecAug.p`` where one item alone has that name. A last key may be new; a
    middle key must exist. A whole section as value, ``Global={...}``, is laid over the section.

    Raises:
        ConfigError: no key, a value that is broken YAML, a path that leads nowhere.
    """
    key, sign, text = override.partition("=")
    if not sign or not key.strip():
        raise ConfigError(f"-o {override}: expected key=value, as in -o Global.epoch_num=10.")
    keys = split_key(key.strip())
    if "" in keys:
        raise ConfigError(f"-o {override}: the key '{key.strip()}' has an empty part.")
    value = _value(override, text)
    if keys[0] not in TOP_LEVEL:
        raise ConfigError(f"-o {override}: no section '{keys[0]}'.{did_you_mean(keys[0], TOP_LEVEL)}")
    if len(keys) == 1 and isinstance(value, dict) and isinstance(values.get(keys[0]), dict):
        values[keys[0]].update(value)
        return [[keys[0], name] for name in value]
    return [assign(values, keys, value, f"-o {override}")]


def _value(override: str, text: str) -> Any:
    if not text.strip():
        return None
    try:
        return parse_yaml(text, "value")
    except ConfigError as error:
        problem = str(error).partition("not valid YAML: ")[2] or str(error)
        raise ConfigError(
            f"-o {override}: the value is not valid YAML: {problem.rstrip('.')}. "
            """Quote a text that holds special characters: -o 'key="text"'."""
        ) from error


def split_key(key: str) -> list[str]:
    """``a[0].b`` -> ``["a", "0", "b"]``."""
    return re.sub(r"\[(-?\d+)\]", r".\1", key).removeprefix(".").split(".")


def locate(values: Any, keys: Sequence[str]) -> list[Key] | None:
    """Path of an existing value, list items as indices from 0; None where ``keys`` lead to none."""
    path: list[Key] = []
    node = values
    for key in keys:
        if isinstance(node, list):
            try:
                index, inside = _list_item(node, key, "")
            except ConfigError:
                return None
            path.append(index)
            node = node[index]
            if not inside:
                continue
        found = _own_key(node, key) if isinstance(node, dict) else None
        if found is None:
            return None
        path.append(found[0])
        node = node[found[0]]
    return path


def _own_key(node: dict[Any, Any], key: str) -> tuple[Any] | None:
    """The mapping's own form of a key that was written as text: 1 for "1"."""
    if key in node:
        return (key,)
    return next(((own,) for own in node if str(own) == key), None)


def assign(values: dict[str, Any], keys: Sequence[str], value: Any, where: str) -> list[Key]:
    """Set the value that ``keys`` lead to, in place; gives its path, list items as indices from 0."""
    node: Any = values
    path: list[Key] = []
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        if isinstance(node, list):
            index, inside = _list_item(node, key, where)
            path.append(index)
            if not inside:
                if last:
                    node[index] = value
                node = node[index]
                continue
            if not isinstance(node[index], dict):  # a step without parameters may stand as its name alone
                node[index] = {key: None}
            node = node[index]
        node = _enter(node, keys, depth, where)
        own = _own_key(node, key)
        name = own[0] if own else key
        path.append(name)
        if last:
            node[name] = value
            break
        if own is None:
            gone = path_text(path)
            raise ConfigError(f"{where}: no key '{gone}' to go into.{did_you_mean(key, node)}")
        if node[name] is None:
            node[name] = {}
        node = node[name]
    return path


def _enter(node: Any, keys: Sequence[str], depth: int, where: str) -> dict[Any, Any]:
    if not isinstance(node, dict):
        raise ConfigError(f"{where}: '{'.'.join(keys[:depth])}' is a value ({node!r:.40}), not a section.")
    return node


def _list_item(items: Sequence[Any], key: str, where: str) -> tuple[int, bool]:
    """(index of a list item, whether ``key`` is a name, so that it leads into the item as well)."""
    if _INDEX.fullmatch(key):
        if -len(items) <= int(key) < len(items):
            return int(key) % len(items), False
        raise ConfigError(f"{where}: item {key} of a list of {len(items)}.")
    names = [_item_name(item) for item in items]
    found = [index for index, name in enumerate(names) if name == key]
    if len(found) == 1:
        return found[0], True
    if found:
        raise ConfigError(
            f"{where}: {len(found)} items of the list are called '{key}'. "
            f"Say which by its index: {', '.join(map(str, found))}."
        )
    hint = did_you_mean(key, [name for name in names if name])
    raise ConfigError(
        f"{where}: '{key}' is neither an index nor an item's name; this is a list of {len(items)} items "
        f"(0 to {len(items) - 1}).{hint}"
    )


def _item_name(item: Any) -> str | None:
    """Name of a one-key item such as a transform."""
    if isinstance(item, dict):
        return str(next(iter(item))) if len(item) == 1 else None
    return item if isinstance(item, str) else None


def path_text(path: Sequence[Key]) -> str:
    """
    >>> path_text(["Train", "transforms", 3, "RecAug"])
    'Train.transforms[3].RecAug'
    """
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")
