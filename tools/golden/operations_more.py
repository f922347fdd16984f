"""Further operations of keras.ops in functional graphs: formats/operations_more.keras, with formats/operations_more.npz beside.

As operations.py; nothing of x or i is left out of range, but n, a third input, has NaN and infinities among its numbers. Some
calls give their arguments by name, in an order of their own, as files may have them.
"""
from common import normal, np, rng
from keras import ops
from keras.src.ops import numpy as knp
from keras_files import write_graph

BATCH = 3


def outputs(x, i, n):
    inside = ops.tanh(x) * 0.9
    other = np.array([[7, -3, 12, 0, 1, 5]] * 4, np.int32)
    return [
        ops.arcsin(inside), ops.arccos(inside), ops.arctan(x), ops.arctan2(x, x[:, ::-1]), ops.arctan2(x, 0.5), ops.sinh(x), ops.cosh(x),
        ops.arcsinh(x), ops.arccosh(ops.abs(x) + 1.0), ops.arctanh(inside), ops.arctan(i),
        ops.bitwise_and(i, other), ops.bitwise_or(i, other), ops.bitwise_xor(i, other), ops.bitwise_not(i), ops.bitwise_invert(i),
        ops.left_shift(i, other % 4), ops.right_shift(i, other % 4), ops.bitwise_left_shift(i, other % 4),
        ops.bitwise_right_shift(i, other % 4), ops.gcd(i, other), ops.lcm(i, other),
        ops.nansum(n, axis=1), ops.nanprod(n, axis=2), ops.nanmean(n, axis=1), ops.nanvar(n, axis=1, keepdims=True),
        ops.nanstd(n, axis=1), ops.nanmax(n, axis=1), ops.nanmin(n, axis=(1, 2)), ops.nan_to_num(n), ops.nan_to_num(n, nan=7.0, posinf=8.0, neginf=-9.0),
        ops.diagonal(x, axis1=1, axis2=2), ops.diagonal(x, offset=2, axis1=1, axis2=2), ops.diagonal(x, offset=-1, axis1=2, axis2=1),
        ops.trace(x, axis1=1, axis2=2), ops.trace(x, offset=-2, axis1=1, axis2=2), ops.diag(x[0, 0]), ops.diag(x[0, 0], k=-2), ops.diag(x[0], k=1),
        ops.diagflat(x[0, :2], k=1), ops.kron(x[0], np.arange(4, dtype="float32").reshape(2, 2)), ops.cross(x[:, :, :3], x[:, :, 3:]),
        ops.cross(x[:, :, :3], x[:, :, 4:]), ops.cross(x[:, :, :2], x[:, :, 4:]),
        knp.Where()(condition=x > 0, x2=x * 2.0, x1=x), knp.Where()(x > 0, x2=1.0, x1=x), knp.Subtract()(x2=x, x1=2.0),
        knp.Divide()(x2=ops.abs(x) + 1.0, x1=x), knp.Pad(((0, 0), (1, 1), (0, 0)))(constant_values=2.0, x=x),
        knp.Average(axis=2)(weights=ops.abs(x) + 0.1, x=x), knp.Concatenate(axis=1)(xs=[x, x]), knp.Isclose()(x, atol=0.003, x2=ops.round(x, 2)),
    ]


def main():
    generator = rng("operations_more")
    numbers = normal(generator, (BATCH, 4, 6))
    numbers[0, 1, 2] = numbers[1, :, 3] = np.nan
    numbers[2, 0, 0], numbers[2, 1, 1] = np.inf, -np.inf
    write_graph("operations_more", outputs, x=normal(generator, (BATCH, 4, 6)),
                i=generator.integers(-12, 60, (BATCH, 4, 6)).astype(np.int32), n=numbers)


if __name__ == "__main__":
    main()
