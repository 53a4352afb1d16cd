"""Fixtures that read the reference's networks, operators and numbers."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest


class ReferenceModel:
    """One file of models/: architecture, weight rule, inputs and expected outputs of a network."""

    def __init__(self, path: Path, reader: ModuleType) -> None:
        self.spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.reader = reader
        self.arch: dict[str, Any] = self.spec["Architecture"]

    def missing_part(self) -> str | None:
        """The first part that no registry has; None when the model can be built."""
        from ppocr_lite.modeling import ARCHITECTURES
        from ppocr_lite.modeling.build import DEFAULT_NAME, PARTS

        name = self.arch.get("name", DEFAULT_NAME)
        if name not in ARCHITECTURES.names():
            return str(name)
        for sub in self.arch.get("Models", {"": self.arch}).values():
            for key, registry in PARTS.items():
                part = (sub.get(key) or {}).get("name")
                if part is not None and part not in registry.names(sub["model_type"]):
                    return f"{key}.{part} ({sub['model_type']})"
        return None

    def build(self) -> Any:
        """The model with the rule's weights, its tensors named as in a process of its own."""
        import paddle

        from ppocr_lite.modeling import build_model

        with paddle.utils.unique_name.guard():
            model = build_model(self.arch)
        values = {}
        for name, shape, _, _ in self.spec["params"]:
            source = self.spec["aliases"].get(name, name)
            value = self.reader.state_value(
                source, shape, self.spec["fill_gain"], self.spec["fill_overrides"]
            )
            values[name] = paddle.to_tensor(value)
        missing, unexpected = model.set_state_dict(values)
        assert not missing
        assert not unexpected
        return model

    def error(self, got: np.ndarray, expected: dict[str, Any]) -> float:
        """Largest difference at the sampled positions, in standard deviations of the expected array."""
        assert list(got.shape) == expected["shape"]
        positions = self.reader.sample_index(got.size, len(expected["sampled"]))
        difference = got.reshape(-1)[positions].astype(np.float64) - np.asarray(expected["sampled"])
        return float(np.abs(difference).max() / expected["stats"]["std"])


@pytest.fixture(scope="session")
def reference_model(golden_dir: Path, reader: ModuleType) -> Callable[[str], ReferenceModel]:
    """Reads models/<name>.json; skips the test while a part of that network does not exist here."""

    def read(name: str) -> ReferenceModel:
        reference = ReferenceModel(golden_dir / "models" / f"{name}.json", reader)
        missing = reference.missing_part()
        if missing is not None:
            pytest.skip(f"part {missing} is not registered yet")
        return reference

    return read


@pytest.fixture
def case(
    request, golden_dir: Path, reader: ModuleType
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(manifest entry, inputs, outputs) of the entry that a module's parametrization hands over."""
    entry = request.param
    npz = np.load(golden_dir / "ops" / entry["npz"]) if entry["npz"] else {}
    inputs, outputs = (
        {key: reader.resolve(value, npz) for key, value in entry[side].items()}
        for side in ("inputs", "outputs")
    )
    return entry, inputs, outputs
