"""SavedModels of `model.export` and of TensorFlow's functions, each with an input and the output for it.

    python saved_models.py        formats/saved_models/CASE/
"""
import shutil

from common import GOLDEN, keras, normal, np, rng, tf

L = keras.layers


def written(name, save, x, y):
    folder = GOLDEN / "formats" / "saved_models" / name
    shutil.rmtree(folder, ignore_errors=True)
    save(str(folder))
    for other in ("assets", "fingerprint.pb"):  # which nothing reads
        path = folder / other
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", np.asarray(y))


def exported(name, x, function):
    generator = rng(f"saved model {name}")
    model = keras.Model(x, function(x))
    for weight in model.weights:
        value = normal(generator, weight.shape, 0.4)
        weight.assign(np.abs(value) + 0.5 if weight.name in ("gamma", "moving_variance") else value)
    given = normal(generator, (3, *x.shape[1:]))
    written(name, lambda folder: model.export(folder, verbose=False), given, model(given, training=False))


def functions():
    """Branches, loops, lists, slices with masks, complex numbers, and a variable."""
    module = tf.Module()
    module.scale = tf.Variable(normal(rng("scale"), (4,)), name="scale")

    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32, name="x")])
    def serve(x):
        y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * 0.5 + x * module.scale), (0, x))[1]
        y = tf.cond(tf.shape(x)[0] > 2, lambda: tf.exp(-tf.abs(y)), lambda: y)
        z = tf.map_fn(lambda row: tf.nn.softmax(row) * tf.reduce_sum(row), x)
        spectrum = tf.math.abs(tf.signal.rfft(y))
        return tf.concat([y[:, ::-2], z[..., tf.newaxis, 1:][:, 0], spectrum, tf.cast(tf.argsort(x), tf.float32)], -1)

    module.serve = serve
    given = normal(rng("given"), (3, 4))
    written("functions", lambda folder: tf.saved_model.save(module, folder, signatures=serve), given, serve(given))


def main():
    exported("image", keras.Input((8, 9, 2)), lambda x: L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(L.MaxPooling2D()(
        L.BatchNormalization()(L.Conv2D(4, 3, padding="same", activation="relu")(x))))))
    exported("sequence", keras.Input((5, 3)), lambda x: L.GRU(3)(L.Bidirectional(L.LSTM(4, return_sequences=True))(L.Masking()(x))))
    functions()


if __name__ == "__main__":
    main()
