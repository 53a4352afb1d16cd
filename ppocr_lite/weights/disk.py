"""Whole files of bytes: read, with a plain reason where that fails, and written whole or not at all."""

import os
import tempfile
from pathlib import Path

from ppocr_lite.errors import ModelFileError

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_ZIP = b"PK\x03\x04"
_PLAIN_TEXT = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r")
_TEXT_SAMPLE = 64  # first bytes looked at; a pickle or a safetensors file has others among them


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a model file.

    Raises:
        ModelFileError: it cannot be read, or its first bytes show that it holds no weights.
    """
    path = Path(path)
    if path.is_dir():
        raise ModelFileError(f"{path}: is a folder; give the file in it (.pdparams or .safetensors).")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    reason = _not_weights(data)
    if reason:
        raise ModelFileError(f"{path}: {reason}")
    return data


def _not_weights(data: bytes) -> str:
    """Why these bytes hold no weights, as far as their beginning tells; empty where it tells nothing."""
    if not data:
        return "is empty (0 bytes). Was the disk full, or a download interrupted? Fetch or save it again."
    if data.startswith(_LFS_POINTER):
        return "is a Git LFS pointer, not the weights it points at. Run 'git lfs pull' in its repository."
    if data.startswith(_ZIP):
        return "is a ZIP archive, as PyTorch writes; weights are .pdparams or .safetensors files."
    sample = data[:_TEXT_SAMPLE]
    # Protocol 0 of pickle is text too; it begins with the mark of a dictionary, list or global.
    if _PLAIN_TEXT.issuperset(sample) and sample[:1] not in b"(c":
        first = sample.split(b"\n")[0].decode("ascii")
        return f"is a text file that begins with {first[:40]!r}, not weights."
    return ""


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write a file so that at any moment either the old or the new content is whole on the disk."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:  # which names the temporary file
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that nobody else can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
