"""Augmenters of pictures with points, by their imgaug names; importing the package registers them.

These are the ``augmenter_args`` of IaaAugment. A list ``[low, high]`` is a uniform range, as tuples are in
imgaug, and a single number is fixed. imgaug itself is not needed.
"""

from ppocr_lite.transforms.augmenters import combined, geometric, pixels, sizes
from ppocr_lite.transforms.augmenters.base import AUGMENTERS, Augmenter, build_augmenter, build_augmenters

__all__ = [
    "AUGMENTERS",
    "Augmenter",
    "build_augmenter",
    "build_augmenters",
    "combined",
    "geometric",
    "pixels",
    "sizes",
]
