"""Reads regular patterns: a part of the syntax of Python's ``re``, always for the whole text.

| written | means |
|---|---|
| ``a``, ``\\.``, ``\\-`` | the character itself; one of ``\\ . [ ] ( ) { } | ? * + ^ $`` after a backslash |
| ``.`` | any character |
| ``[a-z0-9_]``, ``[^,;]`` | one of these; any but these |
| ``\\d \\w \\s``, ``\\D \\W \\S`` | a digit; a letter, a digit or ``_``; a space; any but these |
| ``(...)``, ``(?:...)``, ``a|b`` | a group; one or the other |
| ``? * +``, ``{3} {2,} {2,4} {,4}`` | how often what stands before may come |
| ``^`` in front, ``$`` at the end | nothing: the pattern is for the whole text anyway |
"""

from collections.abc import Callable
from dataclasses import dataclass

from ppocr_lite.errors import ConfigError

SPECIAL = "\\.[](){}|?*+^$"
MAX_COUNT = 1000
"""Greatest number within braces."""

Test = Callable[[str], bool]


@dataclass(frozen=True, eq=False)
class Chars:
    """One character; ``named`` are those that the pattern writes out, for messages."""

    fits: Test
    named: str = ""


@dataclass(frozen=True, eq=False)
class Sequence:
    """Parts one after the other."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, eq=False)
class Choice:
    """One of several parts."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, eq=False)
class Repeat:
    """A part at least ``low`` times and at most ``high`` times; None is any number."""

    part: "Node"
    low: int
    high: int | None


Node = Chars | Sequence | Choice | Repeat


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


KINDS: dict[str, Test] = {"d": str.isdecimal, "w": _is_word, "s": str.isspace}


def parse(pattern: str) -> Node:
    """The tree of a pattern.

    Raises:
        ConfigError: it cannot be read; the message says where and what is possible.
    """
    return _Parser(pattern).whole()


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._end = len(pattern)

    def whole(self) -> Node:
        if self._pattern.startswith("^"):
            self._at = 1
        backslashes = len(self._pattern[:-1]) - len(self._pattern[:-1].rstrip("\\"))
        if self._pattern.endswith("$") and backslashes % 2 == 0:
            self._end -= 1
        node = self._choice()
        if self._at < self._end:
            raise self._error("')' without '('")
        return node

    def _choice(self) -> Node:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Node:
        parts = []
        while self._at < self._end and self._peek() not in "|)":
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _repeated(self, node: Node) -> Node:
        repeats = {"?": (0, 1), "*": (0, None), "+": (1, None)}
        if self._peek() in repeats:
            low, high = repeats[self._next()]
        elif self._take("{"):
            low, high = self._counts()
        else:
            return node
        if self._peek() in ("?", "*", "+", "{"):
            raise self._error(f"'{self._peek()}' after a repetition; put what is repeated in ( )")
        return Repeat(node, low, high)

    def _counts(self) -> tuple[int, int | None]:
        """What stands within { }."""
        close = self._pattern.find("}", self._at, self._end)
        text = self._pattern[self._at : close] if close >= 0 else ""
        low, comma, high = text.partition(",")
        if not text.strip(",") or not all(
            n.isascii() and (n.isdigit() or (comma and not n)) for n in (low, high or low)
        ):
            raise self._error("expected {3}, {2,} or {2,4}; for the character itself write \\{")
        counts = int(low or 0), (int(high) if high else None) if comma else int(low)
        if max(counts[0], counts[1] or 0) > MAX_COUNT:
            raise self._error(f"more than {MAX_COUNT} repetitions")
        if counts[1] is not None and counts[1] < counts[0]:
            raise self._error(f"{{{text}}} has its greater number first")
        self._at = close + 1
        return counts

    def _atom(self) -> Node:
        if self._take("("):
            return self._group()
        if self._take("["):
            return self._class()
        if self._take("."):
            return Chars(lambda c: True)
        if self._take("\\"):
            return self._escaped()
        if self._peek() in ("?", "*", "+", "{"):
            raise self._error(f"nothing before '{self._peek()}' that it could repeat")
        if self._peek() in "^$}]":
            raise self._error(
                f"'{self._peek()}' has no meaning here; for the character itself write \\{self._peek()}"
            )
        return _literal(self._next())

    def _group(self) -> Node:
        if self._take("?") and not self._take(":"):
            raise self._error("of the groups that begin with (? only (?:...) is known")
        node = self._choice()
        if not self._take(")"):
            raise self._error("a '(' is not closed")
        return node

    def _escaped(self) -> Chars:
        """What follows a backslash."""
        if self._at >= self._end:
            raise self._error("a backslash at the end; for the character itself write \\\\")
        character = self._next()
        if character.lower() in KINDS:
            fits = KINDS[character.lower()]
            return Chars(fits if character.islower() else lambda c: not fits(c))
        if character.isalnum():
            raise self._error(
                f"\\{character} is not known; known are \\d \\w \\s \\D \\W \\S and \\ before a sign"
            )
        return _literal(character)

    def _class(self) -> Chars:
        """What follows a [ up to its ]."""
        negated = self._take("^")
        tests: list[Chars] = []
        while self._peek() != "]":
            if self._at >= self._end:
                raise self._error("a '[' is not closed")
            first = self._escaped() if self._take("\\") else _literal(self._next())
            tests.append(self._range(first) if self._is_range() else first)
        self._at += 1
        if not tests:
            raise self._error("[] holds no character; for ] itself write \\]")
        named = "" if negated else "".join(test.named for test in tests)
        return Chars(lambda c: any(test.fits(c) for test in tests) != negated, named)

    def _is_range(self) -> bool:
        return self._peek() == "-" and self._pattern[self._at + 1 : self._end][:1] not in ("]", "")

    def _range(self, first: Chars) -> Chars:
        self._at += 1
        last = self._escaped() if self._take("\\") else _literal(self._next())
        low, high = first.named, last.named
        if not low or not high or low > high:
            raise self._error("a range goes from one character to a later one, as in a-z")
        return Chars(lambda c: len(c) == 1 and low <= c <= high, f"{low}-{high}")

    def _peek(self) -> str:
        """The next character; empty at the end."""
        return self._pattern[self._at] if self._at < self._end else ""

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _take(self, text: str) -> bool:
        """Go over the next character if it is this one."""
        if self._peek() != text:
            return False
        self._at += 1
        return True

    def _error(self, what: str) -> ConfigError:
        return ConfigError(
            f"pattern '{self._pattern}', character {min(self._at, len(self._pattern)) + 1}: {what}."
        )


def _literal(character: str) -> Chars:
    return Chars(lambda c: c == character, character)
