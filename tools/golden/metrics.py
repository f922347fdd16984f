"""Golden files of every metric: nn/metrics/<case>.npz.

Three batches are fed one after the other. Entries: config (JSON), y_true_<i>, y_pred_<i>, result_<i> (after batch i),
variable_names (JSON), variable_<j> (after the last batch).
"""
from common import keras, normal, np, numbered, rng, save
from keras import metrics

SIZES = (5, 5, 3)


def case(name, metric, batches):
    """`batches`: a list of (y_true, y_pred)."""
    results = []
    for y_true, y_pred in batches:
        metric.update_state(y_true, y_pred)
        results.append(metric.result())
    save(
        f"nn/metrics/{name}",
        config=keras.metrics.serialize(metric),
        variable_names=[v.name for v in metric.variables],
        **numbered("y_true", [b[0] for b in batches]),
        **numbered("y_pred", [b[1] for b in batches]),
        **numbered("result", results),
        **numbered("variable", [v.numpy() for v in metric.variables]),
    )


def main():
    g = rng("metrics")
    scores = [g.uniform(size=(n, 4)).astype(np.float32) for n in SIZES]
    scores[0][0] = 0.25  # a tie: the first class wins
    labels = [g.integers(0, 4, n).astype(np.int32) for n in SIZES]
    one_hot = [np.eye(4, dtype=np.float32)[y] for y in labels]
    categorical = list(zip(one_hot, scores))
    sparse = list(zip(labels, scores))
    column = [(y[:, None], p) for y, p in sparse]
    case("categorical_accuracy", metrics.CategoricalAccuracy(), categorical)
    case("sparse_categorical_accuracy", metrics.SparseCategoricalAccuracy(), sparse)
    case("sparse_categorical_accuracy_column", metrics.SparseCategoricalAccuracy(), column)

    binary = [(g.integers(0, 2, (n, 1)).astype(np.float32), g.uniform(size=(n, 1)).astype(np.float32)) for n in SIZES]
    binary[1][1][2] = 0.5  # exactly the threshold counts as 0
    case("binary_accuracy", metrics.BinaryAccuracy(), binary)
    case("binary_accuracy_threshold", metrics.BinaryAccuracy(threshold=0.7), binary)
    case("binary_accuracy_flat_target", metrics.BinaryAccuracy(), [(y[:, 0], p) for y, p in binary])
    many = [(g.integers(0, 2, (n, 3)).astype(np.float32), g.uniform(size=(n, 3)).astype(np.float32)) for n in SIZES]
    case("binary_accuracy_many", metrics.BinaryAccuracy(), many)
    case("accuracy", metrics.Accuracy(), [(y, (p.argmax(-1) % 2).astype(np.int32)) for y, p in sparse])

    pairs = [(normal(g, (n, 3)), normal(g, (n, 3))) for n in SIZES]
    case("mean_squared_error", metrics.MeanSquaredError(), pairs)
    case("mean_absolute_error", metrics.MeanAbsoluteError(), pairs)
    case("root_mean_squared_error", metrics.RootMeanSquaredError(), pairs)

    prob = [p / p.sum(-1, keepdims=True) for p in scores]
    case("categorical_crossentropy", metrics.CategoricalCrossentropy(), list(zip(one_hot, prob)))
    case("categorical_crossentropy_logits", metrics.CategoricalCrossentropy(from_logits=True), categorical)
    case("sparse_categorical_crossentropy", metrics.SparseCategoricalCrossentropy(), list(zip(labels, prob)))
    case("binary_crossentropy", metrics.BinaryCrossentropy(), binary)


if __name__ == "__main__":
    main()
