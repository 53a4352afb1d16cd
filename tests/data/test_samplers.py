import numpy as np
import pytest

from ppocr_lite.data.samplers import Grouper, epoch_order, left_over, shard


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


def test_pending_knows_what_merging_has_not_given_yet():
    grouper = Grouper(2)
    for i, width in enumerate((64, 128, 192)):
        grouper.add(i, {"image": np.zeros((1, 2, width), np.float32)})
    batches = grouper.merge()
    assert [sample["image"].shape[-1] for sample in next(batches)] == [192, 192]
    assert grouper.pending() == [0]
    assert len(next(batches)) == 1
    assert grouper.pending() == []


def test_fewer_samples_than_ranks_still_give_each_rank_one():
    parts = [epoch_order(2, shuffle=False, seed=0, epoch=0, rank=r, world_size=5) for r in range(5)]
    assert [part.tolist() for part in parts] == [[0], [1], [0], [1], [0]]


def test_batches_of_two_ranks_make_the_batches_of_one():
    order = np.random.default_rng(0).permutation(20)
    ranks = [shard(order, r, 2).reshape(-1, 2) for r in range(2)]
    for i, large in enumerate(order.reshape(-1, 4)):
        assert sorted([*ranks[0][i], *ranks[1][i]]) == sorted(large)


def test_left_over_by_hand():
    order = np.arange(10) * 10
    # two ranks: 0 20 40 | 60 80 and 10 30 | 50 70 90; 20 and 30 were taken and still wait
    assert left_over(order, [[(3, [20]), (2, [30])]]).tolist() == [20, 30, 50, 60, 70, 80, 90]
    # then one rank takes two of them
    second = [[(3, [20]), (2, [30])], [(2, [])]]
    assert left_over(order, second).tolist() == [50, 60, 70, 80, 90]
    assert left_over(order, []).tolist() == order.tolist()


def test_nothing_is_left_after_the_indices_that_fill_ranks_up():
    assert left_over(np.arange(5), [[(3, []), (3, [])]]).tolist() == []
