"""Times the work of lamina_engine (bench/engine.cpp) in PyTorch (product, conv) and NumPy (array): the same arguments, one JSON line.

usage: engine_peer.py product M N K COUNT DTYPE [transposed]
       engine_peer.py conv SIDE IN OUT DTYPE [gradients]
       engine_peer.py array WORK DTYPE [ROWS SIDE]
"""
import json
import sys
import time

import numpy as np


def best_seconds(f, runs=9):
    f()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times)


def product(m, n, k, count, dtype, transposed=None):
    import torch
    m, n, k, count = int(m), int(n), int(k), int(count)
    a = torch.randn(count, m, k).to(getattr(torch, dtype))
    b = torch.randn(*((count, n, k) if transposed else (count, k, n))).to(a.dtype)
    return {"gflops": 2e-9 * m * n * k * count / best_seconds(lambda: a @ (b.mT if transposed else b))}


def conv(side, inputs, outputs, dtype, gradients=None):
    import torch
    side, inputs, outputs = int(side), int(inputs), int(outputs)
    kind = getattr(torch, dtype)
    x = torch.randn(8, inputs, side, side).to(kind).to(memory_format=torch.channels_last)
    w = torch.randn(outputs, inputs, 3, 3).to(kind).to(memory_format=torch.channels_last)
    g = torch.randn(8, outputs, side, side).to(kind).to(memory_format=torch.channels_last)
    work = 2e-9 * 8 * side * side * inputs * outputs * 9
    if not gradients:
        return {"gflops": work / best_seconds(lambda: torch.nn.functional.conv2d(x, w, padding=1))}
    backward = lambda: torch.ops.aten.convolution_backward(  # noqa: E731
        g, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, False])
    return {"gflops": 2 * work / best_seconds(backward)}


def array(work, dtype, rows=None, side=None):
    random = np.random.default_rng(1)
    if rows:
        x = random.normal(size=(int(rows), int(side), int(side))).astype(dtype)
        definite = x @ x.transpose(0, 2, 1) + int(side) * np.eye(int(side), dtype=dtype)
        kinds = {"cholesky": lambda: np.linalg.cholesky(definite), "inv": lambda: np.linalg.inv(definite),
                 "solve": lambda: np.linalg.solve(definite, x), "det": lambda: np.linalg.det(x),
                 "qr": lambda: np.linalg.qr(x), "eigh": lambda: np.linalg.eigh(definite), "svd": lambda: np.linalg.svd(x)}
        return {"ms": 1e3 * best_seconds(kinds[work])}
    x, table = random.normal(size=10**6).astype(dtype), random.normal(size=(1000, 1000)).astype(dtype)
    places = random.integers(0, 10**6, 10**6)

    def scatter(at):
        changed = x.copy()
        at(changed, places, x)

    kinds = {"sort": lambda: np.sort(x), "sort_rows": lambda: np.sort(table), "cumsum": lambda: np.cumsum(x),
             "argsort": lambda: np.argsort(x, kind="stable"), "take": lambda: np.take(x, places),
             "scatter_add": lambda: scatter(np.add.at), "scatter_max": lambda: scatter(np.maximum.at)}
    return {"ms": 1e3 * best_seconds(kinds[work])}


print(json.dumps({"product": product, "conv": conv, "array": array}[sys.argv[1]](*sys.argv[2:])))
