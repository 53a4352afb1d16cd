"""Extra samples: other rows, read only when a transform asks, the same in every layout of workers."""

import json

import cv2
import numpy as np
import pytest

import ppocr_lite.synth
from ppocr_lite.data import DataLoader, LoaderOptions, SimpleDataSet, SynthDataSet
from ppocr_lite.data.extra import EXTRA_TRIES
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS

READ = [{"DecodeImage": {"img_mode": "BGR"}}, {"DetLabelEncode": None}]
KEEP = {"KeepKeys": {"keep_keys": ["image", "polys", "texts"]}}


def regions(name):
    """Label of a page whose two words are named after it."""
    quads = [[[x, 10], [x + 40, 10], [x + 40, 26], [x, 26]] for x in (10, 80)]
    return json.dumps([{"transcription": f"{name}{i}", "points": points} for i, points in enumerate(quads)])


@pytest.fixture
def pages(tmp_path):
    """Function that writes ``count`` pages, of one grey value each; returns the folder."""

    def write(count, broken=()):
        rows = []
        for i in range(count):
            image = np.full((120, 160, 3), 20 * i + 20, np.uint8)
            data = b"broken" if i in broken else cv2.imencode(".png", image)[1].tobytes()
            (tmp_path / f"{i}.png").write_bytes(data)
            rows.append(f"{i}.png\t{regions(chr(97 + i))}")
        (tmp_path / "labels.txt").write_text("\n".join(rows) + "\n")
        return tmp_path

    return write


class Counting(SimpleDataSet):
    """Notes which samples are read."""

    reads: list[int]

    def read(self, index, epoch, rng):
        self.reads.append(index)
        return super().read(index, epoch, rng)


def dataset(folder, *transforms, kind=SimpleDataSet, **options):
    data = kind(str(folder), str(folder / "labels.txt"), transforms=[*READ, *transforms], seed=3, **options)
    data.reads = []
    return data


def test_words_of_another_page_arrive(pages):
    data = dataset(pages(4), {"CopyPaste": {"objects_paste_ratio": 1.0}})
    sources = set()
    for epoch in range(10):
        sample = data.get(1, epoch)
        assert sample["texts"][:2] == ["b0", "b1"]
        assert 2 < len(sample["polys"]) <= 4
        sources |= {text[0] for text in sample["texts"][2:]}
        assert sample["ext_data"] == []
    assert sources == {"a", "c", "d"}


def test_each_sample_draws_for_itself(pages):
    data = dataset(pages(8), {"CopyPaste": None}, kind=Counting)
    for index in range(8):
        data.get(index)
    others = np.array(data.reads[1::2])
    assert not (others == np.arange(8)).any()
    assert (
        len(set((others - (others > np.arange(8))).tolist())) > 2
    )  # the draws, without the step over itself


def test_nothing_is_read_that_is_not_asked_for(pages):
    folder = pages(4)
    lazy = dataset(folder, {"CopyPaste": {"prob": 0.0}}, kind=Counting)
    assert len(lazy.get(2)["polys"]) == 2
    assert lazy.reads == [2]
    asking = dataset(folder, {"CopyPaste": None}, kind=Counting)
    asking.get(2)
    assert len(asking.reads) == 2
    assert asking.reads[1] != 2
    sometimes = dataset(folder, {"CopyPaste": {"prob": 0.5}}, kind=Counting)
    for epoch in range(40):
        sometimes.get(2, epoch)
    assert 50 < len(sometimes.reads) < 70


def test_reading_extra_samples_does_not_change_the_samples_own_numbers(pages):
    folder = pages(3)
    without = [{"CopyPaste": {"prob": 0.0}}, {"IaaAugment": None}]
    data = dataset(folder, *without)
    alone = SimpleDataSet(str(folder), str(folder / "labels.txt"), transforms=[*READ, *without], seed=3)
    np.testing.assert_array_equal(data.get(0)["polys"], alone.get(0)["polys"])


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_make_the_same_pages(pages, workers):
    data = dataset(
        pages(6), {"CopyPaste": {"objects_paste_ratio": 1.0}}, {"KeepKeys": {"keep_keys": ["image"]}}
    )
    batches = []
    for count in (0, workers):
        loader = DataLoader(data, LoaderOptions(2, shuffle=True, num_workers=count))
        batches.append([batch["image"] for batch in loader.numpy_batches()])
        loader.close()
    for here, there in zip(*batches, strict=True):
        np.testing.assert_array_equal(here, there)
    assert len(np.unique(np.stack(batches[0]))) > 6  # something is pasted


def test_broken_pages_are_drawn_anew_and_then_done_without(pages):
    folder = pages(4, broken=(0, 2))
    data = dataset(folder, {"CopyPaste": {"objects_paste_ratio": 1.0}})
    texts = [data.get(1, epoch)["texts"][2:] for epoch in range(6)]
    assert all({text[0] for text in found} == {"d"} for found in texts)
    hopeless = dataset(pages(4, broken=(0, 2, 3)), {"CopyPaste": None}, kind=Counting)
    assert hopeless.get(1)["texts"] == ["b0", "b1"]
    assert len(hopeless.reads) == 1 + EXTRA_TRIES


def test_one_sample_has_no_others(pages):
    assert len(dataset(pages(1), {"CopyPaste": None}).get(0)["polys"]) == 2


def test_steps_of_extra_samples_are_checked_when_the_dataset_is_built(pages):
    folder = pages(1)
    message = r"ext_op_transform_idx: CopyPaste needs 'polys' of its extra samples, which the first 1 steps"
    with pytest.raises(ConfigError, match=message):
        dataset(folder, {"CopyPaste": None}, ext_op_transform_idx=1)
    message = r"ext_op_transform_idx: extra samples for CopyPaste go through steps .* 0 to 2; got 3"
    with pytest.raises(ConfigError, match=message):
        dataset(folder, {"CopyPaste": None}, KEEP, ext_op_transform_idx=3)


def test_lmdb_joins_lines(tmp_path):
    lmdb = pytest.importorskip("lmdb")
    env = lmdb.open(str(tmp_path / "db"), map_size=1 << 20)
    with env.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"2")
        for i, text in enumerate("ab", 1):
            png = cv2.imencode(".png", np.full((32, 40, 3), i, np.uint8))[1].tobytes()
            transaction.put(b"image-%09d" % i, png)
            transaction.put(b"label-%09d" % i, text.encode())
    env.close()
    transforms = [READ[0], {"RecConAug": {"prob": 1.0}}]
    data = DATASETS.build({"name": "LMDBDataSet", "data_dir": str(tmp_path), "transforms": transforms})
    sample = data.get(1)
    assert sample["label"] == "ba"
    assert sample["image"][0, :, 0].tolist() == [2] * 40 + [1] * 40


class FakePages:
    """Stands in for the renderer: white pages with two words."""

    def __init__(self, **options):
        pass

    def sample(self, index, epoch):
        return {"image": np.full((120, 160, 3), 40 * index, np.uint8), "label": regions(chr(97 + index))}


def test_rendered_pages_get_words_of_others(monkeypatch):
    monkeypatch.setattr(ppocr_lite.synth, "SynthStream", FakePages)
    transforms = [*READ, {"CopyPaste": {"objects_paste_ratio": 1.0}}]
    data = SynthDataSet("det", 3, texts=["t"], transforms=transforms)
    texts = data.get(0)["texts"]
    assert texts[:2] == ["a0", "a1"]
    assert {text[0] for text in texts[2:]} <= {"b", "c"}
    assert len(texts) > 2
