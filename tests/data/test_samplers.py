import numpy as np
import pytest

from ppocr_lite.data.samplers import Grouper, epoch_order


def test_order_without_shuffle():
    assert epoch_order(5, shuffle=False, seed=1, epoch=2).tolist() == [0, 1, 2, 3, 4]


def test_shuffle_is_a_permutation_that_changes_with_the_epoch():
    first, again, second = (epoch_order(50, shuffle=True, seed=1, epoch=e) for e in (0, 0, 1))
    assert sorted(first) == list(range(50))
    assert first.tolist() == again.tolist() != second.tolist()


@pytest.mark.parametrize("even", [True, False])
def test_ranks_share_all_samples(even):
    parts = [
        epoch_order(10, shuffle=True, seed=3, epoch=1, rank=r, world_size=4, even=even) for r in range(4)
    ]
    assert set(np.concatenate(parts)) == set(range(10))
    assert [len(part) for part in parts] == ([3, 3, 3, 3] if even else [3, 3, 2, 2])


def test_grouper_scales_the_batch_with_the_width():
    grouper = Grouper(4, batch_width=64)
    wide = {"image": np.zeros((1, 32, 128))}
    narrow = {"image": np.zeros((1, 32, 32))}
    assert grouper.size_for((1, 32, 128)) == 2
    assert grouper.size_for((1, 32, 32)) == 8
    assert grouper.add(0, narrow) is None
    assert grouper.add(1, wide) is None
    assert grouper.pending() == [0, 1]
    batch = grouper.add(2, wide)
    assert [sample["image"].shape for sample in batch] == [(1, 32, 128)] * 2
    assert grouper.pending() == [0]
    assert [len(rest) for rest in grouper.flush()] == [1]
    assert grouper.pending() == []


def test_merging_fills_narrower_images_up():
    grouper = Grouper(2)
    for i, width in enumerate((64, 128, 192)):
        image = np.full((1, 2, width), float(i + 1), np.float32)
        assert grouper.add(i, {"image": image, "valid_ratio": np.float32(1.0)}) is None
    first, second = grouper.merge()
    assert [sample["image"].shape for sample in first] == [(1, 2, 192)] * 2
    assert first[1]["image"][0, 0, 127] == 2
    assert first[1]["image"][0, 0, 128:].sum() == 0
    assert first[1]["valid_ratio"] == pytest.approx(128 / 192)
    assert [sample["image"].shape for sample in second] == [(1, 2, 64)]
    assert grouper.pending() == []


def test_merging_only_full_batches():
    grouper = Grouper(2)
    for i, width in enumerate((64, 128, 192)):
        grouper.add(i, {"image": np.zeros((1, 2, width))})
    assert [len(batch) for batch in grouper.merge(only_full=True)] == [2]
