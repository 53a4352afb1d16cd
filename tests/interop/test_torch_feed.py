"""What travels between workers and device: packed samples come out whole, batches come again in measure."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ppocr_lite.data.base import PipelineDataset  # noqa: E402
from ppocr_lite.data.loader import DataLoader, LoaderOptions  # noqa: E402
from ppocr_lite.interop import torch_feed  # noqa: E402
from ppocr_lite.interop.torch_feed import Feed, Replay  # noqa: E402
from ppocr_lite.interop.torch_pack import PackedDataset, unpack  # noqa: E402
from ppocr_lite.transforms import build_pipeline  # noqa: E402

KEYS = ["image", "threshold_map", "shrink_map", "number"]


class Pages(PipelineDataset):
    """Pages of noise, 8 x 12 pixels; ``number`` is the index."""

    def __init__(self, normalize: bool) -> None:
        steps = [{"ToCHWImage": None}, {"KeepKeys": {"keep_keys": KEYS}}]
        first = [{"NormalizeImage": {"order": "hwc"}}] if normalize else []
        super().__init__(build_pipeline([*first, *steps], sources=["image", *KEYS]), 1)

    def __len__(self) -> int:
        return 40

    def place(self, index, epoch):
        return f"page {index}"

    def read(self, index, epoch, rng):
        rng = np.random.default_rng(index)
        maps = rng.random((2, 8, 12), np.float32)
        return {
            "image": rng.integers(0, 256, (8, 12, 3), np.uint8),
            "threshold_map": maps[0],
            "shrink_map": (maps[1] > 0.5).astype(np.float32),
            "number": np.int64(index),
        }


def test_packed_pages_come_out_whole():
    plain = [Pages(True).get(i) for i in range(3)]
    packed = PackedDataset(Pages(True))
    samples = [packed.get(i) for i in range(3)]
    assert samples[0]["image"].dtype == np.uint8
    assert samples[0]["shrink_map"].shape == (8, 2)  # twelve bits
    batch = {k: torch.from_numpy(np.stack([s[k] for s in samples])) for k in KEYS}
    whole = unpack(batch, packed.normalize)
    for key, atol in (("image", 1e-6), ("threshold_map", 5e-4), ("shrink_map", 0), ("number", 0)):
        np.testing.assert_allclose(whole[key].numpy(), np.stack([s[key] for s in plain]), atol=atol)
    assert whole["image"].is_contiguous(memory_format=torch.channels_last)


def test_lines_travel_in_half_precision():
    packed = PackedDataset(Pages(False))
    assert packed.normalize is None
    line = packed.get(0)
    assert unpack({"image": torch.from_numpy(line["image"][None])})["image"].dtype == torch.float32


def test_replay_keeps_measure_and_room():
    batch = {"image": torch.zeros(2, 5, dtype=torch.uint8)}  # ten bytes
    replay = Replay(0.5, max_bytes=30 * torch_feed.LEAST_KEPT)
    rng = np.random.default_rng(0)
    replay.add(batch)
    assert replay.draw(rng) is None  # too few to choose from
    for _ in range(torch_feed.LEAST_KEPT * 4 - 1):
        replay.add(batch)
    assert len(replay._kept) == torch_feed.LEAST_KEPT * 3
    drawn = [replay.draw(rng) for _ in range(torch_feed.LEAST_KEPT * 4)]
    assert sum(d is not None for d in drawn) == torch_feed.LEAST_KEPT * 2  # half as many as came


def loader(dataset):
    return DataLoader(dataset, LoaderOptions(batch_size_per_card=4))


def test_feed_gives_each_batch_once_and_in_order():
    feed = Feed(loader(PackedDataset(Pages(True))), torch.device("cpu"))
    fed = list(feed.batches(range(1, 3), np.random.default_rng(0)))
    feed.close()
    assert [int(f.tensors["number"][0]) for f in fed] == [*range(0, 40, 4)] * 2
    assert [f.state["epoch"] for f in fed] == [1] * 10 + [2] * 10


def test_an_error_of_the_data_reaches_the_trainer():
    class Broken(Pages):
        def read(self, index, epoch, rng):
            raise RuntimeError("the disk is gone")

    data = loader(Pages(True))
    data.dataset = PackedDataset(Broken(True))
    feed = Feed(data, torch.device("cpu"))
    with pytest.raises(RuntimeError, match="the disk is gone"):
        list(feed.batches(range(1, 2), np.random.default_rng(0)))
    feed.close()
