"""YAML text -> values, each with its line; values -> YAML text."""

import copy
import re
from typing import Any

import yaml

from ppocr_lite.config.origins import Origins
from ppocr_lite.errors import ConfigError

MAX_VALUES = 100_000
"""Values of a file with its anchors written out; above that it is no configuration but an attack."""


class _Loader(yaml.SafeLoader):
    """The safe loader, for which ``1e-4`` is a float."""


class _Dumper(yaml.SafeDumper):
    """Writes what the loader reads back: the text ``1e-4`` is put in quotes."""


for _class in (_Loader, _Dumper):
    _class.yaml_implicit_resolvers = copy.deepcopy(yaml.SafeLoader.yaml_implicit_resolvers)
    _class.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
        list("-+0123456789"),
    )


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """In one line, whatever is in it."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _represent_text)


def parse_yaml(text: str, where: str) -> Any:
    """Parse YAML text safely; ConfigError with the place of the fault."""
    return parse_located(text, where)[0]


def parse_located(text: str, where: str) -> tuple[Any, Origins]:
    """Parse YAML text safely into values, of which no two share a container, and their lines.

    Args:
        where: the file, for places (``where:line``) and messages.

    Raises:
        ConfigError: broken YAML, a tag that would build an object, anchors that refer to themselves.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None, Origins()
        _check_anchors(node, where)
        value = loader.construct_document(node)
        return _located(value, node, f"{where}:{node.start_mark.line + 1}", loader=loader, where=where)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ConfigError(f"{where}{place}: not valid YAML: {problem}.") from error
    except ValueError as error:  # 2024-13-45 looks like a date
        raise ConfigError(f"{where}: not valid YAML: {error}. Quote what is meant as a text.") from error
    except RecursionError:
        raise ConfigError(f"{where}: not valid YAML: nested too deeply.") from None


def _check_anchors(root: yaml.Node, where: str) -> None:
    """ConfigError where a node holds itself, or where aliases multiply beyond all measure."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in open_nodes:
            raise ConfigError(f"{where}:{node.start_mark.line + 1}: an anchor refers to itself.")
        if id(node) not in sizes:
            open_nodes.add(id(node))
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
            open_nodes.discard(id(node))
        return sizes[id(node)]

    if size(root) > MAX_VALUES:
        raise ConfigError(f"{where}: its anchors stand for more than {MAX_VALUES} values.")


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _located(value: Any, node: yaml.Node, place: str, *, loader: _Loader, where: str) -> tuple[Any, Origins]:
    """A copy of ``value``, built from ``node``, and its origins; a key's line is that of its value."""
    origins = Origins(place)
    if isinstance(value, dict) and isinstance(node, yaml.MappingNode):
        copied: dict[Any, Any] = {}
        # Merge keys are resolved by now; of twins the last one wins.
        pairs = {loader.construct_object(key, deep=True): (key, item) for key, item in node.value}
        for key, (key_node, value_node) in pairs.items():
            line = f"{where}:{key_node.start_mark.line + 1}"
            copied[key], origins.children[str(key)] = _located(
                value[key], value_node, line, loader=loader, where=where
            )
        return copied, origins
    if isinstance(value, list) and isinstance(node, yaml.SequenceNode):
        items = []
        for index, (item, item_node) in enumerate(zip(value, node.value)):
            line = f"{where}:{item_node.start_mark.line + 1}"
            found, origins.children[str(index)] = _located(item, item_node, line, loader=loader, where=where)
            items.append(found)
        return items, origins
    return value, origins


def to_yaml(values: Any) -> str:
    """YAML text in blocks, keys in their order; loads to the same values."""
    text: str = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


def inline_yaml(value: Any) -> str:
    """A value as YAML in one line, as it may stand behind ``key:``."""
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )
    return str(text).removesuffix("\n").removesuffix("\n...")
