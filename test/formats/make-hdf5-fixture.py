"""Makes fixture.h5, with Debian's python3-h5py: /usr/bin/python3 make-hdf5-fixture.py

Each data set holds the same numbers, element (n, c, y, x) = ((n * 3 + c) * 5 + y) * 7 + x modulo 101, in another encoding.
"""
import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
values = (np.arange(6 * 3 * 5 * 7) % 101).reshape(6, 3, 5, 7)
with h5py.File(os.path.join(here, "fixture.h5"), "w", libver=("earliest", "v110")) as file:
    for code in ["<f8", ">f8", "<f4", ">f4", "<f2", ">f2", "<i4", ">i4", "<i2", ">i2", "<u2", ">u2", "|i1", "|u1"]:
        file.create_dataset("plain/" + code.replace("<", "little-").replace(">", "big-").replace("|", ""), data=values.astype(code))
    chunked = dict(data=values.astype("<f4"), chunks=(4, 2, 5, 3))
    file.create_dataset("packed/gzip", compression="gzip", **chunked)
    file.create_dataset("packed/gzip-shuffle-checksum", compression="gzip", shuffle=True, fletcher32=True, **chunked)
    file.create_dataset("packed/scale-offset", data=values.astype("<i4"), chunks=(4, 2, 5, 3), scaleoffset=0)
    file.create_dataset("packed/resizable", maxshape=(None, 3, 5, 7), **chunked)
    file.create_dataset("other/lzf", compression="lzf", **chunked)
    file.create_dataset("other/int64", data=np.arange(6))
    file.create_dataset("other/text", data="text")
    file.create_dataset("other/bool", data=np.ones((6, 3), bool))
    named = file.create_dataset("named/images", data=values.transpose(0, 2, 3, 1).astype("|u1"))
    for axis, name in enumerate(["batch", "height", "width", "channel"]):
        named.dims[axis].label = name
    file["alias"] = h5py.SoftLink("/plain/u1")
    file["broken"] = h5py.SoftLink("/nowhere")
