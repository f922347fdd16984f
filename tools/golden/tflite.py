"""Small TFLite models of TensorFlow's converter, and what its interpreter gives with the reference kernels.

    python tflite.py OUT_FOLDER            tflite_KIND.tflite and tflite_KIND.npz

The kinds: floats, float16 weights, int8 weights for floats (dynamic), int8, int8 with activations of 16 bits; an LSTM, and
branches and loops.
"""
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf


def network():
    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(7)
    model = tf.keras.Sequential([
        tf.keras.Input((8, 8, 2), batch_size=1), layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
        layers.DepthwiseConv2D(3, padding="same", activation="relu6"), layers.MaxPooling2D(2, strides=1), layers.Conv2D(6, 1),
        layers.LeakyReLU(0.1), layers.GlobalAveragePooling2D(), layers.Dense(5, activation="sigmoid"), layers.Dense(3, activation="softmax")])
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(np.random.default_rng(7).uniform(-0.5, 0.5, weight.shape))
    return model


def converted(model, kind):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind in ("int8", "int16"):
        samples = np.random.default_rng(8).standard_normal((16, 1, 8, 8, 2)).astype(np.float32)
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8 if kind == "int8" else
                                               tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8 if kind == "int8" else tf.int16
    return converter.convert()


def of_function(function, *specs):
    return tf.lite.TFLiteConverter.from_concrete_functions([tf.function(function).get_concrete_function(*specs)]).convert()


def lstm():
    tf.keras.utils.set_random_seed(9)
    model = tf.keras.Sequential([tf.keras.Input((5, 3), batch_size=2), tf.keras.layers.LSTM(4, return_sequences=True)])
    return tf.lite.TFLiteConverter.from_keras_model(model).convert()


def control(x, n):
    y = tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, v * 0.5 + 1.0), (0, x))[1]
    return tf.cond(tf.reduce_sum(y) > 0, lambda: y - x, lambda: y * x)


def write(folder, kind, content):
    path = os.path.join(folder, f"tflite_{kind}")
    with open(path + ".tflite", "wb") as file:
        file.write(content)
    kinds = tf.lite.experimental.OpResolverType
    # With integer weights for floats the interpreter's default differs from its reference kernels, and is more exact.
    runner = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=kinds.AUTO if kind == "dynamic" else kinds.BUILTIN_REF)
    runner.allocate_tensors()
    rng, arrays = np.random.default_rng(10), {}
    for number, detail in enumerate(runner.get_input_details()):
        shape, dtype = tuple(detail["shape"]), detail["dtype"]
        if np.issubdtype(dtype, np.integer):
            bounds = np.iinfo(dtype) if detail["quantization"][0] else None
            value = rng.integers(bounds.min if bounds else 1, bounds.max if bounds else 6, shape).astype(dtype)
        else:
            value = rng.standard_normal(shape).astype(dtype)
        arrays[f"input_{number}"] = value
        runner.set_tensor(detail["index"], value)
    runner.invoke()
    for number, detail in enumerate(runner.get_output_details()):
        arrays[f"output_{number}"] = runner.get_tensor(detail["index"])
    np.savez(path + ".npz", **arrays)


for each in ("float", "float16", "dynamic", "int8", "int16"):
    write(sys.argv[1], each, converted(network(), each))
write(sys.argv[1], "lstm", lstm())
write(sys.argv[1], "control", of_function(control, tf.TensorSpec((2, 3), tf.float32), tf.TensorSpec((), tf.int32)))
