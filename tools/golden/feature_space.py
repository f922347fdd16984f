"""Golden file of FeatureSpace: data/feature_space.json.

A table with numbers, categories and missing values, and the matrix that scikit-learn makes of it.
tests/data/feature_space_test.cpp reads it. Needs pandas and scikit-learn.
"""
import io
import json
import os
import pathlib

import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN", pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"))
TRAINING = """age,fare,port,deck
22,7.25,S,1
38,71.2833,C,2
,7.925,S,3
35,53.1,S,1
28,8.05,,3
54,51.8625,Q,2
2,21.075,S,3
"""
NEW = """age,fare,port,deck
,10.5,Q,1
40,3,X,2
19,0.5,,4
"""


def main():
    training, new = (pd.read_csv(io.StringIO(text)) for text in (TRAINING, NEW))
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = ColumnTransformer([
        ("age", numbers, ["age"]), ("age is missing", MissingIndicator(), ["age"]),
        ("fare", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["fare"]),
        ("names", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["port", "deck"])])
    result = {"versions": {"scikit-learn": sklearn.__version__, "pandas": pd.__version__},
              "training": TRAINING, "new": NEW,
              "of_training": np.asarray(columns.fit_transform(training), float).tolist(),
              "of_new": np.asarray(columns.transform(new), float).tolist()}
    (GOLDEN / "data" / "feature_space.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
