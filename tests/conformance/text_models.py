"""Models that take texts, from Keras through Lamina and back: Keras opens what Lamina saved or trained on, with its layer of
texts, and says of texts what both said before.

The models are those of tools/golden/preprocessing.py.
"""
import csv
import json
import subprocess

import numpy as np
from common import keras, tf

LAYERS = ("TextVectorization", "StringLookup", "Hashing")


def kinds(model):
    """Classes of all layers, those of models inside included."""
    found = []
    for layer in model.layers:
        found += kinds(layer) if hasattr(layer, "layers") else [type(layer).__name__]
    return sorted(kind for kind in found if kind in LAYERS)


def say(binaries, *words):
    done = subprocess.run([binaries / "lamina", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr[-800:]
    return done.stdout


def close(expected, got, what):
    worst = np.abs(expected - got).max() / max(1, np.abs(expected).max())
    assert worst < 1e-5, (what, worst)


def converted(binaries, folder, name, model, texts):
    import preprocessing
    x = preprocessing.of_texts(model, texts)
    path, again = folder / f"{name}.keras", folder / f"{name}.again.keras"
    model.save(path)
    expected = np.asarray(model(x))
    say(binaries, "convert", path, again)
    opened = keras.models.load_model(again)
    assert kinds(opened) == kinds(model), kinds(opened)
    close(expected, np.asarray(opened(x)), "Keras, of what Lamina wrote")
    old = folder / f"{name}.h5"
    say(binaries, "convert", path, old)
    close(expected, np.asarray(keras.models.load_model(old)(x)), "Keras, of the .h5 that Lamina wrote")
    say(binaries, "convert", old, again)
    say(binaries, "convert", again, path)  # and once more
    close(expected, np.asarray(keras.models.load_model(path)(x)), "Keras, the second time")


def trained(binaries, folder, texts):
    layer = keras.layers.TextVectorization(output_sequence_length=5)
    layer.adapt(texts)
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer, keras.layers.Embedding(40, 4), keras.layers.Flatten(),
                              keras.layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    path, out, table = folder / "begun.keras", folder / "trained.keras", folder / "texts.csv"
    model.save(path)
    with open(table, "w", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *[[text, number % 2] for number, text in enumerate(texts * 8)]])
    before = model(tf.constant([[text] for text in texts])).numpy()
    say(binaries, "train", path, "--data", table, "--epochs", 2, "--out", out, "--run-dir", folder / "run", "--quiet")
    opened = keras.models.load_model(out)
    assert kinds(opened) == ["TextVectorization"], kinds(opened)
    after = opened(tf.constant([[text] for text in texts])).numpy()
    assert np.abs(after - before).max() > 1e-3, "it learned nothing"
    lines = [json.loads(line) for line in say(binaries, "predict", out, *texts, "--json").splitlines()]
    scores = np.array([line["probabilities"] for line in lines])
    close(after, scores, "lamina predict and Keras")


def several(binaries, folder):
    import preprocessing
    model, values = preprocessing.several()
    path, again = folder / "several.keras", folder / "several.again.keras"
    model.save(path)
    expected = np.asarray(model(preprocessing.given_to(model, values)))
    say(binaries, "convert", path, again)
    opened = keras.models.load_model(again)
    assert kinds(opened) == kinds(model), kinds(opened)
    close(expected, np.asarray(opened(preprocessing.given_to(opened, values))), "Keras, of what Lamina wrote")
    words = []
    for name, value in values.items():
        file = folder / f"{name}.{'txt' if isinstance(value, list) else 'npy'}"
        file.write_text("".join(text + "\n" for text in value)) if isinstance(value, list) else np.save(file, value)
        words.append(f"{name}={file}")
    lines = [json.loads(line) for line in say(binaries, "predict", again, *words, "--json").splitlines()]
    close(expected, np.array([line["output"] for line in lines]), "lamina predict")


def run(binaries, work):
    """(passed, failed)"""
    import preprocessing
    folder = work / "text_models"
    folder.mkdir(parents=True)
    passed = failed = 0
    checks = {name: lambda name=name, model=model, texts=texts: converted(binaries, folder, name, model, texts)
              for name, (model, texts) in preprocessing.cases().items() if isinstance(texts, list)}
    checks["several"] = lambda: several(binaries, folder)
    checks["trained"] = lambda: trained(binaries, folder, [text for text in preprocessing.TEXTS if text])
    for name, check in checks.items():
        try:
            check()
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: {name}: {' '.join(str(error).split())[:600]}", flush=True)
    return passed, failed + (passed == 0)
