"""SavedModels of `model.export` and of TensorFlow's functions, each with an input and the output for it.

    python saved_models.py            formats/saved_models/CASE/
    python saved_models.py texts      formats/saved_models/texts_CASE/: models of texts, which lie in texts.txt, one a line
    python saved_models.py trained    formats/saved_models/trained_*/, which tf_keras (Keras 2; 2.16 with TensorFlow 2.16
                                      last) trains for a while; after.npz has what it gives after two more epochs
"""
import os
import shutil
import sys

if sys.argv[1:] != ["trained"]:  # which has an environment of its own
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


def of_texts():
    """What TextVectorization and StringLookup become in graphs, and tables of TensorFlow's own, one from a file."""
    texts = ["the cat sat, on the mat!", "A dog; the Dog barks", "cats and dogs are friends of the mat", "", "zebra \u00c9cole -- UNKNOWN"]

    def texts_written(name, save, given, y):
        folder = GOLDEN / "formats" / "saved_models" / f"texts_{name}"
        shutil.rmtree(folder, ignore_errors=True)
        save(str(folder))
        (folder / "fingerprint.pb").unlink(missing_ok=True)
        (folder / "texts.txt").write_text("".join(text + "\n" for text in given))
        np.save(folder / "y.npy", np.asarray(y))

    def model_of(name, layer, behind, given=texts, shape=(1,)):
        if isinstance(layer, L.TextVectorization):
            layer.adapt(texts)
        x = keras.Input(shape, dtype="string", name="text")
        model = keras.Model(x, behind(layer(x)))
        generator = rng(f"texts {name}")
        for weight in model.weights:
            weight.assign(normal(generator, weight.shape, 0.4))
        value = tf.constant(given if not shape else [[text] for text in given])
        texts_written(name, lambda folder: model.export(folder, verbose=False), given, model(value))

    model_of("words", L.TextVectorization(max_tokens=20), lambda x: L.Dense(2)(L.GlobalAveragePooling1D()(L.Embedding(20, 3, mask_zero=True)(x))))
    model_of("characters", L.TextVectorization(split="character", standardize="lower", output_sequence_length=9),
             lambda x: L.Dense(2)(L.Flatten()(L.Embedding(30, 2)(x))), shape=())
    model_of("counts", L.TextVectorization(max_tokens=30, output_mode="tf_idf", ngrams=2), lambda x: L.Dense(2)(x))
    model_of("lookup", L.StringLookup(vocabulary=["red", "green", "blue"], output_mode="one_hot"), lambda x: L.Dense(2)(x), ["blue", "pink", "", "red"])
    path = GOLDEN / "formats" / "saved_models" / "table.txt"
    path.write_text("lion\t7\nbear\t5\nwolf\t9\n")
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(str(path), tf.string, 0, tf.int64, 1, delimiter="\t"), -1)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="texts"), tf.TensorSpec((None, 3), tf.float32, name="weights")])
    def serve(texts, weights):
        words = tf.strings.split(tf.strings.regex_replace(tf.strings.strip(tf.strings.upper(texts)), r"(\w)\w*S\b", r"\1"), " ").to_tensor(shape=(None, 3))
        return weights * tf.cast(module.table.lookup(tf.strings.lower(words)), tf.float32) + tf.cast(module.table.size(), tf.float32)

    module.serve = serve
    given = ["lion bear", "  wolf lion lion wolf ", "cat bears lion"]
    texts_written("table", lambda folder: tf.saved_model.save(module, folder, signatures=serve), given, serve(tf.constant(given), tf.ones((3, 3)) * 0.5))
    path.unlink()
def saved():
    """A model of Keras 3 by TensorFlow's own function, which restores copies of the variables that its signature reads."""
    generator = rng("saved model of Keras 3")
    x = keras.Input((4,))
    model = keras.Model(x, L.Dense(2, name="last")(L.BatchNormalization(name="middle")(L.Dense(3, activation="tanh", name="first")(x))))
    for weight in model.weights:
        weight.assign(np.abs(normal(generator, weight.shape, 0.4)) + 0.5)
    given = normal(generator, (3, 4))
    written("saved", lambda folder: tf.saved_model.save(model, folder), given, model(given, training=False))


def trained():
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import numpy as np
    import tf_keras
    layers, old = tf_keras.layers, tf_keras.optimizers.legacy
    generator = np.random.default_rng(0)
    x, y = (generator.normal(size=(8, width)).astype("float32") for width in (4, 2))
    golden = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "formats", "saved_models")
    for name, optimizer in {"adam": old.Adam(0.01), "rmsprop": tf_keras.optimizers.RMSprop(0.01)}.items():
        given = tf_keras.Input((4,))
        model = tf_keras.Model(given, layers.Dense(2)(layers.Dense(3, activation="tanh")(given)))
        model.compile(optimizer, "mse")
        model.fit(x, y, epochs=3, batch_size=8, verbose=0)
        folder = os.path.join(golden, f"trained_{name}")
        shutil.rmtree(folder, ignore_errors=True)
        model.save(folder, save_format="tf")
        shutil.rmtree(os.path.join(folder, "assets"), ignore_errors=True)
        os.remove(os.path.join(folder, "fingerprint.pb"))
        model.fit(x, y, epochs=2, batch_size=8, verbose=0)
        np.savez(os.path.join(folder, "after.npz"), x=x, y=y, output=model.predict(x, verbose=0))


def main():
    exported("image", keras.Input((8, 9, 2)), lambda x: L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(L.MaxPooling2D()(
        L.BatchNormalization()(L.Conv2D(4, 3, padding="same", activation="relu")(x))))))
    exported("sequence", keras.Input((5, 3)), lambda x: L.GRU(3)(L.Bidirectional(L.LSTM(4, return_sequences=True))(L.Masking()(x))))
    functions()
    saved()


if __name__ == "__main__":
    {"trained": trained, "texts": of_texts}.get("".join(sys.argv[1:]), main)()
