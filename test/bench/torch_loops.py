"""Loops over chunks of a tensor [N, C, S], of any type and any strides, for means and biased variances in float64: [C] each."""

import torch

CHUNK_BYTES = 1 << 20
BIG_CHUNK_BYTES = 8 << 20


def chunks(n, c, s, chunk_bytes):
    """Ranges of samples, so many float32 each."""
    samples = max(1, chunk_bytes // (c * s * 4))
    for start in range(0, n, samples):
        yield slice(start, min(n, start + samples))


def sums(x, chunk_bytes=CHUNK_BYTES):
    """Sums and sums of squares of chunks in float64, in buffers that are used again."""
    n, c, s = x.shape
    total, squares = torch.zeros(2, c, dtype=torch.float64)
    first = next(chunks(n, c, s, chunk_bytes))
    wide = torch.empty_like(x[first], dtype=torch.float64)
    for part in chunks(n, c, s, chunk_bytes):
        block = wide[: part.stop - part.start].copy_(x[part])
        total += block.sum((0, 2))
        squares += block.square_().sum((0, 2))
    mean = total / (n * s)
    return mean, squares / (n * s) - mean * mean


def var_means(x, chunk_bytes, dtype):
    """torch.var_mean of chunks, merged by their counts."""
    n, c, s = x.shape
    count, mean, m2 = 0, torch.zeros(c, dtype=torch.float64), torch.zeros(c, dtype=torch.float64)
    for part in chunks(n, c, s, chunk_bytes):
        own = (part.stop - part.start) * s
        variance, own_mean = (each.double() for each in torch.var_mean(x[part].to(dtype), (0, 2), unbiased=False))
        delta = own_mean - mean
        mean += delta * (own / (count + own))
        m2 += variance * own + delta * delta * (count * own / (count + own))
        count += own
    return mean, m2 / count
