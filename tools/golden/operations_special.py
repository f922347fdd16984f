"""keras.ops' special functions and those that other ones make up in a functional graph: formats/operations_special.keras and .npz.

As operations.py, of floats x and integers i.
"""
from common import normal, np, rng
from keras import ops
from keras_files import write_graph

BATCH = 2


def outputs(x, i):
    holes = ops.where(x > 0.3, np.nan, x)
    square = x[:, :3, :3]
    return [
        ops.erfc(x), ops.erfinv(x * 0.3), ops.erfinv(ops.tanh(x)), ops.hypot(x, x[:, ::-1]), ops.hypot(x, i), ops.logaddexp2(x, x * 3), ops.signbit(x),
        ops.signbit(i), ops.nancumsum(holes, axis=1), ops.nancumsum(holes), ops.nancumprod(holes, axis=-1), ops.nanargmax(x, axis=1),
        ops.nanargmin(ops.where(x > 0.3, np.nan, x - 9.0), axis=2), ops.trapezoid(x), ops.trapezoid(x, dx=0.5, axis=1), ops.vander(x[0, 0]),
        ops.vander(x[0, 1], 3, increasing=True), ops.stop_gradient(x), ops.saturate_cast(x * 300, "uint8"), ops.saturate_cast(x * 300, "int8"),
        ops.broadcast_to(x[:, :1], (2, 4, 5)), *ops.unstack(x, axis=1), *ops.unstack(x, num=5, axis=-1), *ops.hsplit(x, 2), *ops.vsplit(x, 2), *ops.dsplit(x, [2]),
        *ops.array_split(x, 3, axis=1), *ops.meshgrid(x[0, 0], x[0, 1, :3]), *ops.meshgrid(x[0, 0], x[0, 1, :3], indexing="ij"),
        ops.select([x > 1, x > 0], [x * 2, x * 3], 7.0), ops.imag(x), ops.angle(x), ops.empty_like(x) * 0, ops.size(x),
        ops.isin(i, np.array([1, 5], "int32")), ops.isin(i, [3, 4], invert=True), ops.corrcoef(x[0]), ops.correlate(x[0, 0], x[0, 1, :3]),
        ops.correlate(x[0, 0], x[0, 1, :3], mode="same"), ops.correlate(x[0, 0], x[0, 1, :3], mode="full"), ops.allclose(x, x), ops.cdist(square, square + 1),
        ops.unravel_index(i[0, 0], (8, 8)),
    ]


def main():
    generator = rng("operations_special")
    write_graph("operations_special", outputs, x=normal(generator, (BATCH, 4, 5)), i=generator.integers(0, 60, (BATCH, 4, 5)).astype(np.int32))


if __name__ == "__main__":
    main()
