"""The commands of doc/benchmarks.md are ones that the programs take, and its Python block runs."""

import argparse
import contextlib
import io
import re
import shlex

import pytest

from ppocr_lite.benchmark import cli
from ppocr_lite.benchmark.lexicons import parse_wanted
from ppocr_lite.data_tools import cli as data_cli

lmdb = pytest.importorskip("lmdb")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def text(repo):
    return (repo / "doc/benchmarks.md").read_text(encoding="utf-8")


def commands(text, start):
    """Arguments of all commands that begin so, with lines that are continued put together."""
    plain = "".join(content for kind, content in BLOCK.findall(text) if not kind).replace("\\\n", "")
    lines = [line for line in plain.splitlines() if line.startswith(start)]
    return [shlex.split(line, comments=True)[len(start.split()) :] for line in lines]


def test_evaluations_can_be_parsed(text):
    found = [cli.parse("", arguments) for arguments in commands(text, "python tools/eval_benchmark.py")]
    assert len(found) == 5
    names = [[v.partition("=")[0] for v in args.lexicon] for args in found if args.lexicon]
    assert names == [["50", "full", "50k"], ["50", "1k", "full", "50k"]]
    assert list(parse_wanted(["1k", "50", "full"])) == ["50", "1k", "full"]


def test_imports_can_be_parsed(text):
    parser = argparse.ArgumentParser()
    data_cli.add_arguments(parser)
    found = [parser.parse_args(arguments) for arguments in commands(text, "ppocr-lite data")]
    assert [args.format for args in found[:4]] == ["mjsynth", "mjsynth", "iiit5k", "svt"]
    assert all(args.lmdb for args in found)


def test_every_flag_is_explained(text):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), pytest.raises(SystemExit):
        cli.parse("", ["--help"])
    flags = set(re.findall(r"(?<![\w-])--[a-zA-Z][\w-]*", shown.getvalue())) - {"--help", "--opt", "--config"}
    assert sorted(flag for flag in flags if f"{flag}`" not in text and f"{flag} " not in text) == []


def test_the_lexicons_of_the_example(text, tmp_path, monkeypatch):
    ((_, block),) = [found for found in BLOCK.findall(text) if found[0] == "python"]
    (tmp_path / "words.txt").write_text("\n".join(f"word{i}" for i in range(1200)))
    folder = tmp_path / "rendered/easy"
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=1 << 20) as environment, environment.begin(write=True) as put:
        for key, value in ((b"num-samples", b"1"), (b"image-000000001", b"x"), (b"label-000000001", b"a,b")):
            put.put(key, value)
    monkeypatch.chdir(tmp_path)
    exec(compile(block.replace("/usr/share/dict/american-english", "words.txt"), "block", "exec"), {})
    rows = (tmp_path / "rendered/easy.lex50.txt").read_text().splitlines()
    assert (len(rows), rows[0].split(",")[0], len(rows[0].split(","))) == (1, "ab", 50)
    assert (tmp_path / "rendered/easy.lex1k.txt").is_file()
