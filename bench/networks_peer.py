"""A training step of a network of keras.applications on TensorFlow; prints one JSON line.

usage: networks_peer.py NAME [BATCH] [STEPS]
As bench/networks.cpp: the same pictures, classes and optimizer. OMP_NUM_THREADS says how many threads.
"""
import json
import os
import sys
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

threads = int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)


def main():
    name, batch, steps = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 8, int(sys.argv[3]) if len(sys.argv) > 3 else 6
    keras.utils.set_random_seed(0)
    model = getattr(keras.applications, name)(weights=None)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy", jit_compile=False)
    side = model.input_shape[1]
    x = (np.arange(batch * side * side * 3) * 7919 % 255 / 127.5 - 1).astype(np.float32).reshape(batch, side, side, 3)
    y = (np.arange(batch) * 37 % 1000).astype(np.int32)
    best = 1e9
    for step in range(steps):
        start = time.perf_counter()
        model.train_on_batch(x, y)
        if step:
            best = min(best, time.perf_counter() - start)
    print(json.dumps({"ms": best * 1e3}))


if __name__ == "__main__":
    main()
