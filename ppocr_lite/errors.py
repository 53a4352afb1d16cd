"""The package's own exceptions: each says what was wrong, where, and what to do."""


class PPOCRError(Exception):
    """Base of every error that ppocr_lite raises on purpose."""


class ConfigError(PPOCRError):
    """A configuration file, an override or a constructor parameter is wrong."""


class DataError(PPOCRError):
    """An image, a label file or a dataset cannot be used."""


class ModelFileError(PPOCRError):
    """A model folder, a checkpoint or an exported network cannot be used."""


class MissingDependency(PPOCRError):
    """An optional package is needed here; the message holds the pip line."""
