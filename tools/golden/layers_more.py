"""Golden files of layers beside those in layers.py: nn/layers/<case>.npz, with its entries, and for layers that take
several tensors, masks or keywords nn/layers_multi/<case>.npz.

Entries of the latter: config (JSON of keras.layers.serialize), call (JSON: {"list", "masks": inputs that have one,
"tensors": keywords, "flags"}), input_<i>, mask_<i> (of the i-th of "masks"), keyword_<i>, upstream, output_<i> and
output_mask (inference), output_training, input_gradient_<i> and gradient_<i> (of sum(output_training * upstream), for
trainable weights), weight_names (JSON), weight_<i> before and weight_after_<i> after the training call.
"""
from common import fill, keras, normal, numbered, np, rng, save, tf, weight_names
from keras import layers

from layers import case


def masked(x, mask):
    if mask is not None:
        keras.src.backend.set_keras_mask(x, tf.constant(mask))
    return x


def multi(name, layer, shapes, as_list=True, masks=None, tensors=None, flags=None):
    """`masks`: one or None for each input; `tensors` and `flags`: further arguments of the call."""
    generator = rng(name)
    inputs = [normal(generator, shape) for shape in shapes]
    masks = masks or [None] * len(inputs)
    tensors, flags = tensors or {}, flags or {}

    def call(xs, training):
        arguments = [[masked(x, mask) for x, mask in zip(xs, masks)]] if as_list else \
            [masked(x, mask) for x, mask in zip(xs, masks)]
        keywords = {key: tf.constant(value) for key, value in tensors.items()}
        result = layer(*arguments, training=training, **keywords, **flags)
        return list(result) if isinstance(result, (tuple, list)) else [result]

    call([tf.constant(x) for x in inputs], False)  # builds it
    fill(layer, generator)
    weights = [w.numpy() for w in layer.weights]
    inference = call([tf.constant(x) for x in inputs], False)
    output_mask = getattr(inference[0], "_keras_mask", None)
    with tf.GradientTape() as tape:
        watched = [tf.constant(x) for x in inputs]
        for x in watched:
            tape.watch(x)
        training = call(watched, True)[0]
        upstream = normal(rng(name + " upstream"), tuple(training.shape))
        value = tf.reduce_sum(training * upstream)
    trainable = [w.value for w in layer.trainable_weights]
    gradients = tape.gradient(value, watched + trainable, unconnected_gradients="zero")
    config = keras.layers.serialize(layer)
    config["config"]["name"] = name
    extra = {} if output_mask is None else {"output_mask": np.asarray(output_mask)}
    save(
        f"nn/layers_multi/{name}",
        config=config,
        call={"list": as_list, "masks": [i for i, mask in enumerate(masks) if mask is not None],
              "tensors": list(tensors), "flags": flags},
        upstream=upstream,
        output_training=training.numpy(),
        weight_names=weight_names(layer),
        **extra,
        **numbered("input", inputs),
        **numbered("mask", [mask for mask in masks if mask is not None]),
        **numbered("keyword", tensors.values()),
        **numbered("output", [y.numpy() for y in inference]),
        **numbered("input_gradient", gradients[:len(inputs)]),
        **numbered("gradient", gradients[len(inputs):]),
        **numbered("weight", weights),
        **numbered("weight_after", [w.numpy() for w in layer.weights]),
    )


def one_input():
    case("dense_regularized",
         layers.Dense(4, kernel_regularizer="l2", bias_regularizer=keras.regularizers.L1(0.02),
                      kernel_constraint="non_neg", bias_constraint=keras.constraints.MaxNorm(1.5)), (3, 5))
    case("conv2d_regularized", layers.Conv2D(3, 2, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
                                             kernel_constraint=keras.constraints.UnitNorm(axis=[0, 1, 2])), (2, 4, 4, 2))
    case("batch_normalization_regularized",
         layers.BatchNormalization(gamma_regularizer="l2", beta_constraint="non_neg"), (6, 3))

    case("conv1d", layers.Conv1D(4, 3), (2, 7, 3))
    case("conv1d_causal", layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"), (2, 7, 3))
    case("conv1d_causal_strides", layers.Conv1D(4, 3, padding="causal", strides=2), (2, 8, 3))
    case("conv1d_same_strides", layers.Conv1D(3, 4, padding="same", strides=3, use_bias=False), (2, 8, 2))
    case("conv1d_groups", layers.Conv1D(6, 2, groups=3, activation="tanh"), (2, 6, 3))
    case("depthwise_conv2d", layers.DepthwiseConv2D(3), (2, 6, 5, 3))
    case("depthwise_conv2d_multiplier",
         layers.DepthwiseConv2D((2, 3), depth_multiplier=2, strides=2, padding="same", activation="relu"), (2, 6, 5, 3))
    case("depthwise_conv2d_dilated", layers.DepthwiseConv2D(3, dilation_rate=2, use_bias=False), (1, 7, 6, 2))
    case("separable_conv2d", layers.SeparableConv2D(4, 3), (2, 6, 5, 3))
    case("separable_conv2d_multiplier",
         layers.SeparableConv2D(5, 3, depth_multiplier=2, strides=2, padding="same", activation="relu",
                                pointwise_regularizer="l2"), (2, 6, 5, 2))
    case("conv2d_transpose", layers.Conv2DTranspose(4, 3), (2, 4, 5, 3))
    case("conv2d_transpose_same", layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"), (2, 4, 3, 2))
    case("conv2d_transpose_strides", layers.Conv2DTranspose(3, (2, 3), strides=(3, 2)), (2, 3, 4, 2))
    case("conv2d_transpose_output_padding",
         layers.Conv2DTranspose(2, 3, strides=(2, 3), padding="valid", output_padding=(1, 0), use_bias=False), (2, 3, 4, 2))
    case("conv2d_transpose_same_output_padding",
         layers.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=0), (2, 3, 4, 2))
    case("conv2d_transpose_dilated", layers.Conv2DTranspose(2, 3, dilation_rate=2), (1, 4, 4, 2))

    case("up_sampling2d", layers.UpSampling2D(), (2, 3, 4, 2))
    case("up_sampling2d_bilinear", layers.UpSampling2D((2, 3), interpolation="bilinear"), (2, 3, 4, 2))
    case("zero_padding2d", layers.ZeroPadding2D(), (2, 3, 4, 2))
    case("zero_padding2d_sides", layers.ZeroPadding2D(((1, 0), (2, 3))), (2, 3, 4, 2))
    case("cropping2d", layers.Cropping2D((1, 2)), (2, 5, 6, 2))
    case("cropping2d_sides", layers.Cropping2D(((0, 2), (1, 0))), (2, 5, 6, 2))

    case("global_max_pooling2d", layers.GlobalMaxPooling2D(), (2, 5, 4, 3))
    case("global_max_pooling2d_keepdims", layers.GlobalMaxPooling2D(keepdims=True), (2, 5, 4, 3))
    case("global_max_pooling1d", layers.GlobalMaxPooling1D(), (2, 5, 3))
    case("global_average_pooling1d", layers.GlobalAveragePooling1D(), (2, 5, 3))
    case("global_average_pooling1d_keepdims", layers.GlobalAveragePooling1D(keepdims=True), (2, 5, 3))
    case("max_pooling1d", layers.MaxPooling1D(), (2, 7, 3))
    case("max_pooling1d_same", layers.MaxPooling1D(3, strides=2, padding="same"), (2, 6, 3))
    case("average_pooling1d", layers.AveragePooling1D(3, strides=1), (2, 6, 3))
    case("average_pooling1d_same", layers.AveragePooling1D(3, strides=2, padding="same"), (2, 6, 3))

    case("prelu", layers.PReLU(), (3, 4, 2))
    case("prelu_shared", layers.PReLU(shared_axes=[1, 2], alpha_initializer="ones", alpha_regularizer="l1"), (2, 3, 4, 2))
    case("leaky_relu", layers.LeakyReLU(), (3, 7))
    case("leaky_relu_slope", layers.LeakyReLU(negative_slope=0.05), (3, 7))

    case("normalization", layers.Normalization(), (5, 3))
    case("normalization_axes", layers.Normalization(axis=[1, -1]), (2, 3, 4, 2))
    case("normalization_all", layers.Normalization(axis=None, invert=True), (3, 4))
    case("normalization_given", layers.Normalization(mean=[1.0, -2.0, 0.5], variance=[0.25, 4.0, 0.0]), (4, 3))
    case("normalization_inverse", layers.Normalization(axis=(1, 2), mean=[[1.0, -2.0]], variance=[[0.25, 4.0]],
                                                       invert=True), (4, 3, 2))
    case("layer_normalization", layers.LayerNormalization(), (3, 4, 5))
    case("layer_normalization_axes", layers.LayerNormalization(axis=[-2, -1], epsilon=1e-2), (3, 4, 5))
    case("layer_normalization_axis1", layers.LayerNormalization(axis=1), (3, 4, 5))
    case("layer_normalization_apart", layers.LayerNormalization(axis=[1, 3], center=False), (2, 3, 4, 2))
    case("layer_normalization_plain", layers.LayerNormalization(center=False, scale=False), (3, 4))

    case("einsum_dense", layers.EinsumDense("abc,cd->abd", (None, 6), bias_axes="d", activation="relu"), (2, 3, 4))
    case("einsum_dense_heads", layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), (2, 3, 4))
    case("einsum_dense_shared", layers.EinsumDense("abc,bcd->abd", (3, 5), bias_axes="b"), (2, 3, 4))
    case("einsum_dense_left_ellipsis", layers.EinsumDense("...x,xy->...y", 6, bias_axes="y"), (2, 3, 4))
    case("einsum_dense_right_ellipsis", layers.EinsumDense("ax...,xy->ay...", 6, bias_axes="y"), (2, 3, 4))


def merging():
    mask_a = np.array([[True, True, False, False], [True, False, True, False]])
    mask_b = np.array([[True, False, True, False], [True, True, False, False]])
    for name, layer in [("add", layers.Add), ("multiply", layers.Multiply), ("average", layers.Average),
                        ("maximum", layers.Maximum), ("minimum", layers.Minimum)]:
        multi(name, layer(), [(2, 4, 3)] * 3)
        multi(name + "_broadcast", layer(), [(2, 4, 3), (2, 3), (2, 1, 3)])
        multi(name + "_masks", layer(), [(2, 4, 3)] * 2, masks=[mask_a, mask_b])
        multi(name + "_one_mask", layer(), [(2, 4, 3)] * 2, masks=[mask_a, None])
    multi("subtract", layers.Subtract(), [(2, 3), (2, 3)])
    multi("subtract_broadcast", layers.Subtract(), [(2, 3), (2, 4, 3)])
    multi("concatenate", layers.Concatenate(), [(2, 3), (2, 4), (2, 1)])
    multi("concatenate_axis1", layers.Concatenate(axis=1), [(2, 3, 4), (2, 2, 4)])
    multi("concatenate_masks", layers.Concatenate(axis=1), [(2, 4, 3), (2, 4, 3)], masks=[mask_a, mask_b])
    multi("concatenate_one_mask", layers.Concatenate(axis=1), [(2, 4, 3), (2, 2, 3)], masks=[mask_a, None])
    multi("concatenate_features_masks", layers.Concatenate(), [(2, 4, 3), (2, 4, 2)], masks=[mask_a, mask_b])
    multi("dot", layers.Dot(axes=1), [(3, 5), (3, 5)])
    multi("dot_matrices", layers.Dot(axes=(2, 1)), [(2, 3, 4), (2, 4, 5)])
    multi("dot_last", layers.Dot(axes=-1, normalize=True), [(2, 3, 4), (2, 5, 4)])
    multi("dot_vector", layers.Dot(axes=(1, 1)), [(2, 4), (2, 4, 5)])
    multi("dot_rank4", layers.Dot(axes=(1, 3)), [(2, 3, 2, 2), (2, 2, 4, 3)])

    multi("batch_normalization_mask", layers.BatchNormalization(), [(2, 4, 3)], as_list=False, masks=[mask_a])
    multi("batch_normalization_renorm_mask", layers.BatchNormalization(renorm=True, renorm_clipping={"rmax": 1.2}), [(2, 4, 3)],
          as_list=False, masks=[mask_a])
    multi("global_average_pooling1d_mask", layers.GlobalAveragePooling1D(), [(2, 4, 3)], as_list=False, masks=[mask_b])


def attention():
    causal = {"use_causal_mask": True}
    scores = {"return_attention_scores": True}
    query_mask = np.array([[True, True, True, False], [True, False, True, True]])
    value_mask = np.array([[True, True, False, False, True], [False, True, True, False, True]])
    some = rng("attention masks").uniform(size=(2, 4, 5)) < 0.6
    by_head = rng("attention masks by head").uniform(size=(2, 3, 4, 5)) < 0.6
    two, three = [(2, 4, 6), (2, 5, 6)], [(2, 4, 6), (2, 5, 7), (2, 5, 3)]

    def heads(*arguments, **keywords):
        return layers.MultiHeadAttention(*arguments, **keywords)

    multi("attention", heads(3, 4), two, as_list=False)
    multi("attention_key", heads(2, 4), three, as_list=False)
    multi("attention_value_dim", heads(2, 4, value_dim=3, use_bias=False), three, as_list=False)
    multi("attention_output_shape", heads(2, 4, output_shape=(5,)), two, as_list=False)
    multi("attention_output_axes", heads(2, 4, output_shape=(5, 2)), two, as_list=False)
    multi("attention_causal", heads(2, 4), two, as_list=False, flags=causal)
    multi("attention_scores", heads(2, 4), two, as_list=False, flags=scores)
    multi("attention_scores_causal", heads(2, 4), two, as_list=False, flags={**scores, **causal})
    multi("attention_masks", heads(2, 4), two, as_list=False, masks=[query_mask, value_mask])
    multi("attention_masks_scores", heads(2, 4), two, as_list=False, masks=[query_mask, value_mask], flags=scores)
    multi("attention_value_mask_causal", heads(2, 4), two, as_list=False, masks=[None, value_mask], flags=causal)
    multi("attention_value_dim_masks", heads(2, 4, value_dim=3), two, as_list=False, masks=[query_mask, value_mask])
    multi("attention_mask", heads(2, 4), two, as_list=False, tensors={"attention_mask": some})
    multi("attention_mask_by_head", heads(3, 4), two, as_list=False, tensors={"attention_mask": by_head})
    multi("attention_window", heads(2, 4, sliding_window=2), two, as_list=False, flags=causal)
    multi("attention_gate", heads(2, 4, use_gate=True), two, as_list=False)
    multi("attention_images", heads(2, 3), [(2, 2, 3, 4), (2, 3, 2, 4)], as_list=False)
    multi("attention_axes", heads(2, 3, attention_axes=(2,)), [(2, 2, 3, 4), (2, 2, 5, 4)], as_list=False)
    multi("attention_regularized",
          heads(2, 4, kernel_regularizer="l2", bias_constraint="non_neg"), two, as_list=False)


def augmentation():
    """Ranges of one number: what is drawn is known."""
    shape = (2, 6, 7, 3)
    far = {"fill_value": 0.5, "seed": 3}
    for mode in ("reflect", "wrap", "constant", "nearest"):
        case(f"random_translation_{mode}", layers.RandomTranslation((0.3, 0.3), (-0.65, -0.65), fill_mode=mode, **far), shape,
             exact_gradient=False)
        case(f"random_rotation_{mode}", layers.RandomRotation((0.1, 0.1), fill_mode=mode, interpolation="nearest", **far),
             shape, exact_gradient=False)
        case(f"random_zoom_{mode}", layers.RandomZoom((0.4, 0.4), (-0.3, -0.3), fill_mode=mode, **far), shape,
             exact_gradient=False)
    case("random_translation_none", layers.RandomTranslation(0.0, 0.0), shape)
    case("random_translation_whole", layers.RandomTranslation((-0.5, -0.5), (0.25, 0.25), fill_mode="constant"),
         (2, 4, 8, 2))
    case("random_rotation_bilinear", layers.RandomRotation((-0.07, -0.07)), shape, exact_gradient=False)
    case("random_zoom_proportions", layers.RandomZoom((-0.25, -0.25)), shape, exact_gradient=False)
    case("random_flip_one_column", layers.RandomFlip("horizontal", seed=4), (2, 3, 1, 2))
    case("random_contrast", layers.RandomContrast((-0.3, 0.3), value_range=(-1, 1.5), seed=5), shape)
    case("random_contrast_none", layers.RandomContrast(0), shape)
    case("random_brightness", layers.RandomBrightness((0.2, 0.2), value_range=(1.5, -1)), shape)
    case("random_crop_all", layers.RandomCrop(6, 7, seed=2), shape)
    for height, width in ((4, 4), (5, 7), (7, 5), (12, 3)):
        case(f"center_crop_{height}", layers.CenterCrop(height, width), shape)
    case("resizing", layers.Resizing(4, 9), shape)
    case("resizing_antialias", layers.Resizing(3, 4, antialias=True), shape)
    case("resizing_antialias_bicubic", layers.Resizing(4, 3, interpolation="bicubic", antialias=True), shape)
    case("resizing_lanczos3", layers.Resizing(3, 4, interpolation="lanczos3", antialias=True), shape)
    case("resizing_lanczos5", layers.Resizing(9, 12, interpolation="lanczos5"), shape)
    case("resizing_nearest", layers.Resizing(3, 8, interpolation="nearest"), shape)
    for height, width in ((4, 9), (9, 4)):
        case(f"resizing_cropped_{height}", layers.Resizing(height, width, crop_to_aspect_ratio=True), shape)
        case(f"resizing_padded_{height}",
             layers.Resizing(height, width, pad_to_aspect_ratio=True, fill_value=0.5), shape)


def main():
    one_input()
    augmentation()
    merging()
    attention()


if __name__ == "__main__":
    main()
