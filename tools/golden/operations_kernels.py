"""Operations of keras.ops with kernels of their own in functional graphs: formats/operations_<kind>.keras, with an .npz beside.

As operations.py: one graph of two inputs, x (floats) and i (integers), for each kind, with an output for each way of calling
an operation. The .npz: x, i, and output_<j>, in the order of the model's outputs.
"""
from common import normal, np, rng
from keras import ops
from keras_files import write_graph

BATCH = 3


def sorting(x, i):
    """Elements in order, and places in that order."""
    holes = ops.where(x > 0.3, np.nan, x)
    return [
        ops.sort(x), ops.sort(x, axis=1), ops.sort(x, axis=None), ops.sort(i, axis=-1), ops.sort(x > 0, axis=1),
        ops.argsort(x), ops.argsort(x, axis=1), ops.argsort(i // 9), ops.argsort(x, axis=None),
        ops.top_k(x, 3), ops.top_k(i // 9, 6), ops.top_k(x, 1, sorted=False),
        ops.in_top_k(i[:, 0, 0] % 6, x[:, 0, :], 2), ops.in_top_k(np.array([0, 7, -1], np.int32), x[:, 1, :], 6),
        ops.searchsorted(np.array([-1, -0.5, 0, 0.5, 1], "float32"), ops.ravel(x)), ops.searchsorted(np.array([0, 3, 3, 9], "int32"), ops.ravel(i), side="right"),
        ops.digitize(x, np.array([-0.5, 0.0, 0.5])), ops.digitize(i, np.array([0.0, 10.0, 20.0])),
        ops.median(x), ops.median(x, axis=1), ops.median(x, axis=(1, 2), keepdims=True), ops.median(i, axis=-1),
        ops.quantile(x, 0.3, axis=-1), ops.quantile(x, np.array([0.1, 0.55, 1.0], "float32"), axis=1, keepdims=True), ops.quantile(i, 0.77),
        ops.percentile(x, 30, axis=1, method="lower"), ops.percentile(x, 30.0, axis=1, method="higher"), ops.percentile(x, 45, axis=(1, 2), method="midpoint"),
        ops.percentile(x, 45, axis=-1, method="nearest"), ops.percentile(x, 99.0, axis=0), ops.percentile(x, [10, 50], axis=2),
        ops.nanmedian(holes), ops.nanmedian(holes, axis=2), ops.nanquantile(holes, 0.2, axis=1), ops.nanpercentile(holes, 60.0, axis=(1, 2), method="lower"),
        ops.median(holes, axis=1),
    ]


def places(x, i):
    """Scans, and updates at indices."""
    rows = np.array([[2], [0], [2]], np.int32)
    updates = normal(rng("updates"), (3, 4, 6))
    ids = np.array([1, 0, 1], np.int32)
    return [
        ops.cumsum(x, axis=0), ops.cumsum(i, axis=1, dtype="float32"), ops.cumprod(i, axis=None), ops.cumprod(x, axis=-2),
        ops.scatter_update(x, np.array([[2], [0]], np.int32), updates[:2]), ops.scatter_update(x, rows, updates, reduction="add"),
        ops.scatter_update(x, rows, updates, reduction="max"), ops.scatter_update(x, rows, updates, reduction="min"),
        ops.scatter_update(x, np.array([[0, 1], [2, 3]], np.int32), x[:2, 0]), ops.scatter(rows, x, (4, 4, 6)),
        ops.scatter(np.array([[0, 5], [1, 1], [0, 5]], np.int32), x[:, 0, 0], (2, 6)),
        ops.segment_sum(x, ids, num_segments=3), ops.segment_sum(i, ids, num_segments=2), ops.segment_max(x, ids, num_segments=3),
        ops.segment_min(i, ids, num_segments=2), ops.slice(x, np.array([1, 0, 2], np.int32), (2, 4, 3)), ops.slice(x, i[0, 0, :3] * 0, (1, 2, 6)),
        ops.slice_update(x, np.array([0, 1, 2], np.int32), updates[:2, :2, :3]),
    ]


KINDS = {"sorting": sorting, "places": places}


def main():
    for kind, outputs in KINDS.items():
        generator = rng("operations")
        write_graph(f"operations_{kind}", outputs, x=normal(generator, (BATCH, 4, 6)),
                    i=generator.integers(-12, 60, (BATCH, 4, 6)).astype(np.int32))


if __name__ == "__main__":
    main()
