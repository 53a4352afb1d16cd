"""ppocr-lite data to-lmdb and from-lmdb: there and back, whole or not at all."""

import pytest

from ppocr_lite.data_tools import lmdb_convert
from ppocr_lite.data_tools.lmdb_convert import ending_of, read_database, write_database
from ppocr_lite.data_tools.rows import read_label_file
from ppocr_lite.errors import ConfigError, DataError, MissingDependency

lmdb = pytest.importorskip("lmdb")


def contents(folder):
    with lmdb.open(str(folder), readonly=True, lock=False) as environment, environment.begin() as transaction:
        return dict(transaction.cursor())


@pytest.fixture
def rows(folder):
    names = [folder.picture(name) for name in ("a.png", "sub/b.jpg", "c.bmp")]
    file = folder.labels("train.txt", *(f"{name}\té {i}" for i, name in enumerate(names)))
    return read_label_file(file, folder.root).rows


def test_there_and_back(folder, rows, run):
    base, back = folder.root / "base", folder.root / "back"
    status, printed, _ = run(
        *("to-lmdb", "--label_file", folder.root / "train.txt", "--data_dir", folder.root, "--out", base)
    )
    assert (status, printed) == (0, f"{base}: 3 samples, read back and compared.\n")
    stored = contents(base)
    assert stored[b"num-samples"] == b"3"
    assert len(stored) == 7
    assert stored[b"label-000000003"] == "é 2".encode()
    assert stored[b"image-000000002"] == (folder.root / "sub/b.jpg").read_bytes()
    assert run("from-lmdb", base, "--out", back)[0] == 0
    labels = (back / "label.txt").read_text(encoding="utf-8").splitlines()
    names = [f"images/000/00000000{i}.{end}" for i, end in ((1, "png"), (2, "jpg"), (3, "bmp"))]
    assert labels == [f"{name}\té {i}" for i, name in enumerate(names)]
    for name, row in zip(names, rows):
        assert (back / name).read_bytes() == (folder.root / row.name).read_bytes()
    assert sorted(path.name for path in folder.root.iterdir() if ".part" in path.name) == []


def test_by_configuration(folder, rows, run):
    assert run("to-lmdb", "-c", folder.config("rec"), "--out", folder.root / "base")[0] == 0
    assert contents(folder.root / "base")[b"num-samples"] == b"3"
    status, _, complaint = run(
        *("to-lmdb", "-c", folder.config("rec"), "--split", "Eval", "--out", folder.root / "none")
    )
    assert status == 2
    assert "has no label files" in complaint


def test_the_map_grows(folder, rows):
    large = [*rows] * 40  # 120 pictures of some 6 kB do not fit in 64 kB
    assert write_database(large, folder.root / "base", map_size=1 << 16) == 120
    assert len(contents(folder.root / "base")) == 241


def test_batches(folder, rows, monkeypatch):
    monkeypatch.setattr(lmdb_convert, "BATCH", 2)
    assert write_database([*rows] * 3, folder.root / "base") == 9
    assert len(contents(folder.root / "base")) == 19


def test_bad_rows(folder, run):
    (folder.root / "zero.png").write_bytes(b"")
    folder.labels("train.txt", f"{folder.picture('a.png')}\tx", "none.png\ty", "zero.png\tz", "no tab")
    flags = (
        "--label_file",
        folder.root / "train.txt",
        "--data_dir",
        folder.root,
        "--out",
        folder.root / "base",
    )
    status, _, complaint = run("to-lmdb", *flags)
    assert status == 2
    assert "train.txt:2: " in complaint
    assert "leave such samples out with --skip-bad" in complaint
    assert not (folder.root / "base").exists()
    assert not list(folder.root.glob(".base*"))
    status, printed, _ = run("to-lmdb", *flags, "--skip-bad")
    assert status == 1
    lines = printed.splitlines()
    assert lines[:2] == [f"{folder.root}/base: 1 samples, read back and compared.", "3 left out:"]
    assert [line.split("train.txt:")[1][:1] for line in lines[2:]] == ["2", "3", "4"]


def test_an_interrupted_run_leaves_nothing(folder, rows, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(lmdb_convert, "_compare", stop)
    with pytest.raises(KeyboardInterrupt):
        write_database(rows, folder.root / "base")
    assert not list(folder.root.glob("*base*")) + list(folder.root.glob(".base*"))


def test_what_reads_back_otherwise_is_an_error(folder, rows, monkeypatch):
    monkeypatch.setattr(
        lmdb_convert, "_digest", lambda data, label, seen=[]: seen.append(0) or bytes([len(seen)])
    )
    with pytest.raises(DataError, match=r":1: the sample reads back otherwise than it was written"):
        write_database(rows, folder.root / "base")


def test_nothing_is_replaced_by_accident(folder, rows):
    base = folder.root / "base"
    write_database(rows[:1], base)
    with pytest.raises(ConfigError, match="is there already"):
        write_database(rows, base)
    assert write_database(rows, base, force=True) == 3
    (folder.root / "files").mkdir()
    (folder.root / "files/precious.txt").write_text("x")
    with pytest.raises(ConfigError, match="is there already"):
        write_database(rows, folder.root / "files", force=True)
    with pytest.raises(ConfigError, match="is there already and not empty"):
        read_database(base, folder.root / "files")
    with pytest.raises(DataError, match="no samples to write"):
        write_database([], folder.root / "empty")


def test_databases_that_lack_something(folder, run):
    base = folder.root / "base"
    with lmdb.open(str(base), map_size=1 << 20) as environment, environment.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"4")
        for number, label in ((1, b"ok"), (2, b"two\nrows"), (3, b"\xff")):
            transaction.put(b"label-%09d" % number, label)
            transaction.put(b"image-%09d" % number, b"\xff\xd8\xff")
    status, _, complaint = run("from-lmdb", base, "--out", folder.root / "out")
    assert status == 2
    assert "base:2: the label holds a tab or a line end" in complaint
    status, printed, _ = run("from-lmdb", base, "--out", folder.root / "out", "--skip-bad")
    assert status == 1
    assert "3: the label is not UTF-8" in printed
    assert "4: no picture is stored" in printed
    assert (folder.root / "out/label.txt").read_text() == "images/000/000000001.jpg\tok\n"


def test_no_database(folder):
    with pytest.raises(DataError, match=r"no LMDB database \(data.mdb\) in it"):
        read_database(folder.root, folder.root / "out")
    (folder.root / "data.mdb").write_bytes(b"x" * 8192)
    with pytest.raises(DataError, match="not an LMDB database that can be opened"):
        read_database(folder.root, folder.root / "out")


def test_missing_package(folder, rows, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lmdb", None)
    with pytest.raises(MissingDependency, match=r"pip install \"ppocr-lite\[train\]\""):
        write_database(rows, folder.root / "base")


def test_sources_are_one_of_two(folder, run):
    assert "Give either -c CONFIG, or --label_file" in run("to-lmdb", "--out", folder.root / "x")[2]
    complaint = run("to-lmdb", "--label_file", "f", "--out", folder.root / "x")[2]
    assert "--label_file needs --data_dir" in complaint


def test_endings():
    assert [ending_of(data) for data in (b"\x89PNG\r", b"\xff\xd8\xff\xe0", b"???")] == [
        ".png",
        ".jpg",
        ".bin",
    ]
