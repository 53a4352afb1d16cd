"""ppocr-lite data check --fix: cleaned copies; the originals stay."""

import json

import pytest

SQUARE = [[2, 2], [42, 2], [42, 22], [2, 22]]


def region(points, text="ab"):
    return {"transcription": text, "points": points}


def fixed(folder, run, task):
    """(rows of the cleaned file, rows of the list of changes without header and file names)."""
    before = (folder.root / "train.txt").read_bytes()
    run("check", "-c", folder.config(task), "--fix", folder.root / "out")
    assert (folder.root / "train.txt").read_bytes() == before
    rows = (folder.root / "out/Train/train.txt").read_bytes().decode("utf-8").split("\n")
    assert rows.pop() == ""
    changes = (folder.root / "out/changes.tsv").read_text(encoding="utf-8").splitlines()
    assert changes[0] == "file\trow\taction\treasons"
    return rows, [line.split("\t")[1:] for line in changes[1:]]


def test_rows_of_recognition(folder, run):
    a, b, c = (folder.picture(f"{i}.png") for i in "abc")
    folder.labels(
        "train.txt",
        f"\ufeff{a}\tab\r",
        "",
        f"{b}\tb \textra",
        "none.png\tx",
        f"{c}\t ",
        f"{a}\tab",
        f"{a}\tother and far too long",
        "no tab",
        c.encode() + b"\t\xff",
        f'["{c}", "none.png"]\tc',
    )
    rows, changes = fixed(folder, run, "rec")
    # What only the configuration forbids stays, and so does the contradiction: somebody has to choose.
    assert rows == ["a.png\tab", "b.png\tb\textra", "a.png\tother and far too long", '["c.png"]\tc']
    assert changes == [
        ["", "changed", "bom; blank_rows"],
        ["1", "changed", "carriage_return"],
        ["3", "changed", "outer_blanks"],
        ["4", "dropped", "missing_image"],
        ["5", "dropped", "empty_text"],
        ["6", "dropped", "duplicate"],
        ["8", "dropped", "no_delimiter"],
        ["9", "dropped", "not_utf8"],
        ["10", "changed", "missing_image"],
    ]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([SQUARE[i] for i in (0, 1, 3, 2)], SQUARE),  # a bow tie: clockwise from the first point on
        ([SQUARE[i] for i in (2, 3, 1, 0)], [SQUARE[i] for i in (2, 3, 0, 1)]),
        ([SQUARE[i] for i in (0, 3, 2, 1)], SQUARE),  # counter-clockwise: the first point stays
        ([[-9, 2.5], [70.123, 2.5], [70, 22], [-9, 22]], [[0, 2.5], [64, 2.5], [64, 22], [0, 22]]),
        (SQUARE, SQUARE),
    ],
)
def test_outlines_are_mended(folder, run, points, expected):
    folder.labels("train.txt", f"{folder.picture('a.png', 64, 48)}\t{json.dumps([region(points)])}")
    rows, _ = fixed(folder, run, "det")
    assert json.loads(rows[0].split("\t")[1]) == [region(expected)]


def test_hopeless_regions_and_pages_are_dropped(folder, run):
    bad = [
        {"points": SQUARE},
        region(SQUARE[:2]),
        region([[None, 1]] * 4),
        region([[90, 90], [99, 90], [99, 99]]),
    ]
    keep = {**region(SQUARE, "é"), "difficult": 1}
    a, b, c = (folder.picture(f"{i}.png", 64, 48) for i in "abc")
    folder.labels("train.txt", f"{a}\t{json.dumps([*bad, keep])}", f"{b}\t{json.dumps(bad[:1])}", f"{c}\t[{{")
    rows, changes = fixed(folder, run, "det")
    assert rows == [f"a.png\t{json.dumps([keep], ensure_ascii=False)}"]
    assert changes == [
        [
            "1",
            "changed",
            "region 0 dropped: bad_region; region 1 dropped: few_points; region 2 dropped: bad_coordinates; "
            "region 3 dropped: outside_image; region 3 dropped: flat_polygon",
        ],
        ["2", "dropped", "region 0 dropped: bad_region"],
        ["3", "dropped", "bad_json"],
    ]


def test_the_cleaned_data_has_no_more_problems(folder, run):
    a, b = folder.picture("a.png", 64, 48), folder.picture("b.png", 64, 48)
    labels = [region(SQUARE[::-1]), region([[0, 0], [90, 0], [90, 20], [0, 20]]), region(SQUARE[:1])]
    folder.labels("train.txt", f"\ufeff{a}\t{json.dumps(labels)}\r", f"{b}\t[", f"{b} x")
    fixed(folder, run, "det")
    status, _, kinds = folder.check(folder.config("det", train="out/Train/train.txt"))
    assert (status, kinds) == (0, {})


def test_files_of_the_same_name_and_nothing_is_replaced(folder, run):
    for name in ("one", "two"):
        folder.picture(f"{name}/a.png")
        folder.labels(f"{name}/train.txt", f"{name}/a.png\t{name}")
    config, out = folder.config("rec"), folder.root / "out"
    files = [str(folder.root / name / "train.txt") for name in ("one", "two")]
    flags = ("-c", config, "-o", f"Train.dataset.label_file_list={json.dumps(files)}", "--fix", out)
    assert run("check", *flags)[0] == 0
    texts = [(out / "Train" / name).read_text() for name in ("train.txt", "train_2.txt")]
    assert texts == ["one/a.png\tone\n", "two/a.png\ttwo\n"]
    status, _, complaint = run("check", *flags)
    assert status == 2
    assert "is there already, and --fix replaces nothing" in complaint


def test_a_database_cannot_be_fixed(folder, run):
    pytest.importorskip("lmdb")
    folder.labels("train.txt", f"{folder.picture('a.png')}\tab")
    run("to-lmdb", "-c", folder.config("rec"), "--out", folder.root / "base")
    flags = ("-c", folder.config("rec"), "-o", "Train.dataset.name=LMDBDataSet")
    status, _, complaint = run("check", *flags, "--fix", folder.root / "out")
    assert status == 2
    assert "use 'ppocr-lite data from-lmdb' on a database first" in complaint
