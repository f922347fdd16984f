"""TF-IDF and a linear support vector machine of scikit-learn on intents, with their defaults; prints one JSON line.

usage: intents_peer.py FOLDER     of CLINC150 (data_full.json.gz; "oos" is one more class) or Banking77 (train.csv, test.csv)
"""
import csv
import gzip
import json
import pathlib
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

folder = pathlib.Path(sys.argv[1])
if (folder / "data_full.json.gz").exists():
    data = json.loads(gzip.open(folder / "data_full.json.gz").read())
    train, test, outside = data["train"] + data["oos_train"], data["test"], data["oos_test"]
else:
    train, test = ([list(row.values()) for row in csv.DictReader(open(folder / f"{part}.csv", encoding="utf-8"))]
                   for part in ("train", "test"))
    outside = []

terms = TfidfVectorizer()
machine = LinearSVC().fit(terms.fit_transform([text for text, _ in train]), [intent for _, intent in train])


def accuracy(samples):
    said = machine.predict(terms.transform([text for text, _ in samples]))
    return sum(a == b for a, (_, b) in zip(said, samples)) / len(samples)


result = {"in_scope_accuracy" if outside else "accuracy": accuracy(test)}
if outside:
    result["out_of_scope_recall"] = accuracy(outside)
print(json.dumps(result))
