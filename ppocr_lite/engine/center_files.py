"""Files of centers for the center loss: written with their character set, and checked against another."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config, Section
from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.center import CHARSET_ENTRY, charset_hash
from ppocr_lite.weights.disk import write_atomic
from ppocr_lite.weights.pickles import to_bytes


def write_centers(centers: Mapping[int, np.ndarray], path: Path, *, charset: Charset) -> None:
    """Write {class: float32 [D]} to ``path`` as PaddleOCR's pickle, and beside it as ``.npz``."""
    buffer = io.BytesIO()
    entries: dict[str, Any] = {str(index): vector for index, vector in centers.items()}
    entries[CHARSET_ENTRY] = np.array(hash_of(charset))
    np.savez_compressed(buffer, **entries)
    write_atomic(path, to_bytes(dict(centers)))
    write_atomic(path.with_suffix(".npz"), buffer.getvalue())


def check_center_files(cfg: Config, charset: Charset | None) -> None:
    """ConfigError where a center loss of ``Loss`` has a file that says it is for another character set.

    Only ``.npz`` files say so; the pickles of PaddleOCR show no more than classes that there are not.
    """
    for section in _losses(cfg.section("Loss")):
        path = section.get("center_file_path")
        unread = section.get("init_center") is False or not Path(str(path)).is_file()
        if not path or unread or charset is None:  # a missing file is the loss's own matter
            continue
        if charset_hash(path) not in (None, hash_of(charset)):
            raise ConfigError(
                f"{section.place('center_file_path')}: {path} was made with another character set than the "
                f"one of {len(charset)} characters in use. Make it again with tools/export_center.py, from a "
                "model that has this Global.character_dict_path and use_space_char."
            )


def _losses(section: Section) -> Iterator[Section]:
    """The loss, or those that it combines."""
    yield section
    for _, part in section.steps("loss_config_list"):
        yield part


def hash_of(charset: Charset) -> str:
    """A hash of the characters in their order."""
    return hashlib.sha256("\n".join(charset.characters).encode("utf-8")).hexdigest()
