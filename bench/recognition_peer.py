"""What scikit-learn reaches on the data of lamina's recipes of recognition; prints one JSON line.

usage: recognition_peer.py signs|chest-xray|heart FOLDER|TABLE
    signs       histograms of gradients and a linear SVM         "accuracy" on the test part
    chest-xray  PCA of 50 components and a logistic regression   "auc" on the test part
    heart       a logistic regression, stratified 10-fold        "auc" and "expected_calibration_error" of all rows together
"""
import io
import json
import pathlib
import sys
import tarfile

import numpy as np
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC


def gradients(pixels, cells=8, bins=9):
    """Histograms of oriented gradients over cells x cells places, each with the length 1."""
    down, right = np.gradient(pixels)
    strength, angle = np.hypot(down, right), np.arctan2(down, right) % np.pi
    step = pixels.shape[0] // cells
    places = (np.arange(pixels.shape[0]) // step)[:, None] * cells + (np.arange(pixels.shape[1]) // step)[None, :]
    index = places * bins + np.minimum((angle / np.pi * bins).astype(int), bins - 1)
    histogram = np.bincount(index.ravel(), strength.ravel(), cells * cells * bins).reshape(-1, bins)
    return (histogram / np.sqrt((histogram ** 2).sum(1, keepdims=True) + 1e-2)).ravel()


def signs(folder):
    parts = {}
    for part in ("train", "test"):
        with tarfile.open(folder / f"{part}.tar.gz") as archive:
            files = [file for file in archive if file.name.endswith(".ppm")]
            x = [gradients(np.asarray(Image.open(io.BytesIO(archive.extractfile(file).read())).convert("L"), float) / 255) for file in files]
        parts[part] = np.array(x), np.array([file.name.split("/")[1] for file in files])
    model = LinearSVC(C=0.1).fit(*parts["train"])
    return {"accuracy": model.score(*parts["test"])}


def chest_xray(folder):
    parts = {}
    for part in ("train", "test"):
        files = sorted(folder.glob(f"{part}/*/*.jpg"))
        x = [np.asarray(Image.open(file).convert("L"), float).ravel() / 255 for file in files]
        parts[part] = np.array(x), np.array([file.parent.name == "pneumonia" for file in files], int)
    model = make_pipeline(PCA(50, random_state=0), LogisticRegression(max_iter=2000)).fit(*parts["train"])
    x, y = parts["test"]
    return {"auc": roc_auc_score(y, model.predict_proba(x)[:, 1])}


def heart(table):
    rows = np.genfromtxt(table, delimiter=",", skip_header=1)
    x, y = rows[:, :-1], rows[:, -1].astype(int)
    said = np.zeros(len(y))
    for train, test in StratifiedKFold(10, shuffle=True, random_state=0).split(x, y):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x[train], y[train])
        said[test] = model.predict_proba(x[test])[:, 1]
    bins = np.minimum((said * 10).astype(int), 9)
    error = sum(abs(y[bins == b].mean() - said[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())
    return {"auc": roc_auc_score(y, said), "expected_calibration_error": error}


if len(sys.argv) != 3 or sys.argv[1] not in ("signs", "chest-xray", "heart"):
    sys.exit(__doc__)
print(json.dumps({"signs": signs, "chest-xray": chest_xray, "heart": heart}[sys.argv[1]](pathlib.Path(sys.argv[2]))))
