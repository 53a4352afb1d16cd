"""``report.html``: what a training did, in one file that opens without network and scripts."""

from ppocr_lite.engine.report.history import History, read_history
from ppocr_lite.engine.report.page import Facts, page
from ppocr_lite.engine.report.worst import Example, WorstPredictions

__all__ = ["Example", "Facts", "History", "WorstPredictions", "page", "read_history"]
