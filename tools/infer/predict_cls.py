"""Tell upright text lines from turned ones: python tools/infer/predict_cls.py --image_dir FILE_OR_FOLDER"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.inference import runs, tool

if __name__ == "__main__":
    sys.exit(tool.run(runs.run_cls, __doc__))
