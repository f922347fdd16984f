"""Files of every minor version of Keras 3, and weights as its NpzIOStore writes them.

    python keras_variants.py npz OUT_FOLDER            keras_weights.npz
    python keras_variants.py model OUT_FOLDER          keras_3_MINOR.keras and .npz, of the Keras that is installed

Keras 3.2 writes the calls of this model's shared layer wrongly: no version computes from its file what it did itself.
keras_3_2.npz holds what Keras 3.15 computes from it.
"""
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np


def weights(folder):
    np.savez(os.path.join(folder, "keras_weights.npz"),
             **{"layers/dense/vars": {"0": np.arange(6, dtype="float32").reshape(2, 3),
                                      "1": np.asfortranarray(np.arange(6, dtype="float32").reshape(2, 3)).T},
                "vars": {}, "optimizer/vars": {"0": np.array(7, "int64"), "1": np.array([True, False])}})


def model(folder):
    import keras
    minor = keras.__version__.split(".")[1]
    keras.utils.set_random_seed(int(minor))
    layers = keras.layers
    x = keras.Input((6,))
    shared = layers.Dense(6, activation="relu", name="shared")
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(4, name="inner_dense"), layers.LayerNormalization()], name="inner")
    y = inner(layers.Add()([shared(x), shared(shared(x))]))
    z = layers.LSTM(3)(layers.Reshape((2, 2))(y))
    whole = keras.Model(x, layers.Concatenate()([y, z]))
    whole.compile(optimizer="adam", loss="mse")
    path = os.path.join(folder, f"keras_3_{minor}")
    whole.save(path + ".keras")
    given = np.random.rand(2, 6).astype("float32")
    np.savez(path + ".npz", input=given, output=np.asarray(whole.predict(given, verbose=0)))


{"npz": weights, "model": model}[sys.argv[1]](sys.argv[2])
