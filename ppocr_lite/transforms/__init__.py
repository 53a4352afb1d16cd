"""Data transforms by their PaddleOCR names; importing the package registers them."""

from ppocr_lite.transforms import (
    copy_paste,
    det_augment,
    det_crop,
    det_label,
    det_targets,
    erasing,
    image,
    rand_augment,
    rec_augment,
    rec_concat,
    rec_label,
    resize,
)
from ppocr_lite.transforms.base import (
    ARRAY_SOURCES,
    FILE_SOURCES,
    Pipeline,
    Sample,
    Transform,
    build_pipeline,
)

__all__ = [
    "ARRAY_SOURCES",
    "FILE_SOURCES",
    "Pipeline",
    "Sample",
    "Transform",
    "build_pipeline",
    "copy_paste",
    "det_augment",
    "det_crop",
    "det_label",
    "det_targets",
    "erasing",
    "image",
    "rand_augment",
    "rec_augment",
    "rec_concat",
    "rec_label",
    "resize",
]
