import json

import cv2
import numpy as np
import pytest

from ppocr_lite.data import LMDBDataSet, SimpleDataSet
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.registry import DATASETS

DECODE = [{"DecodeImage": {"img_mode": "BGR"}}]


def test_reads_path_and_label(rec_data):
    folder = rec_data(3)
    data = SimpleDataSet(str(folder), str(folder / "labels.txt"), transforms=DECODE)
    sample = data.get(2, 0)
    assert len(data) == 3
    assert sample["label"] == "t2"
    assert sample["image"].shape == (32, 56, 3)
    assert (sample["image"] == 2).all()
    assert sample["epoch"] == 0


def test_crlf_bom_blank_rows_and_further_fields_are_dropped(tmp_path):
    (tmp_path / "labels.txt").write_bytes("\ufeffa.png\tone\textra\r\n\r\nb.png\ttwo\r\n".encode())
    (tmp_path / "a.png").write_bytes(b"a")
    (tmp_path / "b.png").write_bytes(b"b")
    data = SimpleDataSet(str(tmp_path), [str(tmp_path / "labels.txt")])
    assert [data.get(i)["label"] for i in range(2)] == ["one", "two"]


def test_list_of_paths_draws_one(tmp_path):
    names = ["a.png", "b.png"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "labels.txt").write_text(f"{json.dumps(names)}\tx\n")
    data = SimpleDataSet(str(tmp_path), str(tmp_path / "labels.txt"))
    drawn = {data.get(0, epoch)["image"] for epoch in range(20)}
    assert drawn == {b"a.png", b"b.png"}


def test_ratio_draws_other_rows_each_epoch_and_repeats_above_one(rec_data):
    folder = rec_data(10)
    file = str(folder / "labels.txt")
    half = SimpleDataSet(str(folder), file, ratio_list=0.5)
    first, second = ({half.get(i, e)["label"] for i in range(5)} for e in (0, 1))
    assert len(half) == len(first) == len(second) == 5
    assert first != second
    more = SimpleDataSet(str(folder), file, ratio_list=[1.5])
    labels = [more.get(i)["label"] for i in range(15)]
    assert sorted(set(labels)) == sorted(f"t{i}" for i in range(10))
    evaluation = SimpleDataSet(str(folder), file, ratio_list=0.5, mode="Eval")
    assert [evaluation.get(i, 3)["label"] for i in range(5)] == [
        evaluation.get(i, 0)["label"] for i in range(5)
    ]


def test_a_folder_for_each_label_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").write_bytes(name.encode())
        (tmp_path / f"{name}.txt").write_text(f"x.png\t{name}")
    files = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    data = SimpleDataSet([str(tmp_path / "a"), str(tmp_path / "b")], files)
    assert [data.get(i)["image"] for i in range(2)] == [b"a", b"b"]
    one = SimpleDataSet([str(tmp_path / "b")], files)
    assert [one.get(i)["image"] for i in range(2)] == [b"b", b"b"]
    with pytest.raises(ConfigError, match=r"data_dir: expected one folder, or one for each of 2 label files"):
        SimpleDataSet(["a", "b", "c"], files)


def test_substitutes_visit_every_other_sample_once(rec_data):
    folder = rec_data(12)
    data = SimpleDataSet(str(folder), str(folder / "labels.txt"))
    visited = [data.substitute(5, 1, attempt) for attempt in range(1, 12)]
    assert sorted([5, *visited]) == list(range(12))
    assert visited == [data.substitute(5, 1, attempt) for attempt in range(1, 12)]
    assert len({data.substitute(5, epoch, 1) for epoch in range(20)}) > 1


def test_polygon_with_two_points_is_told_with_its_row(tmp_path):
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes())
    regions = [{"transcription": "x", "points": [[1, 2], [3, 4]]}]
    (tmp_path / "labels.txt").write_text(f"a.png\t{json.dumps(regions)}")
    transforms = [*DECODE, {"DetLabelEncode": None}]
    data = SimpleDataSet(str(tmp_path), str(tmp_path / "labels.txt"), transforms=transforms)
    fetched = data.fetch(0)
    assert (fetched.kind, fetched.broken) == ("failed in DetLabelEncode", True)
    with pytest.raises(DataError, match=r"labels\.txt:1: .*a polygon has 2 points, it needs 3 or more"):
        data.get(0)


def test_missing_label_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.txt: the label file cannot be read"):
        SimpleDataSet(str(tmp_path), str(tmp_path / "none.txt"))


def test_row_without_tab_names_file_and_row(tmp_path):
    (tmp_path / "labels.txt").write_text("a.png\tone\nb.png two\n")
    with pytest.raises(DataError, match=r"labels\.txt:2: expected 'path<TAB>label', got 'b.png two'"):
        SimpleDataSet(str(tmp_path), str(tmp_path / "labels.txt"))


def test_empty_label_file(tmp_path):
    (tmp_path / "labels.txt").write_text("\n")
    with pytest.raises(DataError, match="no samples"):
        SimpleDataSet(str(tmp_path), str(tmp_path / "labels.txt"))


def test_ratio_list_of_wrong_length(rec_data):
    folder = rec_data(1)
    with pytest.raises(ConfigError, match=r"ratio_list: expected one number"):
        SimpleDataSet(str(folder), str(folder / "labels.txt"), ratio_list=[1.0, 0.5])


def test_missing_and_broken_images_name_file_and_row(rec_data):
    folder = rec_data(2, broken=(1,))
    (folder / "0.png").unlink()
    data = SimpleDataSet(str(folder), str(folder / "labels.txt"), transforms=DECODE)
    with pytest.raises(DataError, match=r"labels\.txt:1: .*0\.png: cannot be read"):
        data.get(0)
    with pytest.raises(DataError, match=r"labels\.txt:2: .*1\.png"):
        data.get(1)


def test_dropped_sample_is_none_with_a_reason(rec_data):
    folder = rec_data(1)
    transforms = [{"CTCLabelEncode": {"max_text_length": 1}}]
    data = SimpleDataSet(str(folder), str(folder / "labels.txt"), transforms=transforms)
    assert data.get(0) is None
    assert data.fetch(0).kind == "dropped by CTCLabelEncode"


def test_encoded_image_without_decoding_is_a_config_error(rec_data):
    folder = rec_data(1)
    with pytest.raises(ConfigError, match=r"ToCHWImage: needs 'image'.*DecodeImage"):
        SimpleDataSet(str(folder), str(folder / "labels.txt"), transforms=[{"ToCHWImage": None}])


def test_lmdb(tmp_path):
    lmdb = pytest.importorskip("lmdb")
    env = lmdb.open(
        str(tmp_path / "deep" / "db") if (tmp_path / "deep").mkdir() is None else "", map_size=1 << 20
    )
    with env.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"2")
        for i, text in enumerate(("erste", "zweite"), 1):
            transaction.put(b"image-%09d" % i, b"bytes%d" % i)
            transaction.put(b"label-%09d" % i, text.encode())
    env.close()
    data = DATASETS.build({"name": "LMDBDateSet", "data_dir": str(tmp_path)}, mode="Train", seed=1)
    assert isinstance(data, LMDBDataSet)
    assert len(data) == 2
    assert (data.get(1)["label"], data.get(1)["image"]) == ("zweite", b"bytes2")
    assert len(LMDBDataSet([str(tmp_path)])) == 2  # evaluation may use the same database
    (tmp_path / "odd").mkdir()
    with lmdb.open(str(tmp_path / "odd"), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"many")
    with pytest.raises(DataError, match=r"odd: the database has no samples"):
        LMDBDataSet(str(tmp_path))
    with pytest.raises(DataError, match="no LMDB database"):
        LMDBDataSet(str(tmp_path / "nowhere"))


def test_lmdb_of_the_scene_text_benchmarks(tmp_path):
    """training/MJ/MJ_train, training/ST ...: nested folders, further keys, one order over all of them."""
    lmdb = pytest.importorskip("lmdb")
    for name, texts in (("MJ/MJ_train", ["Lube", "it's"]), ("MJ/MJ_valid", ["x"]), ("ST", ["SYNTH"])):
        folder = tmp_path / "training" / name
        folder.mkdir(parents=True)
        with lmdb.open(str(folder), map_size=1 << 20) as env, env.begin(write=True) as transaction:
            transaction.put(b"num-samples", str(len(texts)).encode())
            for i, text in enumerate(texts, 1):
                transaction.put(
                    b"image-%09d" % i, cv2.imencode(".png", np.zeros((8, 9, 3), np.uint8))[1].tobytes()
                )
                transaction.put(b"label-%09d" % i, text.encode())
                transaction.put(b"lexicon-%09d" % i, b"one two")
    data = LMDBDataSet(str(tmp_path / "training"), transforms=DECODE)
    found = [data.get(i) for i in range(len(data))]
    assert [sample["label"] for sample in found] == ["Lube", "it's", "x", "SYNTH"]
    assert {sample["image"].shape for sample in found} == {(8, 9, 3)}
    assert data.place(2, 0) == f"{tmp_path}/training/MJ/MJ_valid:1"
    both = [str(tmp_path / "training/MJ"), str(tmp_path / "training/ST")]
    assert len(LMDBDataSet(both)) == 4


@pytest.mark.parametrize("said", [1, 3])
def test_lmdb_with_a_wrong_number_of_samples(tmp_path, said):
    lmdb = pytest.importorskip("lmdb")
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        transaction.put(b"num-samples", str(said).encode())
        for i in (1, 2):
            transaction.put(b"image-%09d" % i, b"bytes")
            transaction.put(b"label-%09d" % i, b"text")
    with pytest.raises(
        DataError, match=f"db: 'num-samples' is {said}, but the last sample stored is number 2"
    ):
        LMDBDataSet(str(tmp_path))


def test_sample_depends_on_seed_epoch_and_index_only(rec_data):
    folder = rec_data(2)
    transforms = [*DECODE, {"RecAug": None}]
    make = lambda: SimpleDataSet(str(folder), str(folder / "labels.txt"), transforms=transforms, seed=5)  # noqa: E731
    first, second = make(), make()
    second.get(0, 0)
    np.testing.assert_array_equal(first.get(1, 3)["image"], second.get(1, 3)["image"])
