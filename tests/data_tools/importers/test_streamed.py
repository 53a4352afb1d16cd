"""ppocr-lite data import of large data sets: formats, what is left out, going on after an interruption."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.data_tools.importers import STREAMED, stream
from ppocr_lite.data_tools.importers.items import word_crop
from ppocr_lite.data_tools.importers.samples import Region
from ppocr_lite.errors import DataError

lmdb = pytest.importorskip("lmdb")


def contents(folder):
    with lmdb.open(str(folder), readonly=True, lock=False) as environment, environment.begin() as transaction:
        return dict(transaction.cursor())


def words(folder):
    """The labels of a database, in order."""
    stored = contents(folder)
    return [stored[b"label-%09d" % i].decode() for i in range(1, int(stored[b"num-samples"]) + 1)]


@pytest.fixture
def mjsynth(folder):
    """Five words as in the archive: the second is truncated, the fourth is missing."""
    root = folder.root / "mnt/ramdisk/max/90kDICT32px"
    names = [f"./{i}/1/{i}_Word{i}_{10 + i}.jpg" for i in range(1, 6)]
    for name in names:
        folder.picture(f"mnt/ramdisk/max/90kDICT32px/{name}", 40, 31)
    broken = root / names[1]
    broken.write_bytes(broken.read_bytes()[:300])
    (root / names[3]).unlink()
    for part in ("train", "val"):
        rows = names if part == "train" else names[:1]
        lines = "".join(f"{name} {Path(name).stem.rpartition('_')[2]}\n" for name in rows)
        (root / f"annotation_{part}.txt").write_text(lines)
    return root


def test_mjsynth_to_a_database(folder, mjsynth, run):
    out = folder.root / "base"
    status, printed, _ = run("import", "mjsynth", folder.root, "--out", out, "--lmdb")
    lines = printed.splitlines()
    assert (status, lines[:2]) == (1, [f"{out}: 3 samples", "2 left out:"])
    assert "annotation_train.txt:2: " in lines[2]
    assert "is truncated" in lines[2]
    assert lines[3].endswith("4_Word4_14.jpg: no such file.")
    assert words(out) == ["Word1", "Word3", "Word5"]
    stored = contents(out)
    assert len(stored) == 7  # nothing is left of the state of the import
    assert stored[b"image-000000002"] == (mjsynth / "3/1/3_Word3_13.jpg").read_bytes()


def test_mjsynth_to_a_label_file(folder, mjsynth, run):
    status, printed, _ = run("import", "mjsynth", mjsynth, "--set", "val", "--out", folder.root / "out")
    assert (status, printed) == (0, f"{folder.root}/out/rec_label.txt: 1 rows (data_dir: {mjsynth})\n")
    assert (folder.root / "out/rec_label.txt").read_text() == "1/1/1_Word1_11.jpg\tWord1\n"
    assert [path.name for path in (folder.root / "out").iterdir()] == ["rec_label.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "tests"], "--set tests: MJSynth has train, val, test"),
        (["--set", "test"], "no annotation_test.txt in it. Give the folder 90kDICT32px"),
        (["--quality", "101", "--lmdb"], "--quality: expected 1 to 100, got 101"),
    ],
)
def test_mjsynth_errors(folder, mjsynth, run, arguments, message):
    status, _, complaint = run("import", "mjsynth", mjsynth, *arguments, "--out", folder.root / "out")
    assert status == 2
    assert message in complaint
    assert not (folder.root / "out").exists()


@pytest.mark.parametrize("line", ["./1/1/word.jpg 1", "./1/1/1_word_12.jpg 13", "./1/1/1__12.jpg 12"])
def test_mjsynth_lines_that_do_not_fit(folder, mjsynth, run, line):
    file = mjsynth / "annotation_val.txt"
    file.write_text(f"{file.read_text()}{line}\n")
    status, _, complaint = run("import", "mjsynth", file, "--out", folder.root / "out")
    assert status == 2
    assert f"annotation_val.txt:2: expected './1/1/1_word_123.jpg 123', got '{line}'" in complaint
    status, printed, _ = run("import", "mjsynth", file, "--out", folder.root / "skipped", "--skip-bad")
    assert status == 1
    assert "1 left out:" in printed
    assert (folder.root / "skipped/rec_label.txt").read_text() == "1/1/1_Word1_11.jpg\tWord1\n"


@pytest.mark.parametrize("flags", [["--lmdb"], []])
def test_going_on_after_an_interruption(folder, mjsynth, run, monkeypatch, flags):
    """Killed in the middle of the fourth sample: what was committed stays, what came after is done again."""
    monkeypatch.setattr(stream, "BATCH", 2)
    original, made = stream.ItemMaker.__call__, []

    def killed(self, sample, number, refuse):
        made.append(number)
        if number == 4:
            raise KeyboardInterrupt
        yield from original(self, sample, number, refuse)

    monkeypatch.setattr(stream.ItemMaker, "__call__", killed)
    arguments = ("import", "mjsynth", mjsynth, "--out", folder.root / "out", *flags)
    assert run(*arguments)[0] == 130
    result = folder.root / ("out" if flags else "out/rec_label.txt")
    assert not result.exists()
    assert result.with_name(f"{result.name}.part").exists()
    assert made == [1, 2, 3, 4]
    monkeypatch.setattr(stream.ItemMaker, "__call__", original)
    status, _, complaint = run(*arguments, "--set", "val")
    assert status == 2
    assert "An interrupted import is there, of set 'None', not 'val'" in complaint
    status, printed, _ = run(*arguments)
    assert status == 1
    assert printed.splitlines()[0] == "went on after 2 samples"
    assert "2 left out:" in printed  # one of them in the first run
    found = words(result) if flags else [row.split("\t")[1] for row in result.read_text().splitlines()]
    assert found == ["Word1", "Word3", "Word5"]
    assert not list(folder.root.rglob("*.part")) + list(folder.root.rglob("*.state"))


def test_pictures_that_are_elsewhere(folder, mjsynth, run, monkeypatch):
    monkeypatch.setattr(stream, "MIN_TRIED", 2)
    out = folder.root / "out"
    status, _, complaint = run(
        *("import", "mjsynth", mjsynth, "--images", folder.root / "none", "--out", out, "--lmdb")
    )
    assert status == 2
    assert "nothing in it could be imported. 2 cannot be used, such as " in complaint
    assert "1_Word1_11.jpg: no such file" in complaint
    assert not list(folder.root.glob("out*"))


def test_nothing_is_replaced(folder, mjsynth, run):
    arguments = ("import", "mjsynth", mjsynth, "--set", "val", "--out", folder.root / "out")
    assert run(*arguments, "--lmdb")[0] == 0
    assert "out: is there already. Give another folder." in run(*arguments, "--lmdb")[2]
    assert run(*arguments)[0] == 0
    assert "out/rec_label.txt: is there already. Give another folder." in run(*arguments)[2]


def test_a_broken_state(folder, mjsynth, run):
    (folder.root / "out").mkdir()
    (folder.root / "out/rec_label.txt.part").write_text("")
    (folder.root / "out/rec_label.txt.state").write_text("{")
    complaint = run("import", "mjsynth", mjsynth, "--out", folder.root / "out")[2]
    assert "rec_label.txt.state: its state is broken" in complaint


def test_union14m(folder, run):
    """Pictures are found above the annotations, in the folder full_images."""
    folder.picture("full_images/art/1.png")
    folder.picture("full_images/art/2.png")
    (folder.root / "train_annos/mmocr-0.x").mkdir(parents=True)
    rows = [{"filename": "art/1.png", "text": "one"}, {"filename": "art/2.png", "text": "it's"}]
    file = folder.labels("train_annos/mmocr-0.x/train_easy.jsonl", *map(json.dumps, rows))
    assert run("import", "union14m", file, "--out", folder.root / "base", "--lmdb")[0] == 0
    assert words(folder.root / "base") == ["one", "it's"]
    items = [{"img_path": row["filename"], "instances": [{"text": row["text"]}]} for row in rows]
    newer = folder.labels("full_images/annotation.json", json.dumps({"metainfo": {}, "data_list": items}))
    status, printed, _ = run("import", "union14m", newer, "--out", folder.root / "out")
    assert (status, printed) == (
        0,
        f"{folder.root}/out/rec_label.txt: 2 rows (data_dir: {folder.root}/full_images)\n",
    )
    assert (folder.root / "out/rec_label.txt").read_text() == "art/1.png\tone\nart/2.png\tit's\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"filename": "a.png"}', "a.jsonl:1: expected an object with the texts 'filename' and"),
        ("a.jsonl", "[", "a.jsonl:1: not a JSON object"),
        ("a.json", "[]", "a.json: expected MMOCR's annotations, an object with a 'data_list'"),
        ("a.json", '{"data_list": [{"img_path": "a.png"}]}', "a.json: data_list[0]: expected an object"),
        (
            "a.jsonl",
            '{"filename": "no.png", "text": "x"}',
            "a.jsonl: the first picture, 'no.png', is in none",
        ),
    ],
)
def test_union14m_errors(folder, run, name, content, message):
    file = folder.labels(name, content)
    status, _, complaint = run("import", "union14m", file, "--out", folder.root / "out", "--lmdb")
    assert status == 2
    assert message in complaint


def test_word_lists(folder, run):
    for name in ("a.png", "b c.png", "d.png", "e.png"):
        folder.picture(f"pictures/{name}")
    rows = ("a.png\ttwo words", 'b c.png, "say \\"hi\\", \\\\o/"', "d.png word", "e.png ,", "bad")
    file = folder.labels("pictures/gt.txt", "\ufeff" + rows[0], *rows[1:])
    status, printed, _ = run("import", "words", file, "--out", folder.root / "base", "--lmdb", "--skip-bad")
    assert status == 1
    assert "gt.txt:5: expected 'path<TAB>text' or 'path, \"text\"', got 'bad'" in printed
    assert words(folder.root / "base") == ["two words", 'say "hi", \\o/', "word", ","]
    file = folder.labels("pictures/latin.txt", "a.png x", b"d.png \xe9")
    complaint = run("import", "words", file, "--out", folder.root / "other")[2]
    assert "latin.txt:2: not UTF-8" in complaint


def test_empty_texts_are_left_out(folder, run):
    rows = [{"filename": folder.picture("a.png"), "text": t} for t in (" ", "x")]
    file = folder.labels("a.jsonl", *map(json.dumps, rows))
    status, printed, _ = run("import", "union14m", file, "--out", folder.root / "out")
    assert status == 1
    assert "a.jsonl:1: no text." in printed


@pytest.fixture
def page(folder):
    """A white page of 100 x 60 px, with a red word at 10..50, 10..20 and a green one at 60..66, 10..40."""
    image = np.full((60, 100, 3), 255, np.uint8)
    image[10:20, 10:50] = (0, 0, 255)
    image[10:40, 60:66] = (0, 255, 0)
    cv2.imwrite(str(folder.root / "page.png"), image)
    return "page.png"


def box(left, top, right, bottom):
    return np.array([[left, right, right, left], [top, top, bottom, bottom]], float)


def matlab(path, **variables):
    cells = {}
    for name, values in variables.items():
        cells[name] = np.empty((1, len(values)), object)
        cells[name][0, :] = values
    pytest.importorskip("scipy.io").savemat(path, cells)
    return path


def test_synthtext(folder, page, run):
    """Two words on one page, of which a text has two lines; a page of one word; one with a word outside."""
    boxes = [np.stack([box(10, 10, 50, 20), box(60, 10, 66, 40)], axis=2), box(10, 10, 50, 20)]
    boxes.append(np.stack([box(200, 10, 250, 20), box(10, 10, 11, 11), box(10, 10, 50, 20)], axis=2))
    texts = [np.array(["red\ni"]), np.array([" red "]), np.array(["out tiny", "red"])]
    matlab(folder.root / "gt.mat", imnames=[page] * 3, wordBB=boxes, txt=texts)
    status, printed, _ = run("import", "synthtext", folder.root, "--out", folder.root / "base", "--lmdb")
    assert status == 1
    assert words(folder.root / "base") == ["red", "i", "red", "red"]
    assert "page 3, word 1: outside the picture of 100 x 60 pixels" in printed
    assert "page 3, word 2: 1.0 x 1.0 pixels, which is too small" in printed
    stored = contents(folder.root / "base")
    red, green = (cv2.imdecode(np.frombuffer(stored[b"image-%09d" % i], np.uint8), 1) for i in (1, 2))
    assert red.shape == (10, 40, 3)
    assert (red == (0, 0, 255)).all()
    assert green.shape == (30, 6, 3)  # not turned, as serving would
    assert (
        run("import", "synthtext", folder.root, "--out", folder.root / "out", "--crops", "--quality", 90)[0]
        == 1
    )
    rows = (folder.root / "out/crops_label.txt").read_text().splitlines()
    assert rows[:2] == ["crops/0000/0000001_000.jpg\tred", "crops/0000/0000001_001.jpg\ti"]
    assert cv2.imread(str(folder.root / "out" / rows[0].split("\t")[0])).shape == (10, 40, 3)


def test_synthtext_as_pages(folder, page, run):
    matlab(folder.root / "gt.mat", imnames=[page], wordBB=[box(10, 10, 50, 20)], txt=[np.array(["red"])])
    status, printed, _ = run("import", "synthtext", folder.root / "gt.mat", "--out", folder.root / "out")
    assert (status, printed) == (0, f"{folder.root}/out/det_label.txt: 1 rows (data_dir: {folder.root})\n")
    name, label = (folder.root / "out/det_label.txt").read_text().rstrip("\n").split("\t")
    assert name == page
    assert json.loads(label) == [
        {"transcription": "red", "points": [[10, 10], [50, 10], [50, 20], [10, 20]]},
    ]


def test_synthtext_errors(folder, page, run, monkeypatch):
    arguments = ("import", "synthtext", folder.root, "--out", folder.root / "out", "--lmdb")
    assert "gt.mat: cannot be read (No such file" in run(*arguments)[2]
    (folder.root / "gt.mat").write_bytes(b"x" * 200)
    assert "gt.mat: not a .mat file that can be read" in run(*arguments)[2]
    matlab(folder.root / "gt.mat", imnames=[page])
    assert "gt.mat: has no 'wordBB'. Check which file this is." in run(*arguments)[2]
    matlab(folder.root / "gt.mat", imnames=[page], wordBB=[box(0, 0, 9, 9)], txt=[np.array(["a b"])])
    assert "gt.mat: page 1: boxes of shape (2, 4, 1) do not fit 2 words" in run(*arguments)[2]
    matlab(folder.root / "gt.mat", imnames=[page] * 2, wordBB=[box(0, 0, 9, 9)], txt=[np.array(["a"])])
    assert "gt.mat: 2, 1, 1 names, boxes, texts" in run(*arguments)[2]
    monkeypatch.setitem(__import__("sys").modules, "scipy.io", None)
    assert ".mat files need scipy: pip install scipy" in run(*arguments)[2]


def test_word_crop_of_a_turned_word():
    """A word that runs down the page comes out lying."""
    image = np.zeros((60, 60, 3), np.uint8)
    image[10:50, 20:30] = 200
    image[10:20, 20:30] = 90  # its beginning
    region = Region(((30, 10), (30, 50), (20, 50), (20, 10)), "down")
    crop = word_crop(image, region)
    assert crop.shape == (10, 40, 3)
    assert (crop[5, [2, 37], 0] == [90, 200]).all()
    with pytest.raises(DataError, match="outside the picture of 60 x 60"):
        word_crop(image, Region(((-9, 0), (-1, 0), (-1, 9), (-9, 9)), "x"))


def test_iiit5k(folder, run):
    names = [folder.picture(f"test/{i}_1.png") for i in (1, 2)]
    rows = np.empty((1, 2), [(k, object) for k in ("ImgName", "GroundTruth", "smallLexi", "mediumLexi")])
    for i, (name, text) in enumerate(zip(names, ("ONE", "TWO"))):
        small, medium = (np.array([text, *more], object)[None] for more in (["TEN"], ["TEN", "SIX"]))
        rows[0, i] = (name, text, small, medium)
    pytest.importorskip("scipy.io").savemat(folder.root / "testdata.mat", {"testdata": rows})
    assert run("import", "iiit5k", folder.root, "--out", folder.root / "base", "--lmdb")[0] == 0
    assert words(folder.root / "base") == ["ONE", "TWO"]
    stored = contents(folder.root / "base")
    assert stored[b"lexicon-000000001"] == b"ONE TEN"
    assert stored[b"lexicon.1k-000000002"] == b"TWO TEN SIX"
    complaint = run("import", "iiit5k", folder.root, "--set", "val", "--out", folder.root / "x")[2]
    assert "--set val: IIIT5K has test and train" in complaint
    matlab(folder.root / "traindata.mat", traindata=["x"])
    complaint = run("import", "iiit5k", folder.root, "--set", "train", "--out", folder.root / "x")[2]
    assert "traindata.mat: expected records with ImgName, GroundTruth" in complaint


SVT = """<tagset><image>
<imageName>page.png</imageName><lex>RED,GREEN,BLUE</lex>
<taggedRectangles>
<taggedRectangle height="10" width="40" x="10" y="10"><tag>RED</tag></taggedRectangle>
{other}
</taggedRectangles></image></tagset>"""


def test_svt(folder, page, run):
    other = '<taggedRectangle height="30" width="6" x="60" y="10"><tag>I</tag></taggedRectangle>'
    (folder.root / "test.xml").write_text(SVT.format(other=other))
    assert run("import", "svt", folder.root, "--out", folder.root / "base", "--lmdb")[0] == 0
    stored = contents(folder.root / "base")
    assert words(folder.root / "base") == ["RED", "I"]
    assert stored[b"lexicon-000000002"] == b"RED GREEN BLUE"
    crop = cv2.imdecode(np.frombuffer(stored[b"image-000000001"], np.uint8), 1)
    assert crop.shape == (10, 40, 3)
    assert (crop == (0, 0, 255)).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<tagset>", "test.xml: broken XML"),
        ("<tagset><image/></tagset>", "test.xml: image 1: no imageName"),
        (SVT.format(other='<taggedRectangle height="0" width="6" x="1" y="1"/>'), "image 1: a box of 6 x 0"),
        (SVT.format(other='<taggedRectangle width="6" x="1" y="1"/>'), "image 1: None is not a number"),
    ],
)
def test_svt_errors(folder, page, run, content, message):
    (folder.root / "test.xml").write_text(content)
    status, _, complaint = run("import", "svt", folder.root, "--out", folder.root / "base", "--lmdb")
    assert status == 2
    assert message in complaint


def test_other_formats_to_a_database(folder, page, run):
    (folder.root / "gt_page.txt").write_text("10,10,50,10,50,20,10,20,red\n1,1,9,1,9,9,1,9,###\n")
    out = folder.root / "base"
    assert run("import", "icdar2015", folder.root, "--out", out, "--lmdb")[0] == 0
    assert words(out) == ["red"]
    complaint = run("import", "icdar2015", folder.root, "--out", folder.root / "x", "--quality", 90)[2]
    assert "--quality goes with --lmdb, or one of mjsynth" in complaint


def test_the_formats_are_those_that_the_command_offers():
    from ppocr_lite.data_tools.cli import FORMATS
    from ppocr_lite.data_tools.importers import IMPORTERS

    assert (*IMPORTERS, *STREAMED) == FORMATS
