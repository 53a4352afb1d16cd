"""Gathers readable English from what Debian packages and Python itself install: no network, no downloads.

The result is a folder of UTF-8 text files, one paragraph a line, and word lists, one word a line: what
:class:`~ppocr_lite.synth.text.TextSource` reads. Sources that are not installed are left out.
"""

import ast
import gzip
import html
import logging
import re
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ppocr_lite.errors import DataError

logger = logging.getLogger(__name__)

DEBIAN_TEXT_PACKAGES = (
    "wamerican",
    "wbritish",
    "miscfiles",
    "fortunes",
    "dict-gcide",
    "dict-wn",
    "dict-jargon",
    "dict-foldoc",
    "dict-devil",
    "anarchism",
    "debian-handbook",
    "debian-faq",
    "developers-reference",
    "manpages",
    "manpages-dev",
)
"""Packages whose prose is used, all in Debian 12 main: ``apt-get install --no-install-recommends`` them."""

MAX_BYTES = 6_000_000  # of one source, so that no dictionary drowns the rest
_MIN_PARAGRAPH = 30
_NOT_PROSE = re.compile(r"[\\|{}<>_^~@`]|\.{4}|--{2,}|={2,}|\*{2,}|https?:")


@dataclass(frozen=True)
class _Source:
    """One source: files below ``root`` that match ``pattern``, and how their text becomes paragraphs."""

    name: str
    root: str
    pattern: str
    clean: Callable[[str], Iterator[str]]


def collect(out_dir: str | Path, *, root: str | Path = "/") -> dict[str, int]:
    """Write the corpus below ``out_dir`` and return the size of each file in bytes.

    Args:
        root: where the packages were unpacked, when they are not installed.

    Raises:
        DataError: none of the sources is installed.
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for source in _sources():
        lines = _gather(source, Path(root))
        if lines:
            file = out / f"{source.name}.txt"
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            sizes[file.name] = file.stat().st_size
            logger.info("%s: %d lines", file, len(lines))
    if not sizes:
        raise DataError(f"{out}: no text found. Install some of: {' '.join(DEBIAN_TEXT_PACKAGES)}")
    return sizes


def _sources() -> tuple[_Source, ...]:
    stdlib = sysconfig.get_path("stdlib") or "/usr/lib/python3"
    return (
        _Source("gcide", "/usr/share/dictd", "gcide.dict.dz", _dictionary),
        _Source("wordnet", "/usr/share/dictd", "wn.dict.dz", _wordnet),
        _Source("jargon", "/usr/share/dictd", "jargon.dict.dz", _dictionary),
        _Source("foldoc", "/usr/share/dictd", "foldoc.dict.dz", _dictionary),
        _Source("devil", "/usr/share/dictd", "devil.dict.dz", _dictionary),
        _Source("fortunes", "/usr/share/games/fortunes", "*[a-z]", _fortunes),
        _Source("anarchism", "/usr/share/doc/anarchism/html", "*.html", _web_page),
        _Source("handbook", "/usr/share/doc/debian-handbook/html/en-US", "*.html", _web_page),
        _Source("debian_faq", "/usr/share/doc/debian", "**/*.en.html", _web_page),
        _Source("developers", "/usr/share/developers-reference", "*.html", _web_page),
        _Source("manuals", "/usr/share/man", "man[1-8]/[!g]*.gz", _manual_page),
        _Source("licences", "/usr/share/common-licenses", "*", _plain),
        _Source("state", "/usr/share/state", "*", _plain),
        _Source("python", stdlib, "*/*.py", _docstrings),
        _Source("words", "/usr/share/dict", "*-english", _word_list),
        _Source("names", "/usr/share/dict", "propernames*", _word_list),
    )


def _gather(source: _Source, root: Path) -> list[str]:
    lines: list[str] = []
    seen: set[str] = set()
    total = 0
    # Python's own library is where this Python has it, whatever the root.
    folder = Path(source.root) if source.name == "python" else root / source.root.lstrip("/")
    for file in sorted(folder.glob(source.pattern)):
        if not file.is_file():
            continue
        for line in source.clean(_read(file)):
            if line not in seen:
                seen.add(line)
                lines.append(line)
                total += len(line)
    if total > MAX_BYTES:  # evenly from the whole, not only letters A to C of a dictionary
        step = total / MAX_BYTES
        lines = [lines[int(i * step)] for i in range(int(len(lines) / step))]
    return lines


def _read(file: Path) -> str:
    raw = file.read_bytes()
    if raw[:2] == b"\x1f\x8b":  # gzip, which dictzip (.dz) is too
        raw = gzip.decompress(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of ``text`` that read as prose, each on one line."""
    for block in re.split(r"\n\s*\n", text):
        line = " ".join(block.split())
        letters = sum(c.isalpha() or c == " " for c in line)
        if len(line) >= _MIN_PARAGRAPH and letters >= 0.85 * len(line) and not _NOT_PROSE.search(line):
            yield line


def _plain(text: str) -> Iterator[str]:
    yield from _paragraphs(text)


def _fortunes(text: str) -> Iterator[str]:
    # Rows of a fortune end with a percent sign of their own; verse lines become one paragraph.
    yield from _paragraphs(re.sub(r"(?m)^%$", "\n", text).replace("\b", ""))


def _dictionary(text: str) -> Iterator[str]:
    """Definitions of a dictd dictionary, without etymologies, pronunciations and cross-reference braces."""
    text = re.sub(r"\{\(?([^{}]*?)\)?\}", r"\1", text)
    text = re.sub(r"\[[^\[\]]{0,300}\]", "\n\n", text)
    text = re.sub(r"<[^<>\n]{0,60}>", "", text)
    text = re.sub(r"(?m)^\S.*$", "\n", text)  # head words stand at the margin
    text = re.sub(r"(?m)^\s+(\d+\.|Note:|\([a-z]\))\s", "\n\n", text)
    yield from _paragraphs(text)


def _wordnet(text: str) -> Iterator[str]:
    text = re.sub(r"\[[^\[\]]{0,400}\]", "", text)
    text = re.sub(r"(?m)^\S.*$", "\n", text)
    text = re.sub(r"(?m)^\s+((n|v|adj|adv|r|s|a) )?\d+:\s", "\n\n", text)
    yield from _paragraphs(text)


def _web_page(text: str) -> Iterator[str]:
    text = re.sub(r"(?is)<(script|style|pre|head)\b.*?</\1>", " ", text)
    text = re.sub(r"(?i)</?(p|li|td|dd|dt|div|h\d|br|tr|ul|ol|blockquote)\b[^>]*>", "\n\n", text)
    yield from _paragraphs(html.unescape(re.sub(r"<[^>]+>", "", text)))


def _manual_page(text: str) -> Iterator[str]:
    text = re.sub(r'(?m)^\.\\".*$', "", text)
    text = re.sub(r"(?m)^\.(B|I|BR|IR|RB|RI|BI|IB)\s+(.*)$", lambda m: m[2].replace('"', ""), text)
    text = re.sub(r"(?m)^[.'].*$", "\n", text)
    text = re.sub(r"\\f.|\\[&/,|]|\\-", lambda m: "-" if m[0] == "\\-" else "", text)
    yield from _paragraphs(text)


def _docstrings(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield from _paragraphs(ast.get_docstring(node) or "")


def _word_list(text: str) -> Iterator[str]:
    # Possessives are a third of Debian's lists and would teach that every word ends in 's.
    yield from (w for w in text.split() if len(w) > 1 and not w.endswith("'s"))
