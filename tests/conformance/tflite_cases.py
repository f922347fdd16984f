"""TFLite models for tflite.py: Keras layers and functions of TensorFlow, each with shapes of inputs."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


def layers():
    """{name: (layer or list of layers, shape of one sample)}: the layers that the converter knows in floats and integers."""
    image, row, steps = (12, 10, 3), (7,), (9, 5)
    return {
        "dense": (L.Dense(6, activation="relu"), row),
        "dense_steps": (L.Dense(4), steps),
        "mlp": ([L.Dense(16, activation="relu"), L.Dense(8, activation="tanh"), L.Dense(5, activation="softmax")], row),
        "conv_same": (L.Conv2D(8, 3, padding="same", activation="relu"), image),
        "conv_valid_strided": (L.Conv2D(5, (3, 2), strides=(2, 2)), image),
        "conv_dilated": (L.Conv2D(4, 3, dilation_rate=2, padding="same"), image),
        "conv_1x1": (L.Conv2D(16, 1, activation="relu6"), image),
        "conv_relu6": (L.Conv2D(8, 3, activation=tf.nn.relu6), image),
        "conv1d": (L.Conv1D(6, 3, padding="same"), steps),
        "conv1d_causal": (L.Conv1D(6, 3, padding="causal", dilation_rate=2), steps),
        "depthwise": (L.DepthwiseConv2D(3, padding="same"), image),
        "depthwise_multiplier": (L.DepthwiseConv2D(3, depth_multiplier=2, strides=2), image),
        "separable": (L.SeparableConv2D(6, 3, activation="relu"), image),
        "transpose_conv": (L.Conv2DTranspose(4, 3, strides=2, padding="same"), (5, 6, 3)),
        "transpose_conv_valid": (L.Conv2DTranspose(4, 3, strides=2, padding="valid"), (5, 6, 3)),
        "average_pool": (L.AveragePooling2D(2), image),
        "average_pool_same": (L.AveragePooling2D(3, strides=2, padding="same"), image),
        "max_pool": (L.MaxPooling2D(2), image),
        "max_pool_same": (L.MaxPooling2D(3, strides=2, padding="same"), image),
        "global_average_pool": (L.GlobalAveragePooling2D(), image),
        "global_max_pool": (L.GlobalMaxPooling2D(), image),
        "batch_norm": ([L.Conv2D(4, 3, use_bias=False), L.BatchNormalization(), L.ReLU()], image),
        "layer_norm": (L.LayerNormalization(), steps),
        "softmax": (L.Softmax(), row),
        "sigmoid": (L.Activation("sigmoid"), row),
        "tanh": (L.Activation("tanh"), row),
        "elu": (L.ELU(), row),
        "leaky_relu": (L.LeakyReLU(0.2), row),
        "prelu": (L.PReLU(shared_axes=[1, 2]), image),
        "hard_swish": (L.Lambda(lambda x: x * tf.nn.relu6(x + 3) / 6), row),
        "gelu": (L.Activation("gelu"), row),
        "swish": (L.Activation("swish"), row),
        "up_nearest": (L.UpSampling2D(2), image),
        "up_bilinear": (L.UpSampling2D(2, interpolation="bilinear"), image),
        "pad": (L.ZeroPadding2D(((1, 2), (0, 3))), image),
        "crop": (L.Cropping2D(((1, 2), (0, 3))), image),
        "flatten_dense": ([L.Flatten(), L.Dense(4)], image),
        "reshape_permute": ([L.Reshape((10, 12, 3)), L.Permute((3, 1, 2))], image),
        "lstm": (L.LSTM(6, return_sequences=True), steps),
        "lstm_last": (L.LSTM(4), steps),
        "gru": (L.GRU(6), steps),
        "simple_rnn": (L.SimpleRNN(6), steps),
        "bidirectional": (L.Bidirectional(L.LSTM(4, return_sequences=True)), steps),
        "conv_net": ([L.Conv2D(8, 3, strides=2, activation="relu", padding="same"), L.DepthwiseConv2D(3, padding="same", activation="relu"),
                      L.Conv2D(16, 1, activation="relu"), L.AveragePooling2D(2), L.Flatten(), L.Dense(10), L.Softmax()], (16, 16, 3)),
        "conv3d": (L.Conv3D(4, 3, padding="same"), (5, 6, 6, 2)),
        "attention_like": (L.Lambda(lambda x: tf.matmul(tf.nn.softmax(tf.matmul(x, x, transpose_b=True)), x)), steps),
    }


# In integers a sum may stay below its bound for ever, and TFLite's interpreter with it.
IN_FLOATS = ("while_value",)


def functions():
    """{name: (function, shapes and dtypes of inputs)}: operators of the format, in floats and plain integers."""
    f, i, b, l = tf.float32, tf.int32, tf.bool, tf.int64
    x, m = ((2, 3, 4), f), ((3, 4), f)
    unary = {name: getattr(tf, name) for name in ("exp", "abs", "sin", "cos", "floor", "square", "negative", "round", "sign", "tanh", "sigmoid")}
    unary |= {"log": lambda v: tf.math.log(tf.abs(v) + 0.5), "sqrt": lambda v: tf.sqrt(tf.abs(v)), "rsqrt": lambda v: tf.math.rsqrt(tf.abs(v) + 0.1),
              "ceil": tf.math.ceil, "relu": tf.nn.relu, "relu6": tf.nn.relu6, "elu": tf.nn.elu, "leaky": lambda v: tf.nn.leaky_relu(v, 0.3),
              "log_softmax": tf.nn.log_softmax, "softmax_beta": lambda v: tf.nn.softmax(v), "gelu_tanh": lambda v: tf.nn.gelu(v, True),
              "gelu_erf": lambda v: tf.nn.gelu(v, False), "l2_normalize": lambda v: tf.nn.l2_normalize(v, -1), "clip": lambda v: tf.clip_by_value(v, -1, 1)}
    binary = {name: getattr(tf, name) for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "greater", "less",
                                                   "greater_equal", "less_equal", "equal", "not_equal")}
    binary |= {"squared_difference": tf.math.squared_difference, "floordiv": tf.math.floordiv, "floormod": tf.math.floormod, "atan2": tf.math.atan2,
               "pow": lambda a, c: tf.pow(tf.abs(a), c)}
    cases = {"unary_" + k: (v, [x]) for k, v in unary.items()}
    cases |= {"binary_" + k: (v, [x, ((3, 1), f)]) for k, v in binary.items()}
    cases |= {
        "integers_floordiv": (lambda a, c: tf.math.floordiv(a, tf.maximum(c, 1)), [((4, 5), i), ((5,), i)]),
        "integers_floormod": (lambda a, c: tf.math.floormod(a, tf.maximum(c, 1)), [((4, 5), i), ((5,), i)]),
        "integers_div": (lambda a, c: a + c * 2 - a * c, [((4, 5), i), ((5,), i)]),
        "logical": (lambda a, c: tf.logical_or(tf.logical_and(a > 0, c > 0), tf.logical_not(a > c)), [m, m]),
        "xor": (lambda a, c: tf.bitwise.bitwise_xor(a, c), [((4, 5), i), ((4, 5), i)]),
        "add_n": (lambda a, c: tf.add_n([a, c, a]), [x, x]),
        "reduce_sum": (lambda v: tf.reduce_sum(v, [0, 2]), [x]),
        "reduce_mean": (lambda v: tf.reduce_mean(v, 1, keepdims=True), [x]),
        "reduce_prod": (lambda v: tf.reduce_prod(v, -1), [x]),
        "reduce_max": (lambda v: tf.reduce_max(v, [1]), [x]),
        "reduce_min": (lambda v: tf.reduce_min(v), [x]),
        "reduce_any": (lambda v: tf.reduce_any(v > 1, 0), [x]),
        "reduce_all": (lambda v: tf.reduce_all(v > -1, 0), [x]),
        "arg_max": (lambda v: tf.argmax(v, 1), [x]),
        "arg_min": (lambda v: tf.argmin(v, 0, output_type=i), [x]),
        "cumsum": (lambda v: tf.cumsum(v, 1, exclusive=True, reverse=True), [x]),
        "reshape": (lambda v: tf.reshape(v, (4, -1)), [x]),
        "transpose": (lambda v: tf.transpose(v, (2, 0, 1)), [x]),
        "squeeze_expand": (lambda v: tf.squeeze(tf.expand_dims(v, 1) + 1, [1]), [x]),
        "pack_unpack": (lambda v: tf.stack(tf.unstack(v, axis=1)[::-1], axis=0), [x]),
        "split": (lambda v: tf.concat(tf.split(v, 2, 2)[::-1], 1), [x]),
        "split_v": (lambda v: tf.concat(tf.split(v, (1, 3), 2)[::-1], 2), [x]),
        "slice": (lambda v: tf.slice(v, (0, 1, 1), (2, 2, -1)), [x]),
        "strided_slice": (lambda v: v[:, ::-1, 1:4:2], [x]),
        "strided_shrink": (lambda v: v[1, ..., tf.newaxis, -2], [x]),
        "strided_open": (lambda v: v[..., -3:], [x]),
        "pad_constant": (lambda v: tf.pad(v, ((0, 1), (2, 0), (1, 1)), constant_values=3.0), [x]),
        "pad_zero": (lambda v: tf.pad(v, ((0, 1), (2, 0), (1, 1))), [x]),
        "mirror_reflect": (lambda v: tf.pad(v, ((0, 1), (2, 0), (1, 1)), "REFLECT"), [x]),
        "mirror_symmetric": (lambda v: tf.pad(v, ((0, 1), (2, 0), (1, 1)), "SYMMETRIC"), [x]),
        "tile": (lambda v: tf.tile(v, (2, 1, 3)), [x]),
        "broadcast_to": (lambda v: tf.broadcast_to(v, (5, 3, 4)), [((3, 1), f)]),
        "fill_like": (lambda v: tf.fill(tf.shape(v), 2.5) * v + tf.zeros_like(v), [x]),
        "range": (lambda v: v + tf.cast(tf.range(0, 8, 2), f), [x]),
        "reverse": (lambda v: tf.reverse(v, [1]), [x]),
        "reverse_sequence": (lambda v: tf.reverse_sequence(v, [2, 3], seq_axis=1, batch_axis=0), [x]),
        "gather": (lambda v, p: tf.gather(v, tf.abs(p) % 3, axis=1), [x, ((5,), i)]),
        "gather_batch": (lambda v, p: tf.gather(v, tf.abs(p) % 4, axis=2, batch_dims=1), [x, ((2, 3), i)]),
        "gather_nd": (lambda v, p: tf.gather_nd(v, tf.abs(p) % 2), [x, ((5, 2), i)]),
        "scatter_nd": (lambda v: tf.scatter_nd([[1], [3], [1]], v, (5, 4)), [m]),
        "embedding": (lambda p: tf.gather(tf.constant(np.arange(40, dtype=np.float32).reshape(10, 4)), tf.abs(p) % 10), [((3, 2), i)]),
        "one_hot": (lambda p: tf.one_hot(tf.abs(p) % 6, 5, on_value=2.0, off_value=-1.0, axis=1), [((3, 2), i)]),
        "select": (lambda a, c: tf.where(a > c, a, c * 2), [x, ((3, 1), f)]),
        "where": (lambda v: tf.where(v > 0), [x]),
        "unique": (lambda v: tf.unique(v % 3), [((9,), i)]),
        "top_k": (lambda v: tf.math.top_k(v, 2), [x]),
        "cast_int": (lambda v: tf.cast(v * 3, i), [x]),
        "cast_back": (lambda v: tf.cast(v, f) * 0.5, [((4,), i)]),
        "cast_bool": (lambda v: tf.cast(v > 0, f), [x]),
        "space_to_depth": (lambda v: tf.nn.space_to_depth(v, 2), [((2, 4, 6, 3), f)]),
        "depth_to_space": (lambda v: tf.nn.depth_to_space(v, 2), [((2, 2, 3, 8), f)]),
        "space_to_batch": (lambda v: tf.space_to_batch_nd(v, (2, 3), ((0, 0), (1, 1))), [((2, 4, 4, 3), f)]),
        "batch_to_space": (lambda v: tf.batch_to_space(v, (2, 2), ((0, 1), (1, 0))), [((8, 2, 3, 2), f)]),
        "resize_bilinear": (lambda v: tf.compat.v1.image.resize_bilinear(v, (7, 9), half_pixel_centers=True), [((2, 4, 5, 3), f)]),
        "resize_bilinear_corners": (lambda v: tf.compat.v1.image.resize_bilinear(v, (7, 9), align_corners=True), [((2, 4, 5, 3), f)]),
        "resize_bilinear_plain": (lambda v: tf.compat.v1.image.resize_bilinear(v, (3, 9)), [((2, 4, 5, 3), f)]),
        "resize_nearest": (lambda v: tf.compat.v1.image.resize_nearest_neighbor(v, (7, 9), half_pixel_centers=True), [((2, 4, 5, 3), f)]),
        "resize_nearest_corners": (lambda v: tf.compat.v1.image.resize_nearest_neighbor(v, (7, 9), align_corners=True), [((2, 4, 5, 3), f)]),
        "batch_matmul": (lambda a, c: tf.matmul(a, c, transpose_b=True), [x, ((2, 5, 4), f)]),
        "batch_matmul_adjoint": (lambda a, c: tf.matmul(a, c, transpose_a=True), [x, ((2, 3, 5), f)]),
        "local_response": (lambda v: tf.nn.local_response_normalization(v, 2, 1.0, 0.5, 0.75), [((2, 4, 5, 6), f)]),
        "matrix_diag": (lambda v: tf.linalg.diag(v), [m]),
        "matrix_set_diag": (lambda v, d: tf.linalg.set_diag(v, d), [((2, 4, 4), f), ((2, 4), f)]),
        "segment_sum": (lambda v: tf.math.segment_sum(v, [0, 0, 2]), [m]),
        "unsorted_segments": (lambda v: (tf.math.unsorted_segment_sum(v, [2, 0, 2], 4), tf.math.unsorted_segment_max(v, [2, 0, 1], 3)), [m]),
        "fake_quant": (lambda v: tf.quantization.fake_quant_with_min_max_args(v, -2.0, 3.0), [x]),
        "if": (lambda a, c: tf.cond(tf.reduce_sum(a) > 0, lambda: a + c, lambda: a * c), [m, m]),
        "while": (lambda v: tf.while_loop(lambda n, s: n < 5, lambda n, s: (n + 1, s * 0.5 + 1.0), (0, v))[1], [m]),
        "while_value": (lambda v: tf.while_loop(lambda s: tf.reduce_sum(s) < 100.0, lambda s: (tf.abs(s) * 2 + 1,), (v,))[0], [m]),
        "nms": (lambda boxes, scores: tf.image.non_max_suppression_padded(tf.abs(boxes), scores, 5, 0.3, 0.1, pad_to_max_output_size=True), [((12, 4), f), ((12,), f)]),
        "rfft": (lambda v: tf.abs(tf.signal.rfft(v)), [((2, 16), f)]),
        "complex_parts": (lambda v: (tf.math.real(tf.signal.rfft(v)), tf.math.imag(tf.signal.rfft(v))), [((2, 16), f)]),
        "dynamic_slice": (lambda v, p: tf.slice(v, tf.stack([0, tf.abs(p[0]) % 2, 0]), (2, 2, 4)), [x, ((1,), i)]),
        "dynamic_update": (lambda v, u: tf.raw_ops.TensorScatterUpdate(tensor=v, indices=[[1]], updates=u), [m, ((1, 4), f)]),
        "bucketize": (lambda v: tf.raw_ops.Bucketize(input=v, boundaries=[-1.0, 0.0, 0.5]), [x]),
    }
    del b, l
    return cases
