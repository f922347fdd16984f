"""Families of random functional graphs: each a function of random choices that returns a compiled Keras model and one
batch for it, as (model, x, y).
"""
from common import keras, normal, np, rng
from keras import Input, Sequential, layers, losses, metrics, ops, optimizers, regularizers

BATCH = 6


class Choices:
    """The random options of one graph."""

    def __init__(self, name):
        self.generator = rng(name)

    def __call__(self, *options):
        return options[int(self.generator.integers(len(options)))]

    def chance(self, share=0.5):
        return bool(self.generator.uniform() < share)

    def units(self, low=3, high=9):
        return int(self.generator.integers(low, high))

    def activation(self):
        return self("relu", "tanh", "gelu", "elu", "swish", "softplus", "leaky_relu", "selu")

    def regularizer(self):
        return self(None, None, None, "l2", regularizers.L1(0.003), regularizers.L1L2(0.001, 0.002))

    def constraint(self):
        return self(None, None, None, keras.constraints.MaxNorm(1.5), "non_neg", keras.constraints.UnitNorm())

    def optimizer(self):
        return self(optimizers.SGD(0.02, momentum=0.9), optimizers.SGD(0.01, momentum=0.8, nesterov=True),
                    optimizers.SGD(0.02, momentum=0.5, weight_decay=0.01), optimizers.Adam(0.005, epsilon=1e-3),
                    optimizers.Adam(0.003, epsilon=1e-3, amsgrad=True),
                    optimizers.Adam(0.005, epsilon=1e-3, clipnorm=1.0), optimizers.Adagrad(0.02),
                    optimizers.Adadelta(0.5, epsilon=1e-3), optimizers.Adamax(0.005, epsilon=1e-2),
                    optimizers.Nadam(0.005, epsilon=1e-3), optimizers.Ftrl(0.02, initial_accumulator_value=0.5),
                    optimizers.SGD(0.02, momentum=0.5, use_ema=True, ema_momentum=0.8),
                    optimizers.Adam(0.005, epsilon=1e-3, gradient_accumulation_steps=2, loss_scale_factor=8.0))

    def dense(self, units=None, **options):
        return layers.Dense(units or self.units(), activation=self.activation(), use_bias=self.chance(0.8),
                            kernel_regularizer=self.regularizer(), kernel_constraint=self.constraint(), **options)

    def numbers(self, *shape):
        return normal(self.generator, (BATCH,) + shape)

    def classes(self, count, *shape):
        return self.generator.integers(0, count, (BATCH,) + shape).astype(np.int32)

    def words(self, vocabulary, length):
        """Ids with a padding of zeros of random length behind them; the first row has none."""
        ids = self.generator.integers(1, vocabulary, (BATCH, length)).astype(np.int32)
        for row in range(1, BATCH):
            ids[row, length - int(self.generator.integers(0, length - 1)):] = 0
        return ids


def residual(c):
    """Convolutions with shortcuts, and strides now and then."""
    channels = c.units(3, 6)
    image = Input((c(8, 9), c(7, 8), c(1, 2, 3)))
    x = layers.Conv2D(channels, c(1, 3, (3, 2)), padding=c("same", "valid"), strides=c(1, 2))(image)
    for _ in range(c(1, 2, 3)):
        shortcut, stride = x, c(1, 1, 2)
        if c.chance():
            x = layers.BatchNormalization(momentum=c(0.9, 0.99), scale=c.chance(0.8))(x)
        x = layers.Activation(c.activation())(x)
        x = c(layers.Conv2D(channels, 3, padding="same", strides=stride, kernel_regularizer=c.regularizer()),
              layers.SeparableConv2D(channels, 3, padding="same", strides=stride, depth_multiplier=c(1, 2)))(x)
        if stride > 1:
            shortcut = c(layers.Conv2D(channels, 1, strides=stride, padding="same", use_bias=False),
                         layers.AveragePooling2D(stride, padding="same"),
                         layers.MaxPooling2D(stride, padding="same"))(shortcut)
        x = c(layers.Add(), layers.Average(), layers.Maximum())([x, shortcut]) if c.chance() else x + shortcut
    x = c(layers.GlobalAveragePooling2D(), layers.GlobalMaxPooling2D(), layers.Flatten())(x)
    model = keras.Model(image, layers.Dense(4, activation="softmax")(x))
    model.compile(c.optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, c.numbers(*image.shape[1:]), c.classes(4)


def siamese(c):
    """One encoder for both inputs."""
    width = c.units()
    left, right = Input((width,), name="left"), Input((width,), name="right")
    first, second = c.dense(), c.dense(5)
    if c.chance():
        encoder = Sequential([Input((width,)), first, layers.LayerNormalization(), second], name="encoder")
        a, b = encoder(left), encoder(right)
    else:
        a, b = second(first(left)), second(first(right))
    far = c(lambda: ops.abs(a - b), lambda: ops.square(a - b), lambda: layers.Subtract()([a, b]),
            lambda: layers.Dot(axes=1, normalize=c.chance())([a, b]), lambda: layers.Concatenate()([a, b, a * b]))()
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(far))
    model.compile(c.optimizer(), losses.BinaryCrossentropy(label_smoothing=c(0.0, 0.1)), metrics=["accuracy"])
    return model, [c.numbers(width), c.numbers(width)], c.classes(2, 1).astype(np.float32)


def two_headed(c):
    """Several outputs, with losses and their weights by name or position."""
    x = Input((c.units(),))
    trunk = c.dense(8)(x)
    if c.chance():
        trunk = layers.Dropout(0.0)(trunk)
    kind = layers.Dense(3, activation="softmax", name="kind")(c.dense()(trunk) if c.chance() else trunk)
    size = layers.Dense(2, name="size")(layers.Concatenate()([trunk, kind]) if c.chance() else trunk)
    model = keras.Model(x, [kind, size])
    named = {"kind": "sparse_categorical_crossentropy", "size": c("mse", losses.MeanAbsoluteError(reduction="sum"), "mae")}
    weights = {"kind": 0.3, "size": 2.0}
    if c.chance():
        model.compile(c.optimizer(), named, loss_weights=c(weights, None), metrics={"kind": ["accuracy"]})
    else:
        model.compile(c.optimizer(), list(named.values()), loss_weights=c(list(weights.values()), None),
                      metrics=[["accuracy"], [metrics.MeanAbsoluteError(name="off")]])
    return model, c.numbers(*x.shape[1:]), [c.classes(3), c.numbers(2)]


def encoder_decoder(c):
    """The states of one recurrence begin another."""
    units, vocabulary = c.units(), 7
    source, target = Input((c(5, None),), dtype="int32", name="source"), Input((4,), dtype="int32", name="target")
    x = layers.Embedding(vocabulary, c.units(), mask_zero=c.chance())(source)
    y = layers.Embedding(vocabulary, c.units(), mask_zero=c.chance())(target)
    kind = c(layers.LSTM, layers.GRU, layers.SimpleRNN)
    options = {"reset_after": c.chance()} if kind is layers.GRU else {}
    if c.chance(0.3):
        read = layers.Bidirectional(kind(units, return_state=True, **options))(x)
        states, half = read[1:], (len(read) - 1) // 2
        states = [layers.Concatenate()([states[i], states[i + half]]) for i in range(half)]
        units *= 2
    else:
        states = kind(units, return_state=True, recurrent_regularizer=c.regularizer(), **options)(x)[1:]
    written = kind(units, return_sequences=True, return_state=c.chance(), **options)(y, initial_state=list(states))
    if isinstance(written, (list, tuple)):
        written = written[0]
    head = layers.Dense(vocabulary, activation="softmax")
    model = keras.Model([source, target], layers.TimeDistributed(head)(written) if c.chance() else head(written))
    model.compile(c.optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [c.words(vocabulary, 5), c.words(vocabulary, 4)], c.classes(vocabulary, 4)


def squeeze_excite(c):
    """Channels weighed by what the whole picture says."""
    channels = c(4, 6)
    image = Input((c(6, None), 6, 2))
    x = layers.Conv2D(channels, 3, padding="same", activation=c.activation(), dilation_rate=c(1, 2))(image)
    for _ in range(c(1, 2)):
        if c.chance():
            x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1, use_bias=c.chance())(x)
        kept = c.chance()
        squeezed = c(layers.GlobalAveragePooling2D(keepdims=kept),
                     lambda x: ops.mean(x, axis=(1, 2), keepdims=kept))(x)
        if not kept:
            squeezed = layers.Reshape((1, 1, channels))(squeezed)
        excited = layers.Dense(channels, activation="sigmoid")(layers.Dense(2, activation="relu")(squeezed))
        x = layers.Multiply()([x, excited]) if c.chance() else x * excited
    x = c(layers.UpSampling2D(2), layers.ZeroPadding2D(1), layers.Conv2DTranspose(channels, 3, strides=2), layers.PReLU(
        shared_axes=[1, 2]), layers.Cropping2D(1))(x)
    model = keras.Model(image, layers.Dense(2)(layers.GlobalMaxPooling2D()(x)))
    model.compile(c.optimizer(), c("mse", "mae"), metrics=["mae"])
    return model, c.numbers(6, 6, 2), c.numbers(2)


def transformer(c):
    """Blocks of attention and a small network, each with its shortcut."""
    length, width = 5, c(4, 6)
    causal, before = c.chance(), c.chance()
    if c.chance():
        given = Input((length,), dtype="int32")
        x = layers.Embedding(9, width, mask_zero=c.chance())(given)
        batch = c.words(9, length)
    else:
        given = x = Input((length, width))
        batch = c.numbers(length, width)
    if c.chance():
        places = layers.Embedding(length, width)(np.arange(length))
        x = x + places
    for _ in range(c(1, 2)):
        attention = layers.MultiHeadAttention(c(1, 2, 3), c(2, 3), value_dim=c(None, 3), dropout=0.0)
        inner = layers.LayerNormalization(epsilon=1e-6)(x) if before else x
        x = layers.Add()([x, attention(inner, inner, use_causal_mask=causal)])
        x = x if before else layers.LayerNormalization()(x)
        inner = layers.LayerNormalization(epsilon=1e-6)(x) if before else x
        inner = layers.Dense(width)(layers.Dense(8, activation=c("relu", "gelu"))(inner))
        x = x + inner if c.chance() else layers.Add()([x, inner])
        x = x if before else layers.LayerNormalization()(x)
    if c.chance():
        model = keras.Model(given, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x)))
        y = c.classes(3)
    else:
        model = keras.Model(given, layers.Dense(3, activation="softmax")(x))
        y = c.classes(3, length)
    model.compile(c.optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, batch, y


def masks(c):
    """Masks from Embedding and Masking, through what keeps, uses and drops them."""
    length = 6
    if c.chance():
        given = Input((c(length, None),), dtype="int32")
        x = layers.Embedding(8, 5, mask_zero=True, embeddings_regularizer=c.regularizer())(given)
        batch = c.words(8, length)
    else:
        given = Input((length, 4))
        x = layers.Masking(mask_value=c(0.0, -1.0))(given)
        batch = c.numbers(length, 4)
        batch[c.words(2, length) == 0] = x._keras_history.operation.mask_value
    for _ in range(c(0, 1, 2)):
        x = c(lambda: layers.LSTM(c.units(), return_sequences=True, go_backwards=c.chance(0.3)),
              lambda: layers.GRU(c.units(), return_sequences=True, reset_after=c.chance()),
              lambda: layers.SimpleRNN(c.units(), return_sequences=True, activation=c("tanh", "relu")),
              lambda: layers.Bidirectional(layers.LSTM(c.units(), return_sequences=True),
                                           merge_mode=c("concat", "sum", "mul", "ave")),
              lambda: layers.TimeDistributed(c.dense()),
              lambda: layers.RNN([layers.LSTMCell(c.units()), layers.GRUCell(c.units())], return_sequences=True),
              lambda: layers.LayerNormalization())()(x)
    ending = c("last", "pool", "sequence", "bidirectional", "attention")
    if ending == "last":
        x = c(layers.LSTM, layers.GRU, layers.SimpleRNN)(c.units(), kernel_constraint=c.constraint())(x)
    elif ending == "attention":  # passes the mask on through an operation of its own
        x = layers.GlobalAveragePooling1D()(c(layers.Attention(use_scale=c.chance()), layers.AdditiveAttention())([x, x]))
    elif ending == "pool":
        x = layers.GlobalAveragePooling1D()(x)
    elif ending == "bidirectional":
        x = layers.Bidirectional(c(layers.LSTM, layers.GRU)(c.units()), merge_mode=c("concat", "sum"))(x)
    model = keras.Model(given, layers.Dense(2)(x))
    model.compile(c.optimizer(), "mse", metrics=["mae"], weighted_metrics=c([], [metrics.MeanSquaredError(name="near")]))
    return model, batch, c.numbers(length, 2) if ending == "sequence" else c.numbers(2)


def operators(c):
    """Operators and keras.ops on symbolic tensors."""
    width = 6
    a, b = Input((width,), name="a"), Input((width,), name="b")
    x, y = layers.Dense(width, activation="tanh")(a), layers.Dense(width)(b)
    for _ in range(c(2, 3, 4, 5)):
        x, y = c(
            lambda: (x * 0.5 + y, x), lambda: (1.0 - x, y), lambda: (x / (ops.abs(y) + 1.0), y), lambda: (-x, x - y),
            lambda: (ops.maximum(x, y), ops.minimum(x, 0.3)), lambda: (ops.tanh(x) + ops.sigmoid(y), y),
            lambda: (ops.concatenate([x[:, :2], y[:, 2:]], axis=-1), x), lambda: (ops.exp(-ops.square(x)), y),
            lambda: (ops.where(x > 0, x, y * 0.1), y), lambda: (x - ops.mean(x, axis=-1, keepdims=True), y),
            lambda: (ops.softmax(x, axis=-1), y), lambda: (ops.clip(x, -0.5, 0.5), x), lambda: (2.0 ** ops.tanh(x), y),
            lambda: (ops.reshape(ops.transpose(ops.reshape(x, (-1, 2, 3)), (0, 2, 1)), (-1, width)), y),
            lambda: (ops.sqrt(ops.square(x) + 0.1), y), lambda: (x ** 2, y), lambda: (ops.relu(x) - 0.1, y),
            lambda: (x * ops.sum(ops.square(y), axis=1, keepdims=True), ops.log(1.0 + ops.abs(y))),
            lambda: (ops.squeeze(ops.matmul(ops.expand_dims(x, 1), ops.reshape(ops.tile(y, (1, width)), (
                -1, width, width))), 1), x),
            lambda: (ops.concatenate([x[:, ::2], y[:, -3:]], axis=1), y), lambda: (ops.stack([x, y], axis=1)[:, 1], x),
            lambda: (x - ops.logsumexp(x, axis=-1, keepdims=True), y), lambda: (x * ops.cast(y > x, "float32"), y),
            lambda: (ops.take(x, [2, 0, 5, 1, 1, 3], axis=1), y), lambda: (ops.pad(x[:, 1:-1], ((0, 0), (1, 1)), constant_values=c(None, 0.5)), y),
            lambda: (ops.max(x, axis=1, keepdims=True) - x, y), lambda: (ops.flip(x, axis=1), y),
            lambda: (ops.concatenate(ops.split(x, c(2, [1, 4]), axis=1)[::-1], axis=1), y),
            lambda: tuple(ops.split(ops.concatenate([x, y], axis=-1), 2, axis=-1)),
            lambda: (ops.take_along_axis(x, ops.convert_to_tensor(c.generator.integers(-width, width, (1, width)), "int32"), axis=1), y),
            lambda: (ops.tensordot(x, ops.convert_to_tensor(normal(c.generator, (width, width), 0.4)), axes=c(1, ([1], [0]))), y),
            lambda: (ops.roll(ops.repeat(x[:, :3], 2, axis=1), 1, axis=1), ops.cumsum(y, axis=1) * 0.3),
            lambda: (ops.round(x, 1) + x - ops.std(x, axis=1, keepdims=True), ops.swapaxes(ops.expand_dims(y, 1), 1, 2)[..., 0]))()
    x = c(lambda: x - 0.1 * y, lambda: ops.concatenate([x, y], -1), lambda: ops.stack([x, y], axis=-1)[..., 0], lambda: x + y)()
    model = keras.Model([a, b], layers.Dense(2)(x) if c.chance() else c.dense(2)(ops.tanh(x)))
    model.compile(c.optimizer(), "mse")
    return model, [c.numbers(width), c.numbers(width)], c.numbers(2)


def nested(c):
    """Models within models, some of them used twice."""
    width = 4
    inside = Input((width,))
    hidden = c.dense(width)(inside)
    outside = [hidden, hidden * 2.0 + inside] if c.chance() else layers.Add()([hidden, inside])
    block = keras.Model(inside, outside, name="block")
    x = Input((width,))
    y = block(c.dense(width)(x))
    y = layers.Multiply()(y) if isinstance(y, (list, tuple)) else y
    if c.chance():
        y = block(y)
        y = y[1] if isinstance(y, (list, tuple)) else y
    if c.chance():
        stack = Sequential([c.dense(5), layers.BatchNormalization(momentum=0.8), c.dense(width)], name="stack")
        y = stack(y)
        if c.chance():
            y = y + stack(x)
    if c.chance(0.4):
        outer = keras.Model(x, y, name="outer")
        x = Input((width,))
        y = outer(x) + x
        if c.chance():
            outer.trainable = False
    model = keras.Model(x, layers.Dense(3, activation="softmax")(y))
    model.compile(c.optimizer(), "categorical_crossentropy", metrics=["accuracy"])
    return model, c.numbers(width), np.eye(3, dtype=np.float32)[c.classes(3)]


def by_name(c):
    """Inputs, and often outputs, in a dictionary."""
    inputs = {"words": Input((4,), dtype="int32", name="words"), "size": Input((3,), name="size"),
              "picture": Input((6, 6, 1), name="picture")}
    x = layers.Flatten()(layers.Embedding(6, 2)(inputs["words"]))
    y = c.dense(6)(inputs["size"])
    z = layers.Flatten()(layers.Conv2D(2, 3, strides=c(1, 2), activation="relu")(inputs["picture"]))
    joined = c.dense(7)(layers.Concatenate()([x, z, y]))
    batch = {"words": c.words(6, 4), "size": c.numbers(3), "picture": c.numbers(6, 6, 1)}
    if c.chance():
        model = keras.Model(inputs, layers.Dense(2)(joined))
        model.compile(c.optimizer(), "mse")
        return model, batch, c.numbers(2)
    outputs = {"score": layers.Dense(1, activation="sigmoid", name="score")(joined),
               "amount": layers.Dense(2, name="amount")(layers.Concatenate()([joined, y]))}
    model = keras.Model(inputs, outputs)
    model.compile(c.optimizer(), {"score": "binary_crossentropy", "amount": "mse"},
                  loss_weights=c(None, {"score": 1.5, "amount": 0.4}), metrics={"score": ["accuracy"]})
    return model, batch, {"score": c.classes(2, 1).astype(np.float32), "amount": c.numbers(2)}


def volumes(c):
    """Convolutions and poolings of volumes, with norms between."""
    volume = Input((5, 4, 6, 2))
    x = layers.Conv3D(4, c(1, 2, (2, 1, 3)), padding=c("same", "valid"), strides=c(1, (1, 2, 1)), use_bias=False)(volume)
    # A mean of what is normal says nothing, and its gradient is rounding: hence the curve between.
    x = c(layers.GroupNormalization(groups=c(1, 2, 4, -1)), layers.BatchNormalization(), layers.Identity())(x)
    x = layers.Activation("tanh")(x)
    # MaxPooling3D is compared by golden files alone: on CPUs TensorFlow gives the whole gradient to each of equal elements of a
    # window of volumes, and to the first one of a plane, as PyTorch and Lamina do of both.
    x = c(layers.AveragePooling3D((2, 1, 2), padding="same"), layers.UpSampling3D((1, 2, 1)),
          layers.ZeroPadding3D(((1, 0), (0, 2), (1, 1))), layers.Conv3DTranspose(3, c(2, 3), strides=c(1, 2), padding=c("same", "valid")))(x)
    x = layers.SpatialDropout3D(0.0)(x) if c.chance() else layers.ELU(alpha=c(1.0, 0.4))(x)
    x = c(layers.GlobalAveragePooling3D(), layers.GlobalMaxPooling3D(), layers.Flatten())(x)
    model = keras.Model(volume, layers.Dense(2)(x))
    model.compile(c.optimizer(), "mse", metrics=["mae"])
    return model, c.numbers(5, 4, 6, 2), c.numbers(2)


def steps(c):
    """Convolutions of sequences of every kind, and attention without projections."""
    sequence = Input((8, 3))
    x = c(layers.SeparableConv1D(4, 3, depth_multiplier=c(1, 2), padding=c("same", "valid"), activation=c.activation()),
          layers.DepthwiseConv1D(3, depth_multiplier=2, padding="same"), layers.Conv1DTranspose(4, c(2, 3), strides=c(1, 2)))(sequence)
    x = c(layers.RMSNormalization(), layers.GroupNormalization(groups=2), layers.LayerNormalization())(x)
    x = c(layers.ZeroPadding1D(c(1, (0, 2))), layers.Cropping1D((1, 1)), layers.UpSampling1D(2), layers.SpatialDropout1D(0.0),
          layers.GaussianNoise(0.0), layers.GaussianDropout(0.0), layers.AlphaDropout(0.0))(x)
    read = c(layers.Attention(use_scale=c.chance(), score_mode=c("dot", "concat")), layers.AdditiveAttention(use_scale=c.chance()))
    x = read([x, x]) if c.chance() else read([x, x], use_causal_mask=True)
    if c.chance():
        x = layers.ActivityRegularization(l1=0.01, l2=0.02)(x)
    model = keras.Model(sequence, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))
    model.compile(c.optimizer(), "mse", metrics=["mae"])
    return model, c.numbers(8, 3), c.numbers(2)


FAMILIES = [residual, siamese, two_headed, encoder_decoder, squeeze_excite, transformer, masks, operators, nested, by_name, volumes, steps]
