"""Tell upright crops from turned ones by a trained model: -c CONFIG -o Global.infer_img=PATH"""

import sys

from ppocr_lite.engine import infer, tool

if __name__ == "__main__":
    sys.exit(tool.run(infer.infer_cls, __doc__))
