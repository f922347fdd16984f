"""Run by the oldest Keras 3 (its own environment): writes models of every layer that both know into the folder given,
old_NAME.keras, with their inputs and predictions beside them: old_NAME.npz (x0, x1, ...; y0, y1, ...).

run.py lets Lamina predict for the same inputs. Prints one line for each model that cannot be made, and last how many were.
"""
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import Input, Model, Sequential, layers, losses, metrics, ops, optimizers  # noqa: E402

GENERATOR = np.random.default_rng([int(sys.argv[2]) if len(sys.argv) > 2 else 1, 30])


def numbers(*shape):
    return GENERATOR.normal(size=shape).astype(np.float32)


def shared():
    a = Input((4,))
    layer = layers.Dense(4, activation="tanh")
    return Model(a, layer(layer(a) + a))


def two_outputs():
    a, b = Input((4,), name="zz"), Input((4,), name="aa")
    joined = layers.concatenate([a, b])
    return Model([a, b], [layers.Dense(2, name="q")(joined), layers.Dense(3, name="p")(layers.Multiply()([a, b]))])


def operations():
    a = Input((4,))
    return Model(a, ops.concatenate([ops.exp(-ops.abs(a)), ops.max(a, axis=-1, keepdims=True) * 2 - 1], axis=-1))


def cells():
    return Sequential([Input((6, 4)), layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True), layers.RNN(layers.SimpleRNNCell(2))])


def attention():
    a = Input((6, 4))
    return Model(a, layers.MultiHeadAttention(2, 3, value_dim=5)(a, a, use_causal_mask=True))


def dot():
    a, b = Input((6, 4)), Input((4, 6))
    return Model([a, b], layers.Dot(axes=(1, 2), normalize=True)([a, b]))


def merged():
    a = Input((4,))
    parts = [layers.Dense(3)(a) for _ in range(4)]
    return Model(a, layers.Average()([layers.Add()(parts[:2]), layers.Subtract()(parts[2:]), layers.Maximum()(parts[1:3]), layers.Minimum()(parts)]))


def normalization():
    layer = layers.Normalization()
    layer.adapt(numbers(20, 4) * 3 + 1)
    return Sequential([Input((4,)), layer, layers.Dense(2)])


def models():
    """name -> (model, inputs)"""
    x, series, image = numbers(5, 4), numbers(3, 6, 4), GENERATOR.uniform(size=(2, 12, 10, 3)).astype(np.float32)
    words = GENERATOR.integers(0, 9, (4, 7)).astype(np.int32)
    words[:, 0] = 1  # a row of nothing but padding has no last step

    def plain(*more, inputs=(4,)):
        return Sequential([Input(inputs), *more])

    return {
        "dense": (plain(layers.Dense(5, "relu", kernel_regularizer="l2", kernel_constraint="max_norm"), layers.Dropout(0.3), layers.Dense(2)), x),
        "nested": (plain(Sequential([layers.Dense(5), layers.BatchNormalization()]), layers.LayerNormalization()), x),
        "activations": (plain(layers.Activation("gelu"), layers.PReLU(), layers.LeakyReLU(0.1), layers.ReLU(6.0, 0.1, 0.2), layers.Softmax()), x),
        "shared": (shared(), x),
        "two_outputs": (two_outputs(), x, numbers(5, 4)),
        "operations": (operations(), x),
        "merged": (merged(), x),
        "dot": (dot(), series, numbers(3, 4, 6)),
        "normalization": (normalization(), x),
        "masked": (plain(layers.Embedding(9, 5, mask_zero=True), layers.LSTM(4), inputs=(7,)), words),
        "bidirectional": (plain(layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="ave"), layers.TimeDistributed(layers.Dense(2)),
                                layers.GlobalMaxPooling1D(), inputs=(6, 4)), series),
        "masking": (plain(layers.Masking(0.0), layers.SimpleRNN(3, go_backwards=True), inputs=(6, 4)), series),
        "cells": (cells(), series),
        "attention": (attention(), series),
        "einsum": (plain(layers.EinsumDense("abc,cd->abd", output_shape=(None, 3), bias_axes="d"), layers.Permute((2, 1)), inputs=(6, 4)), series),
        "series": (plain(layers.Conv1D(3, 2, padding="causal", dilation_rate=2), layers.MaxPooling1D(2), layers.AveragePooling1D(2),
                         layers.Reshape((-1,)), layers.RepeatVector(2), inputs=(6, 4)), series),
        "convolutions": (plain(layers.SeparableConv2D(4, 3, padding="same", depth_multiplier=2), layers.DepthwiseConv2D(3, strides=2),
                               layers.Conv2DTranspose(3, 3, strides=2), layers.UpSampling2D(2, interpolation="bilinear"), layers.Cropping2D(((1, 0), (0, 2))),
                               layers.ZeroPadding2D(1), layers.Conv2D(2, 3, dilation_rate=2), layers.AveragePooling2D(2), layers.MaxPooling2D(2),
                               layers.GlobalAveragePooling2D(), inputs=(12, 10, 3)), image),
        "augmentation": (plain(layers.RandomFlip(), layers.RandomRotation(0.2), layers.RandomZoom(0.1), layers.RandomTranslation(0.1, 0.2),
                               layers.RandomContrast(0.2), layers.RandomBrightness(0.1), layers.RandomCrop(9, 9), layers.CenterCrop(8, 8),
                               layers.Resizing(6, 6), layers.Rescaling(0.5), layers.Flatten(), inputs=(12, 10, 3)), image),
        "bytes": (Sequential([Input((12, 10, 3), dtype="uint8"), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)]), (image * 255).astype(np.uint8)),
    }


def compiled():
    """Arguments of compile, all of which Lamina knows."""
    return [
        {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]},
        {"optimizer": optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.9), momentum=0.9, nesterov=True), "loss": losses.MeanAbsoluteError()},
        {"optimizer": optimizers.Adam(0.01, amsgrad=True, clipnorm=1.0), "loss": "mse", "weighted_metrics": ["mse"]},
    ]


def main():
    work, made = pathlib.Path(sys.argv[1]), 0
    for name, (model, *inputs) in models().items():
        try:
            for weight in model.weights:
                if "float" in str(weight.dtype) and "variance" not in weight.name and "mean" not in weight.name:
                    weight.assign(weight + 0.05 * numbers(*weight.shape))
            if len(model.outputs) == 1:
                model.compile(**compiled()[made % 3])
            model.save(work / f"old_{name}.keras")
            # By the model itself: that version cannot read all that it writes.
            outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
            outputs = outputs if isinstance(outputs, list) else [outputs]
            np.savez(work / f"old_{name}.npz", **{f"x{i}": x for i, x in enumerate(inputs)}, **{f"y{i}": y for i, y in enumerate(outputs)})
            made += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            print(f"FAILED: {name} in Keras {keras.__version__}: {str(error)[-600:]}")
    print(made)


if __name__ == "__main__":
    main()
