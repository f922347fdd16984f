"""Operations of keras.ops in functional graphs: formats/operations.keras, with formats/operations.npz beside.

One graph of two inputs, x (floats) and i (integers), with an output for each way of calling an operation. The .npz: x, i,
and output_<j>, in the order of the model's outputs.
"""
from common import normal, np, rng
from keras import ops
from keras_files import write_graph

BATCH = 3


def outputs(x, i):
    matrix = normal(rng("matrix"), (6, 2), 0.5)
    places = rng("places").integers(-4, 4, (BATCH, 2, 6)).astype(np.int32)
    positive = ops.abs(x) + 0.1
    return [
        ops.split(x, 2, axis=1), ops.split(x, [1, 1, 4], axis=-1), ops.split(x, 3, axis=0), ops.split(x, [1], axis=0)[0],
        ops.take_along_axis(x, places, axis=1), ops.take_along_axis(x, np.array([[[2], [-1], [0], [5]]] * BATCH, np.int32), axis=-1),
        ops.take_along_axis(i, i % 3, axis=1), ops.take_along_axis(x[:, :2], np.array([[[0, 0, 0, 1, 1, 1]]]), axis=1),
        ops.tensordot(x, matrix, axes=1), ops.tensordot(x, matrix, axes=([2], [0])), ops.tensordot(x, np.ones((2, 4), "float32"), axes=[[1], [-1]]),
        ops.tensordot(x, np.arange(3, dtype="float32"), axes=0), ops.tensordot(i, np.arange(6, dtype="int32").reshape(6, 1), axes=1),
        ops.moveaxis(x, (1, 2), (2, 1)), ops.moveaxis(x, -1, 1), ops.swapaxes(x, 1, -1), ops.roll(x, (1, -2), (1, 2)), ops.roll(x, 5, 1),
        ops.roll(x, 3), ops.repeat(x, 2, axis=1), ops.repeat(x, [1, 2, 0, 1], axis=1), ops.repeat(x, 2), ops.tile(x, 2),
        ops.expand_dims(x, (1, -1)), ops.hstack([x, x * 2.0]), ops.vstack([x, x]), ops.append(x, x, axis=2), ops.append(x, x),
        ops.diff(x), ops.diff(x, n=2, axis=1), ops.diff(x > 0), ops.tril(x, -1), ops.triu(x, 1), ops.fliplr(x), ops.flipud(x),
        ops.cumsum(x, axis=1), ops.cumsum(i, axis=-1), ops.cumsum(x > 0, axis=2), ops.cumprod(x, axis=2), ops.cumsum(x),
        ops.std(x, axis=(1, 2)), ops.std(x, axis=1, keepdims=True), ops.amax(x, axis=1), ops.amin(x, axis=(1, 2)), ops.count_nonzero(i, axis=1),
        ops.max(x, axis=1, initial=0.5), ops.min(x, axis=2, keepdims=True, initial=-0.25), ops.prod(x, axis=1),
        ops.average(x, axis=1), ops.average(x, axis=1, weights=np.array([1, 2, 3, 0.5], "float32")), ops.average(x, weights=positive, axis=2),
        ops.log2(positive), ops.log10(positive), ops.exp2(x), ops.exp2(i), ops.deg2rad(x), ops.rad2deg(x), ops.trunc(x * 3), ops.trunc(i), ops.copy(x),
        ops.ravel(x), ops.isinf(x / ops.round(x)), ops.isposinf(x / ops.round(x)), ops.isneginf(x / ops.round(x)), ops.round(x, 1),
        ops.round(x), ops.round(i, 2), ops.round(i, -1), ops.zeros_like(x), ops.ones_like(x, dtype="int32"), ops.full_like(x, 2.5), ops.full_like(i, 3),
        ops.outer(x[:, 0], x[:, 1]), ops.dot(x, matrix), ops.dot(x, np.arange(6, dtype="float32")), ops.dot(x, 2.0), ops.inner(x, np.ones((2, 6), "float32")),
        ops.vdot(x, x), ops.logical_xor(x > 0, x > 0.5), ops.divide_no_nan(x, ops.round(x)), ops.logaddexp(x * 200.0, x),
        ops.isclose(x, ops.round(x, 2), atol=0.003), ops.isclose(i, i),
    ]


def main():
    generator = rng("operations")
    write_graph("operations", outputs, x=normal(generator, (BATCH, 4, 6)), i=generator.integers(-12, 60, (BATCH, 4, 6)).astype(np.int32))


if __name__ == "__main__":
    main()
