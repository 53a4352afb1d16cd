"""Read text lines by a trained model: -c CONFIG -o Global.infer_img=PATH"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.engine import infer, tool

if __name__ == "__main__":
    sys.exit(tool.run(infer.infer_rec, __doc__))
