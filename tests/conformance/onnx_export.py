"""Models written as ONNX files by `lamina convert`, checked by ONNX and run by ONNX Runtime beside Lamina.

run(...) makes the models with Keras: every layer, the families of random graphs, and networks as the applications use them; language
models are those of the golden folders.
Lamina converts each and predicts batches of several sizes and lengths. An environment with ONNX, which is not that of Keras,
then looks at what lies there:

usage: onnx_export.py FOLDER     prints FAILED lines and "passed failed"
"""
import json
import pathlib
import subprocess
import sys

TOLERANCE = {"float16": 2e-3}  # of the largest number; run times compute half floats by way of float32 or not
OTHERS = 1e-5
HALVES = ("bfloat16",)  # of which each op rounds to 8 bits, two of which may differ
OPSETS = (18, 13, 17, 21, 23, 25)
ROUNDS = 10  # random graphs of each family


def check(folder):
    """Runs in the environment with ONNX: every file passes ONNX's checker and gives what Lamina predicted."""
    import numpy as np
    import onnx
    import onnxruntime
    passed = failed = 0
    for path in sorted(folder.glob("*.onnx")):
        try:
            onnx.checker.check_model(str(path), full_check=True)
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            batches = sorted(folder.glob(path.stem + ".*.npz"))
            assert batches, "there is nothing to compare with"
            for batch in batches:
                arrays = np.load(batch)
                given = {name[3:]: arrays[name].astype(object) if arrays[name].dtype.kind == "U" else arrays[name] for name in arrays if name.startswith("in:")}
                assert sorted(given) == sorted(value.name for value in session.get_inputs()), [value.name for value in session.get_inputs()]
                outputs = session.run(None, given)
                for i, (value, declared) in enumerate(zip(outputs, session.get_outputs())):
                    expected = arrays[f"out:{i}"]
                    assert value.dtype == expected.dtype and value.shape == expected.shape, \
                        f"{batch.stem}: output '{declared.name}' is {value.dtype}{value.shape}, not {expected.dtype}{expected.shape}"
                    np.testing.assert_array_equal(np.isnan(value), np.isnan(expected))
                    worst = np.abs(np.nan_to_num(value.astype(np.float64)) - np.nan_to_num(expected.astype(np.float64))).max(initial=0)
                    largest = np.abs(np.nan_to_num(expected.astype(np.float64))).max(initial=0)
                    tolerance = 2e-2 if any(half in path.stem for half in HALVES) else TOLERANCE.get(str(value.dtype), OTHERS)
                    assert worst <= tolerance * max(1, largest), f"{batch.stem}: output '{declared.name}' is off by {worst} of {largest}"
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed file
            failed += 1
            print(f"FAILED: {path.stem}: {' '.join(str(error).split())[:400]}")
    print(passed, failed)


def layer_models():
    """name -> a function that returns a model; open axes are None."""
    from common import keras
    from keras import Input, Sequential, layers, ops

    made = {}

    def layer(name, shape, build, dtype="float32"):
        made[name] = lambda: Sequential([Input(shape, dtype=dtype), build()])

    def function(name, shape, body, dtype="float32"):
        def build():
            x = Input(shape, dtype=dtype)
            return keras.Model(x, body(x))
        made[name] = build

    image, line, row = (9, 8, 3), (None, 4), (6,)
    for activation in ("relu", "tanh", "sigmoid", "gelu", "elu", "selu", "softplus", "softsign", "swish", "hard_sigmoid", "mish", "exponential",
                       "leaky_relu", "relu6", "log_softmax", "softmax", "linear", "hard_silu", "celu", "hard_tanh", "log_sigmoid", "soft_shrink",
                       "hard_shrink", "tanh_shrink", "sparse_plus", "squareplus", "sparse_sigmoid"):
        layer("act_" + activation, row, lambda a=activation: layers.Activation(a))
    layer("dense", row, lambda: layers.Dense(4, "relu"))
    layer("dense_sequence", line, lambda: layers.Dense(3))
    layer("einsum_dense", line, lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 5), bias_axes="d"))
    for padding in ("same", "valid"):
        for strides in (1, 2, 3):
            layer(f"conv2d_{padding}_{strides}", image, lambda p=padding, s=strides: layers.Conv2D(4, (3, 2), strides=s, padding=p, activation="relu"))
            layer(f"conv2d_open_{padding}_{strides}", (None, None, 3), lambda p=padding, s=strides: layers.Conv2D(4, (3, 2), strides=s, padding=p))
            layer(f"conv1d_{padding}_{strides}", line, lambda p=padding, s=strides: layers.Conv1D(4, 3, strides=s, padding=p, activation="tanh"))
            layer(f"max_pool_{padding}_{strides}", image, lambda p=padding, s=strides: layers.MaxPooling2D(3, strides=s, padding=p))
            layer(f"average_pool_{padding}_{strides}", image, lambda p=padding, s=strides: layers.AveragePooling2D((2, 3), strides=s, padding=p))
            layer(f"average_pool_open_{padding}_{strides}", (None, None, 3), lambda p=padding, s=strides: layers.AveragePooling2D(2, strides=s, padding=p))
            layer(f"max_pool1d_{padding}_{strides}", line, lambda p=padding, s=strides: layers.MaxPooling1D(3, strides=s, padding=p))
            layer(f"average_pool1d_{padding}_{strides}", line, lambda p=padding, s=strides: layers.AveragePooling1D(2, strides=s, padding=p))
            layer(f"transpose_{padding}_{strides}", image, lambda p=padding, s=strides: layers.Conv2DTranspose(4, 3, strides=s, padding=p))
            layer(f"transpose_open_{padding}_{strides}", (None, None, 3), lambda p=padding, s=strides: layers.Conv2DTranspose(4, (2, 4), strides=s, padding=p))
            layer(f"depthwise_{padding}_{strides}", image, lambda p=padding, s=strides: layers.DepthwiseConv2D(3, strides=s, padding=p, depth_multiplier=2))
            layer(f"separable_{padding}_{strides}", image, lambda p=padding, s=strides: layers.SeparableConv2D(5, 3, strides=s, padding=p))
    layer("conv2d_dilated", image, lambda: layers.Conv2D(4, 3, dilation_rate=2, padding="same"))
    layer("conv2d_open_dilated", (None, None, 3), lambda: layers.Conv2D(4, 3, dilation_rate=2, padding="same"))
    layer("conv2d_groups", (9, 8, 4), lambda: layers.Conv2D(6, 3, groups=2))
    layer("conv1d_causal", line, lambda: layers.Conv1D(4, 3, padding="causal", dilation_rate=2))
    for keep in (False, True):
        for kind in ("Average", "Max"):
            layer(f"global_{kind}2d_{keep}", image, lambda k=kind, p=keep: getattr(layers, f"Global{k}Pooling2D")(keepdims=p))
            layer(f"global_{kind}1d_{keep}", line, lambda k=kind, p=keep: getattr(layers, f"Global{k}Pooling1D")(keepdims=p))
    layer("batch_norm", image, lambda: layers.BatchNormalization())
    layer("batch_norm_axis1", image, lambda: layers.BatchNormalization(axis=1))
    layer("layer_norm", line, lambda: layers.LayerNormalization())
    layer("layer_norm_axes", image, lambda: layers.LayerNormalization(axis=[1, 2, 3]))
    layer("layer_norm_plain", line, lambda: layers.LayerNormalization(center=False, scale=False))
    layer("normalization", row, lambda: layers.Normalization(mean=[0.5] * 6, variance=[2.0] * 6))
    layer("rescaling", image, lambda: layers.Rescaling(1 / 127.5, offset=-1))
    layer("rescaling_bytes", image, lambda: layers.Rescaling(1 / 255), "uint8")
    layer("flatten", image, lambda: layers.Flatten())
    layer("reshape", image, lambda: layers.Reshape((-1, 3)))
    layer("reshape_open", (None, 4), lambda: layers.Reshape((-1, 2)))
    layer("permute", image, lambda: layers.Permute((3, 1, 2)))
    layer("repeat_vector", row, lambda: layers.RepeatVector(3))
    layer("zero_padding", image, lambda: layers.ZeroPadding2D(((1, 2), (0, 3))))
    layer("zero_padding_open", (None, None, 3), lambda: layers.ZeroPadding2D(((1, 2), (0, 3))))
    layer("cropping", image, lambda: layers.Cropping2D(((1, 2), (0, 3))))
    layer("cropping_open", (None, None, 3), lambda: layers.Cropping2D(((1, 2), (0, 3))))
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        if not interpolation.startswith("lanczos"):
            layer("up_sampling_" + interpolation, image, lambda i=interpolation: layers.UpSampling2D((2, 3), interpolation=i))
        layer("resizing_" + interpolation, image, lambda i=interpolation: layers.Resizing(7, 13, interpolation=i))
    layer("up_sampling_open", (None, None, 3), lambda: layers.UpSampling2D(2))
    layer("up_sampling_open_bilinear", (None, None, 3), lambda: layers.UpSampling2D((3, 2), interpolation="bilinear"))
    layer("center_crop", image, lambda: layers.CenterCrop(5, 6))
    layer("dropout", row, lambda: layers.Dropout(0.5))
    layer("prelu", image, lambda: layers.PReLU(shared_axes=[1, 2], alpha_initializer="uniform"))
    layer("relu_options", row, lambda: layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2))
    layer("softmax_axis", image, lambda: layers.Softmax(axis=1))
    layer("random_flip", image, lambda: layers.RandomFlip())
    layer("embedding", (None,), lambda: layers.Embedding(11, 4), "int32")
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        recurrent = getattr(layers, kind)
        for sequences in (False, True):
            layer(f"{kind}_{sequences}", line, lambda r=recurrent, s=sequences: r(5, return_sequences=s))
            layer(f"{kind}_backwards_{sequences}", line, lambda r=recurrent, s=sequences: r(5, return_sequences=s, go_backwards=True))
            for zero in (False, True):
                function(f"{kind}_masked_{sequences}_{zero}", (None,),
                         lambda x, r=recurrent, s=sequences, z=zero: r(5, return_sequences=s, zero_output_for_mask=z)(layers.Embedding(7, 3, mask_zero=True)(x)), "int32")
        for mode in ("concat", "sum", "mul", "ave"):
            layer(f"bidirectional_{kind}_{mode}", line, lambda r=recurrent, m=mode: layers.Bidirectional(r(4, return_sequences=True), merge_mode=m))
        function(f"bidirectional_{kind}_masked", (None,),
                 lambda x, r=recurrent: layers.Bidirectional(r(4))(layers.Embedding(7, 3, mask_zero=True)(x)), "int32")
        function(f"{kind}_states", line, lambda x, r=recurrent: r(4, return_state=True)(x))
        layer(f"{kind}_no_bias", line, lambda r=recurrent: r(4, use_bias=False))
    for activation in ("relu", "hard_sigmoid", "linear", "softsign", "elu", "gelu"):
        layer("LSTM_" + activation, line, lambda a=activation: layers.LSTM(4, activation=a, recurrent_activation="hard_sigmoid"))
        layer("GRU_" + activation, line, lambda a=activation: layers.GRU(4, activation=a, return_sequences=True))
        layer("SimpleRNN_" + activation, line, lambda a=activation: layers.SimpleRNN(4, activation=a))
    layer("GRU_reset_before", line, lambda: layers.GRU(4, reset_after=False, return_sequences=True))
    layer("cells", (5, 4), lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]))
    layer("cells_open", line, lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True))
    layer("time_distributed", (5, 6, 6, 2), lambda: layers.TimeDistributed(layers.Conv2D(2, 3)))
    layer("time_distributed_open", line, lambda: layers.TimeDistributed(layers.Dense(3)))
    function("masking_lstm", line, lambda x: layers.LSTM(3)(layers.Masking(0.0)(x)))
    function("self_attention", line, lambda x: layers.MultiHeadAttention(2, 3)(x, x))
    function("causal_attention", line, lambda x: layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True))
    function("masked_attention", (None,), lambda x: (lambda e: layers.MultiHeadAttention(2, 3)(e, e))(layers.Embedding(7, 4, mask_zero=True)(x)), "int32")
    function("attention_scores", line, lambda x: layers.MultiHeadAttention(2, 3)(x, x, return_attention_scores=True))
    function("masked_mean", (None,), lambda x: layers.GlobalAveragePooling1D()(layers.Embedding(7, 4, mask_zero=True)(x)), "int32")
    function("masked_conv", (None,), lambda x: layers.LSTM(3)(layers.Conv1D(3, 3, padding="same")(layers.Embedding(7, 4, mask_zero=True)(x))), "int32")

    unary = ("abs arccos arccosh arcsin arcsinh arctan arctanh ceil cos cosh exp expm1 floor isfinite isinf isnan log log10 log1p log2 logical_not negative "
             "reciprocal round rsqrt sigmoid sign sin sinh sqrt square tan tanh erf relu relu6 softplus softsign silu hard_sigmoid elu selu gelu "
             "log_sigmoid logaddexp_self trunc signbit deg2rad rad2deg sinc nan_to_num cbrt angle").split()
    for name in unary:
        if name == "logaddexp_self":
            function("op_logaddexp", row, lambda x: ops.logaddexp(x, x * 0.5))
        elif hasattr(ops, name):
            function("op_" + name, row, lambda x, f=getattr(ops, name): ops.cast(f(x), "float32"))
    function("op_erfinv", row, lambda x: ops.erfinv(ops.tanh(x)))
    binary = ("add subtract multiply divide true_divide power maximum minimum mod floor_divide arctan2 equal not_equal greater greater_equal less less_equal "
              "logical_and logical_or logical_xor hypot fmod copysign heaviside logaddexp2").split()
    for name in binary:
        if hasattr(ops, name):
            function("op2_" + name, row, lambda x, f=getattr(ops, name): ops.cast(f(x, ops.flip(x, -1) * 0.7 + 0.1), "float32"))
    for name in "sum mean max min prod std var any all logsumexp argmax argmin count_nonzero median average norm ptp nansum nanmax".split():
        f = getattr(ops, name, None) or getattr(ops.linalg, name, None)
        if f is None:
            continue
        function("reduce_" + name, line, lambda x, f=f: ops.cast(f(x, axis=-1), "float32"))
        if name != "median":  # whose places Lamina computes for one length
            function("reduce_open_" + name, line, lambda x, f=f: ops.cast(f(x, axis=1), "float32"))
    integers = ("add subtract multiply floor_divide mod maximum minimum power bitwise_and bitwise_or bitwise_xor equal less abs negative sign").split()
    for name in integers:
        f = getattr(ops, name)
        for dtype in ("int32", "int64", "uint8", "int8", "int16"):
            if dtype == "uint8" and name == "negative":
                continue
            one = name in ("abs", "negative", "sign")
            function(f"{dtype}_{name}", row, lambda x, f=f, one=one, d=dtype: ops.cast(f(x) if one else f(x, ops.convert_to_tensor([1, 2, 3, 1, 2, 3], d)), "int32"), dtype)
    function("op_cumsum", line, lambda x: ops.cumsum(x, axis=1))
    function("op_cumprod", row, lambda x: ops.cumprod(x, axis=1))
    function("op_sort", line, lambda x: ops.sort(x, axis=1))
    function("op_argsort", row, lambda x: ops.argsort(x, axis=-1))
    function("op_top_k", row, lambda x: ops.top_k(x, 3)[0])
    function("op_top_k_places", row, lambda x: ops.top_k(x, 3)[1])
    function("op_one_hot", (None,), lambda x: ops.one_hot(x, 5), "int32")
    function("op_take", line, lambda x: ops.take(x, [2, 0, -1], axis=2))
    function("op_where", line, lambda x: ops.where(x > 0, x, -1.0))
    function("op_last", line, lambda x: x[:, -1])
    function("op_tail", line, lambda x: x[:, -2:, ::2])
    function("op_reverse", line, lambda x: x[:, ::-1])
    function("op_flip", line, lambda x: ops.flip(x, axis=1))
    function("op_roll", line, lambda x: ops.roll(x, 2, axis=1))
    function("op_first_and_last", line, lambda x: ops.concatenate([x[:, :1], x[:, 1:] - x[:, :-1]], axis=1))
    function("op_stack", line, lambda x: ops.stack([x, x * 2], axis=1))
    function("op_tile", line, lambda x: ops.tile(x, (1, 2, 1)))
    function("op_repeat", line, lambda x: ops.repeat(x, 3, axis=1))
    function("op_pad", line, lambda x: ops.pad(x, ((0, 0), (2, 1), (0, 0))))
    function("op_pad_reflect", (7, 4), lambda x: ops.pad(x, ((0, 0), (2, 1), (0, 0)), mode="reflect"))
    function("op_einsum", line, lambda x: ops.einsum("bic,bjc->bij", x, x))
    function("op_matmul", line, lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))))
    function("op_dot", row, lambda x: ops.dot(x, ops.ones((6, 2))))
    function("op_outer_mask", line, lambda x: ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))), axis=-1))
    function("op_split", row, lambda x: ops.split(x, 3, axis=-1))
    function("op_meshless", line, lambda x: x + ops.cast(ops.cumsum(ops.ones_like(x[:1, :, :1]), axis=1), "float32"))
    function("op_normalize", line, lambda x: ops.normalize(x, axis=-1))
    function("op_diff", row, lambda x: ops.diff(x, axis=-1))
    function("op_clip", row, lambda x: ops.clip(x, -0.5, 0.3))
    function("op_tril", (5, 5), lambda x: ops.tril(x))
    function("op_triu", (5, 5), lambda x: ops.triu(x, 1))
    function("op_trace", (5, 5), lambda x: ops.trace(x, axis1=1, axis2=2))
    function("op_diagonal", (5, 5), lambda x: ops.diagonal(x, axis1=1, axis2=2))
    function("op_moveaxis", image, lambda x: ops.moveaxis(x, 3, 1))
    function("op_swapaxes", image, lambda x: ops.swapaxes(x, 1, 2))
    function("op_unstack", (3, 4), lambda x: ops.unstack(x, axis=1)[1])
    function("op_average", line, lambda x: ops.average(x, axis=1))
    function("op_cast", row, lambda x: ops.cast(x * 3, "int32"))
    function("op_cast_bool", row, lambda x: ops.cast(ops.cast(x, "int32"), "bool"))
    function("op_searchsorted", row, lambda x: ops.cast(ops.searchsorted(ops.convert_to_tensor([-1.0, 0.0, 1.0]), x), "int32"))
    function("op_conv", image, lambda x: ops.conv(x, ops.ones((2, 2, 3, 2)), padding="same"))
    function("op_max_pool", image, lambda x: ops.max_pool(x, 2, padding="same"))
    function("op_slice_update", (5, 3), lambda x: ops.slice_update(x, [0, 1, 0], x[:, :2] * 2.0))
    function("op_segment", row, lambda x: ops.segment_sum(ops.transpose(x), ops.convert_to_tensor([0, 0, 1, 1, 2, 0]), 3))
    for merge in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
        function("merge_" + merge, image, lambda x, m=merge: getattr(layers, m)()([layers.Conv2D(3, 3, padding="same")(x), x]))
    for policy in ("float16", "mixed_float16", "bfloat16", "mixed_bfloat16", "float64"):
        def ends(x, p=policy):  # NumPy has no bfloat16
            return ops.cast(x, "float32") if "bfloat16" in p else x

        function("policy_dense_" + policy, row, lambda x, p=policy, e=ends: e(layers.Dense(4, "gelu", dtype=p)(x)))
        function("policy_conv_" + policy, image, lambda x, p=policy, e=ends: e(layers.Conv2D(4, 3, activation="relu", dtype=p)(x)))
        function("policy_norm_" + policy, line, lambda x, p=policy, e=ends: e(layers.LayerNormalization(dtype=p)(x)))
        function("policy_lstm_" + policy, line, lambda x, p=policy, e=ends: e(layers.LSTM(4, dtype=p, recurrent_initializer="glorot_uniform")(x)))
    for name in ("tanh", "erf", "sin", "cos", "tan", "arcsin", "arctan", "sinh", "cosh", "arcsinh", "arctanh", "log1p", "expm1", "round", "floor", "sigmoid"):
        function("float64_" + name, row, lambda x, f=getattr(ops, name): f(ops.cast(x, "float64") * 0.3))
    return made


def networks():
    """Networks as the applications build them."""
    from common import keras
    from keras import Input, Sequential, layers

    def series(cell):
        return lambda: Sequential([Input((None, 1)), cell(8, return_sequences=True), cell(6), layers.Dense(1)])

    def sentiment(inner):
        return lambda: Sequential([Input((None,), dtype="int32"), layers.Embedding(50, 8, mask_zero=True), inner(), layers.Dense(1, "sigmoid")])

    def mnist():
        return Sequential([Input((28, 28, 1)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(16, 3, activation="relu"),
                           layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, "softmax")])

    def residual():
        x = image = Input((None, None, 3))
        x = layers.Rescaling(1 / 255)(x)
        x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        for filters in (8, 16):
            shortcut = layers.Conv2D(filters, 1, strides=2)(x)
            x = layers.SeparableConv2D(filters, 3, padding="same")(x)
            x = layers.MaxPooling2D(3, strides=2, padding="same")(layers.BatchNormalization()(x))
            x = layers.Add()([x, shortcut])
        return keras.Model(image, layers.Dense(5, "softmax")(layers.GlobalAveragePooling2D()(x)))

    def unet():
        image = Input((16, 16, 2))
        a = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
        b = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
        c = layers.Conv2DTranspose(4, 2, strides=2)(b)
        return keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid")(layers.Concatenate()([a, c])))

    def encoder():
        ids = Input((None,), dtype="int32")
        x = layers.Embedding(30, 12, mask_zero=True)(ids)
        for _ in range(2):
            attended = layers.MultiHeadAttention(3, 4)(x, x)
            x = layers.LayerNormalization()(layers.Add()([x, attended]))
            x = layers.LayerNormalization()(x + layers.Dense(12)(layers.Dense(24, "gelu")(x)))
        return keras.Model(ids, layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D()(x)))

    def text_cnn():
        ids = Input((None,), dtype="int32")
        x = layers.Embedding(30, 8)(ids)
        parts = [layers.GlobalMaxPooling1D()(layers.Conv1D(4, size, padding="same", activation="relu")(x)) for size in (2, 3, 4)]
        return keras.Model(ids, layers.Dense(2, "softmax")(layers.Concatenate()(parts)))

    return {"mnist": mnist, "residual_open": residual, "unet": unet, "encoder": encoder, "text_cnn": text_cnn,
            "series_rnn": series(layers.SimpleRNN), "series_gru": series(layers.GRU), "series_lstm": series(layers.LSTM),
            "sentiment_lstm": sentiment(lambda: layers.LSTM(6)), "sentiment_bilstm": sentiment(lambda: layers.Bidirectional(layers.LSTM(6))),
            "sentiment_gru": sentiment(lambda: layers.GRU(6))}


def batch_of(generator, model, batch, length):
    """{input name: array}: of `batch` samples, with `length` for what is open."""
    import numpy as np
    given = {}
    for tensor in model.inputs:
        name = tensor._keras_history.operation.name
        shape = [batch] + [length + i if extent is None else extent for i, extent in enumerate(tensor.shape[1:])]
        if len(shape) == 2 or len(shape) == 3:
            shape = [batch] + [length if extent is None else extent for extent in tensor.shape[1:]]
        if tensor.dtype in ("float32", "float16", "bfloat16", "float64"):
            values = generator.normal(size=shape)
            if len(shape) == 3:
                values[-1, shape[1] // 2:] = 0  # what Masking masks
            given[name] = values.astype(np.float32 if tensor.dtype == "bfloat16" else tensor.dtype)
        elif tensor.dtype == "bool":
            given[name] = generator.integers(0, 2, shape).astype(bool)
        else:
            values = generator.integers(0, 5, shape)
            if len(shape) == 2 and batch > 1:
                values[0] = np.maximum(values[0], 1)
                values[-1, shape[1] // 2:] = 0
            given[name] = values.astype(tensor.dtype)
    return given


class Exporter:
    def __init__(self, binaries, folder):
        self.lamina, self.folder = binaries / "lamina", folder
        self.failed = 0

    def say(self, *args):
        done = subprocess.run([self.lamina, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(done.stderr[-1500:])
        return done.stdout

    def predict(self, path, given, out):
        import numpy as np
        words = []
        for name, values in given.items():
            file = self.folder / f"given_{len(words)}.npy"
            np.save(file, values)
            words += ["--input", f"{name}={file}" if len(given) > 1 else file]
        outputs = json.loads(self.say("run", path, *words, "--output", out, "--json").strip().splitlines()[-1])["outputs"]
        return [np.load(output["file"]) for output in outputs]

    def add(self, name, model, opset=18, batches=((1, 6), (3, 9), (7, 23))):
        import numpy as np
        from common import rng
        path = self.folder / f"{name}.keras"
        try:
            model.save(path)
            self.say("convert", path, path.with_suffix(".onnx"), "--opset", opset)
            generator = rng("onnx " + name)
            for number, (batch, length) in enumerate(batches):
                given = batch_of(generator, model, batch, length)
                outputs = self.predict(path, given, self.folder / f"{name}.out{number}")
                np.savez(self.folder / f"{name}.{number}.npz", **{f"in:{key}": value for key, value in given.items()},
                         **{f"out:{i}": value for i, value in enumerate(outputs)})
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed model
            self.failed += 1
            path.with_suffix(".onnx").unlink(missing_ok=True)
            print(f"FAILED: {name}: {' '.join(str(error).split())[:500]}", flush=True)


def language_models(exporter, folders, only):
    """Folders of language models, each asked in batches of several lengths; of encoder-decoders the two are not the same."""
    import numpy as np
    from common import rng
    for folder in folders:
        name = "language_" + folder.name
        if only not in name:
            continue
        try:
            path = exporter.folder / f"{name}.onnx"
            exporter.say("convert", folder, path)
            generator = rng(name)
            config = json.loads((folder / "config.json").read_text())
            decodes = config.get("is_encoder_decoder") and not config["architectures"][0].endswith("EncoderModel")
            for number, (batch, length, target) in enumerate(((1, 6, 4), (3, 9, 12), (2, 1, 1))):
                ids = lambda tokens: generator.integers(3, 30, (batch, tokens)).astype(np.int64)
                given = {"input_ids": ids(length), "attention_mask": np.ones((batch, length), np.int64)}
                given["attention_mask"][-1, length // 2 + 1:] = 0
                if config["model_type"] in ("bert", "roberta") and config.get("type_vocab_size", 2) > 1:
                    given["token_type_ids"] = generator.integers(0, 2, (batch, length)).astype(np.int64)
                if decodes:
                    given["decoder_input_ids"] = ids(target)
                outputs = exporter.predict(folder, given, exporter.folder / f"{name}.out{number}")
                np.savez(exporter.folder / f"{name}.{number}.npz", **{f"in:{key}": value for key, value in given.items()},
                         **{f"out:{i}": value for i, value in enumerate(outputs)})
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed model
            exporter.failed += 1
            path.unlink(missing_ok=True)
            print(f"FAILED: {name}: {' '.join(str(error).split())[:500]}", flush=True)


def run(binaries, work, python, rounds=ROUNDS, only=""):
    """(passed, failed)"""
    from common import keras
    from families import FAMILIES, Choices
    from graphs import shake
    folder = work / "onnx_export"
    folder.mkdir(parents=True)
    exporter = Exporter(binaries, folder)
    for number, (name, build) in enumerate((layer_models() | networks()).items()):
        if only not in name:
            continue
        keras.utils.clear_session()
        keras.utils.set_random_seed(number + 1)
        try:
            model = build()
        except Exception as error:  # noqa: BLE001: what this Keras does not have
            print(f"(Keras cannot build {name}: {' '.join(str(error).split())[:150]})", file=sys.stderr)
            continue
        shake(model, Choices("onnx " + name).generator)
        exporter.add(name, model, 18 if "bitwise" in name or "segment" in name else OPSETS[number % len(OPSETS)])
    for number in range(rounds * len(FAMILIES)):
        family = FAMILIES[number % len(FAMILIES)]
        name = f"{family.__name__}_{number // len(FAMILIES)}"
        if only not in name:
            continue
        keras.utils.clear_session()
        choices = Choices(f"onnx {name}")
        keras.utils.set_random_seed(int(choices.generator.integers(2**31)))
        model = family(choices)[0]
        shake(model, choices.generator)
        exporter.add(name, model, OPSETS[number % len(OPSETS)])
    golden = pathlib.Path(__file__).resolve().parents[1] / "golden" / "transformers"
    language_models(exporter, sorted(path.parent for path in golden.glob("*/config.json")), only)
    said = subprocess.run([python, __file__, folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = said.stdout.strip().splitlines()
    if said.returncode != 0 or not lines:
        print(said.stderr[-5000:])
        return 0, 1
    print(*lines[:-1], sep="\n", end="\n" if lines[:-1] else "")
    passed, failed = map(int, lines[-1].split())
    return passed, failed + exporter.failed + (passed == 0)


if __name__ == "__main__":
    check(pathlib.Path(sys.argv[1]))
