"""ppocr-lite data import: each format from small files, good and bad."""

import json

import cv2
import numpy as np
import pytest

from ppocr_lite import cli
from ppocr_lite.data_tools.importers.label_studio import turned_rectangle
from ppocr_lite.data_tools.importers.samples import find_picture
from ppocr_lite.data_tools.importers.writing import crop_of, one_line
from ppocr_lite.errors import DataError


@pytest.fixture
def source(tmp_path):
    """A folder with two pictures of 100 x 50 px: white, and a black bar at (10..50, 10..20)."""
    image = np.full((50, 100, 3), 255, np.uint8)
    image[10:20, 10:50] = 0
    for name in ("img_1.png", "img_2.png"):
        cv2.imwrite(str(tmp_path / name), image)
    return tmp_path


@pytest.fixture
def load(source, capsys):
    """Function that imports; gives the exit status, the pages {name: [(text, points)]}, what is printed."""

    def call(kind, path, *flags):
        out = source / "out"
        status = cli.main(["data", "import", kind, str(path), "--out", str(out), *map(str, flags)])
        captured = capsys.readouterr()
        pages = {}
        if (out / "det_label.txt").is_file():
            for row in (out / "det_label.txt").read_text(encoding="utf-8").splitlines():
                name, label = row.split("\t")
                pages[name] = [(r["transcription"], r["points"]) for r in json.loads(label)]
        return status, pages, captured.out + captured.err

    return call


BAR = [[10, 10], [50, 10], [50, 20], [10, 20]]


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_icdar2013(source, load):
    write(source / "gt_img_1.txt", '10 10 50 20 "a \\"b\\", \\\\c"\r\n\r\n1 2 3 4 "###"\r\n')
    write(source / "gt_img_2.txt", '10, 10, 50, 20, "x"\n')  # the test set has commas
    status, pages, printed = load("icdar2013", source)
    assert status == 0
    assert pages == {
        "img_1.png": [('a "b", \\c', BAR), ("###", [[1, 2], [3, 2], [3, 4], [1, 4]])],
        "img_2.png": [("x", BAR)],
    }
    assert printed == f"{source}/out/det_label.txt: 2 rows (data_dir: {source})\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("10 10 50 20 text", "expected 'left top right bottom \"text\"', got '10 10 50 20 text'"),
        ('10 x 50 20 "text"', "'x' is not a number"),
        ('50 10 10 20 "text"', "left 50 and right 10"),
    ],
)
def test_icdar2013_errors(source, load, line, message):
    write(source / "gt_img_1.txt", f'1 1 5 5 "a"\n{line}\n')
    status, pages, printed = load("icdar2013", source / "gt_img_1.txt")
    assert (status, pages) == (2, {})
    assert f"gt_img_1.txt:2: {message}" in printed


def test_icdar2015(source, load):
    text = "\ufeff10,10,50,10,50,20,10,20,one, two\r\n1,1,2,1,2,2,1,2,###\r\n"
    write(source / "gt_img_1.txt", text)
    status, pages, _ = load("icdar2015", source)
    assert status == 0
    assert pages == {"img_1.png": [("one, two", BAR), ("###", [[1, 1], [2, 1], [2, 2], [1, 2]])]}


def test_icdar2015_errors_and_what_is_skipped(source, load):
    write(source / "gt_img_1.txt", "10,10,50,10,50,20,10,20,ok\n1,2,3\n1,2,3,4,5,6,7,nan,x\n")
    write(source / "gt_img_3.txt", "1,1,2,1,2,2,1,2,x\n")
    write(source / "gt_img_2.txt", "é", "latin-1")
    status, _, printed = load("icdar2015", source)
    assert status == 2
    assert "gt_img_1.txt:2: expected 'x1,y1,x2,y2,x3,y3,x4,y4,text', got '1,2,3'" in printed
    status, pages, printed = load("icdar2015", source, "--skip-bad")
    assert (status, pages) == (1, {"img_1.png": [("ok", BAR)]})
    assert "4 left out:" in printed
    assert "gt_img_1.txt:3: 'nan' is not a number" in printed
    assert "gt_img_2.txt:1: not UTF-8" in printed
    assert "gt_img_3.txt: no picture 'img_3' or 'gt_img_3' in" in printed


def test_icdar_pictures_elsewhere(source, load):
    (source / "gt").mkdir()
    write(source / "gt/gt_img_1.txt", "10,10,50,10,50,20,10,20,x\n")
    assert load("icdar2015", source / "gt", "--images", source)[0] == 0
    assert "no .txt file in this folder" in load("icdar2015", source)[2]


def coco(**annotations):
    images = {
        "7": {"file_name": "img_1.png", "set": "train"},
        "8": {"file_name": "img_2.png", "set": "val"},
        "9": {"file_name": "none.png", "set": "val"},
    }
    return json.dumps({"imgs": images, "anns": annotations})


def test_coco_text(source, load):
    mask = [value for point in BAR for value in point]
    text = coco(
        a={"image_id": 7, "mask": mask, "bbox": [0, 0, 1, 1], "utf8_string": "é", "legibility": "legible"},
        b={"image_id": 7, "bbox": [1, 2, 3, 4], "utf8_string": "", "legibility": "illegible"},
        c={"image_id": 8, "polygon": [*mask, 5, 15], "utf8_string": "v1", "legibility": "legible"},
    )
    file = write(source / "cocotext.v2.json", text)
    status, pages, _ = load("coco-text", file)
    assert status == 0
    assert pages["img_1.png"] == [("é", BAR), ("###", [[1, 2], [4, 2], [4, 6], [1, 6]])]
    assert pages["img_2.png"] == [("v1", [*BAR, [5, 15]])]
    (source / "out/det_label.txt").unlink()
    assert list(load("coco-text", file, "--set", "val")[1]) == ["img_2.png"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"imgs": {},\n"anns": [}', "c.json:2: broken JSON"),
        ("[]", "expected a COCO-Text file"),
        (coco(a={"image_id": 5, "bbox": [1, 2, 3, 4]}), "anns['a']: image_id 5 is not in 'imgs'"),
        (coco(a={"image_id": 7, "bbox": [1, 2]}), "anns['a']: neither a mask of 3 points or more nor a bbox"),
        (coco(a={"bbox": [1, 2, 3, 4]}), "anns['a']: 'image_id' is missing"),
        (coco(a={"image_id": 9, "bbox": [1, 2, 3, 4]}), "imgs['9']: no picture 'none.png' in"),
    ],
)
def test_coco_text_errors(source, load, text, message):
    status, _, printed = load("coco-text", write(source / "c.json", text))
    assert status == 2
    assert message in printed


def shape(key, value, kind="rectangle"):
    return {"id": key, "type": kind, "original_width": 100, "original_height": 50, "value": value}


BOX = {"x": 10, "y": 20, "width": 40, "height": 20, "rotation": 0}


def task(*results, image="/data/upload/1/0123abcd-img_1.png", **others):
    return {"id": 5, "data": {"ocr": image}, "annotations": [{"result": list(results), **others}]}


def test_label_studio(source, load):
    polygon = {"points": [[10, 20], [50, 20], [50, 40]], "polygonlabels": ["Text"]}
    results = [
        shape("r", BOX),
        shape("r", {**BOX, "labels": ["Text"]}, "labels"),
        shape("r", {**BOX, "text": ["two", "parts"]}, "textarea"),
        shape("p", polygon, "polygonlabels"),
        {"type": "relation", "from_id": "r", "to_id": "p"},
    ]
    tasks = [
        {**task(*results), "id": 1},
        task(shape("q", BOX), image="/data/local-files/?d=sub%2F..%2Fimg_2.png"),
        task(was_cancelled=True, image="none.png"),
    ]
    status, pages, _ = load("label-studio", write(source / "export.json", json.dumps(tasks)))
    assert status == 0
    assert pages == {
        "img_1.png": [("two parts", BAR), ("", [[10, 10], [50, 10], [50, 20]])],
        "img_2.png": [("", BAR)],
    }


def test_label_studio_turns_pixels_not_percentages():
    """40 x 10 px, a quarter turn clockwise around the top-left corner (50, 5)."""
    points = turned_rectangle(50, 5, 40, 10, 90)
    np.testing.assert_allclose(points, [[50, 5], [50, 45], [40, 45], [40, 5]], atol=1e-9)


def test_label_studio_rotation_in_a_file(source, load):
    value = {"x": 50, "y": 10, "width": 40, "height": 20, "rotation": 90, "text": "t"}
    load("label-studio", write(source / "e.json", json.dumps([task(shape("r", value))])))
    label = (source / "out/det_label.txt").read_text().split("\t")[1]
    assert json.loads(label)[0]["points"] == [[50, 5], [50, 45], [40, 45], [40, 5]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"id": 1}, "expected Label Studio's JSON export, a list of tasks"),
        (
            [{"id": 5, "ocr": "x.png", "label": []}],
            "task 5: no 'annotations'. Export as JSON, not as JSON-MIN",
        ),
        ([task(shape("r", {**BOX, "x": None}))], "task 5, result r: None is not a number"),
        ([task({"id": "r", "value": BOX})], "original_width and original_height: None is not a number"),
        ([task(shape("r", {"points": [[1, 2]]}))], "a polygon has 3 points or more, got [[1, 2]]"),
        ([task(shape("r", {"points": [[1, 2], [3], 4]}))], "a point is x and y"),
        ([task(image="s3://bucket/x.png")], "task 5: no picture 'x.png' in"),
        (
            [{"id": 5, "data": {"a": "b"}, "annotations": [{"result": []}]}],
            "has none of ocr, image, img, url",
        ),
        ([{"id": 5, "annotations": [{"result": None}]}], "task 5: the annotation has no list 'result'"),
    ],
)
def test_label_studio_errors(source, load, content, message):
    status, _, printed = load("label-studio", write(source / "e.json", json.dumps(content)))
    assert status == 2
    assert message in printed


def recognition(source):
    return (source / "out/rec_label.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "text",
    [
        'img_1.png,"a, ""b"""\nimg_2.png,c\n',
        '\ufeffpath,text\r\nimg_1.png,"a, ""b"""\r\nimg_2.png,c\r\n',
        'label;filename\n"a, ""b""";img_1.png\nc;img_2.png\n',
        'img_1.png\t"a, ""b"""\nimg_2.png\tc\n',
    ],
)
def test_csv_of_lines(source, load, text):
    status, _, printed = load("csv", write(source / "t.csv", text))
    assert status == 0
    assert recognition(source) == ['img_1.png\ta, "b"', "img_2.png\tc"]
    assert f"rec_label.txt: 2 rows (data_dir: {source})" in printed


@pytest.mark.parametrize(
    "text",
    [
        "img_1.png,10,10,50,20,x\nimg_1.png,10,10,50,10,50,20,10,20,y\n",
        "image,left,top,right,bottom,text\nimg_1.png,10,10,50,20,x\nimg_1.png,10,10,50,10,50,20,10,20,y\n",
        "datei,links,oben,rechts,unten,inhalt\nimg_1.png,10,10,50,20,x\nimg_1.png,10,10,50,10,50,20,10,20,y\n",
        "text,image,l,t,r,b\nx,img_1.png,10,10,50,20\ny,img_1.png,10,10,50,10,50,20,10,20\n",
    ],
)
def test_csv_of_pages(source, load, text):
    status, pages, _ = load("csv", write(source / "t.csv", text))
    assert (status, pages) == (0, {"img_1.png": [("x", BAR), ("y", BAR)]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("img_1.png,a\nimg_2.png,b,c\n", "t.csv:2: expected 2 columns, path and text, got 3"),
        ("img_1.png,a\nnone.png,b\n", "t.csv:2: no picture 'none.png' in"),
        ("img_1.png,1,2,3,4,x\nimg_1.png,1,2,3,x,y\n", "t.csv:2: 'x' is not a number"),
        ("img_1.png,1,2,3,4,x\nimg_1.png,1,2,3,4,5,y\n", "t.csv:2: 5 coordinates; a polygon has x and y"),
        ("img_1.png,5,2,3,4,x\n", "t.csv:1: left 5, top 2, right 3, bottom 4"),
        ("path,text\n", "nothing in it could be imported"),
    ],
)
def test_csv_errors(source, load, text, message):
    status, _, printed = load("csv", write(source / "t.csv", text))
    assert status == 2
    assert message in printed


def test_csv_delimiter(source, load):
    write(source / "t.csv", "img_1.png|a,b,c\n")
    assert load("csv", source / "t.csv", "--delimiter", "|")[0] == 0
    assert recognition(source) == ["img_1.png\ta,b,c"]
    assert "the delimiter is one character" in load("csv", source / "t.csv", "--delimiter", "||")[2]


def test_crops(source, load):
    rows = ["img_1.png,10,10,50,20,bar", "img_1.png,0,0,5,5,###", "img_1.png,60,10,65,40, tall\tline"]
    write(source / "t.csv", "\n".join(rows) + "\n")
    status, _, printed = load("csv", source / "t.csv", "--crops", "--delimiter", ",")
    assert status == 0
    labels = (source / "out/crops_label.txt").read_text().splitlines()
    assert labels == ["crops/000000_img_1_000.png\tbar", "crops/000000_img_1_002.png\ttall line"]
    assert f"crops_label.txt: 2 rows (data_dir: {source}/out)" in printed
    bar = cv2.imread(str(source / "out" / labels[0].split("\t")[0]))
    assert bar.shape == (10, 40, 3)
    assert not bar.any()
    assert cv2.imread(str(source / "out" / labels[1].split("\t")[0])).shape == (5, 30, 3)  # turned


def test_crops_of_a_damaged_picture(source, load):
    (source / "img_2.png").write_bytes(b"\x89PNG")
    write(source / "t.csv", "img_1.png,10,10,50,20,a\nimg_2.png,10,10,50,20,b\n")
    status, _, printed = load("csv", source / "t.csv", "--crops", "--skip-bad")
    assert status == 1
    assert "t.csv:2: " in printed
    assert "truncated" in printed
    assert len((source / "out/crops_label.txt").read_text().splitlines()) == 1


def test_crop_of_a_polygon_is_its_rectangle():
    image = np.zeros((50, 100, 3), np.uint8)
    assert crop_of(image, [(10, 10), (30, 10), (50, 10), (50, 20), (10, 20)]).shape == (10, 40, 3)


def test_nothing_is_replaced(source, load):
    write(source / "t.csv", "img_1.png,a\n")
    assert load("csv", source / "t.csv")[0] == 0
    status, _, printed = load("csv", source / "t.csv")
    assert status == 2
    assert "rec_label.txt: is there already" in printed


def test_missing_source(source, load):
    assert "none.csv: cannot be read (No such file or directory)" in load("csv", source / "none.csv")[2]


def test_one_line():
    assert one_line("a\tb\r\nc\u2028d") == "a b c d"


def test_find_picture_with_other_endings(tmp_path):
    (tmp_path / "a.JPG").write_bytes(b"")
    assert find_picture(tmp_path, ["gt_a", "a"], "x").name == "a.JPG"
    with pytest.raises(DataError, match="x: no picture 'b' in"):
        find_picture(tmp_path, ["b", "b"], "x")


def test_csv_with_an_absurd_cell(source, load):
    write(source / "t.csv", f"img_1.png,a\nimg_2.png,{'x' * 200_000}\n")
    status, _, printed = load("csv", source / "t.csv")
    assert status == 2
    assert "t.csv:2: broken CSV (field larger than field limit" in printed
