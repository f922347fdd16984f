"""Golden file of `lamina train tabular-forest`: data/tabular_forest.json.

What scikit-learn's estimators reach on slices of real tables, found in the folder $LAMINA_TABLES, on the matrix that
FeatureSpace makes of them: numbers imputed and scaled, categories as zeros and ones.
tests/apps/tabular_forest_test.cpp makes the same slices of the same files. Needs pandas and scikit-learn.
"""
import json
import os
import pathlib
import warnings

import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier,
                              RandomForestRegressor)
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import root_mean_squared_error
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN", pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"))
CLASSES = {"forest": RandomForestClassifier, "tree": DecisionTreeClassifier, "boosting": GradientBoostingClassifier,
           "linear": LogisticRegression, "svm": SVC, "linear-svm": LinearSVC, "neighbors": KNeighborsClassifier,
           "bayes": GaussianNB}
VALUES = {"forest": RandomForestRegressor, "tree": DecisionTreeRegressor, "boosting": GradientBoostingRegressor,
          "linear": LinearRegression, "neighbors": KNeighborsRegressor}
# File, target, numbers, categories, and every how manieth row is of the slice.
TABLES = {
    "titanic": ("titanic_train.csv", "Survived", ["Age", "Fare"], ["Pclass", "Sex", "Embarked", "SibSp", "Parch"], 1),
    "california": ("california_housing.csv", "median_house_value",
                   ["longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population",
                    "households", "median_income"], ["ocean_proximity"], 5)}


def matrix(columns, training, test):
    parts = [(name, make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [name]) for name in columns[0]]
    parts += [(name + " is missing", MissingIndicator(), [name]) for name in columns[0] if training[name].isna().any()]
    parts += [("names", OneHotEncoder(handle_unknown="ignore", sparse_output=False), columns[1])]
    encoder = ColumnTransformer(parts)
    return encoder.fit_transform(training).astype("float32"), encoder.transform(test).astype("float32")


def main():
    warnings.filterwarnings("ignore")
    result = {"versions": {"scikit-learn": sklearn.__version__, "pandas": pd.__version__}}
    for name, (file, target, numbers, categories, step) in TABLES.items():
        table = pd.read_csv(pathlib.Path(os.environ["LAMINA_TABLES"]) / file).iloc[::step]
        table[categories] = table[categories].astype(object).where(table[categories].notna(), "missing").astype(str)
        training, test = table.iloc[::2], table.iloc[1::2]
        x, x_test = matrix((numbers, categories), training, test)
        y, y_test = training[target].to_numpy(), test[target].to_numpy()
        classes = len(np.unique(y)) < 20
        figures = {}
        for learner, kind in (CLASSES if classes else VALUES).items():
            scores = []
            for seed in range(3 if learner in ("forest", "tree") else 1):
                model = kind(**({"random_state": seed} if "random_state" in kind().get_params() else {})).fit(x, y)
                said = model.predict(x_test)
                scores.append(float((said == y_test).mean()) if classes else float(root_mean_squared_error(y_test, said)))
            figures[learner] = float(np.mean(scores))
        result[name] = {"file": file, "target": target, "step": step, "categorical": categories, "numeric": numbers,
                        "figure": "accuracy" if classes else "root_mean_squared_error", "scores": figures}
    (GOLDEN / "data" / "tabular_forest.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
