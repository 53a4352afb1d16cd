"""Find text by a trained model: -c CONFIG -o Global.infer_img=PATH Global.save_res_path=boxes.txt"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.engine import infer, tool

if __name__ == "__main__":
    sys.exit(tool.run(infer.infer_det, __doc__))
