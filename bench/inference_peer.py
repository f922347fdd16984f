"""Times the work of lamina_inference (bench/inference.cpp) in PyTorch: the same arguments, one JSON line.

usage: inference_peer.py linear M N K [columns]
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

    return {"gb_s": 4e-9 * n * k * len(all_of) / best_seconds(run)}


with torch.inference_mode():
    print(json.dumps({"linear": linear}[sys.argv[1]](*sys.argv[2:])))
