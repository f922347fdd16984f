#!/usr/bin/env python3
"""scikit-learn and Keras beside bench/estimators.cpp, on the same arrays and threads (OMP_NUM_THREADS).

usage: estimators_peer.py prepare DATA SET OUT.npz      SET: imdb, california, titanic, adult
       estimators_peer.py run FILE.npz CLASS [PARAMS]   prints the score and the seconds as JSON
       estimators_peer.py tables DATA SET FOLDER         raw tables: train.csv and test.csv
       estimators_peer.py table SET FOLDER CLASS SEED    from these to a judged estimator

`prepare` needs the folders imdb_reviews/ and tabular/ in DATA; the last fifth of a drawn order is for testing.
"""
import csv
import gzip
import inspect
import json
import os
import pathlib
import sys
import time
import warnings

import numpy as np


def rows(path, **options):
    csv.field_size_limit(1 << 30)
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8") as file:
        return list(csv.reader(file, **options))


def one_hot(columns):
    from sklearn.preprocessing import OneHotEncoder
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit_transform(columns)


def prepare(data, name):
    """x and y, not scaled."""
    if name == "imdb":
        from sklearn.feature_extraction.text import CountVectorizer
        table = [row for part in ("train", "test")
                 for row in rows(data / f"imdb_reviews/{part}.tsv.gz", delimiter="\t", quoting=csv.QUOTE_NONE)[1:]]
        x = CountVectorizer(max_features=500).fit_transform([row[2] for row in table]).toarray()
        return x, np.array([int(row[0]) for row in table])
    if name == "california":
        table = rows(data / "tabular/california_housing.csv")[1:]
        x = np.array([[float(cell) if cell else np.nan for cell in row[:8]] for row in table])
        return np.hstack([x, one_hot([[row[9]] for row in table])]), np.array([float(row[8]) for row in table])
    if name == "titanic":
        table = rows(data / "tabular/titanic_train.csv")[1:]
        x = np.array([[float(row[i]) if row[i] else np.nan for i in (2, 5, 6, 7, 9)] for row in table])
        return np.hstack([x, one_hot([[row[4], row[11]] for row in table])]), np.array([int(row[1]) for row in table])
    table = [row for part in ("train", "test") for row in
             rows(data / f"tabular/adult-{part}.csv.gz", skipinitialspace=True) if len(row) == 15]
    numbers = (0, 2, 4, 10, 11, 12)
    x = np.array([[float(row[i]) for i in numbers] for row in table])
    text = one_hot([[row[i] for i in range(14) if i not in numbers] for row in table])
    return np.hstack([x, text]), np.array([int(row[14].startswith(">")) for row in table])


def save(data, name, out):
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler
    x, y = prepare(data, name)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
    if name != "imdb":
        for step in (SimpleImputer(strategy="median"), StandardScaler()):
            x_train, x_test = step.fit_transform(x_train), step.transform(x_test)
    kind = "float32" if name == "california" else "int32"
    np.savez(out, x_train=x_train.astype("float32"), x_test=x_test.astype("float32"), y_train=y_train.astype(kind),
             y_test=y_test.astype(kind))


class DenseNetwork:
    """The twin of dense_network in estimators.cpp."""

    def __init__(self, seed, epochs):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        import keras
        keras.utils.set_random_seed(seed)
        self.keras, self.seed, self.epochs = keras, seed, epochs

    def fit(self, x, y):
        layers = self.keras.layers
        inputs, targets = layers.Normalization(), layers.Normalization(invert=True)
        inputs.adapt(x)
        targets.adapt(y[:, None])
        self.model = self.keras.Sequential([
            self.keras.Input(x.shape[1:]), inputs, layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(1), targets])
        self.model.compile(optimizer="adam", loss="mean_squared_error")
        generator = np.random.default_rng(self.seed)  # set_random_seed would repeat one order in every epoch
        for _ in range(self.epochs):
            order = generator.permutation(len(x))
            self.model.fit(x[order], y[order, None], batch_size=32, shuffle=False, verbose=0)

    def predict(self, x):
        return self.model.predict(x, verbose=0)[:, 0]


def measure(file, class_name, params):
    warnings.filterwarnings("ignore")
    arrays = np.load(file)
    if class_name == "DenseNetwork":
        timed(DenseNetwork(**params), arrays)
        return
    from sklearn.utils import all_estimators
    kind = dict(all_estimators())[class_name]
    known = inspect.signature(kind).parameters
    extra = {"random_state": 0, "n_jobs": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))}
    timed(kind(**{name: value for name, value in extra.items() if name in known}, **params), arrays)


TABLES = {"titanic": ("Survived", ["Age", "Fare"], ["Pclass", "Sex", "Embarked", "SibSp", "Parch"]),
          "adult": ("income", ["age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"],
                    ["workclass", "education", "marital-status", "occupation", "relationship", "race", "sex",
                     "native-country"]),
          "california": ("median_house_value", ["longitude", "latitude", "housing_median_age", "total_rooms",
                                                "total_bedrooms", "population", "households", "median_income"],
                         ["ocean_proximity"])}


def tables(data, name, folder):
    """Raw tables, train.csv and test.csv in the folder, with every fifth row for testing; adult has such files."""
    import pandas as pd
    folder.mkdir(exist_ok=True)
    if name == "adult":
        columns = ["age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship",
                   "race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income"]
        for part in ("train", "test"):
            lines = [row for row in rows(data / f"tabular/adult-{part}.csv.gz", skipinitialspace=True) if len(row) == 15]
            table = pd.DataFrame(lines, columns=columns)
            table["income"] = table["income"].str.rstrip(".")
            table.to_csv(folder / f"{part}.csv", index=False)
        return
    file = {"titanic": "titanic_train.csv", "california": "california_housing.csv"}[name]
    lines = (data / "tabular" / file).read_text(encoding="utf-8").splitlines(keepends=True)
    for part, chosen in (("train", lambda i: i % 5 != 4), ("test", lambda i: i % 5 == 4)):
        text = lines[:1] + [line for i, line in enumerate(lines[1:]) if chosen(i)]
        (folder / f"{part}.csv").write_text("".join(text), encoding="utf-8")


def table(name, folder, class_name, seed):
    """From the raw files to the judged estimator, as `lamina train tabular-forest` does it."""
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from sklearn.utils import all_estimators
    warnings.filterwarnings("ignore")
    target, numbers, categories = TABLES[name]
    parts = [pd.read_csv(folder / f"{part}.csv") for part in ("train", "test")]
    encoder = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categories)])
    for part in parts:
        part[categories] = part[categories].astype(object).where(part[categories].notna(), "missing").astype(str)
    kind = dict(all_estimators())[class_name]
    known = inspect.signature(kind).parameters
    extra = {"random_state": seed, "n_jobs": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))}
    model = kind(**{key: value for key, value in extra.items() if key in known})
    model.fit(encoder.fit_transform(parts[0]).astype("float32"), parts[0][target])
    said, expected = model.predict(encoder.transform(parts[1]).astype("float32")), parts[1][target].to_numpy()
    figure = {"accuracy": float((said == expected).mean())} if hasattr(model, "classes_") else {
        "root_mean_squared_error": float(np.sqrt(np.mean((said - expected) ** 2)))}
    print(json.dumps(figure))


def timed(model, arrays):
    start = time.perf_counter()
    model.fit(arrays["x_train"], arrays["y_train"])
    fit = time.perf_counter() - start
    start = time.perf_counter()
    predicted = model.predict(arrays["x_test"])
    predict = time.perf_counter() - start
    result = {"fit_seconds": fit, "predict_seconds": predict, "seconds": fit + predict}
    if hasattr(model, "classes_"):
        result["accuracy"] = float(np.mean(predicted == arrays["y_test"]))
    else:
        result["rmse"] = float(np.sqrt(np.mean((predicted.astype("float64") - arrays["y_test"]) ** 2)))
    print(json.dumps(result))


if __name__ == "__main__":
    if sys.argv[1:2] == ["prepare"] and len(sys.argv) == 5:
        save(pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4])
    elif sys.argv[1:2] == ["run"] and len(sys.argv) in (4, 5):
        measure(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]) if len(sys.argv) == 5 else {})
    elif sys.argv[1:2] == ["tables"] and len(sys.argv) == 5:
        tables(pathlib.Path(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4]))
    elif sys.argv[1:2] == ["table"] and len(sys.argv) == 6:
        table(sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        sys.exit(__doc__)
