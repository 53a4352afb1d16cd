"""Names in YAML -> classes: one small registry for each kind of part.

A part registers itself on import. Looking up a name that does not exist, or building a part with a
parameter that its constructor does not take, is a :class:`ConfigError` with the nearest right name. So is a
value that does not fit the constructor's annotation, and whatever the constructor itself stumbles over.
"""

import difflib
import inspect
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import Misfit, allows_none, fit

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Callable[..., Any])

CONSTRUCTOR_ERRORS = (
    *(TypeError, ValueError, LookupError, ArithmeticError, AttributeError, AssertionError),
    *(RuntimeError, MemoryError),
)
"""What strange values can bring about in a constructor, in Paddle's layers too."""
_LEADING_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[\w-]+|\[\d+\])*(?=: | \()")
_PATH_END = re.compile(r"[.[]")


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
        item = self._find(name, task)
        if item is not None:
            return item
        known = self.names(task)
        raise ConfigError(
            f"{where or self.kind}: no {self.kind} named '{name}'.{did_you_mean(name, known)} "
            f"Known: {', '.join(known)}."
        )

    def _find(self, name: Any, task: Any) -> Callable[..., Any] | None:
        if not isinstance(name, str):  # a list, say, which no dictionary can look up
            return None
        task = task if isinstance(task, str) else None
        return self._items.get((name, task)) or self._items.get((name, None))

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
        item = self._find(name, task)
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
    """Call ``item`` with ``params`` (strict) and with the entries of ``context`` that it names.

    An empty value stands for an absent one where the parameter has no use for None.

    Raises:
        ConfigError: an unknown, missing or unfit parameter, or whatever the constructor stumbles over.
    """
    accepted = parameters_of(item)
    name = getattr(item, "__name__", str(item))
    check_params(item, params, where=where)
    for key in params:
        if key not in accepted:
            place = place_of(params, where, key)
            logger.warning("%s: accepted for PaddleOCR's sake, has no effect on %s.", place, name)
    kwargs = _arguments(item, params, context, where=where)
    missing = [key for key, required in accepted.items() if required and key not in kwargs]
    if missing:
        place = place_of(params, where)
        raise ConfigError(f"{place}: {name} needs the parameter '{missing[0]}', which is not given.")
    try:
        return item(**kwargs)
    except ConfigError as error:
        error.args = (_placed(str(error), params, accepted, where), *error.args[1:])
        raise
    except CONSTRUCTOR_ERRORS as error:
        text = " ".join(str(error).split())
        raise ConfigError(
            f"{place_of(params, where)}: {name} cannot be built from these parameters "
            f"({type(error).__name__}: {text:.300})."
        ) from error


def _arguments(
    item: Callable[..., Any], params: Mapping[str, Any], context: Mapping[str, Any], *, where: str
) -> dict[str, Any]:
    """What to call ``item`` with; the values of ``params`` have been checked."""
    kinds = annotations_of(item)
    given = {str(key): value for key, value in params.items() if key in kinds}
    kwargs = {k: fit(v, kinds[k]) for k, v in given.items() if v is not None or allows_none(kinds[k])}
    for key in (key for key in context if key in kinds):
        value = context[key]
        if value is None and not allows_none(kinds[key]):
            continue
        try:
            kwargs[key] = fit(value, kinds[key])
        except Misfit as misfit:
            name = getattr(item, "__name__", str(item))
            raise ConfigError(
                f"{place_of(params, where)}: {name} takes {misfit} as {key}, and {value!r:.60} is given by "
                "Global or by the part before it."
            ) from None
    return kwargs


def _placed(message: str, params: Mapping[str, Any], accepted: Iterable[str], where: str) -> str:
    """A constructor's message, which knows its parameters at best, with their place in the configuration."""
    found = _LEADING_PATH.match(message)
    path = found.group() if found else ""
    root, _, rest = path.partition(".")
    if root and root in (_PATH_END.split(where)[0], "Global"):
        return message
    for inner in (path, rest):  # "k: ..." or "DBHead.k: ..."
        key = _PATH_END.split(inner)[0]
        if found and key in accepted:
            place = place_of(params, where, key) if inner == key else f"{where}.{inner}"
            return f"{place}{message[found.end() :]}"
    return f"{place_of(params, where)}: {message}"


def check_params(
    item: Callable[..., Any], params: Mapping[str, Any], *, where: str, leave: Iterable[str] = ()
) -> None:
    """ConfigError for the first of ``params`` that ``item`` neither takes nor ignores, or that does not fit.

    Args:
        where: path of ``params``, for messages; a Section adds its place in the file.
        leave: parameters that the program gives and a configuration cannot.
    """
    if not isinstance(params, Mapping):
        raise ConfigError(f"{where}: expected parameters as keys and values, got {params!r:.60}.")
    accepted = [key for key in parameters_of(item) if key not in leave]
    ignored = tuple(getattr(item, "ignored_params", ()))
    name = getattr(item, "__name__", str(item))
    for key in params:
        if key not in accepted and key not in ignored:
            raise ConfigError(
                f"{place_of(params, where, str(key))}: {name} takes no parameter '{key}'."
                f"{did_you_mean(key, accepted)} It takes: {', '.join(accepted) or 'none'}."
            )
    kinds = annotations_of(item)
    check_values(params, {key: kinds[key] for key in accepted}, where=where)


def check_values(params: Mapping[str, Any], kinds: Mapping[str, Any], *, where: str) -> None:
    """ConfigError for the first of ``params`` that does not fit its annotation; None always does.

    Args:
        kinds: annotations by name; parameters that are not among them are not looked at.
    """
    for key, value in params.items():
        if value is None or key not in kinds:
            continue
        try:
            fit(value, kinds[key])
        except Misfit as misfit:
            place = place_of(params, where, str(key))
            raise ConfigError(f"{place}: expected {misfit}, got {value!r:.60}.") from None


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


def annotations_of(item: Callable[..., Any]) -> dict[str, Any]:
    """Annotations of what :func:`parameters_of` lists; those that stand as text say nothing."""
    signature = inspect.signature(item).parameters if parameters_of(item) else {}
    kinds = {name: parameter.annotation for name, parameter in signature.items()}
    return {name: inspect.Parameter.empty if isinstance(kind, str) else kind for name, kind in kinds.items()}


RECTIFIERS = Registry("rectifier (Architecture.Transform)")
BACKBONES = Registry("backbone")
NECKS = Registry("neck")
HEADS = Registry("head")
LOSSES = Registry("loss")
TRANSFORMS = Registry("transform")
POSTPROCESSES = Registry("post-process")
METRICS = Registry("metric")
DATASETS = Registry("dataset")
