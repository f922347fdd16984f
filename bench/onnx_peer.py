#!/usr/bin/env python3
"""Times one answer of an ONNX model by ONNX Runtime on two threads, or on $OMP_NUM_THREADS, as lamina_onnx_time does; needs onnxruntime.

usage: bench/onnx_peer.py MODEL.onnx NAME=FILE.npy...     prints {"infer_ms": ...}
"""
import json
import os
import sys
import time

import numpy as np
import onnxruntime


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", 2))
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    feeds = {name: np.load(file) for name, _, file in (word.rpartition("=") for word in sys.argv[2:])}
    least = 1e30
    for _ in range(3):
        session.run(None, feeds)
    end = time.perf_counter() + 0.6
    while time.perf_counter() < end:
        begin = time.perf_counter()
        session.run(None, feeds)
        least = min(least, time.perf_counter() - begin)
    print(json.dumps({"infer_ms": least * 1e3}))


if __name__ == "__main__":
    main()
