"""keras.ops.nn's functions that layers are made of in a functional graph: formats/operations_functions.keras and .npz.

As operations.py, of images x, series s and classes i. Kernels are made of the inputs, since files hold no arrays of operations.
keras.ops.conv_transpose is not among them: Keras 3.15.1 mixes up its arguments in graphs.
"""
from common import normal, np, rng
from keras import ops
from keras_files import write_graph

BATCH = 2


def outputs(x, s, i):
    kernel, row = ops.reshape(x[0, :3, :3], (3, 3, 4, 1)), ops.reshape(s[0, :2, :3], (2, 3, 1))
    wide = ops.concatenate([kernel, kernel * 2, kernel - 1], -1)
    heads = ops.reshape(x, (-1, 6, 3, 8))
    vector = ops.abs(x[0, 0, 0]) + 0.5
    share = ops.softmax(s)
    return [
        ops.max_pool(x, 2), ops.max_pool(x, (2, 3), strides=1, padding="same"), ops.max_pool(s, 2, strides=1), ops.average_pool(x, 2, padding="same"),
        ops.average_pool(s, 3), ops.conv(x, wide), ops.conv(x, wide, strides=2, padding="same"), ops.conv(x, wide, dilation_rate=2),
        ops.conv(s, row, padding="same"), ops.depthwise_conv(x, kernel, padding="same"),
        ops.separable_conv(x, kernel, ops.reshape(x[0, 0, :3], (1, 1, 4, 3))),
        ops.layer_normalization(x), ops.layer_normalization(x, vector, vector * 2, epsilon=1e-3), ops.layer_normalization(x, axis=(-2, -1)),
        ops.rms_normalization(x, vector), ops.batch_normalization(x, vector, vector * 2, -1), ops.batch_normalization(x, vector, vector * 2, -1, vector - 1, vector * 3),
        ops.dot_product_attention(heads, heads * 2, heads + 1), ops.dot_product_attention(heads, heads, heads, is_causal=True, scale=0.3),
        ops.categorical_crossentropy(share, ops.softmax(s * 2)), ops.categorical_crossentropy(share, s, from_logits=True), ops.sparse_categorical_crossentropy(i, share),
        ops.sparse_categorical_crossentropy(i, s, from_logits=True), ops.binary_crossentropy(share, ops.sigmoid(s)), ops.binary_crossentropy(share, s, from_logits=True),
        ops.psnr(s, s + 0.1, 2.0), ops.depth_to_space(x, 2), ops.space_to_depth(x, 3),
    ]


def main():
    generator = rng("operations_functions")
    write_graph("operations_functions", outputs, x=normal(generator, (BATCH, 6, 6, 4)), s=normal(generator, (BATCH, 6, 3)),
                i=generator.integers(0, 3, (BATCH, 6)).astype(np.int32))


if __name__ == "__main__":
    main()
