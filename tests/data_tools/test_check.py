"""ppocr-lite data check: each kind of fault is found, once and at its place."""

import json

import numpy as np
import pytest
import yaml

from ppocr_lite import cli
from ppocr_lite.config import Config
from ppocr_lite.data_tools.check import check
from ppocr_lite.data_tools.findings import MAX_EXAMPLES, Fault, Finding, Findings
from ppocr_lite.data_tools.kinds import KINDS


def region(points, text="ab"):
    return {"transcription": text, "points": points}


SQUARE = [[2, 2], [42, 2], [42, 22], [2, 22]]


def page(*regions):
    return json.dumps(list(regions))


def test_clean_data_has_status_0(folder, capsys):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tab")
    status, report, kinds = folder.check(folder.config("rec"))
    assert (status, kinds, report["problems"]) == (0, {}, 0)
    assert report["splits"]["Train"]["totals"] == {"rows": 1, "files": 1, "images": 1}
    assert "No problems found." in capsys.readouterr().out


def test_pictures(folder):
    for name in ("ok.png", "small.png"):
        folder.picture(name, 64, 4 if name == "small.png" else 32)
    folder.picture("wide.png", 1400, 32)
    folder.picture("tall.png", 10, 50)
    (folder.root / "zero.png").write_bytes(b"")
    (folder.root / "cut.png").write_bytes((folder.root / "ok.png").read_bytes()[:100])
    names = ("ok", "small", "wide", "tall", "zero", "cut", "none")
    folder.labels("train.txt", *(f"{name}.png\tab" for name in names))
    status, report, kinds = folder.check(folder.config("rec"))
    assert status == 1
    assert kinds == {
        "missing_image": 1,
        "empty_image": 1,
        "unreadable_image": 1,
        "tiny_image": 1,
        "odd_aspect": 2,
    }
    wide = next(f for f in report["findings"] if f["kind"] == "odd_aspect")["examples"][0]
    assert wide["place"].endswith("train.txt:3")  # 43.75 to 1 is worse than 1 to 5
    assert next(f for f in report["findings"] if f["kind"] == "empty_image")["share"] == 1 / 7


def test_label_file_as_text(folder):
    a, b, c, d = (folder.picture(f"{i}.png") for i in "abcd")
    folder.labels(
        "train.txt", f"\ufeff{a}\tab\r", "", f"{b} no tab", c.encode() + b"\t\xff\xfe", f"{d}\t ab "
    )
    _, report, kinds = folder.check(folder.config("rec"))
    assert kinds == {"bom": 1, "carriage_return": 1, "no_delimiter": 1, "not_utf8": 1, "outer_blanks": 1}
    places = {f["kind"]: f["examples"][0]["place"].rpartition("train.txt")[2] for f in report["findings"]}
    assert places == {
        "bom": "",
        "carriage_return": ":1",
        "no_delimiter": ":3",
        "not_utf8": ":4",
        "outer_blanks": ":5",
    }


def test_utf16_and_empty_files(folder):
    (folder.root / "train.txt").write_bytes(f"{folder.picture('a.png')}\tab\n".encode("utf-16"))
    folder.labels("eval.txt")
    _, report, kinds = folder.check(folder.config("rec", evaluation="eval.txt"))
    assert kinds == {"utf16": 1, "empty_file": 1}
    assert report["splits"]["Train"]["totals"]["rows"] == 1


def test_texts(folder):
    rows = ["", "abcdefghi", "aé\u0301é", "b"]
    folder.labels("train.txt", *(f"{folder.picture(f'{i}.png')}\t{text}" for i, text in enumerate(rows)))
    _, report, kinds = folder.check(folder.config("rec"))
    assert kinds == {"empty_text": 1, "long_text": 1, "unknown_characters": 1}
    assert [(c["character"], c["count"]) for c in report["unknown_characters"]] == [("é", 2), ("\u0301", 1)]
    assert report["unknown_characters"][0]["hint"] == "letter with a mark: 'e' is in the dictionary"


@pytest.mark.parametrize(("text", "fits"), [("aabb", True), ("abcdeaf", True), ("aabbccdd", False)])
def test_time_axis(folder, text, fits):
    """32 px of width give 8 steps: 'aabbccdd' needs 8 and 4 blanks between equal neighbours."""
    folder.labels("train.txt", f"{folder.picture('a.png')}\t{text}")
    flags = ("-o", "Train.dataset.transforms.2.RecResizeImg.image_shape=[3,32,32]")
    _, report, kinds = folder.check(folder.config("rec"), *flags)
    assert kinds == ({} if fits else {"long_for_ctc": 1})
    assert any("one step for 4 pixels" in line for line in report["remarks"])
    if not fits:
        assert "needs 12 steps, 32 px of width give 8" in report["findings"][0]["examples"][0]["text"]


def test_attention_has_two_entries_more_and_no_time_axis(folder):
    folder.labels("train.txt", *(f"{folder.picture(f'{t}.png')}\t{t}" for t in ("abcdef", "abcdefg")))
    flags = ("-o", "Train.dataset.transforms.1=AttnLabelEncode")
    _, report, kinds = folder.check(folder.config("rec"), *flags)
    assert kinds == {"long_text": 1}
    assert "7 characters and 2 for begin and end, at most 8" in report["findings"][0]["examples"][0]["text"]


def test_dictionary(folder):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tab")
    (folder.root / "dict.txt").write_bytes(b"\xef\xbb\xbfa\r\nb\r\nb\r\n")
    config = folder.config("rec", character_dict_path=str(folder.root / "dict.txt"))
    status, _, kinds = folder.check(config, "--fix", str(folder.root / "out"))
    assert (status, kinds) == (1, {"bom": 1, "carriage_return": 1, "repeated_character": 1})
    assert (folder.root / "out/dict.txt").read_bytes() == b"a\nb\nb\n"
    (folder.root / "dict.txt").write_bytes(b"a\n\nb\n")
    assert folder.check(config)[2] == {"bad_dictionary": 1}


REGIONS = {
    "bad_region": {"points": SQUARE},
    "few_points": region(SQUARE[:2]),
    "three_points": region(SQUARE[:3]),
    "bad_coordinates": region([[float("nan"), 2], *SQUARE[1:]]),
    "self_crossing": region([SQUARE[i] for i in (0, 1, 3, 2)]),
    "flat_polygon": region([[2, 2], [42, 2], [42, 2], [2, 2]]),
    "tiny_polygon": region([[2, 2], [42, 2], [42, 9], [2, 9]]),
    "outside_image": region([[2, 2], [70, 2], [70, 22], [2, 22]]),
    "winding": region(SQUARE[::-1]),
    "empty_region_text": region(SQUARE, " "),
}
NOTES = {"three_points", "tiny_polygon"}


@pytest.mark.parametrize("kind", REGIONS)
def test_regions(folder, kind):
    name = folder.picture("a.png", 64, 48)
    folder.labels("train.txt", f"{name}\t{page(region(SQUARE), REGIONS[kind])}")
    status, report, kinds = folder.check(folder.config("det"))
    assert kinds == {kind: 1}
    assert status == (0 if kind in NOTES else 1)
    (found,) = report["findings"]
    assert found["examples"][0]["text"].startswith("region 1: ")
    assert found["share"] == 0.5  # of two regions


@pytest.mark.parametrize(
    "value", [region([[0, 0], [65, 0], [65, 49], [0, 49]]), region([[0, 0], [9, 0], [9, 4], [0, 4]], "###")]
)
def test_regions_that_are_fine(folder, value):
    """One pixel beyond the picture is a matter of counting; ignored regions may be tiny."""
    folder.labels("train.txt", f"{folder.picture('a.png', 64, 48)}\t{page(value)}")
    assert folder.check(folder.config("det"))[2] == {}


def test_pages(folder):
    names = [folder.picture(f"{i}.png", 64, 48) for i in range(4)]
    labels = ["[{'a': 1}]", "[]", '{"a": 1}', page(region([[10**400, 0], *SQUARE[1:]]))]
    folder.labels("train.txt", *(f"{name}\t{label}" for name, label in zip(names, labels)))
    assert folder.check(folder.config("det"))[2] == {"bad_json": 2, "no_regions": 1, "bad_coordinates": 1}


def test_classes(folder):
    labels = ["0"] * 4 + ["180", "90"]
    folder.labels("train.txt", *(f"{folder.picture(f'{i}.png')}\t{label}" for i, label in enumerate(labels)))
    status, report, kinds = folder.check(folder.config("cls"))
    assert (status, kinds) == (1, {"bad_class": 1, "imbalance": 1})
    assert report["findings"][1]["examples"][0]["text"] == "'0': 4, '180': 1"


def test_repetitions(folder):
    a, b = folder.picture("a.png"), folder.picture("b.png")
    copy, other = (
        folder.picture("copy.bmp", seed=97 + sum(b".png")),
        folder.picture("c.png", seed=98 + sum(b".png")),
    )
    rows = [f"{a}\tab", f"{b}\tx", f"{a}\tab", f"{a}\tba", f"{copy}\tab", f"{other}\ty"]
    folder.labels("train.txt", *rows)
    _, report, kinds = folder.check(folder.config("rec"))
    assert kinds == {"duplicate_row": 1, "duplicate_image": 1, "contradiction": 2}
    texts = {f["kind"]: [e["text"] for e in f["examples"]] for f in report["findings"]}
    assert "same path as" in texts["duplicate_row"][0]
    assert "same pixels as" in texts["duplicate_image"][0]  # PNG and BMP: the pixels count, not the bytes
    first, second = texts["contradiction"]
    assert first.endswith("'ab' and 'ba'")
    assert second.endswith("'x' and 'y'")


def test_leakage(folder):
    a, b = folder.picture("a.png"), folder.picture("b.png")
    copy = folder.picture("copy.png", seed=98 + sum(b".png"))
    folder.labels("train.txt", f"{a}\tab", f"{b}\tx")
    folder.labels("eval.txt", f"{a}\tab", f"{copy}\tx", f"{folder.picture('new.png')}\tz")
    config = folder.config("rec", evaluation="eval.txt")
    _, report, kinds = folder.check(config)
    assert kinds == {"leakage": 2}
    assert [e["place"][-1] for e in report["findings"][0]["examples"]] == ["1", "2"]
    assert folder.check(config, "--split", "Train")[0] == 0


def test_list_of_paths_and_several_files(folder):
    rows = [f'["{folder.picture("a.png")}", "none.png"]\tab', f"{folder.picture('b.png')}\tb"]
    folder.labels("train.txt", rows[0])
    folder.labels("more.txt", rows[1])
    files = [str(folder.root / f) for f in ("train.txt", "more.txt", "train.txt")]
    flags = ("-o", f"Train.dataset.label_file_list={json.dumps(files)}")
    _, report, kinds = folder.check(folder.config("rec"), *flags)
    assert kinds == {"missing_image": 1}
    assert report["splits"]["Train"]["totals"] == {"rows": 2, "files": 2, "images": 3}


def test_one_folder_for_each_file(folder):
    for name in ("one", "two"):
        folder.picture(f"{name}/a.png")
        folder.labels(f"{name}.txt", f"a.png\t{name}")
    files, folders = (
        [str(folder.root / name) for name in names] for names in (("one.txt", "two.txt"), ("one", "two"))
    )
    lists = (
        f"Train.dataset.label_file_list={json.dumps(files)}",
        f"Train.dataset.data_dir={json.dumps(folders)}",
    )
    status, report, kinds = folder.check(folder.config("rec"), "-o", *lists)
    assert (status, kinds) == (0, {})
    assert report["splits"]["Train"]["totals"]["images"] == 2
    assert cli.main(["data", "check", "-c", str(folder.config("rec")), "-o", lists[1]]) == 2


def test_mixed_datasets(folder):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tab")
    folder.labels("more.txt", "none.png\tb")
    config = folder.config("rec")
    values = yaml.safe_load(config.read_text())
    dataset = values["Train"]["dataset"]
    transforms = dataset.pop("transforms")
    more = {**dataset, "label_file_list": str(folder.root / "more.txt")}
    mixed = [dataset, {"name": "MixDataSet", "datasets": [more, {"name": "SynthDataSet"}]}]
    values["Train"]["dataset"] = {"name": "MixDataSet", "datasets": mixed, "transforms": transforms}
    config.write_text(yaml.safe_dump(values))
    _, report, kinds = folder.check(config)
    assert kinds == {"missing_image": 1}
    assert report["splits"]["Train"]["totals"]["rows"] == 2
    assert "Train: not checked, SynthDataSet has no files." in report["remarks"]


def test_limit(folder, run):
    folder.labels("train.txt", *(f"{folder.picture(f'{i}.png')}\tab" for i in range(5)))
    config = folder.config("rec")
    _, report, _ = folder.check(config, "--limit", "2", "--workers", "1")
    assert report["splits"]["Train"]["totals"]["rows"] == 2
    assert "Only the first 2 rows of each file were read." in report["remarks"]
    status, _, complaint = run("check", "-c", config, "--limit", 2, "--fix", folder.root / "out")
    assert status == 2
    assert "--fix with --limit" in complaint


def test_lmdb(folder):
    lmdb = pytest.importorskip("lmdb")
    picture = (folder.root / folder.picture("a.png")).read_bytes()
    with (
        lmdb.open(str(folder.root / "base"), map_size=1 << 20) as environment,
        environment.begin(write=True) as t,
    ):
        t.put(b"num-samples", b"3")
        for number, label in ((1, b"ab"), (2, b"\xff")):
            t.put(b"label-%09d" % number, label)
        t.put(b"image-%09d" % 1, picture)
        t.put(b"image-%09d" % 3, picture)
    flags = ("-o", "Train.dataset.name=LMDBDataSet")
    _, report, kinds = folder.check(folder.config("rec"), *flags)
    assert kinds == {"missing_image": 1, "not_utf8": 1, "no_label": 1}
    assert report["findings"][0]["examples"][0]["place"] == f"{folder.root}/base:2"


def test_what_cannot_run_has_status_2(folder, run):
    config = folder.config("rec", train="none.txt")
    assert run("check", "-c", config)[0] == 2
    status, _, complaint = run("check", "-c", config, "-o", "Train.dataset.name=SynthDataSet")
    assert status == 2
    assert "nothing to check. Train: not checked, SynthDataSet has no files." in complaint
    assert run("check", "-c", folder.root / "none.yml")[0] == 2


def test_unknown_task_is_named(folder, run):
    folder.labels("train.txt", "a.png\tx")
    config = folder.config("rec")
    status, _, complaint = run("check", "-c", config, "-o", "Train.dataset.transforms=[]")
    assert status == 2
    assert "says what the labels are. Set it to det, rec or cls." in complaint


def test_table_and_examples(folder, run):
    folder.labels("train.txt", f"{folder.picture('a.png')}\ta\u202eb")
    status, printed, _ = run("check", "-c", folder.config("rec"))
    lines = printed.splitlines()
    assert status == 1
    assert any(line.split()[:3] == ["unknown_characters", "1", "100.00%"] for line in lines)
    assert f"  unknown_characters: {folder.root}/train.txt:1: '\\u202e' in 'a\\u202eb'" in lines
    assert "\u202e" not in printed  # it would turn the terminal's line around
    assert any("RIGHT-TO-LEFT OVERRIDE" in line and "invisible: remove it" in line for line in lines)
    assert lines[-1] == "1 problems found."


def test_findings_keep_the_worst():
    findings = Findings()
    scores = np.random.default_rng(0).permutation(MAX_EXAMPLES + 20).tolist()
    for score in scores:
        findings.add(Finding(Fault("long_text", "", score), "Train", str(score)))
    kept = [finding.fault.score for finding in findings.examples("long_text")]
    assert kept == sorted(scores, reverse=True)[:MAX_EXAMPLES]
    assert findings.count("long_text") == findings.problems == len(scores)


def test_every_kind_has_a_title_and_an_advice():
    assert all(kind.title and kind.advice for kind in KINDS.values())


def test_check_as_a_function(folder):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tab")
    result = check(Config.load(folder.config("rec")), ("Train",))
    assert result.findings.problems == 0
    assert result.stats["Train"].lengths == [2]
    assert len(result.stats["Train"].never_seen(result.splits[0].rules)) == 34  # of 36


def test_tokens(folder):
    (folder.root / "tokens.txt").write_text("clef-G2\nnote-C4_half\nbarline\n")
    labels = [
        "clef-G2 note-C4_half barline",
        "clef-G2 note-C4_halff barline",
        " ".join(["barline"] * 8),  # needs a blank between equal ones
        " ".join(["barline"] * 9),
    ]
    rows = [f"{folder.picture(f'{i}.png', 48)}\t{label}" for i, label in enumerate(labels)]
    folder.labels("train.txt", *rows)
    dictionary = str(folder.root / "tokens.txt")
    config = folder.config("rec", character_dict_path=dictionary, token_separator=" ")
    _, report, kinds = folder.check(config)
    assert kinds == {"unknown_characters": 1, "long_text": 1, "long_for_ctc": 1}
    texts = {found["kind"]: found["examples"][0]["text"] for found in report["findings"]}
    assert texts["long_text"].startswith("9 tokens, at most 8")
    assert texts["long_for_ctc"].startswith("needs 17 steps, 64 px of width give 16")
    (unknown,) = report["unknown_characters"]
    assert (unknown["character"], unknown["count"]) == ("note-C4_halff", 1)
    assert unknown["hint"] == "Did you mean 'note-C4_half'?"


def test_time_axis_by_the_poolings_of_the_backbone(folder):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tabc")
    config = folder.config("rec")
    assert folder.check(config)[2] == {}
    values = yaml.safe_load(config.read_text())
    values["Architecture"] = {"Backbone": {"name": "StaffCNN", "pool_widths": [2, 4, 4, 1]}}
    config.write_text(yaml.safe_dump(values))
    _, report, kinds = folder.check(config)
    assert kinds == {"long_for_ctc": 1}
    assert "needs 3 steps, 64 px of width give 2" in report["findings"][0]["examples"][0]["text"]


def test_token_file_with_faults(folder, run):
    folder.labels("train.txt", f"{folder.picture('a.png')}\tbarline")
    (folder.root / "tokens.txt").write_text("barline\ntie\nbarline\n")
    dictionary = str(folder.root / "tokens.txt")
    config = folder.config("rec", character_dict_path=dictionary, token_separator=" ")
    _, report, kinds = folder.check(config)
    assert kinds == {"bad_dictionary": 1}
    assert "'barline' on lines 1, 3" in report["findings"][0]["examples"][0]["text"]
    assert "blank lines: 2" in run(*_with_tokens(folder, "a\n\nb\n"))[1]


def _with_tokens(folder, text):
    (folder.root / "tokens.txt").write_text(text)
    return "check", "-c", folder.root / "config.yml"
