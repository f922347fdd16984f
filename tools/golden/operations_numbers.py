"""Further elementwise operations of keras.ops in a functional graph: formats/operations_numbers.keras and .npz.

As operations.py; of n, a third input, some numbers are NaN. Half a turn is of squares only: of
other matrices, Keras's TensorFlow backend mixes up rows and columns, where NumPy and Lamina do not.
"""
from common import normal, np, rng
from keras import ops
from keras.src.ops import numpy as knp
from keras_files import write_graph

BATCH = 3


def outputs(x, i, n):
    return [
        knp.Abs()(x), ops.fabs(x), ops.fabs(i), ops.cbrt(x), ops.cbrt(i), ops.sinc(x), ops.sinc(i), ops.real(x), knp.Conj()(x),
        ops.conjugate(x), ops.isreal(x), ops.heaviside(x, x[:, :1]), ops.heaviside(i, x), ops.heaviside(i, i), ops.ldexp(x, i), ops.ldexp(i, i),
        ops.ldexp(x * 0.0, i), ops.fmax(n, x), ops.fmin(x, n), ops.fmax(n, 0.25), ops.fmin(i, 2), ops.fmod(x, 0.3), ops.fmod(i, 4),
        ops.fmod(x, -ops.abs(x[:, ::-1])), ops.dstack([x, x[:, :, :2]]), ops.dstack([x[0], x[1]]), ops.dstack([x[0, 0], x[0, 1]]),
        ops.rot90(x, axes=(1, 2)), ops.rot90(x[:, :, :4], k=2, axes=(1, 2)), ops.rot90(x, k=-1, axes=(2, 1)), ops.rot90(x[0], k=3),
    ]


def main():
    generator = rng("operations_numbers")
    numbers = normal(generator, (BATCH, 4, 6))
    numbers[0, 1, 2] = numbers[1, :, 3] = np.nan
    write_graph("operations_numbers", outputs, x=normal(generator, (BATCH, 4, 6)),
                i=generator.integers(-9, 10, (BATCH, 4, 6)).astype(np.int32), n=numbers)


if __name__ == "__main__":
    main()
