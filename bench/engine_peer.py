"""Times the work of lamina_engine (bench/engine.cpp) in PyTorch (product, conv) and NumPy (array): the same arguments, one JSON line.

usage: engine_peer.py product M N K COUNT DTYPE [transposed]
       engine_peer.py conv SIDE IN OUT DTYPE [gradients] [halves | depthwise]
       engine_peer.py array WORK DTYPE [ROWS SIDE]
       engine_peer.py residual BLOCKS BATCH torch|keras      the step of the same residual network
       engine_peer.py predict torch|keras                    one image through the same one, wider
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


def conv(side, inputs, outputs, dtype, *words):
    import torch
    side, inputs, outputs = int(side), int(inputs), int(outputs)
    groups = inputs if "depthwise" in words else 2 if "halves" in words else 1
    kind = getattr(torch, dtype)
    x = torch.randn(8, inputs, side, side).to(kind).to(memory_format=torch.channels_last)
    w = torch.randn(outputs, inputs // groups, 3, 3).to(kind).to(memory_format=torch.channels_last)
    g = torch.randn(8, outputs, side, side).to(kind).to(memory_format=torch.channels_last)
    work = 2e-9 * 8 * side * side * (inputs // groups) * outputs * 9
    if "gradients" not in words:
        return {"gflops": work / best_seconds(lambda: torch.nn.functional.conv2d(x, w, padding=1, groups=groups))}
    backward = lambda: torch.ops.aten.convolution_backward(  # noqa: E731
        g, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], groups, [True, True, False])
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


def keras_network(blocks, width):
    import keras
    from keras import layers

    def normalised(x, filters, size, stride):
        return layers.BatchNormalization()(layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(x))

    image = keras.Input((32, 32, 3))
    x = layers.ReLU()(normalised(image, width, 3, 1))
    for stage in range(3):
        for block in range(blocks):
            filters, stride = width << stage, 2 if stage and not block else 1
            inner = layers.ReLU()(normalised(x, filters, 3, stride))
            skip = normalised(x, filters, 1, stride) if stride > 1 else x
            x = layers.ReLU()(layers.Add()([normalised(inner, filters, 3, 1), skip]))
    scores = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, scores)


def torch_network(blocks, width):
    from torch import nn

    def normalised(inputs, filters, size, stride):
        return nn.Sequential(nn.Conv2d(inputs, filters, size, stride, size // 2, bias=False),
                             nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01))

    class Block(nn.Module):
        def __init__(self, inputs, filters, stride):
            super().__init__()
            self.inner = nn.Sequential(normalised(inputs, filters, 3, stride), nn.ReLU(inplace=True),
                                       normalised(filters, filters, 3, 1))
            self.skip = normalised(inputs, filters, 1, stride) if stride > 1 else nn.Identity()

        def forward(self, x):
            return nn.functional.relu(self.inner(x) + self.skip(x), inplace=True)

    parts, inputs = [normalised(3, width, 3, 1), nn.ReLU(inplace=True)], width
    for stage in range(3):
        for block in range(blocks):
            parts.append(Block(inputs, width << stage, 2 if stage and not block else 1))
            inputs = width << stage
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


def residual(blocks, batch, framework):
    blocks, batch = int(blocks), int(batch)
    if framework == "keras":
        import keras
        import tensorflow as tf
        model = keras_network(blocks, 16)
        model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss="sparse_categorical_crossentropy")
        x, y = tf.random.normal((batch, 32, 32, 3)), tf.fill((batch,), 3)
        return {"step_ms": 1e3 * best_seconds(lambda: model.train_on_batch(x, y))}
    import torch
    best = None
    for layout in (torch.contiguous_format, torch.channels_last):
        model = torch_network(blocks, 16).to(memory_format=layout)
        optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
        x, y = torch.randn(batch, 3, 32, 32).to(memory_format=layout), torch.full((batch,), 3)

        def step():
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()

        seconds = best_seconds(step)
        best = seconds if best is None else min(best, seconds)
    return {"step_ms": 1e3 * best}


def predict(framework):
    if framework == "keras":
        import tensorflow as tf
        model, x = keras_network(3, 160), tf.random.normal((1, 32, 32, 3))
        call = tf.function(lambda images: model(images, training=False))
        return {"call_ms": 1e3 * best_seconds(lambda: call(x).numpy())}
    import torch
    model, x = torch_network(3, 160).eval(), torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        return {"call_ms": 1e3 * best_seconds(lambda: model(x))}


print(json.dumps({"product": product, "conv": conv, "array": array, "residual": residual, "predict": predict}[sys.argv[1]](*sys.argv[2:])))
