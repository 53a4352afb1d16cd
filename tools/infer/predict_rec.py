"""Read pictures of single text lines: python tools/infer/predict_rec.py --image_dir FILE_OR_FOLDER"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.inference import runs, tool

if __name__ == "__main__":
    sys.exit(tool.run(runs.run_rec, __doc__))
