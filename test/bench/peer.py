"""The NumPy peer: the same work as an expert would write it, in several ways; the benchmark takes the fastest.

It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
times are taken inside, around the work alone.

    version
    variants                                          names of the ways, single-threaded first, and of the plain one
    stats WAY OFFSET N C S INPUT                      statistics of a file of [N, C, S] float32, kept for `normalize`
    normalize WAY OFFSET N C S INPUT OUTPUT           input -> existing output, by the statistics kept
    forward STATSWAY WAY OFFSET N C S INPUT OUTPUT    both

Sums and sums of squares are taken in float64 and merged per channel; there is no minimum and no maximum. Normalizing is in float32.
"""

import json
import os
import sys
import threading
import time

import numpy as np

EPS = 1e-5
CHUNK_BYTES = 1 << 20
BIG_CHUNK_BYTES = 4 << 20


class File:
    """A file of [N, C, S] float32 at an offset, seen as N rows of C planes."""

    def __init__(self, path, offset, n, c, s):
        self.path, self.offset, self.n, self.c, self.s = path, offset, n, c, s

    def memmap(self, mode="r"):
        return np.memmap(self.path, np.float32, mode, self.offset, (self.n * self.c, self.s))

    def chunks(self, chunk_bytes, start=0, stop=None):
        """Ranges of planes, whole samples each."""
        stop = self.n if stop is None else stop
        samples = max(1, chunk_bytes // (self.c * self.s * 4))
        for i in range(start, stop, samples):
            yield i * self.c, min(stop, i + samples) * self.c

    def buffer(self, chunk_bytes, dtype):
        samples = min(self.n, max(1, chunk_bytes // (self.c * self.s * 4)))
        return np.empty((samples * self.c, self.s), dtype)


def read_exactly(fd, array, offset):
    view = memoryview(array).cast("B")
    while len(view) > 0:
        got = os.preadv(fd, [view], offset)
        if got == 0:
            raise EOFError("the file is shorter than its shape says")
        view, offset = view[got:], offset + got


def write_exactly(fd, array, offset):
    view = memoryview(array).cast("B")
    while len(view) > 0:
        put = os.pwrite(fd, view, offset)
        view, offset = view[put:], offset + put


# ---- the plain recipe: what people write, in whole chunks of a memmap ---------------------------------------------------------


def stats_plain(file, s, q, start, stop):
    data = file.memmap().reshape(file.n, file.c, file.s)
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        chunk = data[i // file.c : j // file.c].astype(np.float64)
        s += chunk.sum(axis=(0, 2))
        q += (chunk * chunk).sum(axis=(0, 2))


def normalize_plain(file, target, mean, scale, start, stop):
    data, out = (f.memmap(mode).reshape(file.n, file.c, file.s) for f, mode in ((file, "r"), (target, "r+")))
    mean, scale = (values.astype(np.float32)[:, None] for values in (mean, scale))
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        samples = slice(i // file.c, j // file.c)
        out[samples] = (data[samples] - mean) * scale


# ---- statistics: each adds to s and q, [C] float64, from samples start to stop -----------------------------------------------


def fold(plane_values, c, into):
    into += plane_values.reshape(-1, c).sum(axis=0)


def stats_buffer(file, s, q, start, stop, chunk_bytes=CHUNK_BYTES):
    data, wide = file.memmap(), file.buffer(chunk_bytes, np.float64)
    for i, j in file.chunks(chunk_bytes, start, stop):
        part = wide[: j - i]
        np.copyto(part, data[i:j])
        fold(part.sum(axis=1), file.c, s)
        fold(np.einsum("ij,ij->i", part, part), file.c, q)


def stats_buffer_big(file, s, q, start, stop):
    stats_buffer(file, s, q, start, stop, BIG_CHUNK_BYTES)


def stats_blas(file, s, q, start, stop):
    data, wide, ones = file.memmap(), file.buffer(CHUNK_BYTES, np.float64), np.ones(file.s)
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        part = wide[: j - i]
        np.copyto(part, data[i:j])
        fold(part @ ones, file.c, s)
        fold(np.einsum("ij,ij->i", part, part), file.c, q)


def stats_cast(file, s, q, start, stop):
    data, wide = file.memmap(), file.buffer(CHUNK_BYTES, np.float64)
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        part = wide[: j - i]
        fold(data[i:j].sum(axis=1, dtype=np.float64), file.c, s)
        np.multiply(data[i:j], data[i:j], out=part, dtype=np.float64)
        fold(part.sum(axis=1), file.c, q)


def stats_pread(file, s, q, start, stop):
    narrow, wide = file.buffer(CHUNK_BYTES, np.float32), file.buffer(CHUNK_BYTES, np.float64)
    fd = os.open(file.path, os.O_RDONLY)
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        part = wide[: j - i]
        read_exactly(fd, narrow[: j - i], file.offset + i * file.s * 4)
        np.copyto(part, narrow[: j - i])
        fold(part.sum(axis=1), file.c, s)
        fold(np.einsum("ij,ij->i", part, part), file.c, q)
    os.close(fd)


# ---- normalize: y = (x - mean) * scale, from samples start to stop -----------------------------------------------------------


def planes_of(values, file, chunk_bytes):
    samples = min(file.n, max(1, chunk_bytes // (file.c * file.s * 4)))
    return np.tile(values.astype(np.float32), samples)[:, None]


def normalize_memmap(file, target, mean, scale, start, stop):
    data, out = file.memmap(), target.memmap("r+")
    mean, scale = planes_of(mean, file, CHUNK_BYTES), planes_of(scale, file, CHUNK_BYTES)
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        np.subtract(data[i:j], mean[: j - i], out=out[i:j])
        np.multiply(out[i:j], scale[: j - i], out=out[i:j])


def normalize_write(file, target, mean, scale, start, stop):
    data, buffer = file.memmap(), file.buffer(CHUNK_BYTES, np.float32)
    mean, scale = planes_of(mean, file, CHUNK_BYTES), planes_of(scale, file, CHUNK_BYTES)
    fd = os.open(target.path, os.O_WRONLY)
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        part = buffer[: j - i]
        np.subtract(data[i:j], mean[: j - i], out=part)
        np.multiply(part, scale[: j - i], out=part)
        write_exactly(fd, part, target.offset + i * file.s * 4)
    os.close(fd)


def normalize_pread(file, target, mean, scale, start, stop):
    buffer = file.buffer(CHUNK_BYTES, np.float32)
    mean, scale = planes_of(mean, file, CHUNK_BYTES), planes_of(scale, file, CHUNK_BYTES)
    fd_in, fd_out = os.open(file.path, os.O_RDONLY), os.open(target.path, os.O_WRONLY)
    for i, j in file.chunks(CHUNK_BYTES, start, stop):
        part = buffer[: j - i]
        read_exactly(fd_in, part, file.offset + i * file.s * 4)
        np.subtract(part, mean[: j - i], out=part)
        np.multiply(part, scale[: j - i], out=part)
        write_exactly(fd_out, part, target.offset + i * file.s * 4)
    os.close(fd_in)
    os.close(fd_out)


# ---- the ways, and the commands ----------------------------------------------------------------------------------------------


def in_two_threads(run, file):
    """Runs run(start, stop) over both halves of the samples; NumPy lets go of the interpreter's lock while it computes."""
    half = file.n // 2
    errors = []

    def guarded(start, stop):
        try:
            run(start, stop)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=part) for part in ((0, half), (half, file.n))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


STATS = {
    "memmap, float64 buffer": stats_buffer,
    "memmap, float64 buffer, 4 MiB chunks": stats_buffer_big,
    "memmap, float64 buffer, BLAS": stats_blas,
    "memmap, dtype=float64": stats_cast,
    "pread, float64 buffer": stats_pread,
}
NORMALIZE = {
    "memmap to memmap": normalize_memmap,
    "memmap to pwrite": normalize_write,
    "pread to pwrite": normalize_pread,
}
PLAIN = "chunks of a memmap"
THREADED = ", 2 threads"


def run_stats(way, file):
    """Mean and biased variance, [C] float64 each."""
    run = stats_plain if way == PLAIN else STATS[way.removesuffix(THREADED)]
    if way.endswith(THREADED):
        parts = {}

        def half(start, stop):
            parts[start] = (np.zeros(file.c), np.zeros(file.c))
            run(file, *parts[start], start, stop)

        in_two_threads(half, file)
        s, q = (sum(part[k] for part in parts.values()) for k in (0, 1))
    else:
        s, q = np.zeros(file.c), np.zeros(file.c)
        run(file, s, q, 0, file.n)
    count = file.n * file.s
    mean = s / count
    return mean, q / count - mean * mean


def run_normalize(way, file, target, mean, variance):
    run = normalize_plain if way == PLAIN else NORMALIZE[way.removesuffix(THREADED)]
    scale = 1 / np.sqrt(variance + EPS)
    if way.endswith(THREADED):
        in_two_threads(lambda start, stop: run(file, target, mean, scale, start, stop), file)
    else:
        run(file, target, mean, scale, 0, file.n)


def file_of(fields, path):
    return File(path, *(int(field) for field in fields))


def answer(fields, kept):
    op = fields[0]
    if op == "version":
        return {"version": f"{np.__version__}, Python {sys.version.split()[0]}"}
    if op == "variants":
        return {
            "stats": list(STATS),
            "normalize": list(NORMALIZE),
            "plain": PLAIN,
            "threaded": THREADED,
        }
    start = time.perf_counter()
    if op == "stats":
        kept["mean"], kept["variance"] = run_stats(fields[1], file_of(fields[2:6], fields[6]))
        ms = (time.perf_counter() - start) * 1e3
        return {"ms": ms, "mean": kept["mean"].tolist(), "variance": kept["variance"].tolist()}
    if op == "normalize":
        file, target = (file_of(fields[2:6], path) for path in fields[6:8])
        run_normalize(fields[1], file, target, kept["mean"], kept["variance"])
    elif op == "forward":
        file, target = (file_of(fields[3:7], path) for path in fields[7:9])
        run_normalize(fields[2], file, target, *run_stats(fields[1], file))
    else:
        raise ValueError(f"no command {op}")
    return {"ms": (time.perf_counter() - start) * 1e3}


def main():
    kept = {}
    for line in sys.stdin:
        print(json.dumps(answer(line.rstrip("\n").split("\t"), kept)), flush=True)


main()
