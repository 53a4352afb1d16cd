"""Read pictures of single text lines: python tools/infer/predict_rec.py --image_dir FILE_OR_FOLDER"""

import sys

from ppocr_lite.inference import runs, tool

if __name__ == "__main__":
    sys.exit(tool.run(runs.run_rec, __doc__))
