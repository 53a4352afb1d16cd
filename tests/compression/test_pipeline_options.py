"""Flags of ``ppocr-lite compress``."""

import argparse
from pathlib import Path

import pytest

from ppocr_lite import cli
from ppocr_lite.compression.pipeline_options import add_flags, from_flags, joined_changes
from ppocr_lite.compression.prune_options import PruneOptions
from ppocr_lite.errors import ConfigError


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return from_flags(parser.parse_args(joined_changes(words)), Path("out"))


def test_the_usual_command():
    found = parsed("--flops", "-45%", "--int8", "--steps", "200", "50")
    assert (found.flops, found.int8, found.steps, found.out) == ("-45%", ("pact",), (200, 50), Path("out"))
    assert found.pruning().sensitivity
    assert found.pruning().flops == "-45%"
    assert not parsed("--int8").prunes


def test_one_number_serves_both_trainings():
    found = parsed("--int8", "pact", "calibrated", "--epochs", "3", "--lr", "0.2", "--out", "x")
    assert (found.epochs, found.rates, found.int8) == ((3, 3), (0.2, 0.2), ("pact", "calibrated"))
    assert found.out == Path("x")


def test_equal_ratios_need_no_analysis():
    assert not parsed("--ratio", "0.3").pruning().sensitivity
    assert not parsed("--size=-45%", "--uniform").pruning().sensitivity


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Nothing to do: give --flops, --size or --ratio to prune, --int8 to quantize"),
        (("--flops", "-45%", "--size", "-4%"), "--flops and --size: give one of the two"),
        (("--ratio", "1.5"), "--ratio: expected a number between 0 and 1, got 1.5"),
        (("--int8", "--epochs", "1", "--steps", "2"), "--epochs and --steps: give one of the two"),
        (("--int8", "--steps", "1", "2", "3"), "--steps: expected one or two numbers from 1, got 1 2 3"),
        (("--int8", "--lr", "0"), "--lr: expected one or two numbers above 0, got 0"),
        (("--int8", "--rounds", "0"), "--rounds: expected at least 1, got 0"),
    ],
)
def test_errors(words, said):
    with pytest.raises(ConfigError, match=said):
        parsed(*words)


def test_the_console_script_takes_a_change_as_a_word_of_its_own(tmp_path, capsys):
    pytest.importorskip("paddle")
    assert cli.main(["compress", "-c", str(tmp_path / "none.yml"), "--flops", "-45%"]) == 2
    assert "none.yml" in capsys.readouterr().err


def test_channels_left_are_in_eights_where_a_size_is_asked_for():
    assert PruneOptions(size="-45%").channels_multiple == 8
    assert PruneOptions(flops="-45%", multiple=4).channels_multiple == 4
    assert PruneOptions(ratio=0.1).channels_multiple == 1
