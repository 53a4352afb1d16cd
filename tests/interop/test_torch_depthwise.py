"""Gradients of the compiled library are those of PyTorch."""

import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the twins need PyTorch")

from torch import nn  # noqa: E402

from ppocr_lite.errors import MissingDependency  # noqa: E402
from ppocr_lite.interop import torch_depthwise  # noqa: E402
from ppocr_lite.interop.torch_blocks import ConvBN, InvertedResidual  # noqa: E402
from ppocr_lite.interop.torch_depthwise import (  # noqa: E402
    COMPILERS,
    Gradients,
    compiled_gradients,
    use_compiled_depthwise,
)

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, COMPILERS)), reason=f"no C++ compiler ({', '.join(COMPILERS)})"
)


@pytest.fixture(scope="module")
def gradients(tmp_path_factory: pytest.TempPathFactory) -> Gradients:
    return compiled_gradients(tmp_path_factory.mktemp("compiled"))


@needs_compiler
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize(
    ("shape", "stride"),
    [((2, 8, 7, 9), 1), ((3, 40, 8, 33), 2), ((1, 48, 1, 1), 1), ((2, 24, 2, 3), 2), ((4, 16, 5, 2), 3)],
)
def test_gradients_are_those_of_torch(
    gradients: Gradients, shape: tuple[int, int, int, int], stride: int, kernel: int, threads: int
) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape, requires_grad=True)
    conv = nn.Conv2d(
        shape[1], shape[1], kernel, (stride, 1), kernel // 2, groups=shape[1], bias=False, dtype=torch.float32
    )
    y = conv(x)
    g = torch.randn_like(y)
    y.backward(g)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        gx, gw = gradients(x.detach(), conv.weight.detach(), g, stride)
    finally:
        torch.set_num_threads(before)
    assert conv.weight.grad is not None
    torch.testing.assert_close(gx, x.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gw, conv.weight.grad, rtol=1e-4, atol=1e-4)


@needs_compiler
@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_block_learns_the_same(bfloat16: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    blocks = [InvertedResidual(8, 16, 8, kernel=5, stride=1, se=True, act="hardswish") for _ in range(2)]
    blocks[1].load_state_dict(blocks[0].state_dict())
    assert use_compiled_depthwise(blocks[1], tmp_path) == 1
    x = torch.randn(2, 8, 6, 20)
    for block in blocks:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            y = block(x)
        y.float().square().mean().backward()
    for (name, a), b in zip(blocks[0].named_parameters(), blocks[1].parameters(), strict=True):
        assert a.grad is not None
        assert b.grad is not None
        assert float(a.grad.abs().max()) > 0, name
        # What differs in the last of bfloat16's 8 bits goes down to all layers before.
        assert float((a.grad - b.grad).norm() / a.grad.norm()) < (0.05 if bfloat16 else 1e-4), name


@needs_compiler
def test_the_library_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_gradients(tmp_path)
    (file,) = tmp_path.iterdir()
    monkeypatch.setattr(torch_depthwise.subprocess, "run", lambda *a, **k: pytest.fail("compiled once more"))
    compiled_gradients(tmp_path)
    assert list(tmp_path.iterdir()) == [file]


@needs_compiler
def test_only_convolutions_that_gain_are_replaced(tmp_path: Path) -> None:
    parts = nn.ModuleList(
        [
            ConvBN(8, 16, kernel=5),  # not depthwise
            ConvBN(8, 8, kernel=3, groups=8),
            ConvBN(12, 12, kernel=5, groups=12),  # no multiple of the lanes
            ConvBN(8, 8, kernel=5, groups=8, stride=2),
            ConvBN(8, 8, kernel=5, groups=8, stride=(2, 1)),
        ]
    )
    assert use_compiled_depthwise(parts, tmp_path) == 1


def test_without_a_compiler_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(torch_depthwise.shutil, "which", lambda name: None)
    with pytest.raises(MissingDependency, match=r"no C\+\+ compiler.*leave the flag out"):
        compiled_gradients(tmp_path)


@pytest.mark.parametrize("compiler", ["false", "/nowhere/c++"])
def test_a_compiler_that_fails_is_named(
    compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", compiler)
    with pytest.raises(MissingDependency, match=f"--compiled.*{compiler}"):
        compiled_gradients(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())
