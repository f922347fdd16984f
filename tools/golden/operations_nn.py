"""Activations and norms of keras.ops in a functional graph: formats/operations_nn.keras, with formats/operations_nn.npz beside.

As operations.py; x goes far enough from 0 for every branch of the activations.
"""
from common import GOLDEN, keras, normal, np, numbered, rng, save
from keras import Input, ops
from keras.src.ops import nn
from keras_files import rezip

BATCH = 3


def outputs(x):
    made = [
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
    return keras.tree.flatten(made)


def main():
    x = Input((4, 6), name="x")
    model = keras.Model(x, outputs(x))
    path = GOLDEN / "formats" / "operations_nn.keras"
    model.save(path)
    rezip(path)
    data = normal(rng("operations_nn"), (BATCH, 4, 6)) * np.float32(3)
    results = [np.asarray(y) for y in keras.models.load_model(path)(data)]
    save("formats/operations_nn", x=data, **numbered("output", results))


if __name__ == "__main__":
    main()
