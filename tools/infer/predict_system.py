"""Read the text in pictures: python tools/infer/predict_system.py --image_dir FILE_OR_FOLDER"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.inference import runs, tool

if __name__ == "__main__":
    sys.exit(tool.run_shared(runs.run_system, __doc__))
