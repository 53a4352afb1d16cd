"""Datasets and loading of batches. Importing the package registers the datasets; Paddle is not loaded."""

from ppocr_lite.data.base import Dataset, PipelineDataset
from ppocr_lite.data.datasets import SimpleDataSet
from ppocr_lite.data.lmdb_dataset import LMDBDataSet
from ppocr_lite.data.loader import DataLoader, LoaderOptions, build_dataloader
from ppocr_lite.data.mix import MixDataSet
from ppocr_lite.data.synth import SynthDataSet

__all__ = [
    "DataLoader",
    "Dataset",
    "LMDBDataSet",
    "LoaderOptions",
    "MixDataSet",
    "PipelineDataset",
    "SimpleDataSet",
    "SynthDataSet",
    "build_dataloader",
]
