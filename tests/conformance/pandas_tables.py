"""Tables that pandas writes in all its ways: Lamina trains on them and is asked about them, and Keras, fed by pandas
with what it reads from the same files, judges the file that comes out.
"""
import io
import json
import zipfile

import pandas as pd
from files import Lamina, close, keras, np, rng
from keras import Input, Sequential, layers

TABLES = 12


def writings(generator):
    """How a table may be written: arguments of to_csv, and what Lamina has to be told."""
    separator = str(generator.choice([",", ";", "\t", "|"]))
    decimal = "," if separator != "," and generator.random() < 0.4 else "."
    arguments = {"sep": separator, "decimal": decimal, "index": bool(generator.random() < 0.3),
                 "lineterminator": str(generator.choice(["\n", "\r\n", "\r"])), "quoting": int(generator.choice([0, 1, 2]))}
    encoding = str(generator.choice(["utf-8", "utf-8-sig", "utf-16"]))
    return arguments, encoding, ["--decimal-comma"] if decimal == "," else []


def write(frame, path, generator):
    arguments, encoding, told = writings(generator)
    text = io.StringIO()
    frame.to_csv(text, **arguments)
    path.write_bytes(text.getvalue().encode(encoding))
    return told


def one(lamina, number):
    generator = rng(f"tables{number}")
    features = [str(name) for name in generator.permutation(["width", "größe", "0", "a b", "x,y"])[:3]]
    words = ["Käse", "a, b", "yes", "No"][:3]
    frame = pd.DataFrame(generator.normal(size=(30, 3)).astype(np.float32), columns=features)
    frame["kind"] = [words[i % 3] for i in range(30)]
    test = frame[frame["kind"] != sorted(words)[0]].sample(frac=1, random_state=number)
    test = test[list(generator.permutation(test.columns))].assign(other=7)
    path, out = lamina.work / "table.keras", lamina.work / "table.trained.keras"
    model = Sequential([Input((3,)), layers.Dense(8, "tanh"), layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.save(path)
    told = write(frame, lamina.work / "train.csv", generator)
    for old in lamina.work.glob("table.trained*"):
        old.unlink()
    lamina.cli("train", path, "--data", lamina.work / "train.csv", "--out", out, "--epochs", 2, "--overwrite", "--run-dir",
               lamina.work / "table.run", *told)
    told = write(test, lamina.work / "test.csv", generator)
    judged = lamina.cli("evaluate", out, "--data", lamina.work / "test.csv", *told)

    info = json.loads(zipfile.ZipFile(out).read("lamina/data.json"))
    assert info["class_names"] == sorted(words) and info["features"] == features and info["target"] == "kind", info
    theirs = keras.models.load_model(out)
    x = test[features].to_numpy(np.float32)
    y = np.array([sorted(words).index(word) for word in test["kind"]])
    for key, value in theirs.evaluate(x, y, verbose=0, return_dict=True).items():
        assert abs(judged["metrics"][key] - value) <= 1e-4 * max(1, abs(value)), (key, value, judged)
    lines = lamina._run("lamina", "predict", out, lamina.work / "test.csv", "--json", *told).splitlines()
    said = [json.loads(line) for line in lines]
    close(np.array([line["probabilities"] for line in said], np.float32), theirs.predict(x, verbose=0), "predictions")
    assert [line["expected"] for line in said] == list(y), said


def run(binaries, work):
    """(passed, failed)"""
    lamina = Lamina(binaries, work)
    failed = 0
    for number in range(TABLES):
        try:
            one(lamina, number)
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: table {number}: {type(error).__name__}: {error}")
    return TABLES - failed, failed
