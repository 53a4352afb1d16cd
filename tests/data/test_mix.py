"""A mix of datasets: shares, order over epochs, resume, and what happens to bad samples."""

import json
from collections import Counter

import cv2
import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import build_dataloader
from ppocr_lite.data.check import check_data
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS

DECODE = [{"DecodeImage": {"img_mode": "BGR"}}]


@pytest.fixture
def sources(tmp_path):
    """Function that writes folders a, b, ... with so many lines each, labels a0, a1, ...; gives sections."""

    def write(*counts, broken=()):
        sections = []
        for name, count in zip("abc", counts):
            folder = tmp_path / name
            folder.mkdir()
            for i in range(count):
                data = cv2.imencode(".png", np.full((32, 40 + 40 * (i % 3), 3), i, np.uint8))[1].tobytes()
                (folder / f"{i}.png").write_bytes(b"-" if f"{name}{i}" in broken else data)
            rows = "\n".join(f"{i}.png\t{name}{i}" for i in range(count))
            (folder / "labels.txt").write_text(rows)
            files = {"data_dir": str(folder), "label_file_list": str(folder / "labels.txt")}
            sections.append({"name": "SimpleDataSet", **files})
        return sections

    return write


def mix(datasets, **options):
    section = {"name": "MixDataSet", "datasets": datasets, "transforms": DECODE, **options}
    mode = section.pop("mode", "Train")
    return DATASETS.build(section, mode=mode, seed=5, section_path="Train.dataset")


def labels(data, epoch=1):
    return [data.get(i, epoch)["label"] for i in range(len(data))]


def test_shares_of_an_epoch_by_hand(sources):
    data = mix(sources(10, 6), weights=[1, 3], length=8)
    drawn = labels(data)
    assert Counter(label[0] for label in drawn) == {"a": 2, "b": 6}
    assert sorted(label for label in drawn if label[0] == "b") == [f"b{i}" for i in range(6)]
    assert Counter(label[0] for label in drawn[:4]) == {"a": 1, "b": 3}  # spread, not one after the other
    assert {label[0] for label in labels(mix(data_sections(data), weights=[0, 1], length=5))} == {"b"}


def data_sections(data):
    """Sections like those that ``data`` was made of."""
    files = [member._names[0] for member in data.members]
    return [
        {"name": "SimpleDataSet", "data_dir": file.removesuffix("/labels.txt"), "label_file_list": file}
        for file in files
    ]


def test_by_default_each_sample_once_an_epoch(sources):
    data = mix(sources(7, 3))
    assert sorted(labels(data)) == sorted([f"a{i}" for i in range(7)] + [f"b{i}" for i in range(3)])


def test_all_samples_of_a_source_come_before_any_comes_again(sources):
    data = mix(sources(10, 6), weights=[1, 1], length=8)
    seen = [label for epoch in range(1, 6) for label in labels(data, epoch) if label[0] == "a"]
    assert len(seen) == 20
    assert sorted(seen[:10]) == sorted(seen[10:]) == sorted(f"a{i}" for i in range(10))
    assert seen[:10] != seen[10:]
    again = mix(data_sections(data), weights=[1, 1], length=8)
    assert labels(again, 3) == labels(data, 3)  # whatever came before


def test_a_small_source_repeats_with_other_augmentation(sources):
    steps = [*DECODE, {"RecAug": None}]
    data = mix(sources(2, 2), weights=[1, 0], length=6, transforms=steps)
    images = [data.get(i, 1) for i in range(6)]
    assert Counter(image["label"] for image in images) == {"a0": 3, "a1": 3}
    assert len({image["image"].tobytes() for image in images}) > 3


def test_evaluation_takes_every_sample_once_in_order(sources):
    data = mix(sources(3, 2), weights=[9, 1], length=50, mode="Eval")
    assert labels(data, 0) == ["a0", "a1", "a2", "b0", "b1"]


def test_a_bad_sample_is_replaced_by_one_of_its_source(sources):
    sections = sources(40, 20, broken=("b3",))
    cfg = rec_config(sections, weights=[1, 1], length=40, loader={"shuffle": False})
    loader = build_dataloader(cfg, charset=CHARSET, seed=5)
    loader.set_epoch(1)
    drawn = [text for batch in texts(loader) for text in batch]
    assert Counter(text[0] for text in drawn) == {"a": 20, "b": 20}
    assert loader.bad == {"failed in DecodeImage": 1}
    assert "b3" not in drawn


CHARSET = Charset(tuple("ab0123456789"))


def rec_config(sections, *, loader=None, **options):
    steps = [
        *DECODE,
        {"RecAug": None},
        {"CTCLabelEncode": None},
        {"RecResizeImg": {"image_shape": [1, 32, 128], "width_bucket": 64}},
        {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
    ]
    dataset = {"name": "MixDataSet", "datasets": sections, "transforms": steps, **options}
    given = {"batch_size_per_card": 4, "shuffle": True, "num_workers": 0, **(loader or {})}
    return Config({"Global": {"max_text_length": 8}, "Train": {"dataset": dataset, "loader": given}})


def texts(loader):
    return [
        [CHARSET.decode(row[:n]) for row, n in zip(batch["label"], batch["length"])]
        for batch in loader.numpy_batches()
    ]


def test_width_buckets_resume_and_workers(sources):
    sections = sources(20, 9)
    options = {"weights": [2, 1], "length": 30}
    batches = {}
    for workers in (0, 1, 3):
        loader = build_dataloader(
            rec_config(sections, loader={"num_workers": workers}, **options), charset=CHARSET, seed=2
        )
        loader.set_epoch(2)
        batches[workers] = list(loader.numpy_batches())
        loader.close()
    for workers in (1, 3):
        for here, there in zip(batches[0], batches[workers], strict=True):
            np.testing.assert_array_equal(here["image"], there["image"])
    assert {batch["image"].shape[-1] for batch in batches[0]} == {64, 128}

    first = build_dataloader(rec_config(sections, **options), charset=CHARSET, seed=2)
    first.set_epoch(2)
    running = first.numpy_batches()
    head = [next(running) for _ in range(3)]
    second = build_dataloader(rec_config(sections, **options), charset=CHARSET, seed=2)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    resumed = [*head, *second.numpy_batches()]
    for here, there in zip(batches[0], resumed, strict=True):
        np.testing.assert_array_equal(here["image"], there["image"])


def test_members_have_own_transforms_and_seeds(sources):
    sections = sources(2, 2)
    sections[1]["transforms"] = [*DECODE, {"ToCHWImage": None}]
    sections[1]["seed"] = 77
    data = mix(sections)
    assert [member.seed for member in data.members] == [5, 77]
    assert {data.get(i, 1)["image"].shape[0] for i in range(4)} == {32, 3}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1]}, r"Train\.dataset\.weights: expected one number .* for each of 2 datasets"),
        ({"weights": [0, 0]}, r"and one above 0"),
        ({"weights": [-1, 2]}, r"at least 0"),
        ({"length": 0}, r"Train\.dataset\.length: expected at least 1 sample"),
        ({"datasets": []}, r"Train\.dataset\.datasets: expected a list"),
        ({"datasets": ["x"]}, r"Train\.dataset\.datasets\[0\]: expected keys and values"),
        ({"datasets": [{"name": "SimpleDataset"}]}, r"datasets\[0\]: no dataset .* mean 'SimpleDataSet'"),
    ],
)
def test_wrong_parameters(sources, options, message):
    with pytest.raises(ConfigError, match=message):
        mix(options.pop("datasets", sources(2, 2)), **options)


def test_keys_of_the_members_are_checked(sources):
    sections = sources(1, 1)
    sections[1]["data_dirs"] = "x"
    cfg = rec_config(sections)
    with pytest.raises(ConfigError, match=r"Train\.dataset\.datasets\[1\]\.data_dirs.*mean 'data_dir'"):
        check_data(cfg.section("Train"))
    del sections[1]["data_dirs"]
    sections[0]["transforms"] = [{"DecodeImage": {"img_mod": "BGR"}}]
    with pytest.raises(ConfigError, match=r"datasets\[0\]\.transforms\[0\]\.DecodeImage\.img_mod"):
        check_data(rec_config(sections).section("Train"))
