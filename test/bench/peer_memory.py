"""The NumPy peer for images in memory: statistics of each channel, written in several ways; the benchmark takes the fastest.

It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
times are taken inside, around the work alone.

    version
    load N C S SHIFT OFFSET PATH DTYPE LAYOUT    fill [N, C, S], or [N, S, C] with its channels `last`
    ways                                         names of the ways, in float64, one thread
    stats WAY                                    mean and biased variance of each channel
"""

import json
import sys
import time

import numpy as np

CHUNK_BYTES = 1 << 20


def whole(x, axes):
    return x.mean(axis=axes, dtype=np.float64), x.var(axis=axes, dtype=np.float64)


def chunks(x, axes, add):
    """Sums of chunks of samples, in a buffer that is used again and stays in the cache."""
    n = x.shape[0]
    samples = max(1, CHUNK_BYTES // (x[0].size * 4))
    wide = np.empty((samples, *x.shape[1:]))
    channels = x.shape[3 - axes[1]]
    s, q = np.zeros(channels), np.zeros(channels)
    for i in range(0, n, samples):
        chunk = x[i : i + samples]
        part = wide[: len(chunk)]
        np.copyto(part, chunk)
        add(part, axes, s, q)
    count = x.size // channels
    mean = s / count
    return mean, q / count - mean * mean


def add_sums(part, axes, s, q):
    s += part.sum(axis=axes)
    np.multiply(part, part, out=part)
    q += part.sum(axis=axes)


def add_planes(part, axes, s, q):
    """Sums of planes, and then of samples: einsum takes squares and sums at once."""
    s += part.sum(axis=axes[1]).sum(axis=0)
    q += np.einsum("ncs,ncs->nc" if axes[1] == 2 else "nsc,nsc->nc", part, part).sum(axis=0)


WAYS = {
    "mean and var": whole,
    "float64 sums of chunks": lambda x, axes: chunks(x, axes, add_sums),
    "float64 sums of chunks, einsum": lambda x, axes: chunks(x, axes, add_planes),
}


def load(n, c, s, shift, offset, path, dtype, layout):
    n, c, s = int(n), int(c), int(s)
    x = np.fromfile(path, np.float32, n * c * s, offset=int(offset)) + np.float32(shift)
    if dtype == "uint8":
        x = np.clip(np.floor(40 * x.astype(np.float64) + 128), 0, 255)
    shape, axes = ((n, s, c), (0, 1)) if layout == "last" else ((n, c, s), (0, 2))
    return x.astype(dtype).reshape(shape), axes


def main():
    x = axes = None
    for line in sys.stdin:
        op, *fields = line.rstrip("\n").split("\t")
        if op == "version":
            print(json.dumps({"version": np.__version__}), flush=True)
        elif op == "ways":
            print(json.dumps({"ways": list(WAYS)}), flush=True)
        elif op == "load":
            x, axes = load(*fields)
            print('{"ms":0}', flush=True)
        else:
            start = time.perf_counter()
            mean, variance = WAYS[fields[0]](x, axes)
            ms = (time.perf_counter() - start) * 1e3
            print(json.dumps({"ms": ms, "mean": mean.tolist(), "variance": variance.tolist()}), flush=True)


main()
