"""Datasets and loading of batches. Importing the package registers the datasets; Paddle is not loaded."""

from ppocr_lite.data.datasets import PipelineDataset, SimpleDataSet
from ppocr_lite.data.lmdb_dataset import LMDBDataSet
from ppocr_lite.data.loader import DataLoader, LoaderOptions, build_dataloader
from ppocr_lite.data.synth import SynthDataSet

__all__ = [
    "DataLoader",
    "LMDBDataSet",
    "LoaderOptions",
    "PipelineDataset",
    "SimpleDataSet",
    "SynthDataSet",
    "build_dataloader",
]
