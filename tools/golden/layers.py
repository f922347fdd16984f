"""Golden files of every layer: nn/layers/<case>.npz.

Entries: config (JSON of keras.layers.serialize), input, upstream, output (inference), output_training,
input_gradient (where TensorFlow's is exact) and gradient_<i> (of sum(output_training * upstream), for trainable weights), weight_names (JSON),
weight_<i> before and weight_after_<i> after the training call.
"""
from common import fill, keras, normal, numbered, rng, save, tf, weight_names
from keras import layers


def case(name, layer, shape, exact_gradient=True, first_values=False):
    """Without exact_gradient TensorFlow's of the input is an approximation and is left out; first_values: those that the
    weights begin with, which are the same each time."""
    generator = rng(name)
    x = normal(generator, shape)
    layer(x)  # builds it as a model does
    if not first_values:
        fill(layer, generator)
    weights = [w.numpy() for w in layer.weights]
    inference = layer(x, training=False).numpy()
    with tf.GradientTape() as tape:
        watched = tf.constant(x)
        tape.watch(watched)
        training = layer(watched, training=True)
        upstream = normal(rng(name + " upstream"), tuple(training.shape))
        value = tf.reduce_sum(training * upstream)
    trainable = [w.value for w in layer.trainable_weights]
    gradients = tape.gradient(value, [watched] + trainable)
    config = keras.layers.serialize(layer)
    config["config"]["name"] = name
    exact = {"input_gradient": gradients[0].numpy()} if exact_gradient else {}
    save(
        f"nn/layers/{name}",
        config=config,
        input=x,
        upstream=upstream,
        output=inference,
        output_training=training.numpy(),
        **exact,
        weight_names=weight_names(layer),
        **numbered("gradient", gradients[1:]),
        **numbered("weight", weights),
        **numbered("weight_after", [w.numpy() for w in layer.weights]),
    )


def main():
    case("dense", layers.Dense(5), (4, 7))
    case("dense_relu", layers.Dense(6, activation="relu"), (4, 7))
    case("dense_softmax", layers.Dense(6, activation="softmax"), (4, 7))
    case("dense_sigmoid", layers.Dense(1, activation="sigmoid"), (4, 7))
    case("dense_tanh_no_bias", layers.Dense(3, activation="tanh", use_bias=False), (4, 7))
    case("dense_rank3", layers.Dense(5, activation="gelu"), (2, 3, 4))
    case("dense_one_sample", layers.Dense(3), (1, 2))

    case("conv2d", layers.Conv2D(4, 3), (2, 7, 6, 3))
    case("conv2d_relu", layers.Conv2D(8, (3, 3), activation="relu"), (2, 6, 6, 2))
    case("conv2d_same", layers.Conv2D(4, 3, padding="same"), (2, 5, 6, 2))
    case("conv2d_same_even_kernel", layers.Conv2D(3, (2, 4), padding="same"), (2, 5, 5, 2))
    case("conv2d_strides", layers.Conv2D(4, 3, strides=2), (2, 8, 7, 2))
    case("conv2d_same_strides", layers.Conv2D(4, 3, strides=(2, 3), padding="same", activation="relu"), (2, 8, 7, 2))
    case("conv2d_dilated", layers.Conv2D(3, 3, dilation_rate=2), (1, 8, 9, 2))
    case("conv2d_groups", layers.Conv2D(6, 3, groups=2), (2, 6, 5, 4))
    case("conv2d_depthwise", layers.Conv2D(4, 3, groups=4, padding="same"), (2, 5, 5, 4))
    case("conv2d_1x1", layers.Conv2D(5, 1, use_bias=False), (2, 4, 4, 3))
    case("conv2d_rectangular", layers.Conv2D(2, (1, 3), padding="same"), (2, 3, 5, 1))

    case("max_pooling2d", layers.MaxPooling2D(), (2, 6, 8, 3))
    case("max_pooling2d_odd", layers.MaxPooling2D((2, 2)), (2, 5, 7, 3))
    case("max_pooling2d_same", layers.MaxPooling2D(2, padding="same"), (2, 5, 7, 3))
    case("max_pooling2d_overlap", layers.MaxPooling2D((3, 2), strides=(2, 1)), (1, 7, 6, 2))
    case("max_pooling2d_same_overlap", layers.MaxPooling2D(3, strides=2, padding="same"), (2, 6, 7, 2))
    case("average_pooling2d", layers.AveragePooling2D((2, 2)), (2, 6, 8, 3))
    case("average_pooling2d_same", layers.AveragePooling2D(2, padding="same"), (2, 5, 7, 3))
    case("average_pooling2d_same_overlap", layers.AveragePooling2D(3, strides=2, padding="same"), (2, 6, 7, 2))
    case("average_pooling2d_overlap", layers.AveragePooling2D((3, 2), strides=(2, 1)), (1, 7, 6, 2))
    case("global_average_pooling2d", layers.GlobalAveragePooling2D(), (2, 5, 4, 3))
    case("global_average_pooling2d_keepdims", layers.GlobalAveragePooling2D(keepdims=True), (2, 5, 4, 3))

    case("flatten", layers.Flatten(), (2, 3, 4, 5))
    case("flatten_rank1", layers.Flatten(), (4,))
    case("reshape", layers.Reshape((6, 2)), (3, 3, 4))
    case("reshape_any", layers.Reshape((2, -1)), (3, 3, 4))

    case("activation_relu", layers.Activation("relu"), (3, 7))
    case("activation_softmax", layers.Activation("softmax"), (3, 7))
    case("relu", layers.ReLU(), (3, 7))
    case("relu_max_value", layers.ReLU(max_value=0.75), (3, 9))
    case("relu_slope_threshold", layers.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.25), (3, 9))
    case("softmax", layers.Softmax(), (3, 7))
    case("softmax_axis", layers.Softmax(axis=1), (2, 3, 4))
    case("softmax_axes", layers.Softmax(axis=(1, 2)), (2, 3, 4))

    case("dropout_zero", layers.Dropout(0.0), (3, 7))
    case("rescaling", layers.Rescaling(1 / 255), (2, 4, 4, 1))
    case("rescaling_offset", layers.Rescaling(1 / 127.5, offset=-1.0), (2, 4, 4, 3))
    case("rescaling_per_channel", layers.Rescaling([0.5, 2.0, 1.0], offset=[0.0, -1.0, 0.25]), (2, 3, 2, 3))

    case("batch_normalization", layers.BatchNormalization(), (8, 5))
    case("batch_normalization_images", layers.BatchNormalization(), (3, 4, 5, 2))
    case("batch_normalization_momentum", layers.BatchNormalization(momentum=0.8, epsilon=1e-2), (6, 3))
    case("batch_normalization_no_scale", layers.BatchNormalization(scale=False), (6, 3))
    case("batch_normalization_no_center", layers.BatchNormalization(center=False), (6, 3))
    case("batch_normalization_axis1", layers.BatchNormalization(axis=1), (3, 4, 5, 2))
    case("batch_normalization_renorm", layers.BatchNormalization(renorm=True), (8, 5))
    case("batch_normalization_renorm_clipping",
         layers.BatchNormalization(axis=1, renorm=True, renorm_momentum=0.7, momentum=0.9, scale=False,
                                   renorm_clipping={"rmin": 0.8, "rmax": 1.5, "dmax": 0.4}), (3, 4, 5, 2))
    frozen = layers.BatchNormalization()
    frozen.trainable = False
    case("batch_normalization_frozen", frozen, (6, 3))


if __name__ == "__main__":
    main()
