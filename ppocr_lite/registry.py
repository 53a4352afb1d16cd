"""Names in YAML -> classes: one small registry for each kind of part.

A part registers itself on import. Looking up a name that does not exist, or building a part with a
parameter that its constructor does not take, is a :class:`ConfigError` with the nearest right name.
"""

import difflib
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ppocr_lite.errors import ConfigError

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Callable[..., Any])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


class Registry:
    """Maps ``(name, task)`` to a class or factory.

    ``task`` separates names that mean different classes for different model types: PaddleOCR's
    ``MobileNetV3`` of a detector and of a recognizer. A part registered without a task serves all.

    Class attribute read by :meth:`build`: ``ignored_params``, names that PaddleOCR 2.x accepts for
    this part and does nothing with; they load with one warning.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[tuple[str, str | None], Callable[..., Any]] = {}

    def register(self, *names: str, task: str | None = None) -> Callable[[T], T]:
        """Decorator: register under ``names`` (default: the object's own name)."""

        def add(item: T) -> T:
            for name in names or (item.__name__,):
                if (name, task) in self._items:
                    raise ValueError(f"{self.kind} '{name}' (task {task}) is registered twice.")
                self._items[name, task] = item
            return item

        return add

    def names(self, task: str | None = None) -> list[str]:
        """Registered names that serve ``task`` (all names when it is None), sorted."""
        return sorted({n for n, t in self._items if task is None or t in (None, task)})

    def items(self) -> list[tuple[str, str | None, Callable[..., Any]]]:
        """(name, task, part) of all that is registered, by name; a task of None serves all."""
        ordered = sorted(self._items.items(), key=lambda entry: (entry[0][0], entry[0][1] or ""))
        return [(name, task, item) for (name, task), item in ordered]

    def get(self, name: str, *, task: str | None = None, where: str = "") -> Callable[..., Any]:
        """Return the part called ``name``; raises ConfigError with the nearest name."""
        for key in ((name, task), (name, None)):
            if key in self._items:
                return self._items[key]
        known = self.names(task)
        raise ConfigError(
            f"{where or self.kind}: no {self.kind} named '{name}'.{did_you_mean(name, known)} "
            f"Known: {', '.join(known)}."
        )

    def parts(self) -> list[Callable[..., Any]]:
        """Everything registered."""
        return list(self._items.values())

    def check(
        self,
        name: Any,
        params: Mapping[str, Any],
        *,
        task: str | None = None,
        where: str = "",
        leave: Iterable[str] = (),
    ) -> None:
        """:func:`check_params` of the part called ``name``; an unknown name is left to whoever builds it."""
        item = self._items.get((name, task)) or self._items.get((name, None))
        if item is not None:
            check_params(item, params, where=where or self.kind, leave=leave)

    def build(
        self,
        section: Mapping[str, Any],
        *,
        task: str | None = None,
        where: str = "",
        **context: Any,
    ) -> Any:
        """Build the part that ``section`` describes: ``{"name": ..., parameter: value, ...}``.

        Args:
            section: the YAML section; not changed.
            task: ``det``, ``rec`` or ``cls``, for names that several tasks share.
            where: the section's place in the file, for messages; ``section.path`` by default.
            context: values offered by the caller (``in_channels``, ``charset``, ...). The constructor
                receives those it names, and they win over the section's.
        """
        where = where or getattr(section, "path", "") or self.kind
        if "name" not in section:
            known = ", ".join(self.names(task))
            raise ConfigError(f"{place_of(section, where)}: the key 'name' is missing. Known: {known}.")
        item = self.get(section["name"], task=task, where=place_of(section, where, "name"))
        return construct(item, without_name(section), context, where=where)


def construct(
    item: Callable[..., Any], params: Mapping[str, Any], context: Mapping[str, Any], *, where: str
) -> Any:
    """Call ``item`` with ``params`` (strict) and with the entries of ``context`` that it names."""
    accepted = parameters_of(item)
    name = getattr(item, "__name__", str(item))
    check_params(item, params, where=where)
    kwargs = {str(key): value for key, value in params.items() if key in accepted}
    for key in params:
        if key not in accepted:
            place = place_of(params, where, key)
            logger.warning("%s: accepted for PaddleOCR's sake, has no effect on %s.", place, name)
    kwargs.update({key: value for key, value in context.items() if key in accepted})
    missing = [key for key, required in accepted.items() if required and key not in kwargs]
    if missing:
        place = place_of(params, where)
        raise ConfigError(f"{place}: {name} needs the parameter '{missing[0]}', which is not given.")
    return item(**kwargs)


def check_params(
    item: Callable[..., Any], params: Mapping[str, Any], *, where: str, leave: Iterable[str] = ()
) -> None:
    """ConfigError with the nearest name for the first of ``params`` that ``item`` neither takes nor ignores.

    Args:
        where: path of ``params``, for messages; a Section adds its place in the file.
        leave: parameters that the program gives and a configuration cannot.
    """
    accepted = [key for key in parameters_of(item) if key not in leave]
    ignored = tuple(getattr(item, "ignored_params", ()))
    name = getattr(item, "__name__", str(item))
    for key in params:
        if key not in accepted and key not in ignored:
            raise ConfigError(
                f"{place_of(params, where, str(key))}: {name} takes no parameter '{key}'."
                f"{did_you_mean(key, accepted)} It takes: {', '.join(accepted) or 'none'}."
            )


def place_of(section: Mapping[str, Any], where: str, key: str = "") -> str:
    """Path of a section or of a key in it, as messages begin; with its place in the file if that is known."""
    place = getattr(section, "place", None)
    if place is not None:
        return str(place(key))
    return f"{where}.{key}" if key and key != "name" else where


def without_name(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a section that describes a part."""
    without = getattr(section, "without", None)
    return without("name") if without else {k: v for k, v in section.items() if k != "name"}


def parameters_of(item: Callable[..., Any]) -> dict[str, bool]:
    """Names that ``item`` can be called with, and whether each one is required."""
    if getattr(getattr(item, "__init__", None), "__module__", "").startswith("paddle."):
        return {}  # a layer without a constructor of its own; no configuration sets Paddle's
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        name: parameter.default is inspect.Parameter.empty
        for name, parameter in inspect.signature(item).parameters.items()
        if parameter.kind in kinds
    }


RECTIFIERS = Registry("rectifier (Architecture.Transform)")
BACKBONES = Registry("backbone")
NECKS = Registry("neck")
HEADS = Registry("head")
LOSSES = Registry("loss")
TRANSFORMS = Registry("transform")
POSTPROCESSES = Registry("post-process")
METRICS = Registry("metric")
DATASETS = Registry("dataset")
