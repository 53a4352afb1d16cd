"""Finding, describing and checking models; charsets from everywhere."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ppocr_lite.errors import ConfigError, MissingDependency, ModelFileError
from ppocr_lite.inference.engines import open_engine
from ppocr_lite.inference.engines.base import _cgroup_quota, default_threads
from ppocr_lite.inference.engines.onnx_metadata import read_metadata
from ppocr_lite.inference.model_files import EngineOptions, find_network, open_model, resolve_charset
from ppocr_lite.inference.text_recognizer import TextRecognizer

MakeModel = Callable[..., Path]


def describe(folder: Path, **sections: object) -> None:
    (folder / "inference.yml").write_text(yaml.safe_dump(sections, allow_unicode=True), encoding="utf-8")


def test_folder_of_the_exporter(make_rec: MakeModel, tmp_path: Path) -> None:
    file = make_rec(tmp_path / "inference.onnx", characters=None)
    ops = [
        {"DecodeImage": {"img_mode": "BGR"}},
        {"CTCLabelEncode": None},
        {"RecResizeImg": {"image_shape": [3, 32, 320], "width_bucket": 64}},
        {"KeepKeys": {"keep_keys": ["image"]}},
    ]
    describe(
        tmp_path,
        PreProcess={"transform_ops": ops},
        PostProcess={"name": "CTCLabelDecode", "character_dict": ["a", "b", "c"]},
        Hashes={"inference.onnx": hashlib.sha256(file.read_bytes()).hexdigest()},
    )
    model = open_model(tmp_path)
    assert model.path == file
    assert [next(iter(op)) for op in model.transform_ops] == ["DecodeImage", "RecResizeImg"]
    assert model.characters == ("a", "b", "c")
    assert model.post_process == {"name": "CTCLabelDecode"}
    assert model.step("ResizeImg")["width_bucket"] == 64


def test_description_inside_the_onnx_file(make_rec: MakeModel, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    file = make_rec(tmp_path / "any.onnx")
    proto = onnx.load(str(file))
    text = yaml.safe_dump({"PostProcess": {"name": "CTCLabelDecode", "character_dict": ["x", "y", "z"]}})
    proto.metadata_props.add(key="inference_yml", value=text)
    onnx.save(proto, str(file))
    assert open_model(file).characters == ("x", "y", "z")


def test_changed_and_missing_files(make_rec: MakeModel, tmp_path: Path) -> None:
    make_rec(tmp_path / "inference.onnx")
    describe(tmp_path, Hashes={"inference.onnx": "0" * 64})
    with pytest.raises(ModelFileError, match=r"SHA-256 is not the one in inference\.yml.*export again"):
        open_model(tmp_path)
    with pytest.raises(ModelFileError, match="no such model folder or file"):
        open_model(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFileError, match=r"no inference\.onnx here\. Export one"):
        open_model(tmp_path / "empty")
    with pytest.raises(ModelFileError, match="expected a folder, or a file ending in"):
        open_model(tmp_path / "inference.yml")
    with pytest.raises(ModelFileError, match=r"not find model\.pdmodel or inference\.pdmodel"):
        open_model(tmp_path, EngineOptions(engine="paddle"))


def test_paddle_files_only(tmp_path: Path) -> None:
    (tmp_path / "inference.pdmodel").write_bytes(b"x")
    assert find_network(tmp_path) == ("paddle", tmp_path / "inference.pdmodel")
    assert find_network(tmp_path / "inference") == ("paddle", tmp_path / "inference.pdmodel")
    with pytest.raises(ModelFileError, match="Paddle files only. Choose --engine paddle, or convert"):
        find_network(tmp_path, "onnxruntime")


def test_several_onnx_files(make_det: MakeModel, tmp_path: Path) -> None:
    make_det(tmp_path / "a.onnx")
    assert find_network(tmp_path) == ("onnxruntime", tmp_path / "a.onnx")
    make_det(tmp_path / "b.onnx")
    with pytest.raises(ModelFileError, match=r"several \.onnx files \(a\.onnx, b\.onnx\)"):
        find_network(tmp_path)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("damage", ["text", "truncated", "empty"])
def test_broken_onnx(make_rec: MakeModel, tmp_path: Path, engine: str, damage: str) -> None:
    pytest.importorskip(engine)
    data = make_rec(tmp_path / "good.onnx").read_bytes()
    broken = {"text": b"not a network", "truncated": data[: len(data) // 2], "empty": b""}[damage]
    (tmp_path / "bad.onnx").write_bytes(broken)
    with pytest.raises(ModelFileError, match=r"bad\.onnx: .*again"):
        open_model(tmp_path / "bad.onnx", EngineOptions(engine=engine))


def test_broken_inference_yml(make_rec: MakeModel, tmp_path: Path) -> None:
    make_rec(tmp_path / "inference.onnx")
    (tmp_path / "inference.yml").write_text("PreProcess: [1, 2")
    with pytest.raises(ModelFileError, match=r"inference\.yml:.*not valid YAML.*Export the model again"):
        open_model(tmp_path)
    (tmp_path / "inference.yml").write_text("just text")
    with pytest.raises(ModelFileError, match="expected sections such as PreProcess"):
        open_model(tmp_path)
    (tmp_path / "inference.yml").write_text("PostProcess: 3")
    with pytest.raises(ModelFileError, match="PostProcess in inference.yml: expected keys and values"):
        _ = open_model(tmp_path).characters


def test_charset_gets_the_space_that_the_network_has_a_class_for() -> None:
    where = {"path": Path("m.onnx"), "where": "dict"}
    assert resolve_charset("ab", 3, **where) == ("a", "b")
    assert resolve_charset("ab", 4, **where) == ("a", "b", " ")
    assert resolve_charset("ab ", 3, **where) == ("a", "b")
    with pytest.raises(
        ModelFileError, match=r"tells 9 classes apart.*has 2 characters.*--rec_char_dict_path"
    ):
        resolve_charset("ab", 9, **where)


def test_wrong_charset_size_is_refused_at_loading(make_rec: MakeModel, tmp_path: Path) -> None:
    file = make_rec(tmp_path / "r.onnx", classes=9)
    with pytest.raises(ModelFileError, match="tells 9 classes apart"):
        TextRecognizer.open(file)
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("a\nb\nc\nd\ne\nf\ng\n", encoding="utf-8")
    opened = TextRecognizer.open(file, char_dict_path=dictionary)  # the eighth is the space
    assert opened.predictor.engine.output_shapes == ((None, None, 9),)
    with pytest.raises(ModelFileError, match="tells"):
        TextRecognizer.open(file, char_dict_path=dictionary, use_space_char=False)
    with pytest.raises(ModelFileError, match="--rec_char_dict_path .*no such dictionary"):
        TextRecognizer.open(file, char_dict_path=tmp_path / "gone.txt")


def test_no_charset_at_all(make_rec: MakeModel, tmp_path: Path) -> None:
    file = make_rec(tmp_path / "r.onnx", characters=None)
    with pytest.raises(ModelFileError, match="no charset travels with this model.*--rec_char_dict_path FILE"):
        TextRecognizer.open(file)


def test_a_detector_given_as_recognizer(make_det: MakeModel, tmp_path: Path) -> None:
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(ModelFileError, match="this is no recognizer"):
        TextRecognizer.open(make_det(tmp_path / "d.onnx"), char_dict_path=dictionary)


def test_metadata_without_the_onnx_package(make_rec: MakeModel, tmp_path: Path) -> None:
    file = make_rec(tmp_path / "r.onnx", characters="aé\u2028")
    assert read_metadata(file) == {"character": "a\né\n\u2028"}
    assert open_model(file).characters == ("a", "é", "\u2028")


def test_unknown_engine_device_precision(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no engine 'onnxruntim'. Did you mean 'onnxruntime'"):
        open_engine(tmp_path, kind="onnxruntim")
    with pytest.raises(ConfigError, match="device: 'tpu' is none of cpu, gpu"):
        open_engine(tmp_path, device="tpu")
    with pytest.raises(ConfigError, match="precision: 'fp8' is none of"):
        open_engine(tmp_path, precision="fp8")


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino", "paddle"])
def test_missing_engine_package_names_the_pip_line(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, kind, None)
    with pytest.raises(MissingDependency, match="pip install"):
        open_engine(tmp_path / "m.onnx", kind=kind)


def test_threads_from_the_control_group(tmp_path: Path) -> None:
    assert default_threads() >= 1
    assert _cgroup_quota(tmp_path) is None
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert _cgroup_quota(tmp_path) == 1.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert _cgroup_quota(tmp_path) is None
