"""A whole configuration, and read-only parts of it."""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

from ppocr_lite.config.files import load_file
from ppocr_lite.config.origins import DEFAULT, Key, Origins
from ppocr_lite.config.overrides import TOP_LEVEL, apply_override, assign, locate, split_key
from ppocr_lite.config.yaml_text import to_yaml
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean

UNNAMED = "configuration"
"""Source of a configuration that comes from no file."""
REPLACED = "set by the program"
"""Origin of the values that :meth:`Config.replace` puts in."""

_LEADING_PATH = re.compile(r"[A-Za-z]\w*(?:\.[\w-]+|\[\d+\])*(?=: )")


class Section(Mapping[str, Any]):
    """A read-only part of a configuration that knows its place (``path``), for messages.

    Args:
        values: keys and values; None is an empty section.
        path: dotted path in the configuration.
        origins: where the values come from; without it the messages do not say.
    """

    def __init__(self, values: Mapping[str, Any] | None, path: str, origins: Origins | None = None) -> None:
        self.path = path
        self._origins = origins or Origins()
        if values is not None and not isinstance(values, Mapping):
            raise ConfigError(f"{self.place()}: expected keys and values, got {values!r:.60}.")
        self._values = dict(values or {})

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            raise ConfigError(f"{self.place()}: the key '{key}' is missing.{did_you_mean(key, self._values)}")
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
        return Section(self._values.get(key), f"{self.path}.{key}", self._origins.child(key))

    def steps(self, key: str) -> list[tuple[str, "Section"]]:
        """(name, parameters) of the items of a list such as ``transforms``: ``Name: {...}`` or ``Name``.

        Items of another form are left out.
        """
        listed = self._values.get(key)
        found = []
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            given = {item: None} if isinstance(item, str) else item
            if isinstance(given, Mapping) and len(given) == 1:
                ((name, params),) = given.items()
                origins = self._origins.child(key).child(index).child(name)
                found.append((str(name), Section(params, f"{self.path}.{key}[{index}].{name}", origins)))
        return found

    def sections(self, key: str) -> list["Section"]:
        """The items of a list of sections; items of another form are left out."""
        listed, origins = self._values.get(key), self._origins.child(key)
        return [
            Section(item, f"{self.path}.{key}[{index}]", origins.child(index))
            for index, item in enumerate(listed if isinstance(listed, list) else [])
            if isinstance(item, Mapping)
        ]

    def without(self, *keys: str) -> "Section":
        """The same section, with ``keys`` left out."""
        left = {key: value for key, value in self._values.items() if key not in keys}
        return Section(left, self.path, self._origins)

    def origin(self, key: str) -> str:
        """Where a value comes from: ``file:line``, ``-o ...``, or ``default`` if it is given nowhere."""
        return (self._origins.find([key]) or UNNAMED) if key in self._values else DEFAULT

    def place(self, key: str = "") -> str:
        """Path of the section, or of a key in it, and where it comes from, as messages begin.

        A part's ``name`` stands for the part: its path is that of the section, its origin its own.

        >>> Section({}, "Architecture.Neck", Origins("configs/x.yml:30")).place("out_channel")
        'Architecture.Neck.out_channel (configs/x.yml:30)'
        """
        origin = self._origins.find([key])
        path = self.path if key in ("", "name") else f"{self.path}.{key}"
        return f"{path} ({origin})" if origin else path

    def __repr__(self) -> str:
        return f"Section({self.path}: {self._values})"


class Config:
    """A whole configuration; never changed after loading.

    >>> cfg = Config({"Global": {"epoch_num": 2}})
    >>> cfg.get("Global.epoch_num"), cfg.get("Global.seed", 1024)
    (2, 1024)
    """

    def __init__(
        self, values: Mapping[str, Any], source: str = UNNAMED, *, origins: Origins | None = None
    ) -> None:
        self._origins = origins.copy() if origins else Origins()
        for key in values:
            if key not in TOP_LEVEL:
                raise ConfigError(
                    f"{self._origins.find([key]) or source}: unknown top-level key '{key}'."
                    f"{did_you_mean(key, TOP_LEVEL)} Known: {', '.join(TOP_LEVEL)}."
                )
        self._values = copy.deepcopy(dict(values))
        self.source = source

    @classmethod
    def load(cls, path: str | Path, overrides: Iterable[str] = ()) -> "Config":
        """Read a .yml/.yaml file, lay it over its ``_BASE_`` files, apply ``key=value`` overrides in order.

        Raises:
            ConfigError: unreadable file, broken YAML, unknown top-level key, an override that fits nowhere.
        """
        values, origins = load_file(Path(path))
        for override in overrides:
            for changed in apply_override(values, override):
                origins.put(changed, f"-o {override}")
        return cls(values, str(path), origins=origins)

    def section(self, path: str) -> Section:
        """The section at a dotted path; empty when it is absent or None."""
        first, *rest = path.split(".")
        section = Section(self._values.get(first), first, self._origins.child(first))
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

    def origin(self, path: str | Sequence[Key]) -> str:
        """Where a value comes from: ``file:line``, ``-o key=value``, or ``default`` if it is given nowhere.

        Args:
            path: dotted, with list items as ``a[0]``, ``a.0``, or by the name of an item that is alone in
                having it: ``Train.dataset.transforms.RecAug.tia_prob``; or the keys one by one.
        """
        keys = split_key(path) if isinstance(path, str) else [str(key) for key in path]
        found = locate(self._values, keys)
        return DEFAULT if found is None else self._origins.find(found) or self.source

    @contextmanager
    def naming_places(self) -> Iterator[None]:
        """Inside, a ConfigError whose message begins with the path of a given value also gets its origin.

        >>> cfg = Config({"Global": {"seed": "x"}}, origins=Origins("x.yml:1"))
        >>> with cfg.naming_places():
        ...     raise ConfigError("Global.seed: not a number.")
        Traceback (most recent call last):
        ppocr_lite.errors.ConfigError: Global.seed (x.yml:1): not a number.
        """
        try:
            yield
        except ConfigError as error:
            message = str(error)
            path = _LEADING_PATH.match(message)
            place = self._place_of(path.group()) if path else ""
            if path and place:
                error.args = (f"{path.group()} ({place}){message[path.end() :]}", *error.args[1:])
            raise

    def _place_of(self, path: str) -> str:
        found = locate(self._values, split_key(path))
        return "" if found is None else self._origins.find(found)

    def replace(self, overrides: Mapping[str, Any]) -> "Config":
        """A new configuration with values at dotted paths replaced.

        Of a section that is replaced, the values that stay what they were keep their origins.
        """
        values, origins = self.to_dict(), self._origins.copy()
        for path, value in overrides.items():
            found = locate(values, split_key(path)) or []
            old, kept = _value_at(values, found), reduce(Origins.child, found, origins)
            place = assign(values, split_key(path), value, path)
            origins.put(place, REPLACED)
            for key in value if found and isinstance(value, dict) and isinstance(old, dict) else ():
                if key in old and old[key] == value[key]:
                    origins.put([*place, key], kept.child(key))
        return Config(values, self.source, origins=origins)

    def to_dict(self) -> dict[str, Any]:
        """A deep copy as plain containers."""
        return copy.deepcopy(self._values)

    def dump(self, path: str | Path) -> None:
        """Write as YAML, keys in their order."""
        Path(path).write_text(to_yaml(self._values), encoding="utf-8")


def _value_at(values: Any, path: Sequence[Key]) -> Any:
    for key in path:
        values = values[key]
    return values
