#!/usr/bin/env python3
"""What scikit-learn's estimators, transformers, metrics and splits say of small data.

classic/estimators/<case>.npz: x, y, x_test, `estimator` (JSON: class_name, params) and what it has of predict,
predict_proba, decision_function; classic/transformers/<case>.npz: x, x_test, transformed. Everything else is in
classic/metrics.npz and classic/splits.npz. Needs scikit-learn.
"""
import importlib.metadata

import numpy as np
from sklearn import calibration, impute, linear_model, metrics, model_selection, naive_bayes, neighbors, preprocessing, svm, tree
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from common import normal, rng, save


def data(name, kind, samples=120, features=5):
    """Three clusters that overlap, or numbers that depend on the features."""
    r = rng(name)
    x = normal(r, (samples + 40, features))
    if kind == "numbers":
        y = (x @ normal(r, (features,)) + 0.5 * np.sin(3 * x[:, 0]) + 0.3 * normal(r, (len(x),))).astype("float32")
    else:
        classes = 2 if kind == "two" else 3
        labels = r.integers(0, classes, len(x))
        x += 0.9 * normal(r, (classes, features))[labels]
        y = (labels * 3 - 1).astype("int32")  # -1, 2, 5: labels are not numbers of classes
    if kind == "counts":
        x = np.floor(np.abs(x) * 2).astype("float32")
    return x[:samples], y[:samples], x[samples:]


def estimator(name, kind, model, **shape):
    x, y, x_test = data(name, kind, **shape)
    model.fit(x.astype("float64"), y)  # float32 would be computed in float32 by some
    said = {"predict": model.predict(x_test.astype("float64")).astype("float32" if kind == "numbers" else "int32")}
    for method in ("predict_proba", "decision_function"):
        if hasattr(model, method):
            said[method] = getattr(model, method)(x_test.astype("float64")).astype("float32")
    known = {key: value for key, value in model.get_params().items() if key in PARAMS[type(model).__name__]}
    save(f"classic/estimators/{name}", x=x, y=y, x_test=x_test,
         estimator={"class_name": type(model).__name__, "params": known}, **said)


TREE = ("max_depth", "min_samples_split", "min_samples_leaf", "max_features")
PARAMS = {
    "DecisionTreeClassifier": ("criterion", *TREE), "DecisionTreeRegressor": ("criterion", *TREE),
    "GradientBoostingClassifier": ("n_estimators", "learning_rate", *TREE),
    "GradientBoostingRegressor": ("n_estimators", "learning_rate", *TREE),
    "LinearRegression": ("fit_intercept",), "Ridge": ("alpha", "fit_intercept"),
    "LogisticRegression": ("C", "tol", "max_iter", "fit_intercept"),
    "LinearSVC": ("C", "tol", "max_iter", "fit_intercept", "intercept_scaling"), "SVC": ("C", "kernel", "gamma", "tol"),
    "KNeighborsClassifier": ("n_neighbors", "weights"), "KNeighborsRegressor": ("n_neighbors", "weights"),
    "GaussianNB": ("var_smoothing",), "MultinomialNB": ("alpha", "fit_prior"),
}


def estimators():
    exact = {"tol": 1e-8, "max_iter": 10000}
    for kind in ("two", "three"):
        estimator(f"tree_{kind}", kind, tree.DecisionTreeClassifier(max_depth=3, random_state=0))
        estimator(f"tree_entropy_{kind}", kind,
                  tree.DecisionTreeClassifier(criterion="entropy", max_depth=3, min_samples_leaf=4, random_state=0))
        estimator(f"boosting_{kind}", kind, GradientBoostingClassifier(n_estimators=20, max_depth=2, random_state=0))
        estimator(f"logistic_{kind}", kind, linear_model.LogisticRegression(**exact))
        estimator(f"logistic_c_{kind}", kind, linear_model.LogisticRegression(C=0.05, fit_intercept=False, **exact))
        estimator(f"linear_svc_{kind}", kind, svm.LinearSVC(random_state=0, dual=False, **exact))
        estimator(f"svc_{kind}", kind, svm.SVC(tol=1e-6))
        estimator(f"svc_linear_{kind}", kind, svm.SVC(kernel="linear", C=0.3, tol=1e-6))
        estimator(f"svc_gamma_{kind}", kind, svm.SVC(gamma=0.7, C=2.0, tol=1e-6))
        estimator(f"neighbors_{kind}", kind, neighbors.KNeighborsClassifier())
        estimator(f"neighbors_distance_{kind}", kind, neighbors.KNeighborsClassifier(4, weights="distance"))
        estimator(f"gaussian_nb_{kind}", kind, naive_bayes.GaussianNB())
    estimator("multinomial_nb", "counts", naive_bayes.MultinomialNB())
    estimator("multinomial_nb_alpha", "counts", naive_bayes.MultinomialNB(alpha=0.1, fit_prior=False))
    estimator("tree_numbers", "numbers", tree.DecisionTreeRegressor(max_depth=4, random_state=0))
    estimator("boosting_numbers", "numbers", GradientBoostingRegressor(n_estimators=20, max_depth=2, random_state=0))
    estimator("linear", "numbers", linear_model.LinearRegression())
    estimator("linear_plain", "numbers", linear_model.LinearRegression(fit_intercept=False))
    estimator("linear_wide", "numbers", linear_model.LinearRegression(), samples=8, features=12)
    estimator("ridge", "numbers", linear_model.Ridge(alpha=3.0))
    estimator("neighbors_numbers", "numbers", neighbors.KNeighborsRegressor())
    estimator("neighbors_distance_numbers", "numbers", neighbors.KNeighborsRegressor(3, weights="distance"))


def transformer(name, model, x, x_test, params):
    model.fit(x)
    out = model.transform(x_test)
    save(f"classic/transformers/{name}", x=x, x_test=x_test, transformed=np.asarray(out, dtype="float32"),
         transformer={"class_name": type(model).__name__, "params": params})


def transformers():
    x, _, x_test = data("transformers", "numbers")
    x[:, 2] = 7  # a constant column
    x_test[:, 2] = 8
    transformer("standard", preprocessing.StandardScaler(), x, x_test, {})
    transformer("standard_mean", preprocessing.StandardScaler(with_std=False), x, x_test, {"with_std": False})
    transformer("min_max", preprocessing.MinMaxScaler(), x, x_test, {})
    transformer("min_max_range", preprocessing.MinMaxScaler(feature_range=(-2, 3)), x, x_test,
                {"feature_min": -2, "feature_max": 3})
    gaps = np.round(x * 2) / 2
    gaps[rng("gaps").random(gaps.shape) < 0.2] = np.nan
    for strategy in ("mean", "median", "most_frequent"):
        transformer(f"impute_{strategy}", impute.SimpleImputer(strategy=strategy), gaps, gaps[:20],
                    {"strategy": strategy})
    transformer("impute_constant", impute.SimpleImputer(strategy="constant", fill_value=-1), gaps, gaps[:20],
                {"strategy": "constant", "fill_value": -1})
    cells = rng("cells").integers(0, 4, (30, 3)).astype("float32")
    unknown = cells[:8].copy()
    unknown[3, 1] = 9
    transformer("one_hot", preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False), cells, unknown,
                {"handle_unknown": "ignore"})


def scores():
    r = rng("metrics")
    y_true = r.integers(0, 3, 60).astype("int32")
    y_pred = np.where(r.random(60) < 0.6, y_true, r.integers(0, 4, 60)).astype("int32")
    binary = (y_true > 1).astype("int32")
    score = np.round(binary * 0.3 + r.random(60), 1).astype("float32")  # with ties
    guess = (score > 0.6).astype("int32")
    a, b = normal(r, (40,)), normal(r, (40,))
    fpr, tpr, thresholds = metrics.roc_curve(binary, score)
    precision, recall, cuts = metrics.precision_recall_curve(binary, score)
    save("classic/metrics", y_true=y_true, y_pred=y_pred, binary=binary, score=score, guess=guess, a=a, b=b,
         confusion=metrics.confusion_matrix(y_true, y_pred),
         report=metrics.classification_report(y_true, y_pred, zero_division=0),
         report_named=metrics.classification_report(binary, guess, target_names=["no", "a rather long name"], digits=4),
         fpr=fpr, tpr=tpr, thresholds=thresholds, precision=precision, recall=recall, cuts=cuts,
         scores={"accuracy": metrics.accuracy_score(y_true, y_pred), "f1": metrics.f1_score(binary, guess),
                 "auc": metrics.roc_auc_score(binary, score), "mse": float(metrics.mean_squared_error(a, b)),
                 "mae": float(metrics.mean_absolute_error(a, b)), "r2": float(metrics.r2_score(a, b)),
                 **{f"f1_{average}": metrics.f1_score(y_true, y_pred, average=average, zero_division=0)
                    for average in ("macro", "weighted", "micro")}})


def curves():
    """Probabilities of two classes that are too sure of themselves, on a grid of sixteenths, so that they tie, and of
    three: what one class against the rest gives, and how often the sure were right."""
    r = rng("curves")
    binary = r.integers(0, 2, 80).astype("int32")
    prob = np.clip(np.round((binary * 0.4 + 0.6 * r.random(80)) * 16) / 16, 0, 1).astype("float32")
    labels = r.integers(0, 3, 90).astype("int32")
    logits = normal(r, (90, 3)) + 1.2 * np.eye(3, dtype="float32")[labels]
    rows = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype("float32")
    wide, right = rows.astype("float64"), (rows.argmax(axis=1) == labels).astype("int32")

    def reliability(truth, said, bins, strategy):
        true, pred = calibration.calibration_curve(truth, said.astype("float64"), n_bins=bins, strategy=strategy)
        return np.stack([true, pred])

    def error(truth, said, bins=10):
        true, pred = reliability(truth, said, bins, "uniform")
        counts = np.histogram(said, np.linspace(0, 1, bins + 1))[0]
        assert not np.isin(said, np.linspace(0, 1, bins + 1)[1:-1]).any()  # histogram puts those elsewhere
        return float(np.sum(counts[counts > 0] * np.abs(true - pred)) / len(said))

    one = [(labels == k).astype("int32") for k in range(3)]
    save("classic/curves", binary=binary, prob=prob, labels=labels, rows=rows,
         uniform=reliability(binary, prob, 5, "uniform"), uniform_8=reliability(binary, prob, 8, "uniform"),
         quantile=reliability(binary, prob, 4, "quantile"), top=reliability(right, rows.max(axis=1), 10, "uniform"),
         scores={"average_precision": metrics.average_precision_score(binary, prob),
                 "average_precision_rest": [metrics.average_precision_score(one[k], wide[:, k]) for k in range(3)],
                 "auc_rest": [metrics.roc_auc_score(one[k], wide[:, k]) for k in range(3)],
                 "auc_mean": metrics.roc_auc_score(labels, wide / wide.sum(axis=1, keepdims=True), multi_class="ovr"),
                 "error": error(right, wide.max(axis=1))})


def splits():
    r = rng("splits")
    y = np.repeat([4, 1, 2], [11, 23, 9]).astype("int32")[r.permutation(43)]
    x = (normal(r, (43, 3)) + y[:, None] * 0.4).astype("float32")

    def folds(splitter):
        return np.stack([np.isin(np.arange(43), test) for _, test in splitter.split(x, y)]).astype("int32")

    model = naive_bayes.GaussianNB()
    search = model_selection.GridSearchCV(
        neighbors.KNeighborsClassifier(), {"n_neighbors": [1, 3, 7], "weights": ["uniform", "distance"]}, cv=4).fit(x, y)
    save("classic/splits", x=x, y=y, k_fold=folds(model_selection.KFold(5)),
         stratified=folds(model_selection.StratifiedKFold(4)),
         cross_val=model_selection.cross_val_score(model, x, y, cv=4),
         cross_val_numbers=model_selection.cross_val_score(linear_model.Ridge(), x[:, :2].astype("float64"), x[:, 2]),
         grid=search.cv_results_["mean_test_score"], best=search.best_params_)


if __name__ == "__main__":
    estimators()
    transformers()
    scores()
    curves()
    splits()
    print("scikit-learn", importlib.metadata.version("scikit-learn"))
