"""Golden files for lamina/formats/pytorch: what torch.save writes, and what PyTorch's layers compute.

usage: python pytorch_files.py   (needs: torch, numpy)

Writes tests/golden/formats/pytorch_NAME.pt, each a few kilobytes, and pytorch.npz with the elements of the plain ones and the inputs and
outputs of the models. Models are not trained; running statistics and gains are random, so that every weight counts. Seed 3.
"""
import collections
import pathlib

import numpy as np
import torch
from torch import nn

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "formats"
ARRAYS = {}


def save(name, value, **options):
    torch.save(value, OUT / f"pytorch_{name}.pt", **options)


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.embedding = nn.Embedding(11, 5)
        self.rnn = kind(5, 4, batch_first=True, **options)
        self.head = nn.Linear(8 if options.get("bidirectional") else 4, 3)

    def forward(self, x):
        outputs, state = self.rnn(self.embedding(x))
        if self.rnn.bidirectional:
            return self.head(torch.cat([outputs[:, -1, :4], outputs[:, 0, 4:]], -1))
        return self.head(outputs[:, -1])


def randomise(model):
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith(("running_var",)):
                value.uniform_(0.5, 2)
            elif value.is_floating_point():
                value.normal_(0, 0.4)
    return model.eval()


def model(name, module, x):
    randomise(module)
    with torch.no_grad():
        y = module(x)
    save(name, module.state_dict())
    ARRAYS[name + "_x"], ARRAYS[name + "_y"] = x.numpy(), y.numpy()


def main():
    torch.manual_seed(3)
    base = torch.arange(24, dtype=torch.float32)
    tensors = collections.OrderedDict(
        plain=base.reshape(4, 6)[:2, :3].clone(), transposed=base.reshape(4, 6).t(), offset=base[5:11], every_second=base[1::2],
        expanded=torch.ones(1, 3).expand(2, 3), scalar=torch.tensor(2.5), empty=torch.zeros(0, 3), parameter=nn.Parameter(base[:4].clone()))
    for kind in ["float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]:
        tensors[kind] = torch.arange(5).to(getattr(torch, kind))
    for name, value in tensors.items():
        value = value.detach()
        ARRAYS["tensors_" + name] = (value.float() if value.dtype == torch.bfloat16 else value).contiguous().numpy()
    save("tensors", tensors)
    save("old", tensors, _use_new_zipfile_serialization=False)
    save("protocol4", tensors, pickle_protocol=4)
    save("nested", {"state_dict": {"a.weight": base[:2].clone(), "a.bias": base[:1].clone()}, "epoch": 3, "loss": 0.25, "name": "small",
                    "betas": (0.9, 0.999), "size": torch.Size([2, 3]), "nothing": None, "flag": True,
                    "optimizer": {"state": {0: {"exp_avg": base[:3].clone()}}, "param_groups": [{"lr": 0.1, "params": [0]}]}})
    save("complex", {"real": base[:2].clone(), "complex": torch.zeros(2, dtype=torch.complex64)})
    save("module", nn.Linear(2, 3))

    model("mlp", nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 4), nn.LayerNorm(4), nn.Linear(4, 3)),
          torch.randn(5, 6))
    model("cnn", nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 8, 3, groups=4), nn.MaxPool2d(2),
                               nn.ConvTranspose2d(8, 5, 2, stride=2), nn.Flatten(), nn.Linear(5 * 6 * 4, 7)), torch.randn(2, 3, 8, 6))
    model("conv1d", nn.Sequential(nn.Conv1d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 5, 2)), torch.randn(2, 3, 7))
    tokens = torch.randint(0, 11, (3, 6))
    model("lstm", Recurrent(nn.LSTM, num_layers=2), tokens)
    model("gru", Recurrent(nn.GRU), tokens)
    model("bidirectional", Recurrent(nn.LSTM, bidirectional=True), tokens)
    model("simple", Recurrent(nn.RNN), tokens)
    np.savez(OUT / "pytorch.npz", **ARRAYS)


main()
