"""``ppocr-lite compress``: its flags, and what it does."""

import argparse
import logging
from pathlib import Path

from ppocr_lite.compression.pipeline_options import add_flags, from_flags, joined_changes
from ppocr_lite.config import Config
from ppocr_lite.config.global_keys import GLOBAL_KINDS
from ppocr_lite.engine import tool
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import check_values

__all__ = ["add_arguments", "joined_changes", "run"]

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All flags."""
    parser.add_argument("-c", "--config", required=True, metavar="FILE", help="configuration (.yml)")
    parser.add_argument(
        *("-o", "--opt"), nargs="*", action="extend", default=[], metavar="KEY=VALUE", help="override values"
    )
    add_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Compress; gives the exit status."""
    tool.require_paddle()
    from ppocr_lite.compression import pipeline, summary  # need Paddle

    tool.log_to_console()
    cfg = Config.load(args.config, args.opt)
    check_values(cfg.section("Global"), GLOBAL_KINDS, where="Global")
    out = args.out or default_folder(cfg)
    options = from_flags(args, out)
    with cfg.naming_places():
        tool.log_to_file(out / "compress.log")
        try:
            values = pipeline.run(cfg, options)
        except pipeline.Stopped as error:
            logger.error("%s", error)
            return tool.EXIT_STOPPED
    for line in summary.markdown(values, list(values["models"])).splitlines():
        logger.info("%s", line)
    logger.info("written to %s", out)
    return 0


def default_folder(cfg: Config) -> Path:
    """``compressed`` in ``Global.save_model_dir``."""
    folder = cfg.get("Global.save_model_dir")
    if not folder:
        raise ConfigError("Global.save_model_dir: not set. Give --out DIR.")
    return Path(folder) / "compressed"
