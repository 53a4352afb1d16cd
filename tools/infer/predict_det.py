"""Find the text lines in pictures: python tools/infer/predict_det.py --image_dir FILE_OR_FOLDER"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.inference import runs, tool

if __name__ == "__main__":
    sys.exit(tool.run(runs.run_det, __doc__))
