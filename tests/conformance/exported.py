"""SavedModels without Keras's layers, asked by Lamina: what `model.export` writes of layers and of random functional graphs
(families.py), functions of TensorFlow, one for each kind of operator, and a graph of TensorFlow 1.
"""
import json
import subprocess
import traceback

from common import keras, np, tf
from families import FAMILIES, Choices

L = keras.layers
TOLERANCE = 2e-5  # of the largest output
GRAPHS = 20


def image(h=9, w=8, c=3):
    return keras.Input((h, w, c))


def sequence(t=7, c=5):
    return keras.Input((t, c))


def joined(*layers):
    return lambda x: L.Concatenate()([layer(x) for layer in layers])


def layers():
    """{name: (input, function of it)}"""
    acts = ["relu", "relu6", "elu", "selu", "softplus", "softsign", "tanh", "sigmoid", "exponential", "leaky_relu", "silu", "hard_silu", "hard_sigmoid",
            "gelu", "mish", "log_softmax", "softmax", "celu", "hard_tanh", "tanh_shrink", "log_sigmoid", "squareplus", "hard_shrink", "soft_shrink", "sparsemax"]
    return {
        "dense": (keras.Input((6,)), lambda x: L.Dense(4, activation="gelu")(L.Dense(5, activation="relu")(x))),
        "convolution": (image(), lambda x: L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(L.MaxPooling2D()(L.BatchNormalization()(
            L.Conv2D(8, 3, padding="same", strides=2)(x)))))),
        "separable": (image(), lambda x: L.SeparableConv2D(6, 3, strides=2, padding="same")(L.DepthwiseConv2D(3, depth_multiplier=2)(x))),
        "transposed": (image(), lambda x: L.Concatenate()([L.Flatten()(L.Conv2DTranspose(4, 3, strides=2, padding="same")(x)),
                                                           L.Flatten()(L.Conv2DTranspose(2, 4, strides=3)(x))])),
        "signals": (sequence(), lambda x: L.Conv1DTranspose(3, 3, strides=2)(L.AveragePooling1D(2)(L.Conv1D(4, 3, padding="causal", dilation_rate=2)(x)))),
        "volumes": (keras.Input((6, 6, 5, 2)), lambda x: L.AveragePooling3D(2)(L.Conv3DTranspose(3, 3, strides=2)(L.Conv3D(4, 3)(x)))),
        "groups": (image(c=4), lambda x: L.Conv2D(6, 2, dilation_rate=2)(L.Conv2D(8, 3, groups=2)(x))),
        "lstm": (sequence(), lambda x: L.LSTM(4)(L.LSTM(6, return_sequences=True, go_backwards=True)(x))),
        "gru": (sequence(), lambda x: L.GRU(6, return_sequences=True)(x)),
        "simple": (keras.Input((None, 3)), lambda x: L.SimpleRNN(6)(x)),
        "bidirectional": (sequence(), lambda x: L.Bidirectional(L.LSTM(4, return_sequences=True))(x)),
        "masked": (sequence(), lambda x: L.GRU(4)(L.Masking()(x))),
        "convolutional_lstm": (keras.Input((3, 6, 6, 2)), lambda x: L.ConvLSTM2D(3, 3)(x)),
        "attention": (sequence(), lambda x: L.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)),
        "grouped_attention": (sequence(), lambda x: L.GroupQueryAttention(4, 4, 2)(x, x)),
        "attentions": (sequence(), lambda x: L.Add()([L.Attention(use_scale=True)([x, x]), L.AdditiveAttention()([x, x])])),
        "normalisations": (sequence(), joined(L.LayerNormalization(), L.RMSNormalization(), L.UnitNormalization(), L.BatchNormalization())),
        "group_normalisation": (image(c=4), lambda x: L.GroupNormalization(2)(x)),
        "resizing": (image(), lambda x: L.Concatenate()([L.Resizing(5, 7, interpolation=i)(x) for i in ("bilinear", "nearest", "bicubic")])),
        "upsampling": (image(), lambda x: L.UpSampling2D(2, interpolation="bilinear")(L.UpSampling2D((1, 2))(x))),
        "borders": (image(), lambda x: L.Cropping2D(((1, 0), (2, 1)))(L.ZeroPadding2D(2)(x))),
        "merging": (sequence(), lambda x: joined(*[lambda x, l=l: l([x, L.Dense(5)(x)]) for l in (
            L.Add(), L.Maximum(), L.Minimum(), L.Multiply(), L.Subtract(), L.Average())])(x)),
        "dot": (sequence(), lambda x: L.Dot(axes=2, normalize=True)([x, x])),
        "shapes": (sequence(), lambda x: L.Flatten()(L.Permute((2, 1))(L.Reshape((5, 7))(L.RepeatVector(1)(L.Flatten()(x)))))),
        "activations": (sequence(), joined(*[L.Activation(name) for name in acts])),
        "activation_layers": (sequence(), joined(L.PReLU(), L.LeakyReLU(), L.ELU(), L.ReLU(4, 0.1, 0.5), L.Softmax())),
        "scaling": (sequence(), lambda x: L.Rescaling(2.0, 1.0)(L.Normalization(mean=[1.0, 2, 3, 4, 5], variance=[1.0, 2, 3, 4, 5])(x))),
        "poolings": (image(), lambda x: L.Concatenate()([L.GlobalMaxPooling2D()(x), L.Flatten()(L.AveragePooling2D(3, 2, padding="same")(x)),
                                                         L.Flatten()(L.MaxPooling2D(3, 2, padding="same")(x)),
                                                         L.Flatten()(L.AdaptiveAveragePooling2D(4)(x))])),
        "distributed": (keras.Input((3, 6, 6, 2)), lambda x: L.TimeDistributed(L.Conv2D(3, 3))(x)),
        "einsum": (sequence(), lambda x: L.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")(x)),
        "spectra": (keras.Input((200, 1)), lambda x: L.STFTSpectrogram(mode="log", frame_length=32, frame_step=16, fft_length=32)(x)),
        "mel": (keras.Input((400,)), lambda x: L.MelSpectrogram(fft_length=64, sequence_stride=32, num_mel_bins=8, sampling_rate=8000)(x)),
        "embedding": (keras.Input((7,), dtype="int32"), lambda x: L.GlobalAveragePooling1D()(L.Embedding(20, 5, mask_zero=True)(x))),
        "buckets": (keras.Input((3,)), lambda x: L.Discretization(bin_boundaries=[0.0, 0.5, 1.0], output_mode="multi_hot")(x)),
        "categories": (keras.Input((3,), dtype="int32"), lambda x: L.CategoryEncoding(6, output_mode="count")(x)),
    }


def functions():
    """{name: (shape, function of a float tensor)}"""
    c = tf.constant
    spectrum = lambda x: tf.signal.rfft(x)  # noqa: E731
    return {
        "unary": ((3, 4), lambda x: tf.stack([f(tf.abs(x) + 1.1) for f in (
            tf.exp, tf.math.expm1, tf.math.log, tf.math.log1p, tf.sqrt, tf.math.rsqrt, tf.square, tf.math.reciprocal, tf.sin, tf.cos, tf.tan, tf.atan, tf.sinh,
            tf.cosh, tf.tanh, tf.asinh, tf.acosh, tf.math.erf, tf.math.erfc, tf.math.lgamma, tf.math.digamma, tf.math.ceil, tf.math.floor, tf.round, tf.sign,
            tf.nn.softplus, tf.nn.softsign, tf.nn.elu, tf.nn.selu, tf.nn.relu6)])),
        "inverse": ((3, 4), lambda x: tf.stack([f(tf.tanh(x) * 0.9) for f in (tf.asin, tf.acos, tf.atanh, tf.math.erfinv)])),
        "binary": ((3, 4), lambda x: tf.stack([f(x, c([[1.5, -2.0, 0.5, 3.0]])) for f in (
            tf.add, tf.subtract, tf.multiply, tf.divide, tf.math.floordiv, tf.math.floormod, tf.maximum, tf.minimum, tf.math.squared_difference, tf.math.atan2,
            tf.math.xdivy, tf.math.multiply_no_nan, tf.math.divide_no_nan)])),
        "integers": ((3, 4), lambda x: tf.cast(tf.stack([f(tf.cast(x * 7, tf.int32), c([3, -2, 5, 1])) for f in (
            tf.add, tf.subtract, tf.multiply, tf.math.floordiv, tf.math.floormod, tf.truncatediv, tf.truncatemod, tf.bitwise.bitwise_and,
            tf.bitwise.bitwise_or, tf.bitwise.bitwise_xor)]), tf.float32)),
        "choices": ((3, 4), lambda x: tf.where(tf.logical_and(x > 0, tf.logical_not(x > 1)), x, tf.clip_by_value(x, -0.5, 0.25)) + tf.add_n([x, x, x])),
        "reductions": ((3, 4, 5), lambda x: tf.concat([f(x, axis=[0, 2], keepdims=True)[0] for f in (
            tf.reduce_sum, tf.reduce_mean, tf.reduce_prod, tf.reduce_max, tf.reduce_min, tf.math.reduce_euclidean_norm, tf.reduce_logsumexp, tf.math.reduce_std)], 0)),
        "truths": ((3, 4), lambda x: tf.cast(tf.stack([tf.reduce_any(x > 0, 1), tf.reduce_all(x > -0.5, 1)]), tf.float32)),
        "places": ((3, 4), lambda x: tf.cast(tf.stack([tf.argmax(x, 1), tf.argmin(x, 1, output_type=tf.int64)]), tf.float32)),
        "sums": ((3, 4), lambda x: tf.stack([tf.cumsum(x, 1), tf.cumsum(x, 0, exclusive=True), tf.math.cumprod(x, 1, reverse=True)])),
        "largest": ((3, 6), lambda x: tf.math.top_k(x, 3)[0] + tf.cast(tf.math.top_k(x, 3)[1], tf.float32)),
        "slices": ((3, 6, 5, 2), lambda x: x[1:, ::-2, tf.newaxis, 1, ...]),
        "single_slices": ((3, 6, 5, 2), lambda x: x[-1, 5::-2, None, None, 3]),
        "more_slices": ((4, 6, 5), lambda x: tf.concat([x[..., -3:-1], x[:, :, 4:1:-2], tf.slice(x, [0, 0, 2], [-1, 6, 1])], -1)),
        "pieces": ((4, 6), lambda x: tf.concat([*tf.split(x, 3, 1)[::-1], *tf.split(x, [1, 3, -1], 1), *[t[:, None] for t in tf.unstack(x, axis=1)]], 1)),
        "padding": ((3, 4), lambda x: tf.concat([tf.pad(x, [[1, 0], [0, 2]], constant_values=3.0), tf.pad(x, [[1, 0], [0, 2]], "REFLECT"),
                                                 tf.pad(x, [[1, 0], [0, 2]], "SYMMETRIC")], 0)),
        "orders": ((3, 4, 2), lambda x: tf.transpose(tf.reverse(tf.roll(x, [1, 2], [0, 1]), [1]), [2, 0, 1]) + tf.reshape(tf.tile(x[:1, :1], [3, 4, 1]), [2, 3, 4])),
        "lengths": ((3, 4, 2), lambda x: tf.reverse_sequence(x, [2, 4, 1], seq_axis=1, batch_axis=0)),
        "gathering": ((4, 5, 3), lambda x: tf.gather(x, [[0, 2], [1, 1]], axis=1)[:, :, :, 0] + tf.gather_nd(x, [[[0, 1], [3, 4]]])[0, :, :2]),
        "batches": ((2, 5, 3), lambda x: tf.gather(x, [[0, 2], [4, 1]], axis=1, batch_dims=1)),
        "scattering": ((4, 3), lambda x: tf.scatter_nd([[1], [5], [1], [0]], x, [6, 3]) + tf.tensor_scatter_nd_update(tf.ones([6, 3]), [[2], [4], [0], [3]], x)
                       + tf.tensor_scatter_nd_add(tf.ones([6, 3]), [[2], [2], [0], [3]], x)),
        "hot": ((5,), lambda x: tf.one_hot(tf.cast(tf.abs(x) * 3, tf.int32), 4, on_value=2.0, off_value=-1.0, axis=0)),
        "shapes_of": ((None, 4), lambda x: tf.reshape(x, [tf.shape(x)[1], -1]) + tf.cast(tf.range(tf.size(x) // 4), tf.float32) + tf.fill([4, 1], 0.5)
                      + tf.linspace(0.0, 1.0, 4)[:, None] + tf.cast(tf.rank(x), tf.float32)),
        "blocks": ((1, 4, 6, 4), lambda x: tf.concat([tf.nn.depth_to_space(x, 2), tf.nn.depth_to_space(tf.nn.space_to_depth(tf.nn.depth_to_space(x, 2), 2), 2)], 0)),
        "space": ((2, 4, 6, 3), lambda x: tf.batch_to_space(tf.space_to_batch(x, [2, 3], [[1, 1], [0, 0]]), [2, 3], [[0, 1], [1, 0]])),
        "products": ((2, 3, 4), lambda x: tf.matmul(x, x, transpose_b=True) + tf.einsum("abc,adc->abd", x, x) + tf.linalg.band_part(tf.matmul(x, x, transpose_b=True), 1, 0)),
        "convolution_of": ((2, 7, 8, 3), lambda x: tf.nn.conv2d(x, tf.ones([3, 2, 3, 4]) * 0.1, [1, 2, 1, 1], [[0, 0], [1, 2], [0, 1], [0, 0]])),
        "depthwise_of": ((2, 7, 8, 3), lambda x: tf.nn.depthwise_conv2d(x, tf.reshape(tf.range(36.0), [3, 2, 3, 2]) * 0.05, [1, 1, 1, 1], "SAME", dilations=[2, 2])),
        "pools_of": ((2, 7, 8, 3), lambda x: tf.nn.max_pool2d(x, 3, 2, "SAME") + tf.nn.avg_pool2d(x, 3, 2, "SAME")),
        "batch_normalised": ((2, 7, 8, 3), lambda x: tf.compat.v1.nn.fused_batch_norm(x, c([1.0, 2, 3]), c([0.1, 0.2, 0.3]), c([0.0, 0.1, 0.2]), c([1.0, 1.5, 2]),
                                                                                      epsilon=1e-3, is_training=False)[0]),
        "training_statistics": ((2, 7, 8, 3), lambda x: tf.compat.v1.nn.fused_batch_norm(x, c([1.0, 2, 3]), c([0.1, 0.2, 0.3]), epsilon=1e-3)[0]),
        "old_resizing": ((1, 5, 6, 2), lambda x: tf.concat([f(x, [8, 4], **o) for f in (tf.compat.v1.image.resize_bilinear, tf.compat.v1.image.resize_nearest_neighbor)
                                                            for o in ({}, {"align_corners": True}, {"half_pixel_centers": True})], 0)),
        "branches": ((3, 4), lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: tf.exp(x), lambda: x * 2.0)),
        "known_branch": ((3, 4), lambda x: tf.cond(tf.shape(x)[0] > 2, lambda: tf.exp(x), lambda: x * 2.0)),
        "loops": ((3, 4), lambda x: tf.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * 0.5 + x), (0, x))[1]),
        "open_loop": ((3, 4), lambda x: tf.while_loop(lambda y: tf.reduce_max(y) > 0.01, lambda y: (y * 0.5,), (tf.abs(x),))[0]),
        "collected": ((5, 3), lambda x: tf.map_fn(lambda row: tf.nn.softmax(row) * tf.reduce_sum(row), x)),
        "scanned": ((5, 3), lambda x: tf.scan(lambda a, row: a * 0.9 + row, x)),
        "fourier": ((3, 16), lambda x: tf.stack([tf.math.real(spectrum(x)), tf.math.imag(spectrum(x)), tf.abs(spectrum(x)), tf.math.angle(spectrum(x))])),
        "fourier_back": ((3, 16), lambda x: tf.signal.irfft(tf.math.conj(spectrum(x)), [12])),
        "short_time": ((1, 200), lambda x: tf.abs(tf.signal.stft(x, 32, 16, 64))),
        "softmaxes": ((3, 4), lambda x: tf.nn.softmax(x) + tf.nn.log_softmax(x, axis=0) + tf.nn.leaky_relu(x, 0.3)),
        "casts": ((3, 4), lambda x: tf.cast(tf.cast(x * 3, tf.int8), tf.float32) + tf.cast(tf.cast(x, tf.float16), tf.float32) + tf.cast(x > 0, tf.float32)),
        "counts": ((6,), lambda x: tf.cast(tf.math.bincount(tf.cast(tf.abs(x) * 2, tf.int32), minlength=8, maxlength=8), tf.float32)),
        "nested_functions": ((3, 4), lambda x: tf.function(lambda y: tf.function(tf.exp)(y) + y)(x)),
        "matrices": ((2, 3, 3), lambda x: tf.linalg.inv(x) + tf.linalg.det(x)[:, None, None]
                     + tf.linalg.cholesky(tf.matmul(x, x, transpose_b=True) + tf.eye(3))),
    }


class Asked:
    """The outputs of `lamina run`, in the order of the file."""

    def __init__(self, binaries, work):
        self.binaries, self.work = binaries, work

    def __call__(self, model, inputs):
        words = [self.binaries / "lamina", "run", model, "--output", self.work / "outputs", "--json"]
        for name, x in inputs.items():
            path = self.work / f"{name}.npy"
            np.save(path, x)
            words += ["--input", path if len(inputs) == 1 else f"{name}={path}"]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-1500:]
        return {output["name"]: np.load(output["file"]) for output in json.loads(done.stdout)["outputs"]}


def compare(given, expected):
    assert given.shape == expected.shape, (given.shape, expected.shape)
    expected = expected.astype(np.float64)
    worst = np.abs(given - expected).max()
    assert np.isfinite(given).all() and worst <= TOLERANCE * max(1e-3, np.abs(expected).max()), f"off by {worst}"


def shake(model, generator):
    for weight in model.weights:
        if not weight.dtype.startswith("float"):
            continue
        positive = weight.name in ("gamma", "moving_variance")
        weight.assign(generator.uniform(0.5, 1.5, weight.shape) if positive else generator.normal(0, 0.4, weight.shape))


def numbers(spec, generator):
    shape = [2 if extent is None else extent for extent in spec.shape]
    if spec.dtype == "int32":
        return generator.integers(0, 6, shape).astype("int32")
    return generator.normal(size=shape).astype("float32")


def export_layer(folder, name, case, generator):
    x, function = case
    model = keras.Model(x, function(x))
    shake(model, generator)
    given = numbers(x, generator)
    expected = np.asarray(model(given, training=False))
    model.export(folder / name, verbose=False)
    return {"x": given}, {"output_0": expected}


def export_function(folder, name, case, generator):
    shape, function = case
    module = tf.Module()
    module.serve = tf.function(function, input_signature=[tf.TensorSpec(shape, tf.float32, name="x")])
    given = generator.normal(size=[3 if extent is None else extent for extent in shape]).astype("float32")
    expected = module.serve(given).numpy()
    tf.saved_model.save(module, str(folder / name), signatures=module.serve)
    return {"x": given}, {"output_0": expected}


def export_graph(folder, name, family, generator):
    choices = Choices(f"saved model {name}")
    model, x, _ = family(choices)
    shake(model, generator)
    model.export(folder / name, verbose=False)
    signature = tf.saved_model.load(str(folder / name)).signatures["serving_default"]
    flat = [np.asarray(value) for value in (x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple)) else [x])]
    names = list(signature.structured_input_signature[1])
    given = {}
    for key in names:  # by name where they have one, and otherwise by what fits
        spec = signature.structured_input_signature[1][key]
        if isinstance(x, dict) and key in x:
            given[key] = np.asarray(x[key])
        else:
            given[key] = next(value for value in flat if spec.shape.is_compatible_with(value.shape) and not any(value is other for other in given.values()))
    answers = signature(**{key: tf.cast(value, signature.structured_input_signature[1][key].dtype) for key, value in given.items()})
    return given, {key: answers[key].numpy() for key in answers}


def export_graph_of_tensorflow_1(folder, name, _, generator):
    v1 = tf.compat.v1
    given = generator.normal(size=(3, 4)).astype("float32")
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 4], name="x")
        kernel = v1.get_variable("dense/kernel", initializer=generator.normal(size=(4, 2)).astype("float32"), use_resource=False)
        bias = v1.get_variable("dense/bias", initializer=generator.normal(size=(2,)).astype("float32"), use_resource=True)
        y = tf.tanh(tf.matmul(x, kernel) + bias)
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder / name), {"x": x}, {"output_0": y})
        return {"x": given}, {"output_0": session.run(y, {x: given})}


def run(binaries, work):
    """(passed, failed)"""
    folder = work / "saved_models"
    folder.mkdir()
    ask = Asked(binaries, folder)
    passed = failed = 0
    cases = [(name, case, export_layer) for name, case in layers().items()]
    cases += [(name, case, export_function) for name, case in functions().items()]
    cases += [(f"graph_{FAMILIES[i % len(FAMILIES)].__name__}_{i // len(FAMILIES)}", FAMILIES[i % len(FAMILIES)], export_graph) for i in range(GRAPHS)]
    cases.append(("tensorflow_1", None, export_graph_of_tensorflow_1))
    for name, case, export in cases:
        try:
            given, expected = export(folder, name, case, np.random.default_rng(len(name)))
        except Exception as error:  # noqa: BLE001: what TensorFlow itself cannot write is no case
            print(f"left out: saved model {name}: {str(error)[:200]}")
            continue
        try:
            outputs = ask(folder / name, given)
            assert outputs.keys() == expected.keys(), f"{list(outputs)}, expected {list(expected)}"
            for key, values in expected.items():
                compare(outputs[key], values)
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: saved model {name}: {error or traceback.format_exc()}"[:900])
    return passed, failed + (passed == 0)


if __name__ == "__main__":
    import pathlib
    import sys
    place = pathlib.Path(sys.argv[2])
    place.mkdir(parents=True)
    print(*run(pathlib.Path(sys.argv[1]), place))
