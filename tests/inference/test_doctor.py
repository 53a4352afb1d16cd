"""The installation report: what it calls bad."""

from pathlib import Path

import pytest

from ppocr_lite.inference import doctor


def test_two_opencv_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"opencv-python": "4.6.0.66", "opencv-python-headless": "4.11"}
    monkeypatch.setattr(doctor, "installed_version", found.get)
    (finding,) = doctor.check_opencv()
    assert finding.ok is False
    assert "opencv-python 4.6.0.66, opencv-python-headless 4.11" in finding.text
    assert "pip uninstall" in finding.text


@pytest.mark.parametrize(
    ("cpu", "gpu", "bad"), [("3.2.2", None, 0), (None, None, 0), ("3.3.1", None, 1), (None, "2.6.2", 1)]
)
def test_releases_of_paddle(cpu: str | None, gpu: str | None, bad: int) -> None:
    findings = list(doctor.check_paddle(cpu, gpu))
    assert len(findings) == bad
    assert all(f.ok is False and "pip install" in f.text for f in findings)


def test_engines_are_tried(monkeypatch: pytest.MonkeyPatch, models: dict[str, Path]) -> None:
    monkeypatch.setattr(doctor, "embedded_model", lambda task: models[task])
    assert all(f.ok for f in doctor.check_engines())
    monkeypatch.setattr(doctor, "embedded_model", lambda task: models[task].with_name("gone"))
    assert all(f.ok is False and "no such model" in f.text for f in doctor.check_engines())


def test_embedded_models_are_opened(monkeypatch: pytest.MonkeyPatch, models: dict[str, Path]) -> None:
    monkeypatch.setattr(doctor, "embedded_model", lambda task: models[task])
    assert [f.ok for f in doctor.check_models()] == [True] * 3
    monkeypatch.setattr(doctor, "embedded_model", lambda task: models[task].with_name("gone"))
    assert [f.ok for f in doctor.check_models()] == [False] * 3


def test_report_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        doctor, "examine", lambda: iter([doctor.Finding("x 1"), doctor.Finding("y", ok=False)])
    )
    assert doctor.report() == 1
    assert capsys.readouterr().out == "    x 1\nBAD y\n"
