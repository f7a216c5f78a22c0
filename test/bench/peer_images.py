"""The PyTorch and Pillow peer: statistics of a folder of grey images, as people write the loop that finds a data set's mean and std.

It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
times are taken inside, around the work alone.

    version
    ways                names of the ways
    stats WAY FOLDER    mean and biased variance of all pixels
"""

import json
import os
import sys
import time

import numpy as np
import PIL
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

BATCH = 256


class Folder(Dataset):
    """Images as tensors `[H, W]` uint8."""

    def __init__(self, folder):
        self.paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as image:
            return torch.from_numpy(np.array(image))


def loop(folder, workers):
    """Integers of a batch are summed exactly; a worker process hands a batch over at once."""
    count, total, squares = 0, 0, 0
    for batch in DataLoader(Folder(folder), batch_size=BATCH, num_workers=workers):
        wide = batch.to(torch.int64)
        count += batch.numel()
        total += int(wide.sum())
        squares += int((wide * wide).sum())
    mean = total / count
    return mean, squares / count - mean * mean


WAYS = {"one process": 0, "DataLoader, 2 workers": 2}


def main():
    for line in sys.stdin:
        op, *fields = line.rstrip("\n").split("\t")
        if op == "version":
            print(json.dumps({"version": PIL.__version__}), flush=True)
            continue
        if op == "ways":
            print(json.dumps({"ways": list(WAYS)}), flush=True)
            continue
        start = time.perf_counter()
        mean, variance = loop(fields[1], WAYS[fields[0]])
        ms = (time.perf_counter() - start) * 1e3
        print(json.dumps({"ms": ms, "mean": [mean], "variance": [variance]}), flush=True)


main()
