"""Golden files of every metric: nn/metrics/<case>.npz.

Three batches are fed one after the other. Entries: config (JSON), y_true_<i>, y_pred_<i>, result_<i> (after batch i),
sample_weight_<i> in some, variable_names (JSON), variable_<j> (after the last batch).
"""
from common import keras, normal, np, numbered, rng, save
from keras import metrics

SIZES = (5, 5, 3)


def weighted_case(name, metric, batches):
    g = rng(name)
    case(name, metric, batches, [np.round(g.uniform(0.0, 2.0, len(b[0])) * 64).astype(np.float32) / 64 for b in batches])


def case(name, metric, batches, weights=None):
    """`batches`: a list of (y_true, y_pred)."""
    results = []
    for i, (y_true, y_pred) in enumerate(batches):
        metric.update_state(y_true, y_pred, sample_weight=None if weights is None else weights[i])
        results.append(np.array(metric.result()))  # a copy: that of counts is the variable itself
    save(
        f"nn/metrics/{name}",
        config=keras.metrics.serialize(metric),
        variable_names=[v.name for v in metric.variables],
        **numbered("y_true", [b[0] for b in batches]),
        **numbered("y_pred", [b[1] for b in batches]),
        **numbered("result", results),
        **numbered("sample_weight", weights or []),
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

    more_means(one_hot, labels, scores, pairs, prob)
    confusion(binary, many, categorical)
    rows(many, categorical)
    correlations()
    overlaps()


def more_means(one_hot, labels, scores, pairs, prob):
    case("mean_absolute_percentage_error", metrics.MeanAbsolutePercentageError(), [(a + 4, b) for a, b in pairs])
    case("mean_squared_logarithmic_error", metrics.MeanSquaredLogarithmicError(), [(np.abs(a), b) for a, b in pairs])
    case("cosine_similarity", metrics.CosineSimilarity(), pairs)
    case("log_cosh_error", metrics.LogCoshError(), pairs)
    case("kl_divergence", metrics.KLDivergence(), list(zip(one_hot, prob)))
    case("poisson", metrics.Poisson(), [(np.abs(a), np.abs(b) + 0.125) for a, b in pairs])
    signs = [(np.sign(a), b) for a, b in pairs]
    case("hinge", metrics.Hinge(), signs)
    case("squared_hinge", metrics.SquaredHinge(), signs)
    case("categorical_hinge", metrics.CategoricalHinge(), list(zip(one_hot, scores)))
    case("top_k_categorical_accuracy", metrics.TopKCategoricalAccuracy(k=2), list(zip(one_hot, scores)))
    case("sparse_top_k_categorical_accuracy", metrics.SparseTopKCategoricalAccuracy(k=3), list(zip(labels, scores)))
    sorted_ids = [np.argsort(-s, -1).astype(np.int32) for s in scores]
    case("sparse_top_k_categorical_accuracy_ids", metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True),
         list(zip(labels, sorted_ids)))
    ignoring = [np.where(y == 2, -1, y).astype(np.int32) for y in labels]
    case("sparse_categorical_crossentropy_ignore", metrics.SparseCategoricalCrossentropy(ignore_class=-1),
         list(zip(ignoring, prob)))
    weighted_case("sparse_categorical_crossentropy_ignore_weighted", metrics.SparseCategoricalCrossentropy(ignore_class=-1),
                  list(zip(ignoring, prob)))


def confusion(binary, many, categorical):
    m = metrics
    for name, metric in [
        ("true_positives", m.TruePositives), ("true_negatives", m.TrueNegatives),
        ("false_positives", m.FalsePositives), ("false_negatives", m.FalseNegatives)]:
        case(name, metric(), many)
        case(name + "_threshold", metric(thresholds=0.3), many)
    case("precision", m.Precision(), many)
    case("precision_threshold", m.Precision(thresholds=0.7, class_id=1), many)
    case("recall", m.Recall(), binary)
    case("recall_top_k", m.Recall(top_k=2), categorical)
    case("precision_top_k", m.Precision(top_k=3, class_id=2), categorical)
    case("sensitivity_at_specificity", m.SensitivityAtSpecificity(0.4), many)
    case("specificity_at_sensitivity", m.SpecificityAtSensitivity(0.6, num_thresholds=11), many)
    case("precision_at_recall", m.PrecisionAtRecall(0.5, class_id=0), many)
    case("recall_at_precision", m.RecallAtPrecision(0.5), many)
    case("auc", m.AUC(), many)
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            case(f"auc_{curve.lower()}_{method}", m.AUC(num_thresholds=21, curve=curve, summation_method=method), many)
    case("auc_thresholds", m.AUC(thresholds=[0.9, 0.2, 0.35]), binary)
    case("auc_labels", m.AUC(num_thresholds=30, multi_label=True, num_labels=3, label_weights=[0.5, 1.0, 2.0]), many)
    case("auc_label_weights", m.AUC(label_weights=[0.5, 1.0, 2.0]), many)
    case("auc_logits", m.AUC(from_logits=True), [(y, np.log(p / (1 - p))) for y, p in many])
    for name, metric in [("precision_weighted", m.Precision()), ("auc_weighted", m.AUC()),
                         ("auc_labels_weighted", m.AUC(multi_label=True, num_labels=3)),
                         ("f1_score_weighted", m.F1Score(average="macro"))]:
        weighted_case(name, metric, many)
    for average in ("micro", "macro", "weighted"):
        case("f1_score_" + average, m.F1Score(average=average), categorical)
        case("fbeta_score_" + average, m.FBetaScore(average=average, beta=2.0, threshold=0.4), many)


def rows(many, categorical):
    """Results that are rows: a number for each threshold, class or column."""
    m = metrics
    case("precision_thresholds", m.Precision(thresholds=[0.7, 0.2, 0.45]), many)
    case("precision_thresholds_one", m.Precision(thresholds=[0.7]), many)
    case("recall_thresholds_even", m.Recall(thresholds=[0.0, 0.25, 0.5, 0.75, 1.0], class_id=1), many)
    case("true_positives_thresholds", m.TruePositives(thresholds=[0.3, 0.6]), many)
    weighted_case("false_negatives_thresholds_weighted", m.FalseNegatives(thresholds=[0.3, 0.6]), many)
    case("f1_score_none", m.F1Score(), categorical)
    weighted_case("fbeta_score_none_weighted", m.FBetaScore(beta=0.5, threshold=0.6), many)
    g = rng("r2 of columns")
    pairs = [(y, y + normal(g, y.shape, 0.5)) for y in (normal(g, (n, 3)) for n in SIZES)]
    case("r2_score_none", m.R2Score(class_aggregation=None), pairs)
    case("r2_score_none_adjusted", m.R2Score(class_aggregation=None, num_regressors=2), pairs)
    prob = [np.moveaxis(p, -1, 1).copy() for p in (np.exp(normal(g, (n, 2, 3))) for n in SIZES)]
    classes = [np.moveaxis(np.eye(3, dtype=np.float32)[g.integers(0, 3, (n, 2))], -1, 1).copy() for n in SIZES]
    case("categorical_crossentropy_axis", m.CategoricalCrossentropy(axis=1), list(zip(classes, prob)))


def correlations():
    g = rng("correlation metrics")
    pairs = []
    for n in SIZES:
        y = normal(g, (n, 3))
        pairs.append((y, y + normal(g, (n, 3), 0.5)))
    case("r2_score", metrics.R2Score(), pairs)
    case("r2_score_variance", metrics.R2Score(class_aggregation="variance_weighted_average", num_regressors=2), pairs)
    weighted_case("r2_score_weighted", metrics.R2Score(), pairs)
    case("pearson_correlation", metrics.PearsonCorrelation(), pairs)
    case("concordance_correlation", metrics.ConcordanceCorrelation(axis=0), pairs)


def overlaps():
    g = rng("iou metrics")
    classes = [(g.integers(0, 3, (n, 4)).astype(np.int32), g.integers(0, 3, (n, 4)).astype(np.int32)) for n in SIZES]
    rows = [(np.eye(3, dtype=np.float32)[y], g.uniform(size=p.shape + (3,)).astype(np.float32)) for y, p in classes]
    binary = [((y > 1).astype(np.float32), g.uniform(size=y.shape).astype(np.float32)) for y, _ in classes]
    case("iou", metrics.IoU(num_classes=4, target_class_ids=[0, 2, 3]), classes)
    case("mean_iou", metrics.MeanIoU(num_classes=3, ignore_class=1), classes)
    case("one_hot_iou", metrics.OneHotIoU(num_classes=3, target_class_ids=[0, 1]), rows)
    case("one_hot_mean_iou", metrics.OneHotMeanIoU(num_classes=3), rows)
    case("binary_iou", metrics.BinaryIoU(target_class_ids=[1], threshold=0.4), binary)


if __name__ == "__main__":
    main()
