"""The PyTorch peer: layers in memory, forward and backward, in two threads.

It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
times are taken inside, around the call alone. The benchmark starts it with an allocator that keeps what was freed, so that an
output's pages are not made anew in each call.

    version
    load N C S SHIFT OFFSET PATH    fill x [N, C, 1, S] float32, and dy
    bn | in                         forward of BatchNorm2d or InstanceNorm2d in training, with weight and bias
    bn_backward | in_backward       their backward pass: dx, dweight, dbias
"""

import json
import sys
import time

import numpy as np
import torch

torch.set_num_threads(2)


class State:
    def load(self, n, c, s, _shift, offset, path):
        n, c, s = int(n), int(c), int(s)
        values = np.fromfile(path, np.float32, n * c * s, offset=int(offset)).reshape(n, c, 1, s)
        self.x = torch.from_numpy(values).requires_grad_(True)
        # The same gradient as that of the other peers: ramps that differ from plane to plane.
        self.dy = torch.from_numpy(((np.arange(n * c * s) % 1009) / 512 - 1).astype(np.float32).reshape(n, c, 1, s))
        self.layers = {"bn": torch.nn.BatchNorm2d(c), "in": torch.nn.InstanceNorm2d(c, affine=True)}
        for layer in self.layers.values():
            torch.nn.init.constant_(layer.weight, 1.1)
            torch.nn.init.constant_(layer.bias, 0.3)
        self.graphs = {}

    def forward(self, name):
        with torch.no_grad():
            y = self.layers[name](self.x)
        return lambda: sample_of(y)

    def backward(self, name):
        y = self.graphs[name]
        self.x.grad = self.layers[name].weight.grad = self.layers[name].bias.grad = None
        y.backward(self.dy, retain_graph=True)
        return lambda: sample_of(self.x.grad)

    def prepare_backward(self, name):
        """The forward pass that a backward pass needs is not a part of its time."""
        if name not in self.graphs:
            self.graphs = {name: self.layers[name](self.x)}


def sample_of(values):
    """64 values, spread over the tensor."""
    flat = values.detach().reshape(-1)
    step = flat.numel() // 64
    return [float(flat[k * step + ((k * 7) % step)]) for k in range(64)]


def main():
    state = State()
    for line in sys.stdin:
        op, *fields = line.rstrip("\n").split("\t")
        if op == "version":
            print(json.dumps({"version": torch.__version__}), flush=True)
            continue
        name = op.removesuffix("_backward")
        if op.endswith("_backward"):
            state.prepare_backward(name)
        start = time.perf_counter()
        if op == "load":
            sample = state.load(*fields)
        else:
            sample = state.backward(name) if op.endswith("_backward") else state.forward(name)
        ms = (time.perf_counter() - start) * 1e3
        print(json.dumps({"ms": ms, **({"sample": sample()} if sample else {})}), flush=True)


main()
