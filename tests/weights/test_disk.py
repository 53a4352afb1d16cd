"""Files of bytes: what is plainly no file of weights says so, and a failed write leaves the old file."""

import os
import zipfile

import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights import disk

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", r"m\.pdparams: is empty \(0 bytes\)\. Was the disk full"),
        (LFS, r"m\.pdparams: is a Git LFS pointer, .* Run 'git lfs pull'"),
        (b"<!DOCTYPE html>\n<html>", r"is a text file that begins with '<!DOCTYPE html>', not weights"),
        (b"weights\n", "is a text file that begins with 'weights'"),
    ],
)
def test_what_holds_no_weights(tmp_path, data, match):
    file = tmp_path / "m.pdparams"
    file.write_bytes(data)
    with pytest.raises(ModelFileError, match=match):
        disk.read_bytes(file)


def test_zip_folder_and_missing_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.pth", "w") as archive:
        archive.writestr("data.pkl", "x")
    with pytest.raises(ModelFileError, match=r"m\.pth: is a ZIP archive, as PyTorch writes"):
        disk.read_bytes(tmp_path / "m.pth")
    with pytest.raises(ModelFileError, match=r"is a folder; give the file in it"):
        disk.read_bytes(tmp_path)
    with pytest.raises(ModelFileError, match=r"none\.pdparams: cannot be read \(No such file"):
        disk.read_bytes(tmp_path / "none.pdparams")


def test_pickles_as_text_are_not_taken_for_text(tmp_path):
    file = tmp_path / "x"
    for data in (b"(dp0\n.", b"ccollections\nOrderedDict\n(tR."):
        file.write_bytes(data)
        assert disk.read_bytes(file) == data


def test_a_folder_that_takes_no_file_is_told_by_the_files_own_name(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied", "/x/.latest.pdparams.k3j2.part")

    monkeypatch.setattr(disk.tempfile, "mkstemp", refuse)
    with pytest.raises(PermissionError) as caught:
        disk.write_atomic(tmp_path / "latest.pdparams", b"new")
    assert caught.value.filename == str(tmp_path / "latest.pdparams")


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "latest.pdparams"
    disk.write_atomic(file, b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        disk.write_atomic(file, b"new")
    assert file.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["latest.pdparams"]
