"""What an installation holds and asks for, and whether the documents point at things that exist."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ppocr_lite

BUILD_FILES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")
RUNTIME = {"numpy", "opencv-python-headless", "pyyaml", "onnxruntime"}
EXTRAS = {"train", "openvino", "paddle", "pdf", "serve", "test"}
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
# Folders of a checkout that hold other people's markdown.
SKIPPED_FOLDERS = {"build", "dist", "output", "inference_results"}


@pytest.fixture(scope="module")
def wheel(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, so that no build folder is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in BUILD_FILES:
        shutil.copy(repo / name, source / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.py[co]")
    shutil.copytree(repo / "ppocr_lite", source / "ppocr_lite", ignore=ignored)
    command = [sys.executable, "setup.py", "-q", "bdist_wheel", "-d", "out"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = (source / "out").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The wheel's METADATA: its version and its requirements."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode("utf-8"))


def requirements(metadata: Message, extra: str | None = None) -> list[Requirement]:
    """Requirements of the runtime, or those that an extra adds."""
    found = [Requirement(line) for line in metadata.get_all("Requires-Dist") or []]
    if extra is None:
        return [r for r in found if "extra" not in str(r.marker or "")]
    return [r for r in found if f'extra == "{extra}"' in str(r.marker or "")]


def names(found: list[Requirement]) -> set[str]:
    return {canonicalize_name(r.name) for r in found}


def test_the_version_is_the_packages_own(metadata: Message) -> None:
    assert metadata["Version"] == ppocr_lite.__version__


def test_the_runtime_needs_four_packages(metadata: Message) -> None:
    assert names(requirements(metadata)) == RUNTIME


def test_the_extras_are_those_of_the_readme(metadata: Message, repo: Path) -> None:
    assert set(metadata.get_all("Provides-Extra") or []) == EXTRAS
    readme = (repo / "README.md").read_text(encoding="utf-8")
    assert [extra for extra in EXTRAS if f"`{extra}`" not in readme] == []


@pytest.mark.parametrize(
    ("extra", "package"),
    [("train", "paddlepaddle"), ("paddle", "paddlepaddle"), ("openvino", "openvino"), ("test", "pytest")],
)
def test_an_extra_adds_its_package(metadata: Message, extra: str, package: str) -> None:
    assert package in names(requirements(metadata, extra))


def test_paddle_releases_that_fail_on_the_cpu_are_excluded(metadata: Message) -> None:
    (paddle,) = (r for r in requirements(metadata, "train") if r.name == "paddlepaddle")
    allowed = [v for v in ("3.0.0", "3.1.1", "3.2.2", "3.3.0", "3.3.1") if paddle.specifier.contains(v)]
    assert allowed == ["3.1.1", "3.2.2"]


def test_requirements_txt_lists_every_package_with_its_range_and_reason(
    metadata: Message, repo: Path
) -> None:
    listed = {}
    for line in (repo / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            text, sign, reason = line.partition("#")
            assert sign, f"no reason given: {line}"
            assert len(reason.split()) >= 2, f"no reason given: {line}"
            requirement = Requirement(text.strip())
            listed[canonicalize_name(requirement.name)] = requirement.specifier
    wanted = {canonicalize_name(r.name): r.specifier for r in requirements(metadata)}
    for extra in EXTRAS:
        wanted.update({canonicalize_name(r.name): r.specifier for r in requirements(metadata, extra)})
    assert listed == wanted


def test_the_wheel_holds_every_file_of_the_package(wheel: Path, repo: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("ppocr_lite/")}
    present = {
        path.relative_to(repo).as_posix()
        for path in (repo / "ppocr_lite").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == present
    assert "ppocr_lite/py.typed" in packed
    assert any(name.startswith("ppocr_lite/dicts/") for name in packed)


def test_the_wheel_declares_the_console_script(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("entry_points.txt"))
        text = archive.read(name).decode("utf-8")
    assert "ppocr-lite = ppocr_lite.cli:main" in text
    module = Path(ppocr_lite.__file__).with_name("cli.py")
    assert re.search(r"^def main\(", module.read_text(encoding="utf-8"), re.MULTILINE)


def test_importing_the_package_loads_no_heavy_package() -> None:
    code = (
        "import sys, ppocr_lite; "
        "print(sorted({'numpy', 'cv2', 'yaml', 'onnxruntime', 'paddle'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def markdown_files(root: Path) -> list[Path]:
    """The project's own documents: no environments, builds or results."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS]
        found += [Path(folder, name) for name in files if name.endswith(".md")]
    return sorted(found)


def broken_links(document: Path) -> list[str]:
    """Relative links of a markdown file that lead nowhere; a link's ``#section`` must be a heading."""
    broken = []
    for link in MARKDOWN_LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, section = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (section and section not in headings(target)):
            broken.append(link)
    return broken


def headings(document: Path) -> set[str]:
    """Anchors of a markdown file's headings, by GitHub's rule."""
    lines = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_documents_link_to_files_that_exist(repo: Path) -> None:
    documents = markdown_files(repo)
    assert repo / "README.md" in documents
    broken = {str(d.relative_to(repo)): broken_links(d) for d in documents}
    assert {name: links for name, links in broken.items() if links} == {}


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("# One thing\n[a](a.md) [b](b.md) [c](#one-thing) [d](#two) [e](https://x.org/y)")
    assert broken_links(document) == ["b.md", "#two"]


def test_documents_name_tools_and_configs_that_exist(repo: Path) -> None:
    """A path such as ``tools/train.py`` or ``configs/det/x.yml`` in a document is one of the checkout."""
    missing = set()
    for document in markdown_files(repo):
        text = document.read_text(encoding="utf-8")
        for path in re.findall(r"(?<![\w./])((?:tools|configs|benchmarks)/[\w./-]+\.(?:py|yml|sh))", text):
            if not (repo / path).is_file():
                missing.add(f"{document.relative_to(repo)}: {path}")
    assert missing == set()


def test_the_readme_starts_with_make_demo_and_make_test(repo: Path) -> None:
    readme = (repo / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^make \w+|^pip install .*", readme, re.MULTILINE)
    assert commands[:2] == ["make demo", "make test"]
    targets = set(re.findall(r"^(\w+):", (repo / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test", "lint", "check"} <= targets
