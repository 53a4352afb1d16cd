"""Find the text lines in pictures: python tools/infer/predict_det.py --image_dir FILE_OR_FOLDER"""

import sys

from ppocr_lite.inference import runs, tool

if __name__ == "__main__":
    sys.exit(tool.run(runs.run_det, __doc__))
