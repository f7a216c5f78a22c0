"""Makes model.safetensors beside it: a batch norm that PyTorch has trained for three batches, and what it does with one more.

    python3 examples/from-pytorch/make-model.py

Needs PyTorch alone (the file here: 1.13, CPU). With the package safetensors, `save_file(tensors, path)` does what `save` does here.
"""

import json
import struct
from pathlib import Path

import torch


def save(tensors, path):
    """Writes tensors as .safetensors: length of the header, header, elements."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        code = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        content = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


torch.manual_seed(20)
layer = torch.nn.BatchNorm2d(3)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
for step in range(3):
    batch = torch.randn(8, 3, 4, 4) * torch.tensor([1.0, 2.0, 0.5]).view(3, 1, 1) + torch.tensor([0.0, 5.0, -1.0]).view(3, 1, 1)
    optimizer.zero_grad()
    (layer(batch) - batch).square().mean().backward()
    optimizer.step()

# What a model's state dict holds: names with the module's before them. Copies, since training goes on below.
tensors = {f"norm.{name}": value.clone() for name, value in layer.state_dict().items()}

x = (torch.randn(8, 3, 4, 4) * 2 + 1).requires_grad_()
dy = torch.randn(8, 3, 4, 4)
optimizer.zero_grad()
tensors["x"], tensors["dy"] = x, dy
tensors["y.eval"] = layer.eval()(x)
tensors["y"] = layer.train()(x)
tensors["y"].backward(dy)
tensors["dx"], tensors["dweight"], tensors["dbias"] = x.grad, layer.weight.grad, layer.bias.grad
tensors["running_mean.after"], tensors["running_var.after"] = layer.running_mean, layer.running_var
save(tensors, Path(__file__).with_name("model.safetensors"))
