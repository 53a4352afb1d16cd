"""Smaller networks: pruning and quantization. Nothing in the runtime needs this package."""
