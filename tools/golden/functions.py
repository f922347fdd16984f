"""Golden file of functions of keras.ops that other ops make up: ops/functions.npz.

Where Keras with TensorFlow gives something else than NumPy (eye beside the main diagonal, vstack of vectors) and where it lacks
one (geomspace), NumPy counts. Entries: the inputs x, y, positive, v, w, whole, holes, images, and for each case <case>_0, <case>_1, ... as keras.ops gives them.
tests/ops/functions_golden_test.cpp has the same cases.
"""
from common import np, normal, rng, save, tf
from keras import ops


def inputs():
    generator = rng("functions")
    x = normal(generator, (3, 4), 2.0)
    holes = x.copy()
    holes[0, 1] = holes[2] = np.nan
    return {"x": x, "y": normal(generator, (3, 4)), "positive": np.abs(normal(generator, (3, 4))) + np.float32(0.5), "v": normal(generator, (5,)),
            "w": normal(generator, (5,)), "whole": generator.integers(-4, 5, (3, 4)).astype(np.int32), "holes": holes,
            "images": normal(generator, (2, 4, 4, 8))}


def cases(x, y, positive, v, w, whole, holes, images):
    return {
        "relu6": ops.relu6(x * 3), "leaky_relu": ops.leaky_relu(x, 0.3), "elu": ops.elu(x, 0.7), "celu": ops.celu(x, 1.3), "selu": ops.selu(x),
        "gelu": ops.gelu(x), "gelu_exact": ops.gelu(x, approximate=False), "silu": ops.silu(x), "softplus": ops.softplus(x),
        "softsign": ops.softsign(x), "log_sigmoid": ops.log_sigmoid(x), "hard_sigmoid": ops.hard_sigmoid(x), "hard_tanh": ops.hard_tanh(x),
        "tanh_shrink": ops.tanh_shrink(x), "hard_silu": ops.hard_silu(x), "hard_shrink": ops.hard_shrink(x, 0.8), "soft_shrink": ops.soft_shrink(x, 0.8),
        "squareplus": ops.squareplus(x, 2), "sparse_plus": ops.sparse_plus(x), "sparse_sigmoid": ops.sparse_sigmoid(x), "sparsemax": ops.sparsemax(x, 0),
        "glu": ops.glu(x, -1), "threshold": ops.threshold(x, 0.5, -3.0),
        "log2": ops.log2(positive), "log10": ops.log10(positive), "exp2": ops.exp2(x), "cbrt": ops.cbrt(x), "deg2rad": ops.deg2rad(x),
        "rad2deg": ops.rad2deg(x), "trunc": ops.trunc(x), "round": ops.round(x, 1), "sinc": ops.sinc(x), "signbit": ops.signbit(x),
        "isposinf": ops.isposinf(1 / (x - x[0, 0])), "isneginf": ops.isneginf(ops.log(ops.maximum(x, 0))),
        "nan_to_num": ops.nan_to_num(ops.concatenate([holes, 1 / (x - x)]), nan=7.0, posinf=9.0), "saturate_cast": ops.saturate_cast(x * 200, "uint8"),
        "hypot": ops.hypot(x, y), "logaddexp": ops.logaddexp(x, y), "logaddexp2": ops.logaddexp2(x, y),
        "divide_no_nan": ops.divide_no_nan(x, ops.cast(whole, "float32")), "heaviside": ops.heaviside(ops.cast(whole, "float32"), y),
        "ldexp": ops.ldexp(x, whole), "fmax": ops.fmax(holes, y), "fmin": ops.fmin(holes, y), "fmod": ops.fmod(x, positive),
        "logical_xor": ops.logical_xor(whole, ops.round(x)), "isclose": ops.isclose(x, ops.round(x, 1), atol=0.02), "allclose": ops.allclose(x, x + 1e-7),
        "isin": ops.isin(whole, np.int32([1, 2, -3])),
        "nansum": ops.nansum(holes, 1), "nanprod": ops.nanprod(holes, 0), "nanmean": ops.nanmean(holes, 1), "nanvar": ops.nanvar(holes, 1),
        "nanstd": ops.nanstd(holes, 0), "nanmax": ops.nanmax(holes, 1), "nanmin": ops.nanmin(holes, 1, keepdims=True), "nanargmax": ops.nanargmax(holes, 1),
        "nanargmin": ops.nanargmin(holes, 1), "nancumsum": ops.nancumsum(holes, 1), "nancumprod": ops.nancumprod(holes, 0),
        "outer": ops.outer(v, x), "dot": ops.dot(x, ops.transpose(y)), "inner": ops.inner(x, y), "vdot": ops.vdot(x, y), "kron": ops.kron(x, y[:2]),
        "cross": ops.cross(x[:, :3], y[:, :3]), "cross_axis": ops.cross(x, y, axis=0), "cdist": ops.cdist(x, y),
        "correlate": ops.correlate(v, w[:3]), "correlate_same": ops.correlate(v, w[:3], "same"), "correlate_full": ops.correlate(v, w, "full"),
        "corrcoef": ops.corrcoef(x), "trapezoid": ops.trapezoid(x, dx=0.5, axis=0), "vander": ops.vander(v, 4), "vander_increasing": ops.vander(v, increasing=True),
        "diagonal": ops.diagonal(x, 1), "trace": ops.trace(images, axis1=1, axis2=2), "diag": ops.diag(v, -1), "diag_of": ops.diag(x, 1),
        "diagflat": ops.diagflat(x[:2, :2], 1), "eye": np.eye(3, 5, 1, dtype=np.float32), "tri": ops.tri(4, 3, -1), "eye_whole": ops.eye(3, dtype="int32"),
        "std": ops.std(x, 1, True), "moments": ops.moments(x, [0]), "average": ops.average(x, 1), "average_weighted": ops.average(x, 0, v[:3]),
        "average_all": ops.average(x, weights=positive), "ptp": ops.max(x, 1) - ops.min(x, 1), "count_nonzero": ops.count_nonzero(whole, 1),
        "histogram": ops.histogram(ops.ravel(x), 6), "histogram_range": ops.histogram(ops.ravel(images), 9, (-1.0, 1.5)), "normalize": ops.normalize(x),
        "normalize_third": ops.normalize(x, 0, 3), "psnr": ops.psnr(x, y, 4.0),
        "moveaxis": ops.moveaxis(images, 1, -1), "moveaxis_two": ops.moveaxis(images, [0, 3], [1, 0]), "swapaxes": ops.swapaxes(images, 1, -1),
        "ravel": ops.ravel(x), "flipud": ops.flipud(x), "fliplr": ops.fliplr(x), "rot90": ops.rot90(x), "rot90_back": ops.rot90(images, -1, (1, 2)),
        "diff": ops.diff(x), "diff_twice": ops.diff(images, 2, 1), "depth_to_space": ops.depth_to_space(images, 2),
        "space_to_depth": ops.space_to_depth(images, 2),
        "adaptive_average": ops.adaptive_average_pool(images, (3, 2), data_format="channels_last"),
        "adaptive_max": ops.adaptive_max_pool(images, (2, 3), data_format="channels_last"),
        "append": ops.append(x, v), "append_axis": ops.append(x, y, 1), "hstack": ops.hstack([x, y]), "hstack_vectors": ops.hstack([v, w]),
        "vstack": np.vstack([v, w]), "dstack": ops.dstack([x, y]), "array_split": ops.array_split(v, 3), "unstack": ops.unstack(x, axis=1),
        "linspace": ops.linspace(-1.5, 2.0, 7), "linspace_open": ops.linspace(0.0, 1.0, 4, endpoint=False), "logspace": ops.logspace(-1.0, 2.0, 5, base=3),
        "geomspace": np.geomspace(0.5, 60, 6).astype(np.float32), "geomspace_negative": np.geomspace(-2, -16, 4, endpoint=False).astype(np.float32),
        "meshgrid": ops.meshgrid(v, x[0], w[:2]), "meshgrid_ij": ops.meshgrid(v, w, indexing="ij"),
        "unravel_index": ops.unravel_index(np.int32([0, 5, 11, -1]), (3, 4)), "full_like": ops.full_like(x, v[:4]),
        "select": ops.select([x > 1, y > 0], [x, y * 2], -1.0),
        "bartlett": ops.bartlett(9), "blackman": ops.blackman(8), "hamming": ops.hamming(9), "hanning": ops.hanning(8), "kaiser": ops.kaiser(9, 6.5),
    }


def main():
    arrays = inputs()
    given = {name: tf.constant(value) for name, value in arrays.items()}
    for case, result in cases(**given).items():
        several = result if isinstance(result, (list, tuple)) else [result]
        for i, one in enumerate(several):
            one = one.numpy() if hasattr(one, "numpy") else np.asarray(one)
            counts = case.startswith("histogram") and i == 0  # which Keras gives as floats
            arrays[f"{case}_{i}"] = one.astype(np.int32) if counts or one.dtype == np.int64 else one
    save("ops/functions", **arrays)


if __name__ == "__main__":
    main()
