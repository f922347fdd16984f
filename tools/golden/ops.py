"""Golden files of ops that layers are made of: ops/calls/<case>.npz.

Entries: call (JSON: the op and its options), input_0, ..., output_0, ..., upstream (of output_0) and, for each floating
input i that has one, gradient_i of sum(output_0 * upstream).

Recurrent sequences: the inputs are x, kernel, recurrent kernel, bias and the initial states; then mask and dropout, if the
call names them in "extras". Bias is what Keras calls so: (2, ...) for a GRU that resets after the product.
"""
from common import keras, normal, np, numbered, rng, save, tf


def case(name, call, inputs, run, exact_gradient=True):
    """run(inputs) gives a list of outputs. Without exact_gradient TensorFlow's is an approximation and is left out."""
    given = [tf.constant(x) for x in inputs]
    floating = [i for i, x in enumerate(given) if x.dtype.is_floating]
    generator = rng(name + " upstream")
    with tf.GradientTape() as tape:
        for i in floating:
            tape.watch(given[i])
        outputs = run(given)
        upstream = normal(generator, tuple(outputs[0].shape))
        value = tf.reduce_sum(outputs[0] * upstream)
    gradients = tape.gradient(value, [given[i] for i in floating])
    arrays = {f"gradient_{i}": g.numpy() for i, g in zip(floating, gradients) if g is not None and exact_gradient}
    save("ops/calls/" + name, call=call, upstream=upstream, **numbered("input", inputs),
         **numbered("output", [y.numpy() for y in outputs]), **arrays)


LAYERS = {"simple_rnn": (keras.layers.SimpleRNN, 1, 1), "gru": (keras.layers.GRU, 3, 1), "lstm": (keras.layers.LSTM, 4, 2)}


def sequence(name, kind, mask=False, dropout=False, **options):
    layer_class, gates, states = LAYERS[kind]
    batch, time, features, units = 3, 5, 4, 6
    generator = rng(name)
    after = kind == "gru" and options.get("reset_after", True)
    inputs = [normal(generator, (batch, time, features)), normal(generator, (features, gates * units), 0.5),
              normal(generator, (units, gates * units), 0.5),
              normal(generator, (2, gates * units) if after else (gates * units,), 0.5)]
    inputs += [normal(generator, (batch, units)) for _ in range(states)]
    extras = []
    if mask:
        # The first sequence begins with masked steps, the second ends with some, the third has none.
        inputs.append(np.array([[0, 0, 1, 0, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool))
        extras.append("mask")
    if dropout:
        inputs.append(generator.choice([0, 1.5], (gates, batch, units)).astype(np.float32))
        extras.append("recurrent_dropout")

    def run(given):
        layer = layer_class(units, return_state=True, recurrent_dropout=0.5 if dropout else 0,
                            **{"return_sequences": True, **options})
        layer.build((batch, time, features))
        for weight, value in zip(("kernel", "recurrent_kernel", "bias"), given[1:4]):
            object.__setattr__(layer.cell, weight, value)
        if dropout:
            masks = given[-1] if kind == "simple_rnn" else None
            layer.cell.get_recurrent_dropout_mask = lambda _: masks[0] if kind == "simple_rnn" else list(
                tf.unstack(given[-1]))
        y = layer(given[0], initial_state=list(given[4:4 + states]), training=dropout,
                  mask=given[4 + states] if mask else None)
        return y

    case(name, {"op": kind, "options": options, "extras": extras}, inputs, run)


def sequences():
    for kind in LAYERS:
        sequence(f"{kind}_plain", kind)
        sequence(f"{kind}_masked", kind, mask=True)
        sequence(f"{kind}_masked_zeros", kind, mask=True, zero_output_for_mask=True)
        sequence(f"{kind}_masked_last_backwards", kind, mask=True, return_sequences=False, go_backwards=True)
        sequence(f"{kind}_backwards", kind, go_backwards=True)
        sequence(f"{kind}_dropout", kind, mask=True, dropout=True)
    sequence("lstm_hard", "lstm", activation="elu", recurrent_activation="hard_sigmoid")
    sequence("gru_before", "gru", mask=True, reset_after=False)
    sequence("gru_before_dropout", "gru", dropout=True, reset_after=False)


def transposed(name, size, x, **options):
    generator = rng(name)
    inputs = [normal(generator, (2, *x, 2)), normal(generator, (*size, 3, 2))]
    keras_names = {"strides": "strides", "padding": "padding", "output_padding": "output_padding", "dilations": "dilation_rate"}
    case(name, {"op": "conv2d_transpose", "options": options}, inputs,
         lambda given: [keras.ops.conv_transpose(*given, **{keras_names[k]: v for k, v in options.items()})])


def affine_transforms():
    generator = rng("affine_transform")
    images = normal(generator, (4, 6, 7, 3))
    turn = generator.uniform(0.3, 1.2)
    transforms = np.array([
        [np.cos(turn), -np.sin(turn), 2.2, np.sin(turn), np.cos(turn), -1.3, 0, 0],
        [1.7, 0.1, -3.4, -0.2, 0.6, 0.4, 0, 0],
        [1, 0, -11.3, 0, 1, 17.7, 0, 0],  # beyond the next image
        [1.1, 0.1, -0.5, 0.2, 0.9, 0.7, 0.05, -0.02]], np.float32)
    for mode in ("constant", "nearest", "reflect", "wrap"):
        for interpolation in ("nearest", "bilinear"):
            options = {"interpolation": interpolation, "fill_mode": mode, "fill_value": 0.5}
            case(f"affine_{mode}_{interpolation}", {"op": "affine_transform", "options": options}, [images, transforms],
                 lambda g: [keras.ops.image.affine_transform(*g, **options)], exact_gradient=False)
    whole = np.array([[1, 0, 2, 0, 1, -1, 0, 0]], np.float32)  # moves back as exactly as forth
    options = {"interpolation": "bilinear", "fill_mode": "constant", "fill_value": 0.0}
    case("affine_whole_pixels", {"op": "affine_transform", "options": options}, [images, whole],
         lambda g: [keras.ops.image.affine_transform(*g, **options)])


def main():
    sequences()
    affine_transforms()
    transposed("transpose_valid", (3, 2), (4, 3), strides=[2, 3])
    transposed("transpose_wide_strides", (2, 2), (3, 3), strides=[3, 4])
    transposed("transpose_same", (3, 4), (4, 3), strides=[2, 2], padding="same")
    transposed("transpose_output_padding", (3, 3), (4, 3), strides=[2, 2], padding="valid", output_padding=[1, 0])
    transposed("transpose_same_output_padding", (3, 3), (4, 3), strides=[2, 2], padding="same", output_padding=[1, 0])
    generator = rng("attention")
    query, key, value = (normal(generator, (2, n, heads, 4)) for n, heads in ((3, 4), (5, 2), (5, 2)))
    mask = generator.random((2, 1, 3, 5)) < 0.7
    case("attention", {"op": "attention", "options": {"is_causal": False}}, [query, key, value, mask],
         lambda g: [keras.ops.dot_product_attention(*g[:3], mask=g[3])])
    case("attention_causal", {"op": "attention", "options": {"is_causal": True}}, [query, key, value, mask],
         lambda g: [keras.ops.dot_product_attention(*g[:3], mask=g[3], is_causal=True)])
    x, gamma, beta = normal(generator, (4, 3, 5)), normal(generator, (3, 5)), normal(generator, (3, 5))
    case("layer_normalization", {"op": "layer_normalization", "options": {}}, [x, gamma, beta],
         lambda g: [keras.ops.layer_normalization(*g, axis=[-2, -1], epsilon=1e-3)])
    case("rms_normalization", {"op": "rms_normalization", "options": {}}, [x, gamma[0]],
         lambda g: [keras.ops.rms_normalization(*g, axis=-1, epsilon=1e-6)])
    for interpolation in ("nearest", "bilinear"):
        for height, width in ((7, 8), (2, 3)):
            case(f"resize_{interpolation}_{height}", {"op": "resize", "options": {
                "height": height, "width": width, "interpolation": interpolation}}, [normal(generator, (2, 5, 4, 3))],
                lambda g: [keras.ops.image.resize(g[0], (height, width), interpolation=interpolation)])


if __name__ == "__main__":
    main()
