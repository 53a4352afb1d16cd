"""Rounding of channel counts."""


def make_divisible(value: float, divisor: int = 8) -> int:
    """Round ``value`` to a multiple of ``divisor``, never below it and never down by more than 10 %.

    >>> make_divisible(0.5 * 72), make_divisible(0.35 * 16), make_divisible(11)
    (40, 8, 16)
    """
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
