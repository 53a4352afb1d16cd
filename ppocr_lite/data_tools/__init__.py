"""Tools for data sets: check, clean, split, import, LMDB. They need neither Paddle nor a network."""
