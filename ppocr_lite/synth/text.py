"""Strings to be drawn: prose, words, headings, structured items, and a balance of characters."""

import logging
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from string import capwords

import numpy as np

from ppocr_lite.charset import COLUMN_END
from ppocr_lite.errors import DataError
from ppocr_lite.synth.items import ITEMS
from ppocr_lite.synth.rows import row, till_line
from ppocr_lite.synth.technical import source_line, terminal_line, token
from ppocr_lite.synth.wording import pick

logger = logging.getLogger(__name__)

Rng = np.random.Generator

_REPLACED = {
    "\u00a0": " ", "\u2009": " ", "\t": " ", "\u2212": "-", "\u2010": "-", "\u2011": "-", "\ufb01": "fi",
    "\ufb02": "fl",
    "\u2032": "'", "\u2033": '"', "`": "'", "´": "'", "\u201a": ",", "\u00ad": "",
}  # fmt: skip
_PLAIN_SIGNS = {"‘": "'", "’": "'", "“": '"', "”": '"', "—": "--", "–": "-", "…": "..."}
_KINDS = ("prose", "words", "capitals", "title", "items", "pair", "random", "row")
_KIND_SHARES = (0.48, 0.10, 0.06, 0.05, 0.20, 0.04, 0.03, 0.04)
_ACCENTED = (
    "café résumé naïve façade fiancée déjà cliché Zoë Noël crème brûlée château fête rôle garçon señor "
    "piñata El Niño "
    "jalapeño über Müller Köln Düsseldorf Gödel Schrödinger Märchen Händel Ångström vis-à-vis voilà à la "
    "carte Citroën coöperate "
    "Brontë Curaçao Français hôtel côté maître naïveté Haïti île José María Málaga Gómez corazón León "
    "público Perú Ibáñez "
    "Cæsar encyclopædia mediæval æther œuvre hors d'œuvre cœur Straße weiß Größe Fußball Søren København "
    "Ørsted Malmø smörgåsbord "
    "ë ê ô î ï á í ó ú ü ö ä ñ ç â"
)  # fmt: skip
# How a sign stands in a document; "@" is replaced by the sign, "#" by digits and "~" by a word.
_SIGN_TEMPLATES = {
    "‘": "‘~’", "’": "~’s|the ~s’|don’t|it’s|‘~’", "“": "“~ ~”|“~,", "”": "“~”|~.”",
    "–": "##–##|~ – ~|19##–##", "—": "~—~|— ~|~ — ~",
    "•": "• ~|• ~ ~", "…": "~…|…~", "£": "£##.##|£#,###", "€": "€##.##|## €|€#", "¥": "¥#,###|¥###",
    "¢": "##¢|¢##", "©": "© 20##|©19## ~",
    "®": "~®|~® ~", "™": "~™|~™ ~", "°": "##°C|##°|##° ##'|#.#°", "±": "±#.#|## ± #|±#%",
    "×": "## × ##|#×#|## × ## cm", "÷": "## ÷ #|#÷#",
    "§": "§ ##|§##.#|§§ #-#", "¶": "¶ ##|~ ¶|¶#", "·": "~ · ~|·~|# · #", "«": "«~»|« ~ »", "»": "«~»|~»",
    "½": "#½|½|##½ ~", "¼": "#¼|¼", "¾": "#¾|¾ ~",
    "²": "m²|##²|x²|## cm²", "³": "m³|#³|## cm³", "µ": "## µm|#µ|## µg", "✓": "✓ ~|✓|[✓] ~",
    "ß": "Straße|weiß|Größe|Fuß", "Ø": "Ø ##|Ørsted|Ø##",
    "ø": "Søren|København|Jørgen", "$": "$##.##|$#|$ ###", "%": "##%|#.#%|## %",
    "@": "~@~.com|@~|# @ ##.##", "#": "@##|@ #|@~", "&": "~ & ~|~ @ Co.",
    "~": "~@##|@ ##|@/~", "^": "~@#|x@#|@", "`": "`~`|@~", "|": "~ | ~|# | #|@", "\\": "C:\\~|~\\~",
    "{": "{~}|{#, #}", "}": "{~}|{#}", "[": "[#]|[~]|[##, #]",
    "]": "[#]|[~]", "<": "<~>|# < #", ">": "<~>|# > #|~ > ~", "_": "~_~|~@#|____", "=": "~ = #|#=#|x = ##",
    "+": "+##|# + #|~+", "*": "* ~|~*|## * #|**",
    "/": "~/~|##/##|#/#", "(": "(~)|(##)|(~ ~)", ")": "(~)|(#)|#)", ":": "~:|##:##|~: #", ";": "~; ~|~;",
    "!": "~!|~ ~!", "?": "~?|~ ~?", '"': '"~"|"~ ~"',
    "'": "~'s|'~'|isn't", ",": "~, ~|#,###", ".": "~.|#.##", "-": "~-~|##-##|- ~", " ": "~ ~",
    COLUMN_END: "~@##.##|##@~|#.##@T",
}  # fmt: skip


class TextSource:
    """Gives the strings of lines: prose, words, headings, items of documents, random characters.

    Args:
        sources: text files, or folders searched for ``*.txt``; UTF-8, a paragraph a line. A file whose lines
            are all single words is a word list; one of these whose words are mostly capitalized holds names.
        charset: characters that a string may hold; others are replaced or dropped.
        max_length: the most characters of one string.
        min_count,
        per: every character of the charset is put into at least ``min_count`` of any ``per`` successive
            indices given to :meth:`balanced`.

    Raises:
        DataError: a source does not exist or the sources hold no text.
    """

    def __init__(
        self,
        sources: Iterable[str | Path],
        charset: Sequence[str],
        *,
        max_length: int = 70,
        min_count: int = 40,
        per: int = 10_000,
    ) -> None:
        self.charset = "".join(charset)
        self.max_length = max_length
        self._known = frozenset(self.charset)
        self._paragraphs: list[str] = []
        self._words: list[str] = []
        self._names: list[str] = []
        self._read(_text_files([Path(s) for s in sources]))
        self._ends = list(accumulate(len(p) for p in self._paragraphs))
        self._by_sign = self._index_words()
        self._item_shares = list(accumulate(share for share, _ in ITEMS))
        self._kind_shares = list(accumulate(_KIND_SHARES))
        # Four characters fit one line; so many lines in `per` are needed.
        self.balance_step = max(1, int(per * self._SLOTS / max(1, min_count * len(self.charset)) / 1.05))

    _SLOTS = 4  # characters of the balance in one string

    def sample(
        self, rng: Rng, index: int | None = None, *, till: bool = False, technical: bool = False
    ) -> str:
        """One string of 1 to ``max_length`` characters, without spaces at its ends or double spaces.

        Args:
            index: the sample's number in its stream; every ``balance_step``-th holds characters that are due.
            till: one that tills print, if no characters are due.
            technical: likewise one of a program or a terminal.
        """
        for _ in range(20):
            if index is not None and index % self.balance_step == 0:
                text = self.balanced(rng, index // self.balance_step)
            elif till:
                text = self.clean(till_line(rng, self))
            elif technical:
                text = self.clean(pick(rng, (source_line, terminal_line, token))(rng, self))
            else:
                text = self._draw(rng)
            if text:
                return text
        return "0"

    def balanced(self, rng: Rng, turn: int) -> str:
        """A string with the characters whose turn it is, each as documents have it."""
        characters = self.charset
        due = [characters[(turn * self._SLOTS + i) % len(characters)] for i in range(self._SLOTS)]
        parts = [self._embed(rng, c) for c in due]
        # The order is shuffled, so that neighbours in the charset do not become neighbours in every line.
        text = " ".join(parts[i] for i in rng.permutation(len(parts)))
        while len(text) > self.max_length:
            parts = [c.strip() or "a b" for c in due]
            text = " ".join(parts)[: self.max_length]
        return text.strip()

    def word(self, rng: Rng) -> str:
        """One word, from prose or from a word list."""
        if self._words and rng.random() < 0.5:
            return pick(rng, self._words)
        words = re.findall(r"[A-Za-z']+", self._slice(rng, 30))
        return words[len(words) // 2].strip("'") or "word" if words else "word"

    def name(self, rng: Rng) -> str:
        """One name of a person or place."""
        return pick(rng, self._names) if self._names else self.word(rng).capitalize()

    def prose(self, rng: Rng, length: int) -> str:
        """About ``length`` characters of running text, whole words, with some printer's choice of signs."""
        return self.clean(self._typography(rng, self._slice(rng, length)))

    def paragraph(self, rng: Rng, length: int) -> str:
        """Running text of about ``length`` characters, if the source has it, from a paragraph's start."""
        start = int(rng.random() * len(self._paragraphs))
        text = ""
        while len(text) < length and start < len(self._paragraphs):
            text = f"{text} {self._paragraphs[start]}".strip()
            start += 1
        cut = text[: length + 20].rsplit(" ", 1)[0] if len(text) > length + 20 else text
        return self.clean(self._typography(rng, cut), limit=None)

    def item(self, rng: Rng) -> str:
        """One structured item: a date, an amount, a label with its value, ..."""
        index = bisect_right(self._item_shares, rng.random() * self._item_shares[-1])
        return self.clean(ITEMS[index][1](rng, self))

    def clean(self, text: str, *, limit: int | None = -1) -> str:
        """``text`` in characters of the charset, single spaces inside, at most ``limit`` long."""
        if not self._known.issuperset(text):
            text = "".join(map(self._replacement, text))
        text = single_spaced(text)
        limit = self.max_length if limit == -1 else limit
        if limit is not None and len(text) > limit:
            text = without_last_word(text[:limit]) or text[:limit]
        return text.strip()

    def _replacement(self, character: str) -> str:
        if character in self._known:
            return character
        for table in (_REPLACED, _PLAIN_SIGNS):
            if all(c in self._known for c in table.get(character, "\0")):
                return table[character]
        return ""

    def _draw(self, rng: Rng) -> str:
        kind = _KINDS[bisect_right(self._kind_shares, rng.random() * self._kind_shares[-1])]
        if kind == "prose":
            return self._prose_line(rng)
        if kind == "words":
            return self._few_words(rng)
        if kind == "capitals":
            return self.prose(rng, int(rng.integers(4, 45))).upper()
        if kind == "title":
            return capwords(self.prose(rng, int(rng.integers(6, 50))))
        if kind == "items":
            return self.item(rng)
        if kind == "pair":
            return self.clean(f"{self.item(rng)} {self.item(rng) if rng.random() < 0.6 else self.word(rng)}")
        if kind == "row":
            return self.clean(row(rng, self))
        return self._random(rng)

    def _prose_line(self, rng: Rng) -> str:
        longest = self.max_length
        low, high = (longest * 3 // 5, longest) if rng.random() < 0.6 else (longest // 7, longest * 3 // 5)
        text = self.prose(rng, int(rng.integers(low, high + 1)))
        if rng.random() < 0.12:  # a word divided at the line's end
            head, _, tail = text.rpartition(" ")
            if head and len(tail) >= 5 and tail.isalpha():
                return f"{head} {tail[: int(rng.integers(2, len(tail) - 1))]}-"
        return text

    def _few_words(self, rng: Rng) -> str:
        count = 1 if rng.random() < 0.5 else int(rng.integers(2, 5))
        if self._words and rng.random() < 0.6:
            text = " ".join(pick(rng, self._words) for _ in range(count))
        else:
            text = " ".join(self.prose(rng, 12 * count + 12).split()[1 : 1 + count])
        form = rng.random()
        return self.clean(text.upper() if form < 0.15 else text.capitalize() if form < 0.4 else text)

    def _random(self, rng: Rng) -> str:
        length = int(rng.integers(1, 13))
        text = "".join(pick(rng, self.charset) for _ in range(length))
        return self.clean(text)

    def _embed(self, rng: Rng, character: str) -> str:
        """``character`` within a word or expression that commonly holds it; the character is always there."""
        text = ""
        if character in self._by_sign and rng.random() < 0.85:
            text = pick(rng, self._by_sign[character])
        elif character.isdigit():
            text = f"{int(rng.integers(0, 100))}{character}{int(rng.integers(0, 10))}"
        elif character in _SIGN_TEMPLATES:
            text = pick(rng, _SIGN_TEMPLATES[character].split("|"))
            filled = [self._fill(rng, c, character) for c in text]
            text = "".join(filled)
        text = self.clean(text, limit=24)
        if character == " ":
            return text if " " in text else "of a"
        return text if character in text else character

    def _fill(self, rng: Rng, sign: str, character: str) -> str:
        if sign == "@":
            return character
        if sign == "~" and character != "~":
            return self.word(rng)
        if sign == "#" and character != "#":
            return str(int(rng.integers(0, 10)))
        return sign

    def _slice(self, rng: Rng, length: int) -> str:
        """About ``length`` characters from a random place of the prose, whole words."""
        place = int(rng.random() * self._ends[-1])
        number = bisect_right(self._ends, place)
        paragraph = self._paragraphs[number]
        start = place - (self._ends[number] - len(paragraph))
        start = max(0, min(start, len(paragraph) - length))
        if start:
            start = paragraph.find(" ", start) + 1
        piece = paragraph[start : start + length + 1]
        if len(piece) < length and rng.random() < 0.6 and number + 1 < len(self._paragraphs):
            piece = f"{piece} {self._paragraphs[number + 1][: length - len(piece)]}"
        return piece.rsplit(" ", 1)[0] if len(piece) > length else piece

    def _typography(self, rng: Rng, text: str) -> str:
        choice = rng.random()
        if choice < 0.45:  # typewriter and screen: plain signs only
            for sign, plain in _PLAIN_SIGNS.items():
                if sign in text:
                    text = text.replace(sign, plain)
        elif choice < 0.9:  # print: curly quotes and dashes
            if '"' in text:
                text = re.sub(r'(^|[\s(\[—-])"', r"\1“", text).replace('"', "”")
            if "'" in text:
                text = re.sub(r"(^|[\s(\[—“-])'", r"\1‘", text).replace("'", "’")
            if "--" in text:
                text = text.replace(" -- ", "—" if choice < 0.7 else " – ").replace("--", "—")
        return text

    def _read(self, files: Sequence[Path]) -> None:
        for file in files:
            try:
                lines = file.read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise DataError(f"{file}: cannot be read as UTF-8 text ({error}).") from error
            lines = [line.strip() for line in lines if line.strip()]
            if lines and not any(" " in line for line in lines):
                capitalized = sum(line[0].isupper() for line in lines) > 0.8 * len(lines)
                (self._names if capitalized else self._words).extend(lines)
            else:
                self._paragraphs.extend(lines)
        if not self._paragraphs:
            self._paragraphs = [" ".join(self._words[i : i + 10]) for i in range(0, len(self._words), 10)]
        if not self._paragraphs:
            names = ", ".join(map(str, files)) or "the given sources"
            raise DataError(f"{names}: no text. Collect a corpus with: tools/synth.py corpus --out DIR")

    def _index_words(self) -> dict[str, list[str]]:
        """For each letter, up to 2000 words that hold it (capitals: words written so)."""
        index: dict[str, list[str]] = defaultdict(list)
        common = sorted(
            {w for p in self._paragraphs[:: max(1, len(self._paragraphs) // 3000)] for w in p.split()}
        )
        extra = self._words[:: max(1, len(self._words) // 20000)] + self._names
        for word in [*common, *extra, *_ACCENTED.split()]:
            if 2 <= len(word) <= 14 and self._known.issuperset(word):
                for character in set(word):
                    if character.isalpha() and len(index[character]) < 2000:
                        index[character].append(word)
        for character in self.charset:
            if character.isupper() and character.isascii() and len(index[character]) < 2000:
                lower = index[character.lower()][:500]
                index[character].extend(w.upper() for w in lower)
        return dict(index)


def single_spaced(text: str) -> str:
    """``text`` with one space between words, one tab between columns, and neither at the ends."""
    columns = (" ".join(column.split()) for column in text.split(COLUMN_END))
    return COLUMN_END.join(column for column in columns if column)


def without_last_word(text: str) -> str:
    """``text`` up to its last space or tab; nothing of a single word."""
    return text[: max(text.rfind(" "), text.rfind(COLUMN_END), 0)]


def _text_files(sources: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for source in sources:
        if source.is_file():
            files.append(source)
        elif source.is_dir():
            files.extend(sorted(source.rglob("*.txt")))
        else:
            raise DataError(f"{source}: no such text file or folder.")
    return files
