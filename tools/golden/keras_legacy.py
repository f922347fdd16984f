"""Whole models in HDF5 as tf_keras 2 writes them: tests/golden/formats/legacy_*.h5 with input and output beside.

Run with tf_keras 2.16 on TensorFlow 2.16: python tools/golden/keras_legacy.py OUT_FOLDER [CASE...]
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


def volumes():
    x = keras.Input((4, 4, 6, 2))
    y = L.SpatialDropout3D(0.3)(L.Conv3D(3, 2, padding="same", activation="relu")(x))
    y = L.Conv3DTranspose(2, 3, strides=2)(L.MaxPooling3D(2)(y))
    y = L.AveragePooling3D(2)(L.UpSampling3D(2)(L.Cropping3D(1)(L.ZeroPadding3D(1)(y))))
    return keras.Model(x, L.GlobalAveragePooling3D()(L.ELU(0.5)(y)))


def steps():
    x = keras.Input((10, 3))
    y = L.GaussianNoise(0.2)(L.SeparableConv1D(4, 3, padding="same")(x))
    y = L.DepthwiseConv1D(3, depth_multiplier=2)(L.AlphaDropout(0.2)(L.GaussianDropout(0.2)(y)))
    y = L.Cropping1D((1, 2))(L.ZeroPadding1D(2)(L.Conv1DTranspose(3, 3, strides=2)(y)))
    y = L.UnitNormalization()(L.GroupNormalization(3)(L.SpatialDropout1D(0.1)(L.UpSampling1D(2)(y))))
    y = L.ActivityRegularization(l1=0.1)(L.Attention(use_scale=True)([y, y]))
    return keras.Model(x, L.GlobalMaxPooling1D()(L.AdditiveAttention()([y, y])))


def main(folder, *names):
    for make in (recurrent, nested, lambdas, trained, volumes, steps):
        if names and make.__name__ not in names:
            continue
        model = make()
        for weight in model.weights:
            weight.assign(weight + 0.1 * np.asarray(np.random.rand(*weight.shape), "float32"))
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


main(*sys.argv[1:])
