"""The dictionary of a configuration as a file: its faults, and the characters if it can be used."""

import codecs
from collections import Counter
from dataclasses import dataclass

from ppocr_lite.charset import Charset, find_dictionary
from ppocr_lite.config import Config
from ppocr_lite.data_tools.findings import Fault
from ppocr_lite.data_tools.rows import read_text_bytes
from ppocr_lite.errors import ConfigError


@dataclass(frozen=True)
class Dictionary:
    """A dictionary: ``charset`` is None where it cannot be used, ``path`` is empty for the built-in one."""

    path: str = ""
    charset: Charset | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def is_dirty(self) -> bool:
        """Whether a byte-order mark or carriage returns are in it."""
        return any(fault.kind in ("bom", "carriage_return") for fault in self.faults)


def read_dictionary(cfg: Config) -> Dictionary:
    """``Global.character_dict_path`` as the training reads it; ConfigError if there is no such file."""
    path = cfg.get("Global.character_dict_path")
    space = bool(cfg.get("Global.use_space_char", False))
    separator = cfg.get("Global.token_separator") or ""
    if not path:
        return Dictionary(charset=Charset.load(None, use_space_char=space, token_separator=separator))
    file = str(find_dictionary(path))
    data = read_text_bytes(file, "dictionary")
    faults = []
    if data.startswith(codecs.BOM_UTF8):
        faults.append(Fault("bom", "the dictionary begins with a byte-order mark"))
    returns = data.count(b"\r\n") + data.endswith(b"\r")
    if returns:
        faults.append(Fault("carriage_return", f"{returns} lines of the dictionary end with one"))
    try:
        charset = Charset.load(path, use_space_char=space, token_separator=separator)
    except ConfigError as error:
        return Dictionary(file, None, (*faults, Fault("bad_dictionary", str(error))))
    twice = [c for c, n in Counter(charset.characters).items() if n > 1]
    if twice:
        faults.append(Fault("repeated_character", " ".join(map(repr, twice))))
    return Dictionary(file, charset, tuple(faults))


def cleaned(data: bytes) -> bytes:
    """A dictionary without byte-order mark and carriage returns."""
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    return b"\n".join(line.rstrip(b"\r") for line in lines)
