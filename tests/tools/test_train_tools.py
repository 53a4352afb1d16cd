"""The command-line tools of training: flags, output, exit status."""

import json
import logging
import re
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("paddle")

from ppocr_lite.engine import tool

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
CONFIG = REPO / "configs/cls/cls_mv3.yml"


@pytest.fixture(autouse=True)
def no_handlers_left():
    package = logging.getLogger("ppocr_lite")
    before, level, propagate = list(package.handlers), package.level, package.propagate
    yield
    package.propagate = propagate
    for handler in set(package.handlers) - set(before):
        package.removeHandler(handler)
        handler.close()
    package.setLevel(level)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a tool in this process -> (exit status, what it printed)."""

    def run_tool(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        monkeypatch.syspath_prepend(REPO / "tools")  # as `python tools/NAME` does
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(REPO / "tools" / name), run_name="__main__")
        return ended.value.code, capsys.readouterr().out

    return run_tool


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    rows = []
    for number in range(8):
        image = np.full((32, 64, 3), 240, np.uint8)
        cv2.putText(image, "ab", (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
        turned = number % 2
        cv2.imwrite(str(folder / f"{number}.png"), image[::-1, ::-1] if turned else image)
        rows.append(f"{number}.png\t{180 if turned else 0}\n")
    (folder / "label.txt").write_text("".join(rows))
    return folder


def options(data, out):
    return [
        *("-c", CONFIG, "-o", "Global.epoch_num=1", "Global.use_gpu=False", f"Global.save_model_dir={out}"),
        *("Global.print_batch_step=1", "Global.eval_batch_step=[0,1]"),
        *(f"{mode}.dataset.data_dir={data}" for mode in ("Train", "Eval")),
        *(f"{mode}.dataset.label_file_list=[{data}/label.txt]" for mode in ("Train", "Eval")),
        *(
            f"{mode}.loader.{key}"
            for mode in ("Train", "Eval")
            for key in ("batch_size_per_card=4", "num_workers=0")
        ),
    ]


def test_train_eval_infer(run, data, tmp_path):
    out = tmp_path / "model"
    status, said = run("train.py", *options(data, out))
    assert status == 0
    lines = said.splitlines()
    assert all(re.match(r"\[\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\] ppocr [A-Z]+: ", line) for line in lines)
    assert any(line.endswith("INFO: train dataloader has 2 iters") for line in lines)
    assert any(line.endswith("INFO: train from scratch") for line in lines)
    assert any("INFO: epoch: [1/1], global_step: 2, lr: " in line for line in lines)
    assert any("INFO: cur metric, acc: " in line for line in lines)
    assert (out / "train.log").read_text() == said
    assert (out / "config.yml").is_file()

    prefix = out / "best_accuracy"
    status, said = run("eval.py", *options(data, out), f"Global.pretrained_model={prefix}")
    assert status == 0
    assert "metric eval ***************" in said
    assert re.search(r"INFO: acc:0\.\d+", said)

    (data / "bad.png").write_bytes(b"not a picture")
    arguments = (*options(data, out), f"Global.pretrained_model={prefix}", f"Global.infer_img={data}")
    status, said = run("infer_cls.py", *arguments)
    assert status == 1
    assert said.count("result: ('") == 8
    assert re.search(r"ERROR: .*bad\.png", said)
    assert "1 of 9 pictures could not be read" in said


def write_page(folder):
    image = np.full((64, 96, 3), 240, np.uint8)
    cv2.putText(image, "ab", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
    cv2.imwrite(str(folder / "page.png"), image)


@pytest.mark.parametrize(
    ("task", "config"),
    [("det", "det/en/en_det_mv3_db.yml"), ("rec", "rec/en/en_rec_mv3_crnn.yml")],
)
def test_infer_writes_results(run, tmp_path, task, config):
    from ppocr_lite.config import Config
    from ppocr_lite.engine import assemble, checkpoint

    file = REPO / "configs" / config
    checkpoint.save_weights(tmp_path / "m", assemble.parts(Config.load(file)).model)
    write_page(tmp_path)
    target = tmp_path / "out" / "results.txt"
    status, _ = run(
        f"infer_{task}.py",
        *(
            "-c",
            file,
            "-o",
            f"Global.pretrained_model={tmp_path / 'm'}",
            f"Global.infer_img={tmp_path}/page.png",
        ),
        f"Global.save_res_path={target}",
    )
    assert status == 0
    fields = target.read_text(encoding="utf-8").rstrip("\n").split("\t")
    assert fields[0] == f"{tmp_path}/page.png"
    if task == "det":
        assert isinstance(json.loads(fields[1]), list)
        assert (tmp_path / "out" / "det_results" / "page.png").is_file()
    else:
        assert 0 <= float(fields[2]) <= 1


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("train.py", ["-c", "none.yml"], "none.yml: no such configuration file"),
        ("train.py", ["-c", CONFIG, "-o", "Global"], "expected key=value"),
        (
            "train.py",
            ["-c", CONFIG, "-o", "Architecture.Backbone.name=MobileNetV4"],
            "Did you mean 'MobileNetV3'",
        ),
        ("eval.py", ["-c", CONFIG], "cls_mv3.yml:11): not set. Give trained weights"),
        (
            "eval.py",
            ["-c", CONFIG, "-o", "Global.pretrained_model=/none/best"],
            "best.pdparams: no such file",
        ),
        (
            "infer_cls.py",
            ["-c", CONFIG, "-o", "Global.infer_img="],
            "Global.infer_img (-o Global.infer_img=): not set",
        ),
        ("infer_det.py", ["-c", CONFIG], "Global.save_res_path: not set"),
        ("export_model.py", ["-c", CONFIG], "cls_mv3.yml:13): not set. Add it"),
    ],
)
def test_errors_are_one_line_and_exit_status_two(run, tmp_path, monkeypatch, name, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, said = run(name, *arguments)
    assert status == tool.EXIT_ERROR
    errors = [line for line in said.splitlines() if " ERROR: " in line]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in said


def test_unwritable_folder_is_an_error(run, data, tmp_path):
    (tmp_path / "file").write_text("")
    status, said = run("train.py", *options(data, tmp_path / "file"))
    assert status == tool.EXIT_ERROR
    assert str(tmp_path / "file") in said.splitlines()[-1]


def test_missing_data_is_an_error(run, tmp_path):
    status, said = run(
        "train.py", "-c", CONFIG, "-o", f"Global.save_model_dir={tmp_path}", "Global.use_gpu=False"
    )
    assert status == tool.EXIT_ERROR
    assert "train_data/cls/train.txt" in said.splitlines()[-1]


def test_print_config(run):
    status, said = run("train.py", "-c", CONFIG, "--print-config", "-o", "Global.epoch_num=7", "-o", "Eval=")
    assert status == 0
    lines = said.splitlines()
    assert lines[0] == "Global:"
    assert any(
        line.startswith("  epoch_num: 7 ") and line.endswith("# -o Global.epoch_num=7") for line in lines
    )
    assert any(line.startswith("Eval: null ") for line in lines)  # the second group of -o
    assert any(line.endswith("# default") for line in lines)


def test_dry_run_trains_nothing(run, data, tmp_path):
    out = tmp_path / "model"
    status, said = run("train.py", *options(data, out), "--dry-run")
    assert status == 0
    assert "    image  float32 [4, 3, 48, 192]" in said
    assert "learning rate, in 2 steps:" in said
    assert "metric of this batch: acc: " in said
    assert not out.exists()
    status, said = run("train.py", "-c", CONFIG, "--dry-run", "-o", f"Global.save_model_dir={out}")
    assert status == tool.EXIT_ERROR
    assert "train_data/cls/train.txt" in said.splitlines()[-1]


def test_random_data_is_for_dry_runs(run):
    assert run("train.py", "-c", CONFIG, "--random-data")[0] == 2


def test_help_needs_no_configuration():
    done = subprocess.run(
        [sys.executable, str(REPO / "tools/train.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(REPO), "PATH": "/usr/bin:/bin"},
    )
    assert "--config" in done.stdout


def test_config_lines_of_nested_lists():
    values = {"T": {"ops": [{"B": {"k": 1}}, {"A": None}]}, "x": [1, 2]}
    expected = ["T : ", "    ops : ", "        B : ", "            k : 1", "        A : None", "x : [1, 2]"]
    assert tool.config_lines(values) == expected


def test_export_center_hands_its_flags_over(run, tmp_path, monkeypatch):
    from ppocr_lite.engine import centers

    asked = []
    monkeypatch.setattr(
        centers, "export_centers", lambda cfg, path, *, submodel: asked.append((cfg.source, path, submodel))
    )
    config = str(REPO / "configs/rec/ch_PP-OCRv2/ch_PP-OCRv2_rec_distillation.yml")
    status, _ = run("export_center.py", "-c", config, "--submodel", "Student", "--out", "x.pkl")
    assert status == 0
    assert asked == [(config, "x.pkl", "Student")]


def test_export_center_of_no_recognizer(run, tmp_path):
    from ppocr_lite.config import Config
    from ppocr_lite.engine import assemble, checkpoint

    model = assemble.parts(Config.load(CONFIG)).model
    checkpoint.save_weights(tmp_path / "m", model)
    status, said = run("export_center.py", "-c", CONFIG, "-o", f"Global.pretrained_model={tmp_path}/m")
    assert status == 2
    assert "Architecture.Head.name" in said
