"""Times the work of lamina_inference (bench/inference.cpp) in PyTorch: the same arguments, one JSON line.

usage: inference_peer.py linear M N K [columns]
       inference_peer.py attention BATCH QUERIES KEYS [bias|causal|train]
"""
import json
import sys
import time

import torch


def best_seconds(f):
    f()
    times = []
    while sum(times) < 0.5 and len(times) < 500:
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times)


def linear(m, n, k, columns=None):
    m, n, k = int(m), int(n), int(k)
    x = torch.randn(m, k)
    all_of = [torch.randn(*((k, n) if columns else (n, k))) for _ in range(max(1, (128 << 20) // (4 * n * k)))]

    def run():
        for w in all_of:
            x @ w if columns else torch.nn.functional.linear(x, w)

    with torch.inference_mode():
        return {"gb_s": 4e-9 * n * k * len(all_of) / best_seconds(run)}


def attention(batch, queries, keys, how=None):
    batch, queries, keys, layers = int(batch), int(queries), int(keys), 12
    train = how == "train"
    q = torch.randn(batch, queries, 8, 64, requires_grad=train)
    bias = torch.randn(1, 8, queries, keys, requires_grad=train)
    all_of = [[torch.randn(batch, keys, 8, 64, requires_grad=train) for _ in "kv"] for _ in range(layers)]
    mask = bias if how in ("bias", "train") else None

    def run():
        y = q.transpose(1, 2)
        for k, v in all_of:
            y = torch.nn.functional.scaled_dot_product_attention(y, k.transpose(1, 2), v.transpose(1, 2), mask, is_causal=how == "causal")
        if train:
            torch.autograd.grad(y.sum(), [q, bias, *(each for pair in all_of for each in pair)])

    with torch.inference_mode(not train):
        return {"us": 1e6 / layers * best_seconds(run)}


print(json.dumps({"linear": linear, "attention": attention}[sys.argv[1]](*sys.argv[2:])))
