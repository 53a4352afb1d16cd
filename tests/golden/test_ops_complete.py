"""Every case of the operators' manifest is compared by one of the test files beside this one."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = [pytest.mark.golden_ops, pytest.mark.train]

Case = tuple[str, str]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries_of(module: ModuleType) -> list[dict]:
    """The manifest entries that a test file is run for: its CASES, and the parameters of its tests."""
    entries = list(getattr(module, "CASES", []))
    for name, function in vars(module).items():
        for mark in getattr(function, "pytestmark", []) if name.startswith("test_") else []:
            if mark.name == "parametrize":
                # a parameter is the value itself, or pytest.param, a tuple that begins with a tuple of values
                values = [
                    v[0][0] if isinstance(v, tuple) and v and isinstance(v[0], tuple) else v
                    for v in mark.args[1]
                ]
                entries += [value for value in values if isinstance(value, dict) and "op" in value]
    return entries


def uncompared(manifest: list[dict], modules: list[ModuleType]) -> set[Case]:
    wanted = {(entry["op"], entry["case"]) for entry in manifest}
    return wanted - {(e["op"], e["case"]) for module in modules for e in entries_of(module)}


def test_every_case_is_compared(golden_dir):
    manifest = json.loads((golden_dir / "ops" / "manifest.json").read_text(encoding="utf-8"))["cases"]
    files = [
        path
        for path in sorted(Path(__file__).parent.glob("test_ops_*.py"))
        if path.name != "test_ops_complete.py"
    ]
    modules = [load(path) for path in files]
    assert not uncompared(manifest, modules)


def test_a_case_without_a_test_is_found():
    module = ModuleType("some_tests")
    module.CASES = [{"op": "a", "case": "1"}]
    manifest = [{"op": "a", "case": "1"}, {"op": "a", "case": "2"}, {"op": "b", "case": "1"}]
    assert uncompared(manifest, [module]) == {("a", "2"), ("b", "1")}

    @pytest.mark.parametrize("entry", [pytest.param({"op": "b", "case": "1"}, id="b"), None])
    def test_b(entry):
        pass

    module.test_b = test_b
    assert uncompared(manifest, [module]) == {("a", "2")}
