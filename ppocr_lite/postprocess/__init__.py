"""Network outputs -> results, by their PaddleOCR names; importing the package registers them."""

from ppocr_lite.postprocess import attention, cls, ctc, db, distillation
from ppocr_lite.postprocess.scores import probabilities

__all__ = ["attention", "cls", "ctc", "db", "distillation", "probabilities"]
