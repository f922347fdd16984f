"""What the golden scripts share: where files go, fixed random numbers, JSON inside .npz, recorded versions."""
import importlib.metadata
import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()
# scripts/conformance writes other numbers elsewhere.
GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")
SEED = [int(os.environ["LAMINA_GOLDEN_SEED"])] if "LAMINA_GOLDEN_SEED" in os.environ else []


def rng(name):
    """A generator that depends on the case's name alone: adding a case changes no other."""
    return np.random.default_rng(SEED + [ord(c) for c in name])


def normal(generator, shape, scale=1.0):
    """Normal float32 numbers, rounded to 1/1024 so that files compress well."""
    return (np.round(generator.normal(size=shape) * scale * 1024) / 1024).astype(np.float32)


def stable(config):
    """`config` (anything JSON can hold) with its shared_object_id values, addresses in memory, renumbered from 1."""
    seen = {}

    def walk(node):
        if isinstance(node, dict):
            return {key: seen.setdefault(value, len(seen) + 1) if key == "shared_object_id" else walk(value)
                    for key, value in node.items()}
        return [walk(value) for value in node] if isinstance(node, (list, tuple)) else node

    return walk(config)


def text(value):
    """A string, or anything JSON can hold, as the uint8 array that travels in an .npz."""
    if not isinstance(value, str):
        value = json.dumps(stable(value))
    return np.frombuffer(value.encode(), dtype=np.uint8)


def save(path, **arrays):
    """Writes tests/golden/<path>.npz. Numbers become arrays; dicts and strings become JSON in uint8."""
    target = GOLDEN / (path + ".npz")
    target.parent.mkdir(parents=True, exist_ok=True)
    entries = {}
    for key, value in arrays.items():
        is_text = isinstance(value, (str, dict, list))
        entries[key] = text(value) if is_text else np.asarray(value)
    np.savez_compressed(target, **entries)
    _record_versions()


def numbered(prefix, arrays):
    """{"prefix_0": first, "prefix_1": second, ...}"""
    return {f"{prefix}_{i}": np.asarray(a) for i, a in enumerate(arrays)}


def fill(layer_or_model, generator):
    """Replaces every weight by fixed random numbers; variances and scales stay positive."""
    values = []
    for weight in layer_or_model.weights:
        value = normal(generator, tuple(weight.shape), 0.5)
        if weight.name in ("gamma", "moving_variance", "variance"):
            value = np.abs(value) + 0.5
        values.append(value.astype(weight.dtype) if weight.dtype == "float32" else weight.numpy())
    layer_or_model.set_weights(values)
    for layer in layer_or_model._flatten_layers():
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # what preprocessing layers compute with


def weight_names(owner):
    """[{"name": "kernel", "trainable": true}, ...] in Keras's order."""
    return [{"name": w.name, "trainable": bool(w.trainable)} for w in owner.weights]


def _record_versions():
    """tests/golden/VERSIONS.json"""
    versions = {
        "python": ".".join(map(str, sys.version_info[:3])),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "pillow": importlib.metadata.version("pillow"),
        "backend": keras.backend.backend(),
    }
    (GOLDEN / "VERSIONS.json").write_text(json.dumps(versions, indent=2) + "\n")
