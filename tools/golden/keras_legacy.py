"""Whole models in HDF5 as tf_keras 2 writes them: tests/golden/formats/legacy_*.h5 with input and output beside.

Run with tf_keras 2.16 on TensorFlow 2.16: python tools/golden/keras_legacy.py OUT_FOLDER
"""
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tf_keras as keras

keras.utils.set_random_seed(7)
L = keras.layers


def recurrent():
    x = keras.Input((6, 3))
    y = L.LSTM(4, return_sequences=True, recurrent_activation="hard_sigmoid")(x)
    y = L.Bidirectional(L.GRU(3, return_sequences=True, reset_after=False))(y)
    y = L.GRU(3, return_sequences=True)(y)
    y = L.TimeDistributed(L.Dense(2, activation="hard_sigmoid"))(y)
    return keras.Model(x, L.SimpleRNN(2)(y))


def nested():
    inner = keras.Sequential([keras.Input((8, 8, 2)), L.Conv2D(3, 3), L.BatchNormalization(), L.LeakyReLU(alpha=0.2)])
    head = keras.Sequential([L.Flatten(), L.Dense(4, kernel_regularizer="l2")])
    x = keras.Input((8, 8, 2))
    shared = L.DepthwiseConv2D(3, padding="same")
    y = L.Add()([shared(x), shared(shared(x))])
    model = keras.Model(x, head(inner(y)))
    inner.layers[0].trainable = False
    return model


def lambdas():
    a, b = keras.Input((4,)), keras.Input((4,))
    y = keras.activations.relu(L.Dense(4)(a) + b * 2.0)
    import tensorflow as tf

    return keras.Model([a, b], tf.sqrt(tf.nn.sigmoid(y)))


def trained():
    model = keras.Sequential([L.Dense(4, activation="swish", input_shape=(3,)), L.Dense(2)])
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(np.random.rand(8, 3), np.random.rand(8, 2), verbose=0, epochs=2)
    return model


def main(folder):
    for make in (recurrent, nested, lambdas, trained):
        model = make()
        for weight in model.weights:
            weight.assign(weight + 0.1 * np.random.rand(*weight.shape).astype("float32"))
        if make is recurrent or make is nested:
            for weight in model.weights:
                if "variance" in weight.name:
                    weight.assign(abs(weight) + 0.5)
        path = os.path.join(folder, "legacy_" + make.__name__)
        model.save(path + ".h5")
        inputs = [np.random.rand(2, *i.shape[1:]).astype("float32") * 4 - 2 for i in model.inputs]
        output = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
        arrays = {f"input_{i}": x for i, x in enumerate(inputs)}
        np.savez(path + ".npz", output=output, **arrays)


main(sys.argv[1])
