"""keras.ops.linalg in a functional graph: formats/operations_linalg.keras and .npz.

As operations.py, of matrices x and vectors v. Factors are unique but for signs, so their magnitudes are compared; of
eigenvalues, singular values and triangular factors that are made unique, the values.
"""
from common import normal, np, rng
from keras import ops
from keras_files import write_graph

BATCH = 3
N = 4


def outputs(x, t, v):
    linalg = ops.linalg
    definite = ops.matmul(x, ops.transpose(x, (0, 2, 1))) + ops.eye(N)
    symmetric = x + ops.transpose(x, (0, 2, 1))
    lower = linalg.cholesky(definite)
    eigenvalues, eigenvectors = linalg.eigh(symmetric)
    q, r = linalg.qr(t)
    whole_q, whole_r = linalg.qr(t, mode="complete")
    u, s, vh = linalg.svd(t, full_matrices=False)
    whole_u, _, whole_vh = linalg.svd(t)
    lu, _ = linalg.lu_factor(x[0])  # Keras cannot of several; its pivots on TensorFlow are no pivots
    sign, logabsdet = ops.slogdet(x)
    return [
        lower, linalg.cholesky(definite, upper=True), linalg.cholesky_inverse(lower), linalg.det(x), linalg.inv(x), sign, logabsdet,
        linalg.solve(x, t[:, :4, :]), linalg.solve(x, v), linalg.solve_triangular(x, v), linalg.solve_triangular(x, v, lower=True),
        eigenvalues, ops.abs(eigenvectors), ops.abs(q), ops.abs(r), ops.abs(whole_q)[:, :, :3], ops.abs(whole_r), ops.abs(u), s, ops.abs(vh),
        ops.abs(whole_u)[:, :, :3], ops.abs(whole_vh), linalg.svd(t, compute_uv=False), lu, linalg.pinv(t), linalg.pinv(t, rcond=0.5),
        linalg.matrix_rank(t), linalg.matrix_rank(t, tol=1.5), ops.logdet(definite),
        linalg.norm(x, axis=(1, 2)), linalg.norm(x, ord="fro", axis=(1, 2), keepdims=True), linalg.norm(x, ord="nuc", axis=(1, 2)),
        linalg.norm(x, ord=2, axis=(1, 2)), linalg.norm(x, ord=-2, axis=(-2, -1)), linalg.norm(x, ord=1, axis=(1, 2)),
        linalg.norm(x, ord=-1, axis=(2, 1)), linalg.norm(x, ord=np.inf, axis=(1, 2)), linalg.norm(x, axis=-1), linalg.norm(v, ord=3, axis=1),
        linalg.norm(v, ord=np.inf, axis=1), linalg.norm(v, ord=1, axis=1, keepdims=True), linalg.norm(v, ord=0, axis=1), linalg.norm(v),
    ]


def main():
    generator = rng("operations_linalg")
    write_graph("operations_linalg", outputs, x=normal(generator, (BATCH, N, N)), t=normal(generator, (BATCH, 5, 3)),
                v=normal(generator, (BATCH, N)))


if __name__ == "__main__":
    main()
