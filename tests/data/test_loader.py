import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import build_dataloader
from ppocr_lite.data.loader import MAX_TRIES, collate
from ppocr_lite.errors import ConfigError, DataError


def rec_config(folder, mode="Train", *, transforms=None, **loader) -> Config:
    steps = transforms or [
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


CHARSET = Charset(tuple("t0123456789"))


def texts(batches) -> list[list[str]]:
    return [[CHARSET.decode(row[:n]) for row, n in zip(batch["label"], batch["length"])] for batch in batches]


def test_batches_hold_one_width_and_every_sample_once(rec_data):
    loader = build_dataloader(rec_config(rec_data(22)), charset=CHARSET, seed=0)
    batches = list(loader.numpy_batches())
    assert len(batches) == len(loader) == 6
    assert {batch["image"].shape[1:] for batch in batches} == {(1, 32, 64), (1, 32, 128)}
    seen = [text for batch in texts(batches) for text in batch]
    assert sorted(seen) == sorted(f"t{i}" for i in range(22))
    assert all(batch["image"].dtype == np.float32 for batch in batches)


def test_one_wide_line_does_not_widen_the_others(rec_data):
    folder = rec_data(60, width_step=0)  # 40 px wide
    cv2.imwrite(str(folder / "17.png"), np.zeros((32, 600, 3), np.uint8))
    resize = {"RecResizeImg": {"image_shape": [1, 32, 640], "width_bucket": 32}}
    steps = [{"DecodeImage": None}, {"CTCLabelEncode": None}, resize]
    keep = {"KeepKeys": {"keep_keys": ["image", "label", "length", "valid_ratio"]}}
    cfg = rec_config(folder, transforms=[*steps, keep], batch_size_per_card=8)
    batches = list(build_dataloader(cfg, charset=CHARSET, seed=0).numpy_batches())
    widths = sorted(batch["image"].shape[-1] for batch in batches)
    assert widths == [64] * 7 + [608]  # a line alone of its width goes with what is left at the end
    assert sum(len(batch["image"]) for batch in batches) == 60
    pixels = sum(batch["image"].shape[0] * batch["image"].shape[-1] for batch in batches)
    assert pixels < 0.2 * 60 * 608


def test_few_lines_of_many_widths_still_come_all(rec_data):
    cfg = rec_config(rec_data(12, width_step=40), batch_size_per_card=5)
    for drop_last, sizes in ((False, [5, 5, 2]), (True, [5, 5])):
        loader = build_dataloader(cfg.replace({"Train.loader.drop_last": drop_last}), charset=CHARSET, seed=0)
        assert sorted((len(b["image"]) for b in loader.numpy_batches()), reverse=True) == sizes


def test_order_does_not_depend_on_the_workers(rec_data):
    folder = rec_data(30)
    orders = []
    for workers in (0, 1, 2):
        loader = build_dataloader(rec_config(folder, num_workers=workers), charset=CHARSET, seed=7)
        loader.set_epoch(1)
        orders.append(texts(loader.numpy_batches()))
        loader.close()
    assert orders[0] == orders[1] == orders[2]


def test_epochs_differ_and_an_abandoned_epoch_leaves_nothing_behind(rec_data):
    loader = build_dataloader(rec_config(rec_data(30), num_workers=1), charset=CHARSET, seed=7)
    fresh = build_dataloader(rec_config(rec_data(30)), charset=CHARSET, seed=7)
    next(iter(loader.numpy_batches()))
    loader.set_epoch(1)
    fresh.set_epoch(1)
    again = texts(loader.numpy_batches())
    assert again == texts(fresh.numpy_batches())
    fresh.set_epoch(0)
    assert again != texts(fresh.numpy_batches())
    loader.close()


def test_resuming_gives_the_rest_of_the_epoch(rec_data):
    folder = rec_data(40)
    whole = texts(build_dataloader(rec_config(folder), charset=CHARSET, seed=3).numpy_batches())
    first = build_dataloader(rec_config(folder), charset=CHARSET, seed=3)
    running = first.numpy_batches()
    head = [texts([next(running)])[0] for _ in range(4)]
    state = json.loads(json.dumps(first.state_dict()))
    second = build_dataloader(rec_config(folder), charset=CHARSET, seed=3)
    second.load_state_dict(state)
    assert head + texts(second.numpy_batches()) == whole


def test_bad_sample_is_replaced_by_another_one_and_counted(rec_data, caplog):
    folder = rec_data(30, broken=(4,), width_step=0)
    loader = build_dataloader(rec_config(folder, shuffle=False), charset=CHARSET, seed=0)
    seen = [text for batch in texts(loader.numpy_batches()) for text in batch]
    assert seen[:4] + seen[5:] == [f"t{i}" for i in range(30) if i != 4]
    assert seen[4] in seen[:4] + seen[5:]
    assert "1 of 31 samples cannot be used, replaced by others: failed in DecodeImage: 1" in caplog.text
    assert "labels.txt:5" in caplog.text
    assert loader.bad == {"failed in DecodeImage": 1}


def test_faults_are_counted_by_reason(rec_data, caplog):
    folder = rec_data(40, broken=(4, 9))
    (folder / "7.png").unlink()
    rows = (folder / "labels.txt").read_text().splitlines()
    rows[20] = "20.png\tt1234567890"
    (folder / "labels.txt").write_text("\n".join(rows))
    loader = build_dataloader(
        rec_config(folder, "Eval", shuffle=False, max_bad_share=0.2), "Eval", charset=CHARSET
    )
    assert sum(len(batch["label"]) for batch in loader.numpy_batches()) == 36
    assert loader.bad == {"failed in DecodeImage": 2, "cannot be read": 1, "dropped by CTCLabelEncode": 1}
    assert "4 of 40 samples cannot be used, left out" in caplog.text
    assert "dropped by CTCLabelEncode: 1 (such as" in caplog.text


def test_many_bad_samples_side_by_side_do_not_end_the_training(rec_data):
    """A folder of the data is missing: more than MAX_TRIES rows in a row, yet fewer than the share."""
    folder = rec_data(60, width_step=0)
    rows = (folder / "labels.txt").read_text().splitlines()
    good, bad = rows * 60, [f"gone/{i}.png\tt{i % 10}" for i in range(MAX_TRIES + 20)]
    (folder / "labels.txt").write_text("\n".join([*bad, *good]))
    loader = build_dataloader(rec_config(folder, shuffle=False, batch_size_per_card=40), charset=CHARSET)
    batches = loader.numpy_batches()
    with pytest.raises(DataError, match="more than max_bad_share"):  # the first 200 samples are mostly bad
        [next(batches) for _ in range(6)]
    loader = build_dataloader(rec_config(folder, batch_size_per_card=400), charset=CHARSET)
    assert sum(len(batch["label"]) for batch in loader.numpy_batches()) == len(rows) * 60 + len(bad)
    assert 120 <= loader.bad["cannot be read"] < 135


def test_too_many_bad_samples(rec_data):
    folder = rec_data(10, broken=(2, 3))
    loader = build_dataloader(rec_config(folder), charset=CHARSET, seed=0)
    with pytest.raises(DataError, match=r"cannot be used, more than max_bad_share 0\.1"):
        list(loader.numpy_batches())
    generous = build_dataloader(rec_config(folder, max_bad_share=0.5), charset=CHARSET, seed=0)
    assert sum(len(batch["label"]) for batch in generous.numpy_batches()) == 10


@pytest.mark.parametrize("mode", ["Train", "Eval"])
@pytest.mark.parametrize("workers", [0, 1])
def test_all_bad(rec_data, mode, workers):
    folder = rec_data(3, broken=(0, 1, 2))
    loader = build_dataloader(rec_config(folder, mode, num_workers=workers), mode, charset=CHARSET, seed=0)
    with pytest.raises(DataError, match=r"(3 samples in a row cannot|3 of 3 samples cannot be used)"):
        list(loader.numpy_batches())
    loader.close()


def test_evaluation_never_substitutes(rec_data, caplog):
    folder = rec_data(6, broken=(1,), width_step=0)
    cfg = rec_config(folder, "Eval", shuffle=False, max_bad_share=0.2)
    seen = [
        text
        for batch in texts(build_dataloader(cfg, "Eval", charset=CHARSET, seed=0).numpy_batches())
        for text in batch
    ]
    assert seen == ["t0", "t2", "t3", "t4", "t5"]
    assert "1 of 6 samples cannot be used, left out; the metrics are those of the others" in caplog.text
    strict = build_dataloader(cfg.replace({"Eval.loader.max_bad_share": 0}), "Eval", charset=CHARSET)
    with pytest.raises(DataError, match=r"1 of 6 samples cannot be used, more than max_bad_share 0"):
        list(strict.numpy_batches())


def test_counts_go_on_after_a_resume(rec_data):
    folder = rec_data(40, broken=(1, 2, 30), width_step=0)
    first = build_dataloader(rec_config(folder, shuffle=False), charset=CHARSET, seed=3)
    running = first.numpy_batches()
    for _ in range(3):
        next(running)
    assert first.bad == {"failed in DecodeImage": 2}
    second = build_dataloader(rec_config(folder, shuffle=False), charset=CHARSET, seed=3)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert len(list(second.numpy_batches())) == 7
    assert second.bad["failed in DecodeImage"] >= 3


def test_dead_worker_is_an_error_not_a_hang(rec_data):
    loader = build_dataloader(rec_config(rec_data(200), num_workers=2), charset=CHARSET, seed=0)
    batches = loader.numpy_batches()
    next(batches)
    worker = loader._pool._workers[1].process
    os.kill(worker.pid, signal.SIGKILL)
    message = (
        rf"data worker 1 \(process {worker.pid}\) ended unexpectedly \(killed by signal 9\)(.|\n)*"
        r"It was at 2 samples, from .*labels\.txt:\d+ to .*labels\.txt:\d+"
    )
    with pytest.raises(DataError, match=message):
        list(batches)
    assert len(list(loader.numpy_batches())) == 50  # the next epoch gets new workers
    loader.close()


def test_hanging_worker_is_an_error_not_a_hang(rec_data):
    loader = build_dataloader(rec_config(rec_data(200), num_workers=1), charset=CHARSET, seed=0)
    batches = loader.numpy_batches()
    next(batches)
    loader._pool.timeout_s = 0.2
    os.kill(loader._pool._workers[0].process.pid, signal.SIGSTOP)
    with pytest.raises(DataError, match=r"data worker 0 \(process \d+\) gave no answer for 0\.2 seconds"):
        list(batches)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks into /proc")
def test_no_shared_memory_is_used(rec_data):
    """Containers often have 64 MiB of /dev/shm or none: samples come over pipes, and nothing is mapped."""
    loader = build_dataloader(rec_config(rec_data(40), num_workers=1), charset=CHARSET, seed=0)
    batches = loader.numpy_batches()
    next(batches)
    for process in (os.getpid(), loader._pool._workers[0].process.pid):
        held = [os.readlink(file) for file in Path(f"/proc/{process}/fd").iterdir() if file.is_symlink()]
        assert not [name for name in held if name.startswith("/dev/shm")]
    mapped = Path(f"/proc/{loader._pool._workers[0].process.pid}/maps").read_text()
    assert "/dev/shm" not in mapped
    loader.close()


def test_bug_in_a_worker_reaches_the_caller(rec_data):
    steps = [
        {"DecodeImage": None},
        {"CTCLabelEncode": None},
        {"CTCLabelEncode": None},
    ]  # the second gets numbers
    cfg = rec_config(rec_data(4), transforms=steps, num_workers=1)
    loader = build_dataloader(cfg, charset=CHARSET, seed=0)
    with pytest.raises(DataError, match=r"data worker 0 failed:\n(.|\n)*TypeError"):
        list(loader.numpy_batches())


def test_step_that_fails_on_all_samples_names_itself_and_its_line(rec_data):
    steps = [{"DecodeImage": None}, {"NormalizeImage": None}]  # order: hwc is missing
    loader = build_dataloader(rec_config(rec_data(4), transforms=steps), charset=CHARSET, seed=0)
    message = (
        r"4 samples in a row .* failed in NormalizeImage: 4 \(such as .*ValueError: .* \(image\.py:\d+\)"
    )
    with pytest.raises(DataError, match=message):
        list(loader.numpy_batches())


def test_workers_never_load_paddle():
    code = (
        "import sys; sys.modules['paddle'] = None\n"
        "import ppocr_lite.data.worker, ppocr_lite.data, ppocr_lite.metrics, ppocr_lite.postprocess"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.train
def test_iteration_gives_tensors(rec_data):
    paddle = pytest.importorskip("paddle")
    loader = build_dataloader(rec_config(rec_data(4)), charset=CHARSET, seed=0)
    batch = next(iter(loader))
    assert isinstance(batch["image"], paddle.Tensor)
    assert batch["label"].shape[1] == 8


def test_batch_width_changes_sizes_and_the_foreseen_length(rec_data):
    cfg = rec_config(rec_data(48, width_step=10), batch_width=64, batch_size_per_card=8)
    loader = build_dataloader(cfg, charset=CHARSET, seed=0)
    sizes = {}
    for batch in loader.numpy_batches():
        sizes.setdefault(batch["image"].shape[-1], set()).add(len(batch["image"]))
    assert max(sizes[64]) == 8
    assert max(sizes[128]) == 4
    assert len(loader) == 11  # 12 of 48 lines fit 64 px: 12 / 8 + 36 / 4, rounded up


def test_wrong_keys_and_sizes(rec_data):
    folder = rec_data(2)
    with pytest.raises(ConfigError, match=r"Train\.loader\.num_worker: .*Did you mean 'num_workers'"):
        build_dataloader(rec_config(folder, num_worker=1), charset=CHARSET)
    with pytest.raises(ConfigError, match=r"2 samples make no batch of 4 with drop_last"):
        build_dataloader(rec_config(folder, drop_last=True), charset=CHARSET)
    with pytest.raises(ConfigError, match="batch_size_per_card must be at least 1"):
        build_dataloader(rec_config(folder, batch_size_per_card=0), charset=CHARSET)
    with pytest.raises(
        ConfigError, match=r"max_bad_share is a share in 0\.\.1 and worker_timeout_s at least"
    ):
        build_dataloader(rec_config(folder, max_bad_share=10), charset=CHARSET)
    with pytest.raises(ConfigError, match="mode is Train or Eval"):
        build_dataloader(rec_config(folder), "Test", charset=CHARSET)


def test_collate_names_the_key_that_does_not_stack():
    samples = [{"polys": np.zeros((1, 4, 2))}, {"polys": np.zeros((2, 4, 2))}]
    with pytest.raises(DataError, match=r"'polys' has different shapes.*\(1, 4, 2\)"):
        collate(samples)
    batch = collate([{"n": np.int64(1), "text": "a"}, {"n": np.int64(2), "text": "b"}])
    assert batch["n"].tolist() == [1, 2]
    assert batch["text"] == ["a", "b"]
