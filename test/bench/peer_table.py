"""The Python peers for tables: statistics of each column of [N, C] values in memory, by NumPy and by scikit-learn.

It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
times are taken inside, around the work alone.

    version
    load N C DTYPE OFFSET PATH    fill the table, as peer_table.c does
    numpy WAY                     mean and biased variance, one of `ways`
    sklearn ROWS                  StandardScaler().partial_fit, so many rows at a time
    ways                          names of NumPy's ways, in float64, one thread
"""

import json
import sys
import time

import numpy as np

try:
    import sklearn
    from sklearn.preprocessing import StandardScaler
except ImportError:
    sklearn = None

CHUNK_BYTES = 1 << 20


def whole(x):
    return x.mean(axis=0, dtype=np.float64), x.var(axis=0, dtype=np.float64)


def chunks(x, add):
    """Sums about the first row, in chunks that stay in the cache."""
    n, c = x.shape
    rows = max(1, CHUNK_BYTES // (c * 8))
    wide, pivot = np.empty((rows, c)), x[0].astype(np.float64)
    s, q = np.zeros(c), np.zeros(c)
    for i in range(0, n, rows):
        chunk = x[i : i + rows]
        part = wide[: len(chunk)]
        np.subtract(chunk, pivot, out=part, dtype=np.float64)
        add(part, s, q)
    mean = s / n
    return pivot + mean, q / n - mean * mean


def add_einsum(part, s, q):
    s += part.sum(axis=0)
    q += np.einsum("ij,ij->j", part, part)


def add_in_place(part, s, q):
    s += part.sum(axis=0)
    np.multiply(part, part, out=part)
    q += part.sum(axis=0)


def add_blas(part, s, q):
    ones = np.ones(len(part))
    s += ones @ part
    np.multiply(part, part, out=part)
    q += ones @ part


WAYS = {
    "mean and var": whole,
    "chunks, einsum": lambda x: chunks(x, add_einsum),
    "chunks, in place": lambda x: chunks(x, add_in_place),
    "chunks, BLAS": lambda x: chunks(x, add_blas),
}


def by_sklearn(x, rows):
    scaler = StandardScaler()
    for i in range(0, len(x), rows):
        scaler.partial_fit(x[i : i + rows])
    return scaler.mean_, scaler.var_


class State:
    x = None

    def load(self, n, c, dtype, offset, path):
        n, c = int(n), int(c)
        x = np.fromfile(path, np.float32, n * c, offset=int(offset)).reshape(n, c)
        if dtype == "uint8":
            x = np.clip(np.floor(40 * x.astype(np.float64) + 128), 0, 255)
        self.x = np.ascontiguousarray(x, dtype)


def main():
    state = State()
    for line in sys.stdin:
        op, *fields = line.rstrip("\n").split("\t")
        if op == "version":
            found = {"numpy": f"{np.__version__}, Python {sys.version.split()[0]}"}
            if sklearn:
                found["sklearn"] = sklearn.__version__
            print(json.dumps({"version": found}), flush=True)
            continue
        if op == "ways":
            print(json.dumps({"ways": list(WAYS)}), flush=True)
            continue
        start = time.perf_counter()
        if op == "load":
            found = state.load(*fields)
        elif op == "numpy":
            found = WAYS[fields[0]](state.x)
        else:
            found = by_sklearn(state.x, int(fields[0]))
        ms = (time.perf_counter() - start) * 1e3
        facts = {"mean": found[0].tolist(), "variance": found[1].tolist()} if found else {}
        print(json.dumps({"ms": ms, **facts}), flush=True)


main()
