"""The PyTorch peer for files: the loops that an expert writes over a file mapped into memory, in two threads.

It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
times are taken inside, around the work alone.

    version
    variants                                          names of the ways: of statistics in float64, in float32, and to normalize
    stats WAY OFFSET N C S INPUT                      statistics of a file of [N, C, S] float32, kept for `normalize`
    normalize WAY OFFSET N C S INPUT OUTPUT           input -> existing output, by the statistics kept
    forward STATSWAY WAY OFFSET N C S INPUT OUTPUT    both

There is no minimum and no maximum. Statistics of chunks are merged per channel in float64.
"""

import json
import sys
import time

import torch
from torch_loops import BIG_CHUNK_BYTES, CHUNK_BYTES, chunks, sums, var_means

EPS = 1e-5

torch.set_num_threads(2)
torch.set_grad_enabled(False)


def opened(path, shape, shared=False):
    """[N, C, S] float32 over the file; `shared` lets what is written reach it."""
    offset, n, c, s = shape
    values = torch.from_file(path, shared, offset // 4 + n * c * s, dtype=torch.float32)
    return values[offset // 4 :].view(n, c, s)


EXACT = {
    "float64 sums of chunks": sums,
    "float64 sums of 8 MiB chunks": lambda x: sums(x, BIG_CHUNK_BYTES),
    "var_mean of float64 chunks": lambda x: var_means(x, CHUNK_BYTES, torch.float64),
}
ROUGH = {
    "var_mean of float32 chunks": lambda x: var_means(x, CHUNK_BYTES, torch.float32),
    "var_mean of 8 MiB float32 chunks": lambda x: var_means(x, BIG_CHUNK_BYTES, torch.float32),
}


def subtract_and_multiply(x, y, mean, variance, chunk_bytes=CHUNK_BYTES):
    shift = mean.float()[:, None]
    scale = variance.add(EPS).rsqrt().float()[:, None]
    for part in chunks(*x.shape, chunk_bytes):
        torch.sub(x[part], shift, out=y[part]).mul_(scale)


def scale_and_add(x, y, mean, variance):
    """One pass: mean · scale is rounded, which costs digits where the mean is large."""
    scale = variance.add(EPS).rsqrt()
    shift, factor = (-mean * scale).float()[:, None], scale.float()[:, None]
    for part in chunks(*x.shape, CHUNK_BYTES):
        torch.addcmul(shift, x[part], factor, out=y[part])


def batch_norm(x, y, mean, variance):
    mean, variance = mean.float(), variance.float()
    for part in chunks(*x.shape, CHUNK_BYTES):
        y[part] = torch.nn.functional.batch_norm(x[part], mean, variance, eps=EPS)


NORMALIZE = {
    "subtract and multiply": subtract_and_multiply,
    "addcmul": scale_and_add,
    "functional.batch_norm": batch_norm,
}


def run(op, fields, kept):
    """Means and variances, those that were given or new ones."""
    ways, fields = (fields[:2], fields[2:]) if op == "forward" else (fields[:1], fields[1:])
    shape = [int(field) for field in fields[:4]]
    x = opened(fields[4], shape)
    if op in ("stats", "forward"):
        kept = {**EXACT, **ROUGH}[ways[0]](x)
    if op in ("normalize", "forward"):
        NORMALIZE[ways[-1]](x, opened(fields[5], shape, shared=True), *kept)
    return kept


def main():
    kept = None
    for line in sys.stdin:
        op, *fields = line.rstrip("\n").split("\t")
        if op == "version":
            print(json.dumps({"version": torch.__version__}), flush=True)
            continue
        if op == "variants":
            ways = {"stats": {"exact": list(EXACT), "rough": list(ROUGH)}, "normalize": list(NORMALIZE)}
            print(json.dumps(ways), flush=True)
            continue
        start = time.perf_counter()
        kept = run(op, fields, kept)
        ms = (time.perf_counter() - start) * 1e3
        found = {name: values.tolist() for name, values in zip(("mean", "variance"), kept)} if op == "stats" else {}
        print(json.dumps({"ms": ms, **found}), flush=True)


main()
