"""Network outputs -> results, by their PaddleOCR names; importing the package registers them."""

from ppocr_lite.postprocess import cls, ctc, db, distillation
from ppocr_lite.postprocess.scores import probabilities

__all__ = ["cls", "ctc", "db", "distillation", "probabilities"]
