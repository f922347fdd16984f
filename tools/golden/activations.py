"""Golden file of every activation: nn/activations.npz.

Entries: names (JSON), x and upstream, and for each name <name>_output and <name>_gradient of sum(output * upstream).

nn/activation_kinks.npz: names, x (where pieces of them meet) and <name>_gradient of sum(output), for those that go element by
element: what TensorFlow takes for a derivative where there is none.
"""
from common import np, normal, rng, save, tf
from keras import activations

NAMES = [
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "softplus", "softsign", "sigmoid",
    "hard_sigmoid", "log_sigmoid", "tanh", "hard_tanh", "tanh_shrink", "silu", "swish", "hard_silu", "hard_swish",
    "mish", "exponential", "softmax", "log_softmax", "hard_shrink", "soft_shrink", "squareplus", "sparse_plus",
    "sparse_sigmoid", "sparsemax",
]


def main():
    generator = rng("activations")
    # One row of ordinary values, one of large ones, one around the kinks without touching them.
    x = np.stack([
        normal(generator, 12, 2.0),
        np.array([-80, -30, -12, -7, -4, -2, 2, 4, 7, 12, 30, 80], np.float32),
        np.array([-3.01, -2.99, -1.01, -0.99, -0.51, -0.01, 0.01, 0.49, 0.99, 1.01, 2.99, 6.01], np.float32),
    ])
    upstream = normal(generator, x.shape)
    arrays = {}
    for name in NAMES:
        given = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(given)
            y = activations.get(name)(given)
            value = tf.reduce_sum(y * upstream)
        arrays[f"{name}_output"] = y.numpy()
        arrays[f"{name}_gradient"] = tape.gradient(value, given).numpy()
    save("nn/activations", names=NAMES, x=x, upstream=upstream, **arrays)
    kinks()


def kinks():
    x = tf.constant([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0])
    names = [name for name in NAMES if name not in ("softmax", "log_softmax", "sparsemax")]
    arrays = {}
    for name in names:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(activations.get(name)(x))
        arrays[f"{name}_gradient"] = tape.gradient(value, x).numpy()
    save("nn/activation_kinks", names=names, x=x.numpy(), **arrays)


if __name__ == "__main__":
    main()
