"""Characters or tokens <-> class indices, with the special classes of each decoder.

A :class:`Charset` is the one owner of the class count: a recognition head, a label encoder and a decoder
built from the same object cannot disagree. PaddleOCR 2.x's orders are kept: CTC has the blank at index 0;
attention has ``sos`` first and ``eos`` last.

A label is a text. Its symbols, one class each, are its characters, or with a ``separator`` the tokens between
separators: ``clef-G2 note-C4_quarter barline`` has three symbols.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from ppocr_lite.errors import ConfigError

DEFAULT_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""Used when a configuration names no dictionary (PaddleOCR 2.x lower-cases the labels then)."""

LEFT_TO_RIGHT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 :*./%+-")
"""Characters whose runs keep their order in right-to-left text."""

COLUMN_END = "\t"
"""A recognizer with it among its characters reads it where a column ends. Label files cannot hold it."""

NO_SEPARATORS = "\t\r\n"
"""They end a label or its row."""
SHOWN = 5
"""Faults of a token file that a message lists."""


@dataclass(frozen=True)
class Charset:
    """An ordered list of characters (or tokens).

    Args:
        characters: one entry for each class, without special tokens. Duplicates are allowed, as PaddleOCR's
            ``en_dict.txt`` has one: indexing keeps both, the lookup returns the last.
        lower: labels are lower-cased before the lookup (built-in 36 characters only).
        right_to_left: decoded text runs are reversed (Arabic dictionaries).
        separator: what stands between the tokens of a label; empty where labels are made of characters.
            Tokens are not empty, do not hold it, and occur once.
    """

    characters: tuple[str, ...]
    lower: bool = False
    right_to_left: bool = False
    separator: str = ""

    def __post_init__(self) -> None:
        if not self.characters:
            raise ConfigError("Charset: no characters. Check the dictionary file.")
        if self.separator:
            _check_tokens(self.characters, self.separator, where="Charset")

    @classmethod
    def load(
        cls, path: str | Path | None = None, *, use_space_char: bool = False, token_separator: str = ""
    ) -> "Charset":
        """Read a dictionary file: UTF-8, one character or token a line; spaces are significant.

        A byte-order mark and carriage returns are dropped. A path that does not exist is looked up by its
        file name among the dictionaries that come with the package.

        Args:
            path: the file; without one, the 36 characters 0-9a-z.
            use_space_char: the space is a character as well.
            token_separator: the lines are tokens, which this separates in labels.

        Raises:
            ConfigError: no such file, not UTF-8, or empty; tokens that are blank or stand there twice.
        """
        if token_separator and (not path or use_space_char):
            raise ConfigError(
                "token_separator: labels of tokens need a dictionary of tokens (character_dict_path), to "
                "which no space is added (use_space_char: false)."
            )
        if not path:
            extra = (" ",) if use_space_char else ()
            return cls(tuple(DEFAULT_CHARACTERS) + extra, lower=True)
        file = find_dictionary(path)
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{file}: not UTF-8 ({error}). Save the dictionary as UTF-8.") from error
        lines = text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        characters = [line.rstrip("\r") for line in lines]
        if token_separator:
            _check_tokens(characters, token_separator, where=str(file))
            return cls(tuple(characters), separator=token_separator)
        empty = [i + 1 for i, c in enumerate(characters) if c == ""]
        if empty:
            raise ConfigError(
                f"{file}:{empty[0]}: empty line. Each line of a dictionary holds one character."
            )
        if use_space_char:
            characters.append(" ")
        return cls(tuple(characters), right_to_left="arabic" in str(path))

    def __len__(self) -> int:
        return len(self.characters)

    def __contains__(self, character: str) -> bool:
        return character in self._index

    @cached_property
    def _index(self) -> dict[str, int]:
        return {c: i for i, c in enumerate(self.characters)}

    @property
    def ctc_size(self) -> int:
        """Classes of a CTC head: blank at index 0, then the characters."""
        return len(self.characters) + 1

    @property
    def attention_size(self) -> int:
        """Classes of an attention head: ``sos`` at 0, the characters, ``eos`` last."""
        return len(self.characters) + 2

    @property
    def eos(self) -> int:
        """Index of the end-of-sequence class of an attention head."""
        return len(self.characters) + 1

    def symbols(self, text: str | Sequence[str]) -> Sequence[str]:
        """What has a class of its own in a label: its characters, or its tokens; a list is taken as it is."""
        return split_symbols(text, self.separator) if isinstance(text, str) else text

    def join(self, symbols: Iterable[str]) -> str:
        """The label that is made of ``symbols``."""
        return self.separator.join(symbols)

    def encode(self, text: str | Sequence[str]) -> list[int]:
        """Class indices (1-based, 0 is blank or ``sos``) of the symbols of ``text`` that are known."""
        index = self._index
        return [index[c] + 1 for c in (self._fold(c) for c in self.symbols(text)) if c in index]

    def unknown(self, text: str | Sequence[str]) -> list[str]:
        """Symbols of ``text`` that have no class, each once, in order of appearance."""
        return list(dict.fromkeys(c for c in self.symbols(text) if self._fold(c) not in self._index))

    def decode(self, indices: Iterable[int]) -> str:
        """Text of 1-based class indices; special classes must have been removed."""
        return self.join(self.characters[i - 1] for i in indices)

    def reading_order(self, text: Sequence[str]) -> list[int]:
        """Positions of the characters of a decoded ``text`` in the order in which it is given out.

        Right to left, single characters come in reverse; runs of Latin letters, digits, spaces and
        ``:*./%+-`` keep their own order.
        """
        order = list(range(len(text)))
        if not self.right_to_left:
            return order
        runs: list[list[int]] = []
        previous = False
        for i, character in enumerate(text):
            left_to_right = character in LEFT_TO_RIGHT
            if left_to_right and previous:
                runs[-1].append(i)
            else:
                runs.append([i])
            previous = left_to_right
        return [i for run in reversed(runs) for i in run]

    def _fold(self, character: str) -> str:
        return character.lower() if self.lower else character


def split_symbols(text: str, separator: str) -> Sequence[str]:
    """The tokens between separators, of which several in a row count as one; without one, the characters.

    >>> split_symbols("clef-G2  barline ", " ")
    ['clef-G2', 'barline']
    """
    return [token for token in text.split(separator) if token] if separator else text


def _check_tokens(tokens: Sequence[str], separator: str, *, where: str) -> None:
    """ConfigError for what labels could not tell apart; entry n of ``tokens`` is line n of their file."""
    if any(sign in separator for sign in NO_SEPARATORS):
        raise ConfigError(f"token_separator: {separator!r} ends a label in label files. Take a space.")
    blank = [number for number, token in enumerate(tokens, 1) if not token.strip()]
    if blank:
        raise ConfigError(f"{where}: blank lines: {_listed(blank)}. Each line holds one token.")
    torn = [f"{number}: {token!r}" for number, token in enumerate(tokens, 1) if separator in token]
    if torn:
        raise ConfigError(
            f"{where}: lines with the separator {separator!r} in them: {_listed(torn)}. Labels would tear "
            "these tokens apart: take blanks off their ends, or choose another token_separator."
        )
    twice = [token for token, count in Counter(tokens).items() if count > 1]
    if twice:
        places = {
            token: [n for n, other in enumerate(tokens, 1) if other == token] for token in twice[:SHOWN]
        }
        shown = [f"{token!r} on lines {', '.join(map(str, lines))}" for token, lines in places.items()]
        more = f" and {len(twice) - SHOWN} more" if len(twice) > SHOWN else ""
        raise ConfigError(
            f"{where}: tokens that stand there twice: {'; '.join(shown)}{more}. Each token has one line."
        )


def _listed(items: Sequence[object]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(str(item) for item in items[:SHOWN]) + more


def find_dictionary(path: str | Path) -> Path:
    """Return ``path`` if it exists, else the package's own dictionary of the same file name."""
    file = Path(path)
    if file.is_file():
        return file
    bundled = Path(str(resources.files("ppocr_lite") / "dicts" / file.name))
    if bundled.is_file():
        return bundled
    raise ConfigError(
        f"{path}: no such dictionary, and none named '{file.name}' comes with ppocr_lite. "
        "Give character_dict_path as an existing file, one character or token a line."
    )
