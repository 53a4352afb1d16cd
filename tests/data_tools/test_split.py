"""ppocr-lite data split: by picture, so that nothing leaks."""

import pytest


def read(folder, name):
    return (folder.root / "out" / name).read_text(encoding="utf-8").splitlines()


def split(folder, run, *flags):
    return run(
        "split",
        *("--label_file", folder.root / "train.txt", "--data_dir", folder.root, "--out", folder.root / "out"),
        *flags,
    )


def test_shares_and_seed(folder, run):
    rows = [f"{folder.picture(f'{i}.png', 8 + i)}\tt{i}" for i in range(20)]
    folder.labels("train.txt", *rows)
    status, printed, _ = split(folder, run, "--ratio", 0.7, 0.2, 0.1)
    parts = [read(folder, name) for name in ("train.txt", "val.txt", "test.txt")]
    assert status == 0
    assert [len(part) for part in parts] == [14, 4, 2]
    assert sorted(row for part in parts for row in part) == sorted(rows)
    assert parts[0] == [row for row in rows if row in parts[0]]  # in their order
    assert f"{folder.root}/out/val.txt: 4 of 20 rows" in printed.splitlines()
    for name in ("train.txt", "val.txt", "test.txt"):
        (folder.root / "out" / name).unlink()
    split(folder, run, "--ratio", 0.7, 0.2, 0.1)
    assert [read(folder, name) for name in ("train.txt", "val.txt", "test.txt")] == parts
    for name in ("train.txt", "val.txt", "test.txt"):
        (folder.root / "out" / name).unlink()
    split(folder, run, "--ratio", 0.7, 0.2, 0.1, "--seed", 7)
    assert read(folder, "train.txt") != parts[0]


def test_rows_of_one_picture_stay_together(folder, run):
    """a and c share pixels, b and c share a row: all three are one group, beside d."""
    a, b, c, d = (folder.picture(f"{i}.png", seed=i in "bd") for i in "abcd")
    folder.picture("b.png", seed=2)
    rows = [f"{a}\t1", f'["{b}", "{c}"]\t2', f"{b}\t3", f"{d}\t4"]
    folder.labels("train.txt", *rows)
    assert split(folder, run, "--ratio", 0.5, 0.5)[0] == 0
    assert sorted([read(folder, "train.txt"), read(folder, "val.txt")], key=len) == [rows[3:], rows[:3]]


@pytest.mark.parametrize("ratios", [(1.0,), (0.5, 0.6), (1.2, -0.2), (0.25, 0.25, 0.25, 0.25)])
def test_ratios(folder, run, ratios):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tx")
    status, _, complaint = split(folder, run, "--ratio", *ratios)
    assert status == 2
    assert "expected 2 or 3 numbers above 0 that sum to 1" in complaint


def test_errors(folder, run):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tx")
    assert "1 different pictures cannot be divided into 2 parts" in split(folder, run)[2]
    folder.labels("train.txt", "a.png x")
    assert "train.txt:1: row without the delimiter" in split(folder, run)[2]
    (folder.root / "out").mkdir()
    (folder.root / "out/val.txt").write_text("")
    assert "val.txt: is there already" in split(folder, run)[2]
