"""The PyTorch peer: statistics and layers in memory, forward and backward, in two threads.

It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
times are taken inside, around the call alone. The benchmark starts it twice: as it is, and with an allocator that keeps what was
freed, so that an output's pages are not made anew in each call.

    version
    load N C S SHIFT OFFSET PATH DTYPE LAYOUT
                                    fill x [N, C, 1, S] of type float32, float16 or uint8, channels `first` or `last`
    ways                            names of the ways to take statistics: in float64, and in float32
    stats WAY                       mean and biased variance of each channel
    bn | in | bn_eval               forward of BatchNorm2d or InstanceNorm2d in training, of BatchNorm2d in inference
    bn_backward | in_backward       their backward pass: dx, dweight, dbias
"""

import json
import sys
import time

import numpy as np
import torch
from torch_loops import BIG_CHUNK_BYTES, CHUNK_BYTES, sums, var_means

torch.set_num_threads(2)

EXACT = {
    "float64 sums of chunks": sums,
    "float64 sums of 8 MiB chunks": lambda x: sums(x, BIG_CHUNK_BYTES),
    "var_mean of float64 chunks": lambda x: var_means(x, CHUNK_BYTES, torch.float64),
}
ROUGH = {
    "var_mean": lambda x: torch.var_mean(x.float(), (0, 2), unbiased=False)[::-1],
    "var_mean of float32 chunks": lambda x: var_means(x, CHUNK_BYTES, torch.float32),
}


class State:
    def load(self, n, c, s, shift, offset, path, dtype, layout):
        n, c, s = int(n), int(c), int(s)
        self.layout = layout
        values = np.fromfile(path, np.float32, n * c * s, offset=int(offset)) + np.float32(shift)
        if dtype == "uint8":
            values = np.clip(np.floor(40 * values.astype(np.float64) + 128), 0, 255)
        # The same gradient as that of the other peers: ramps that differ from plane to plane.
        gradient = ((np.arange(n * c * s) % 1009) / 512 - 1).astype(np.float32)
        self.x, self.dy = (self.shaped(each, n, c, s) for each in (values.astype(dtype), gradient))
        self.graphs = {}
        if dtype != "float32":
            return
        self.x.requires_grad_(True)
        self.layers = {"bn": torch.nn.BatchNorm2d(c), "in": torch.nn.InstanceNorm2d(c, affine=True)}
        self.layers["bn_eval"] = torch.nn.BatchNorm2d(c).eval()
        for layer in self.layers.values():
            torch.nn.init.constant_(layer.weight, 1.1)
            torch.nn.init.constant_(layer.bias, 0.3)

    def shaped(self, values, n, c, s):
        if self.layout == "last":
            return torch.from_numpy(values.reshape(n, 1, s, c)).permute(0, 3, 1, 2)
        return torch.from_numpy(values.reshape(n, c, 1, s))

    def statistics(self, way):
        with torch.no_grad():
            mean, variance = {**EXACT, **ROUGH}[way](self.x.detach().squeeze(2))
        return lambda: {"mean": mean.tolist(), "variance": variance.tolist()}

    def forward(self, name):
        with torch.no_grad():
            y = self.layers[name](self.x)
        return lambda: self.sample_of(y)

    def backward(self, name):
        y = self.graphs[name]
        self.x.grad = self.layers[name].weight.grad = self.layers[name].bias.grad = None
        y.backward(self.dy, retain_graph=True)
        return lambda: self.sample_of(self.x.grad)

    def prepare_backward(self, name):
        """The forward pass that a backward pass needs is not a part of its time."""
        if name not in self.graphs:
            self.graphs = {name: self.layers[name](self.x)}

    def sample_of(self, values):
        """64 values, spread over the tensor as it lies in memory."""
        values = values.detach()
        flat = (values.permute(0, 2, 3, 1) if self.layout == "last" else values).reshape(-1)
        step = flat.numel() // 64
        return {"sample": [float(flat[k * step + ((k * 104729) % step)]) for k in range(64)]}


def main():
    state = State()
    for line in sys.stdin:
        op, *fields = line.rstrip("\n").split("\t")
        if op == "version":
            print(json.dumps({"version": torch.__version__}), flush=True)
            continue
        if op == "ways":
            print(json.dumps({"exact": list(EXACT), "rough": list(ROUGH)}), flush=True)
            continue
        name = op.removesuffix("_backward")
        if op.endswith("_backward"):
            state.prepare_backward(name)
        start = time.perf_counter()
        if op == "load":
            facts = state.load(*fields)
        elif op == "stats":
            facts = state.statistics(*fields)
        else:
            facts = state.backward(name) if op.endswith("_backward") else state.forward(name)
        ms = (time.perf_counter() - start) * 1e3
        print(json.dumps({"ms": ms, **(facts() if facts else {})}), flush=True)


main()
