"""Do values from a configuration fit what a constructor's annotations ask for?

Understood are numbers, texts, ``bool``, ``None``, lists, mappings, ``Literal``, their unions, and numbers in
a range (``Annotated[float, Range(0, 1)]``). Whatever else an annotation says is left to the constructor.
"""

import inspect
import math
import os
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Annotated, Any, Literal, Union, get_args, get_origin, is_typeddict

LARGEST = 2**63
"""Whole numbers from here on do not fit into any array."""
PLAIN = (str, bytes, bool, int, float, Mapping, Sequence)
"""What a YAML file can hold, apart from nothing."""


class Misfit(Exception):
    """A value is of another type, or out of range; the text says what is expected."""


@dataclass(frozen=True)
class Range:
    """Limits of a number, which belong to it unless ``above`` says that the lower one does not."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies in the range."""
        return (self.low < value if self.above else self.low <= value) and value <= self.high

    def __str__(self) -> str:
        if not math.isinf(self.high):
            return (
                f"above {self.low:g}, up to {self.high:g}" if self.above else f"{self.low:g}..{self.high:g}"
            )
        return f"above {self.low:g}" if self.above else f"of at least {self.low:g}"


Share = Annotated[float, Range(0, 1)]
"""A probability, or a part of a whole."""
Positive = Annotated[float, Range(0, above=True)]
NotNegative = Annotated[float, Range(0)]
Count = Annotated[int, Range(1)]
"""How many of what there must be at least one."""
Natural = Annotated[int, Range(0)]


def fit(value: Any, annotation: Any) -> Any:
    """``value`` as the annotation has it: 2.0 becomes 2 for an ``int``; all else stays as it is.

    Raises:
        Misfit: with what is expected instead.

    >>> fit(2.0, int), fit([1, 2], Sequence[float])
    (2, [1, 2])
    >>> fit("big", float)
    Traceback (most recent call last):
    ppocr_lite.parameters.Misfit: a number
    """
    fitted, result = _fitted(value, annotation)
    if not fitted:
        raise Misfit(describe(annotation))
    return result


def allows_none(annotation: Any) -> bool:
    """Whether an empty value is a value of its own; otherwise it means that the key is absent."""
    return annotation in (None, type(None), Any, inspect.Parameter.empty) or type(None) in get_args(
        annotation
    )


def _fitted(value: Any, annotation: Any) -> tuple[bool, Any]:
    """(whether the value fits, the value as the annotation has it)"""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        fitted, result = _fitted(value, args[0])
        ranges = [limits for limits in args[1:] if isinstance(limits, Range)]
        return fitted and all(limits.holds(result) for limits in ranges), result
    if origin in (Union, types.UnionType):
        tried = (_fitted(value, arm) for arm in args)
        return next((found for found in tried if found[0]), (False, value))
    if origin is Literal:
        return value in args, value
    kind = origin or annotation
    if kind in _CHECKS:
        return _CHECKS[kind](value)
    if kind in (Sequence, list, tuple):
        return _fitted_items(value, args, fixed=kind is tuple and args[-1:] != (...,))
    if kind in (Mapping, dict):
        return isinstance(value, Mapping), value
    # Objects come from the program, which knows what it gives; a configuration cannot make any.
    is_object = inspect.isclass(kind) and not is_typeddict(kind) and kind is not object
    return not (is_object and isinstance(value, PLAIN) and not _is_instance(value, kind)), value


def _is_instance(value: Any, kind: type) -> bool:
    try:
        return isinstance(value, kind)
    except TypeError:  # a protocol
        return True


def _fitted_items(value: Any, args: tuple[Any, ...], *, fixed: bool) -> tuple[bool, Any]:
    """A list; items that are sections are left to the constructor, which can say which of them is wrong."""
    if not isinstance(value, Sequence):
        return hasattr(value, "__array__"), value
    if isinstance(value, (str, bytes)) or (fixed and args and len(value) != len(args)):
        return False, value
    kinds = args if fixed else args[:1] * len(value)
    if not kinds or any(get_origin(kind) in (Mapping, dict) for kind in kinds):
        return True, value
    found = [_fitted(item, kind) for item, kind in zip(value, kinds)]
    items = [item for _, item in found]
    changed = any(new is not old for new, old in zip(items, value))
    return all(good for good, _ in found), (items if changed else value)


def _whole(value: Any) -> tuple[bool, Any]:
    if isinstance(value, (bool, Integral)):
        return not isinstance(value, bool) and abs(int(value)) < LARGEST, int(value)
    whole = isinstance(value, Real) and math.isfinite(value) and float(value).is_integer()
    return whole, int(value) if whole else value


def _number(value: Any) -> tuple[bool, Any]:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value), value


def _switch(value: Any) -> tuple[bool, Any]:
    if isinstance(value, Integral) and value in (0, 1):
        return True, bool(value)
    return type(value).__name__ in ("bool", "bool_"), value


_CHECKS: Mapping[Any, Any] = {
    int: _whole,
    float: _number,
    bool: _switch,
    str: lambda value: (isinstance(value, (str, os.PathLike)), value),
    Any: lambda value: (True, value),
    inspect.Parameter.empty: lambda value: (True, value),
    None: lambda value: (value is None, value),
    type(None): lambda value: (value is None, value),
}
_WORDS = {
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("true or false", "true or false each"),
    str: ("a text", "texts"),
}


def describe(annotation: Any, *, several: bool = False) -> str:
    """What an annotation asks for, in words.

    >>> describe(Annotated[int, Range(1)] | Sequence[float] | None)
    'a whole number of at least 1, or a list of numbers'
    """
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        ranges = [str(limits) for limits in args[1:] if isinstance(limits, Range)]
        words = describe(args[0], several=several)
        return " ".join([words, *(text if text[0] in "ao" else f"in {text}" for text in ranges)])
    if origin in (Union, types.UnionType):
        arms = [describe(arm, several=several) for arm in args if arm is not type(None)]
        return ", or ".join(dict.fromkeys(arms))
    if origin is Literal:
        return f"one of {', '.join(map(str, args))}"
    kind = origin or annotation
    if kind in (Mapping, dict):
        return "keys and values"
    if kind is tuple and args and args[-1] is not ...:
        return f"[{', '.join(describe(arg) for arg in args)}]"
    if kind in (Sequence, list, tuple):
        items = describe(args[0], several=True) if args and args[0] is not Any else ""
        return "lists" if several else f"a list of {items}" if items else "a list"
    return _WORDS.get(kind, (f"a {getattr(kind, '__name__', kind)}",) * 2)[several]
