"""keras.ops that count and tell apart in a functional graph: formats/operations_counts.keras and .npz.

As operations.py, of floats x and integers i.
"""
from common import normal, np, rng
from keras import ops
from keras_files import write_graph

BATCH = 3


def outputs(x, i):
    rows = np.array([[2], [0], [2]], np.int32)
    ids = np.array([1, 0, 1], np.int32)
    return [
        ops.multi_hot(i, 6), ops.multi_hot(i[:, 0], 5, dtype="int32"), ops.scatter_update(x, rows, x, reduction="mul"),
        ops.segment_prod(x, ids, num_segments=3), ops.unique(i, size=7), ops.unique(i, size=3, return_counts=True),
        *ops.unique(i, return_index=True, return_inverse=True, return_counts=True, size=12, fill_value=-5), ops.unique(x, size=30),
    ]


def main():
    generator = rng("operations_counts")
    write_graph("operations_counts", outputs, x=normal(generator, (BATCH, 4, 2)), i=generator.integers(0, 6, (BATCH, 4)).astype(np.int32))


if __name__ == "__main__":
    main()
