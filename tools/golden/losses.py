"""Golden files of every loss: nn/losses/<case>.npz.

Entries: config (JSON of keras.losses.serialize), y_true, y_pred, loss, gradient (d loss / d y_pred), unreduced (the
same loss with reduction "none"); where that has one axis also sample_weight with loss_weighted.
"""
from common import keras, normal, np, rng, save, tf
from keras import losses

EDGES = [0.0, 1.0, 1e-9, 1.0 - 1e-9, 0.5, 1e-7]


def case(name, loss, y_true, y_pred):
    y_pred = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred)
    gradient = tape.gradient(value, y_pred)
    config = keras.losses.serialize(loss)
    plain = type(loss).from_config({**config["config"], "reduction": "none"})
    unreduced = plain(y_true, y_pred).numpy()
    weighted = {}
    if unreduced.ndim == 1:
        weights = np.round(rng(name + " weights").uniform(0.0, 2.0, len(unreduced)) * 64) / 64
        weighted["sample_weight"] = weights.astype(np.float32)
        weighted["loss_weighted"] = loss(y_true, y_pred, sample_weight=weights).numpy()
    save(
        f"nn/losses/{name}",
        config=config,
        y_true=y_true,
        y_pred=y_pred.numpy(),
        loss=value.numpy(),
        gradient=gradient.numpy(),
        unreduced=unreduced,
        **weighted,
    )


def probabilities(generator, shape):
    e = np.exp(generator.normal(size=shape) * 2)
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


def one_hot(generator, rows, classes):
    return np.eye(classes, dtype=np.float32)[generator.integers(0, classes, rows)]


def main():
    g = rng("losses")
    target, p, logits = one_hot(g, 7, 5), probabilities(g, (7, 5)), normal(g, (7, 5), 3.0)
    case("categorical_crossentropy", losses.CategoricalCrossentropy(), target, p)
    case("categorical_crossentropy_logits", losses.CategoricalCrossentropy(from_logits=True), target, logits)
    case("categorical_crossentropy_smoothing", losses.CategoricalCrossentropy(label_smoothing=0.1), target, p)
    case("categorical_crossentropy_smoothing_logits",
         losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2), target, logits)
    case("categorical_crossentropy_sum", losses.CategoricalCrossentropy(reduction="sum"), target, p)
    case("categorical_crossentropy_soft", losses.CategoricalCrossentropy(), probabilities(g, (7, 5)), p)
    case("categorical_crossentropy_unnormalised", losses.CategoricalCrossentropy(), target, (p * 3).astype(np.float32))
    case("categorical_crossentropy_large_logits", losses.CategoricalCrossentropy(from_logits=True), target, logits * 100)
    edge = np.array([[1, 0, 0], [0, 1, 0], [1e-9, 1 - 1e-9, 0], [0, 0, 1]], np.float32)
    edge_target = np.array([[0, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    case("categorical_crossentropy_edges", losses.CategoricalCrossentropy(), edge_target, edge)

    labels = g.integers(0, 5, 7).astype(np.int32)
    case("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy(), labels, p)
    case("sparse_categorical_crossentropy_logits", losses.SparseCategoricalCrossentropy(from_logits=True), labels, logits)
    case("sparse_categorical_crossentropy_column", losses.SparseCategoricalCrossentropy(), labels[:, None], p)
    case("sparse_categorical_crossentropy_edges", losses.SparseCategoricalCrossentropy(),
         edge_target.argmax(-1).astype(np.int32), edge)

    binary = g.integers(0, 2, (7, 1)).astype(np.float32)
    q = g.uniform(size=(7, 1)).astype(np.float32)
    case("binary_crossentropy", losses.BinaryCrossentropy(), binary, q)
    case("binary_crossentropy_logits", losses.BinaryCrossentropy(from_logits=True), binary, normal(g, (7, 1), 4.0))
    case("binary_crossentropy_smoothing", losses.BinaryCrossentropy(label_smoothing=0.1), binary, q)
    case("binary_crossentropy_many", losses.BinaryCrossentropy(), g.integers(0, 2, (4, 6)).astype(np.float32),
         g.uniform(size=(4, 6)).astype(np.float32))
    edges = np.array(EDGES, np.float32)[:, None]
    case("binary_crossentropy_edges", losses.BinaryCrossentropy(), (edges < 0.1).astype(np.float32), edges)
    case("binary_crossentropy_flat_target", losses.BinaryCrossentropy(), binary[:, 0], q)

    a, b = normal(g, (6, 3)), normal(g, (6, 3))
    case("mean_squared_error", losses.MeanSquaredError(), a, b)
    case("mean_squared_error_sum", losses.MeanSquaredError(reduction="sum"), a, b)
    case("mean_squared_error_flat_target", losses.MeanSquaredError(), a[:, 0], b[:, :1])
    case("mean_squared_error_images", losses.MeanSquaredError(), normal(g, (2, 3, 4, 2)), normal(g, (2, 3, 4, 2)))
    case("mean_absolute_error", losses.MeanAbsoluteError(), a, b)

    axes()
    more_regression(g)
    more_classification(g)
    segmentation()
    sequences()


def axes():
    """Classes along another axis than the last one. The sparse loss knows that on JAX and PyTorch alone."""
    g = rng("axes of losses")
    shape = (4, 3, 5)
    target = np.moveaxis(one_hot(g, 20, 3).reshape(4, 5, 3), -1, 1).copy()
    p = np.moveaxis(probabilities(g, (4, 5, 3)), -1, 1).copy()
    logits = normal(g, shape, 3.0)
    case("categorical_crossentropy_axis", losses.CategoricalCrossentropy(axis=1), target, p)
    case("categorical_crossentropy_axis_logits_smoothing",
         losses.CategoricalCrossentropy(axis=1, from_logits=True, label_smoothing=0.2), target, logits)
    focal = losses.CategoricalFocalCrossentropy
    case("categorical_focal_crossentropy_axis", focal(axis=1), target, p)
    case("categorical_focal_crossentropy_axis_alphas",
         focal(axis=1, alpha=[0.1, 0.2, 0.3, 0.4, 0.5], from_logits=True, label_smoothing=0.1), target, logits)
    binary, q = g.integers(0, 2, shape).astype(np.float32), g.uniform(0.05, 0.95, size=shape).astype(np.float32)
    case("binary_crossentropy_axis", losses.BinaryCrossentropy(axis=1, label_smoothing=0.1), binary, q)
    case("binary_focal_crossentropy_axis", losses.BinaryFocalCrossentropy(axis=-2, apply_class_balancing=True), binary, q)


def more_regression(g):
    a, b, positive = normal(g, (6, 3)), normal(g, (6, 3)), np.abs(normal(g, (6, 3))) + 0.25
    zero = a.copy()
    zero[0] = 0.0
    case("mean_absolute_percentage_error", losses.MeanAbsolutePercentageError(), a + 3, b)
    case("mean_squared_logarithmic_error", losses.MeanSquaredLogarithmicError(), positive, b)
    case("huber", losses.Huber(), a, b * 2)
    case("log_cosh", losses.LogCosh(), a * 30, b)
    case("cosine_similarity", losses.CosineSimilarity(), zero, b)
    case("cosine_similarity_sum", losses.CosineSimilarity(reduction="sum"), a, b)
    case("poisson", losses.Poisson(), positive, np.abs(b) + 0.125)
    case("kl_divergence", losses.KLDivergence(), probabilities(g, (6, 4)), probabilities(g, (6, 4)))
    signs, zeros_ones = np.sign(a).astype(np.float32), (a > 0).astype(np.float32)
    case("hinge", losses.Hinge(), signs, b)
    case("hinge_zeros_ones", losses.Hinge(), zeros_ones, b)
    case("squared_hinge", losses.SquaredHinge(), signs, b)
    case("categorical_hinge", losses.CategoricalHinge(), one_hot(g, 6, 3), b)


def more_classification(g):
    target, p, logits = one_hot(g, 7, 5), probabilities(g, (7, 5)), normal(g, (7, 5), 3.0)
    focal, binary_focal = losses.CategoricalFocalCrossentropy, losses.BinaryFocalCrossentropy
    case("categorical_focal_crossentropy", focal(), target, p)
    case("categorical_focal_crossentropy_logits", focal(alpha=0.5, gamma=3.0, from_logits=True, label_smoothing=0.1), target, logits)
    case("categorical_focal_crossentropy_alphas", focal(alpha=[0.1, 0.2, 0.3, 0.4, 0.5]), target, p)
    binary, q = g.integers(0, 2, (4, 6)).astype(np.float32), g.uniform(0.05, 0.95, size=(4, 6)).astype(np.float32)
    case("binary_focal_crossentropy", binary_focal(), binary, q)
    case("binary_focal_crossentropy_balanced", binary_focal(apply_class_balancing=True, alpha=0.3, gamma=1.5, label_smoothing=0.2), binary, q)
    case("binary_focal_crossentropy_logits", binary_focal(from_logits=True), binary, normal(g, (4, 6), 2.0))
    labels = g.integers(0, 5, 7).astype(np.int32)
    case("categorical_generalized_cross_entropy", losses.CategoricalGeneralizedCrossEntropy(q=0.7), labels, p)
    ignoring = labels.copy()
    ignoring[[1, 4]] = -1
    sparse = losses.SparseCategoricalCrossentropy
    case("sparse_categorical_crossentropy_ignore", sparse(ignore_class=-1), ignoring, p)
    case("sparse_categorical_crossentropy_ignore_logits", sparse(from_logits=True, ignore_class=3),
         g.integers(0, 5, (3, 4)).astype(np.int32), normal(g, (3, 4, 5), 2.0))
    embeddings = normal(g, (8, 4))
    embeddings /= np.linalg.norm(embeddings, axis=-1, keepdims=True)
    classes = np.array([0, 1, 2, 0, 1, 2, 0, 3], np.int32)  # the last one has no pair
    case("circle", losses.Circle(), classes, embeddings)
    case("circle_diagonal", losses.Circle(gamma=16.0, margin=0.25, remove_diagonal=False), classes, embeddings)


def segmentation():
    g = rng("segmentation losses")
    target, p = g.integers(0, 2, (3, 4, 5, 2)).astype(np.float32), g.uniform(size=(3, 4, 5, 2)).astype(np.float32)
    case("dice", losses.Dice(), target, p)
    case("dice_images", losses.Dice(axis=(1, 2, 3)), target, p)
    case("tversky", losses.Tversky(alpha=0.3, beta=0.7), target, p)
    case("tversky_images", losses.Tversky(axis=[1, 2, 3]), target, p)


def sequences():
    g = rng("ctc")
    targets = np.array([[1, 2, 2, 3], [4, 1, 0, 0], [2, 2, 0, 0], [0, 0, 0, 0]], np.int32)
    case("ctc", losses.CTC(), targets, normal(g, (4, 7, 5), 2.0))
    case("ctc_sum", losses.CTC(reduction="sum"), targets[:3, :3], normal(g, (3, 12, 5), 3.0))


if __name__ == "__main__":
    main()
