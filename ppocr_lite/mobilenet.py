"""MobileNets in numbers: what their Paddle networks and the PyTorch twins have in common.

MobileNetV3: Howard et al., "Searching for MobileNetV3", ICCV 2019, arXiv:1905.02244, tables 1 and 2.
MobileNetV1Enhance: the recognition backbone of PaddleOCR's PP-OCRv2, in the manner of PP-LCNet.
"""

from typing import NamedTuple

SCALES = (0.35, 0.5, 0.75, 1.0, 1.25)
STEM_WIDTH = 16


class Row(NamedTuple):
    """One inverted residual, at scale 1."""

    kernel: int
    expand: int
    out: int
    use_se: bool
    act: str
    stride: int


class Table(NamedTuple):
    """One published network: its rows, the width of its last 1x1 convolution, and where its parts begin."""

    rows: tuple[Row, ...]
    last_width: int
    first_cut: int
    """Detectors: the first row that may start a new feature map, by having stride 2."""
    stride_rows: tuple[int, int, int, int]
    """Recognizers: the rows that take the four configured strides; all others have stride 1."""


RE, HS = "relu", "hardswish"

TABLES = {
    "large": Table(
        rows=(
            Row(3, 16, 16, False, RE, 1),
            Row(3, 64, 24, False, RE, 2),
            Row(3, 72, 24, False, RE, 1),
            Row(5, 72, 40, True, RE, 2),
            Row(5, 120, 40, True, RE, 1),
            Row(5, 120, 40, True, RE, 1),
            Row(3, 240, 80, False, HS, 2),
            Row(3, 200, 80, False, HS, 1),
            Row(3, 184, 80, False, HS, 1),
            Row(3, 184, 80, False, HS, 1),
            Row(3, 480, 112, True, HS, 1),
            Row(3, 672, 112, True, HS, 1),
            Row(5, 672, 160, True, HS, 2),
            Row(5, 960, 160, True, HS, 1),
            Row(5, 960, 160, True, HS, 1),
        ),
        last_width=960,
        first_cut=3,
        stride_rows=(0, 1, 3, 12),
    ),
    "small": Table(
        rows=(
            Row(3, 16, 16, True, RE, 2),
            Row(3, 72, 24, False, RE, 2),
            Row(3, 88, 24, False, RE, 1),
            Row(5, 96, 40, True, HS, 2),
            Row(5, 240, 40, True, HS, 1),
            Row(5, 240, 40, True, HS, 1),
            Row(5, 120, 48, True, HS, 1),
            Row(5, 144, 48, True, HS, 1),
            Row(5, 288, 96, True, HS, 2),
            Row(5, 576, 96, True, HS, 1),
            Row(5, 576, 96, True, HS, 1),
        ),
        last_width=576,
        first_cut=1,
        stride_rows=(0, 1, 3, 8),
    ),
}


class SeparableRow(NamedTuple):
    """One depthwise-separable block of MobileNetV1Enhance, at scale 1."""

    in_width: int
    out_width: int
    stride: int | tuple[int, int]
    kernel: int
    use_se: bool = False


SEPARABLE_ROWS = (
    SeparableRow(32, 64, 1, 3),
    SeparableRow(64, 128, 1, 3),
    SeparableRow(128, 128, 1, 3),
    SeparableRow(128, 256, (2, 1), 3),
    SeparableRow(256, 256, 1, 3),
    SeparableRow(256, 512, (2, 1), 3),
    *[SeparableRow(512, 512, 1, 5)] * 5,
    SeparableRow(512, 1024, (2, 1), 5, True),
    SeparableRow(1024, 1024, 1, 5, True),
)


def make_divisible(value: float, divisor: int = 8) -> int:
    """Round ``value`` to a multiple of ``divisor``, never below it and never down by more than 10 %.

    >>> make_divisible(0.5 * 72), make_divisible(0.35 * 16), make_divisible(11)
    (40, 8, 16)
    """
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
