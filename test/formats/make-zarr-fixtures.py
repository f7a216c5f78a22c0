"""Makes the arrays of zarr-fixtures, with Python's zarr package (2.13, Debian's python3-zarr): /usr/bin/python3 make-zarr-fixtures.py

Each holds the same numbers, element (n, c, y, x) = ((n * 3 + c) * 5 + y) * 7 + x modulo 101, in another encoding.
"""
import os
import shutil

import numpy as np
import zarr
from numcodecs import LZ4, Blosc, Delta, FixedScaleOffset, GZip, Shuffle, Zlib, Zstd

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "zarr-fixtures")
shutil.rmtree(root, ignore_errors=True)
values = (np.arange(6 * 3 * 5 * 7) % 101).reshape(6, 3, 5, 7)

ways = {
    "blosc-lz4": dict(dtype="<f4", compressor=Blosc("lz4", shuffle=Blosc.SHUFFLE)),
    "blosc-zstd-bits": dict(dtype="<i2", compressor=Blosc("zstd", shuffle=Blosc.BITSHUFFLE)),
    "blosc-blosclz": dict(dtype="|u1", compressor=Blosc("blosclz", shuffle=Blosc.NOSHUFFLE)),
    "zstd": dict(dtype="<f8", compressor=Zstd(3)),
    "lz4": dict(dtype=">i4", compressor=LZ4()),
    "gzip-fortran": dict(dtype=">f8", compressor=GZip(1), order="F"),
    "zlib-delta": dict(dtype="<i4", compressor=Zlib(1), filters=[Delta(dtype="<i4")]),
    "shuffle": dict(dtype="<u2", compressor=Zlib(1), filters=[Shuffle(elementsize=2)]),
    "plain-half": dict(dtype="<f2", compressor=None),
    "scaled": dict(dtype="<f4", compressor=None, filters=[FixedScaleOffset(offset=0, scale=1, dtype="<f4", astype="|u1")]),
    "slashes": dict(dtype="|i1", compressor=Zlib(1), dimension_separator="/"),
}
for name, way in ways.items():
    array = zarr.open(os.path.join(root, name), "w", shape=values.shape, chunks=(4, 2, 5, 3), fill_value=0, **way)
    array[:] = values.astype(way["dtype"])

group = zarr.open(os.path.join(root, "group"), "w")
images = group.create_dataset("inner/images", data=values.transpose(0, 2, 3, 1).astype("|u1"), chunks=(3, 5, 7, 3), compressor=Zlib(1))
images.attrs["_ARRAY_DIMENSIONS"] = ["time", "y", "x", "channel"]
group.create_dataset("labels", data=np.arange(6, dtype="<i8"), compressor=None)
