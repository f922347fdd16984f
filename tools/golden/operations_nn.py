"""Activations and norms of keras.ops in a functional graph: formats/operations_nn.keras, with formats/operations_nn.npz beside.

As operations.py; x goes far enough from 0 for every branch of the activations.
"""
from common import keras, normal, np, rng
from keras import ops
from keras.src.ops import nn
from keras_files import write_graph

BATCH = 3


def outputs(x):
    return [
        ops.relu6(x), ops.leaky_relu(x), ops.leaky_relu(x, negative_slope=0.05), ops.elu(x), ops.elu(x, alpha=0.5), ops.celu(x),
        ops.celu(x, alpha=2.0), ops.selu(x), ops.gelu(x), ops.gelu(x, approximate=False), ops.glu(x), ops.glu(x, axis=1),
        ops.softplus(x), ops.softsign(x), ops.squareplus(x), ops.squareplus(x, b=1), ops.sparse_plus(x), ops.sparse_sigmoid(x),
        ops.log_sigmoid(x), ops.hard_sigmoid(x), ops.hard_tanh(x), ops.hard_shrink(x), ops.hard_shrink(x, threshold=1.5),
        ops.soft_shrink(x), ops.soft_shrink(x, threshold=0.25), ops.tanh_shrink(x), ops.silu(x), ops.hard_silu(x),
        ops.threshold(x, 0.5, -1.0), nn.Elu(alpha=0.25)(x=x), keras.activations.leaky_relu(x, negative_slope=0.3),
        ops.moments(x, axes=[1]), ops.moments(x, axes=[1, 2], keepdims=True),
        ops.normalize(x), ops.normalize(x, axis=1), ops.normalize(x, order=1), ops.normalize(x, axis=1, order=3, epsilon=5.0),
        ops.normalize(x * 0.0, epsilon=1e-3),
    ]


def main():
    write_graph("operations_nn", outputs, x=normal(rng("operations_nn"), (BATCH, 4, 6)) * np.float32(3))


if __name__ == "__main__":
    main()
