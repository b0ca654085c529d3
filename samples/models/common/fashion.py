# SPDX-License-Identifier: MIT
"""Fashion-MNIST as Debian's package dataset-fashion-mnist installs it (MIT licence)."""
import gzip
import pathlib

import numpy

FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")
NAMES = ["t-shirt", "trousers", "pullover", "dress", "coat"]
NAMES += ["sandal", "shirt", "sneaker", "bag", "ankle boot"]


def load(part="train"):
    """part: "train" (60,000) or "t10k" (10,000). Pictures uint8 [n, 28, 28], labels int64 [n]."""
    with gzip.open(FOLDER / f"{part}-images-idx3-ubyte.gz") as f:
        pictures = numpy.frombuffer(f.read(), numpy.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(FOLDER / f"{part}-labels-idx1-ubyte.gz") as f:
        labels = numpy.frombuffer(f.read(), numpy.uint8, offset=8)
    return pictures.copy(), labels.astype(numpy.int64)
