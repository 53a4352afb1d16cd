"""Loaders of several processes, and positions that another number of them goes on from."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import build_dataloader

CHARSET = Charset(tuple("t0123456789"))


def config(folder: Path, mode="Train", **loader) -> Config:
    steps = [
        {"DecodeImage": {"img_mode": "BGR"}},
        {"CTCLabelEncode": None},
        {"RecResizeImg": {"image_shape": [1, 32, 128], "width_bucket": 64}},
        {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
    ]
    options = {"batch_size_per_card": 4, "num_workers": 0, "shuffle": True, "drop_last": False, **loader}
    dataset = {
        "name": "SimpleDataSet",
        "data_dir": str(folder),
        "label_file_list": str(folder / "labels.txt"),
        "transforms": steps,
    }
    return Config({"Global": {"max_text_length": 8}, mode: {"dataset": dataset, "loader": options}})


def loaders(cfg, world_size, mode="Train"):
    return [
        build_dataloader(cfg, mode, charset=CHARSET, seed=0, rank=rank, world_size=world_size)
        for rank in range(world_size)
    ]


def texts(batch) -> list[str]:
    return [CHARSET.decode(row[:n]) for row, n in zip(batch["label"], batch["length"])]


def flat(batches) -> list[str]:
    return sorted(text for batch in batches for text in texts(batch))


def test_two_ranks_together_make_the_batches_of_one(rec_data):
    folder = rec_data(22, width_step=0)
    one = build_dataloader(config(folder, batch_size_per_card=8), charset=CHARSET, seed=0)
    first, second = loaders(config(folder), 2)
    assert len(first) == len(second) == len(one) == 3
    whole = list(one.numpy_batches())
    parts = list(zip(first.numpy_batches(), second.numpy_batches(), strict=True))
    for large, pair in zip(whole, parts, strict=True):
        assert sorted(texts(large)) == flat(pair)


def test_a_rank_with_many_bad_samples_makes_as_many_batches(rec_data):
    folder = rec_data(40, broken=tuple(range(0, 40, 2)))  # all of rank 0, none of rank 1
    cfg = config(folder, shuffle=False, max_bad_share=1.0)
    counts = [len(list(loader.numpy_batches())) for loader in loaders(cfg, 2)]
    assert counts == [5, 5]


@pytest.mark.parametrize("world_size", [2, 3])
def test_evaluation_sees_every_sample_once(rec_data, world_size):
    ranks = loaders(config(rec_data(22), "Eval", shuffle=False), world_size, "Eval")
    seen = flat(batch for loader in ranks for batch in loader.numpy_batches())
    assert seen == sorted(f"t{i}" for i in range(22))


def take(ranks, count):
    """``count`` batches of each rank, their texts, and the common position after them."""
    streams = [loader.numpy_batches() for loader in ranks]
    found = [text for stream in streams for _ in range(count) for text in texts(next(stream))]
    return found, {"ranks": [loader.state_dict() for loader in ranks]}


@pytest.mark.parametrize("counts", [(2, 1), (1, 2), (2, 3, 1)])
def test_another_number_of_processes_goes_on_with_what_is_left(rec_data, counts):
    cfg = config(rec_data(60))  # two widths, so that some samples wait for their batch to fill
    seen, place = [], None
    for world_size in counts:
        ranks = loaders(cfg, world_size)
        for loader in ranks:
            loader.set_epoch(2)
            if place is not None:
                loader.load_state_dict(place)
        if world_size == counts[-1]:
            seen += flat(batch for loader in ranks for batch in loader.numpy_batches())
        else:
            found, place = take(ranks, 2)
            seen += found
    extra = len(seen) - 60  # what fills up the shares of the ranks
    assert 0 <= extra < counts[-1] + 4
    assert sorted(set(seen)) == sorted(f"t{i}" for i in range(60))


def test_place_in_an_epoch_is_that_of_the_new_number_of_batches(rec_data):
    cfg = config(rec_data(48, width_step=0))
    _, place = take(loaders(cfg, 2), 3)  # 24 of 48
    (loader,) = loaders(cfg, 1)
    loader.load_state_dict(place)
    assert (loader.state_dict()["emitted"], len(loader)) == (6, 12)


@pytest.mark.parametrize("drop_last", [False, True])
def test_going_on_is_exact_after_every_batch(rec_data, drop_last):
    """Widths of all kinds: batches that fill, those that are merged at the end, and a wrong guess of them."""
    folder = rec_data(30)
    for number in range(0, 30, 7):
        cv2.imwrite(str(folder / f"{number}.png"), np.zeros((32, 120, 3), np.uint8))
    cfg = config(folder, batch_width=64, drop_last=drop_last)
    (whole,) = loaders(cfg, 1)
    expected = [texts(batch) for batch in whole.numpy_batches()]
    for count in range(1, len(expected) + 1):
        _, place = take(loaders(cfg, 1), count)
        (again,) = loaders(cfg, 1)
        again.load_state_dict(place["ranks"][0])
        assert [texts(batch) for batch in again.numpy_batches()] == expected[count:], count


def test_other_batches_go_on_with_what_is_left(rec_data):
    folder = rec_data(48, width_step=0)
    found, place = take(loaders(config(folder), 1), 5)
    (loader,) = loaders(config(folder, batch_size_per_card=7), 1)
    loader.load_state_dict(place)
    assert (loader.state_dict()["emitted"], len(loader)) == (3, 7)  # 28 of 48 are left: 4 batches of 7
    found += flat(loader.numpy_batches())
    assert sorted(found) == sorted(f"t{i}" for i in range(48))
