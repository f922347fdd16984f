"""What people ask a model about: arrays as NumPy writes them in every dtype, order and packing, with numbers that are none,
and tables as pandas writes them with the target in any place or nowhere. Keras predicts, and Lamina says the same.
"""
import json
import subprocess

import pandas as pd
from common import keras, normal, np, rng
from files import Attempts, Lamina, close, fill
from keras import Input, Sequential, layers

DTYPES = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8", ">u8", "?"]


def networks():
    """name -> model of three inputs"""
    inputs = Input((3,))
    hidden = layers.Dense(5, "tanh")(inputs)
    return {
        "values": (Sequential([Input((3,)), layers.Dense(5, "tanh"), layers.Dense(2)]), "mse"),
        "classes": (Sequential([Input((3,)), layers.Dense(5, "tanh"), layers.Dense(4, "softmax")]), "sparse_categorical_crossentropy"),
        "rows": (Sequential([Input((3,)), layers.Dense(4, "softmax")]), "categorical_crossentropy"),
        "binary": (Sequential([Input((3,)), layers.Dense(1, "sigmoid")]), "binary_crossentropy"),
        "logits": (Sequential([Input((3,)), layers.Dense(4)]), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "two": (keras.Model(inputs, [layers.Dense(1, name="a")(hidden), layers.Dense(2, name="b")(hidden)]), None),
    }


def said(lamina, *words):
    """(status, JSON objects, one for each line)"""
    done = subprocess.run([lamina.binaries / "lamina", *map(str, words), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    # Strict JSON has no NaN.
    return done.returncode, [json.loads(line, parse_constant=lambda word: 1 / 0) for line in done.stdout.splitlines()]


def check_dtype(lamina, path, model, dtype, generator):
    """An archive with x and y of this dtype, plain or packed, in C or Fortran order."""
    x = generator.integers(0, 2 if dtype == "?" else 100, (12, 3)).astype(dtype)
    y = generator.integers(0, 2 if dtype == "?" else 4, 12).astype(dtype)
    x = np.asfortranarray(x) if generator.uniform() < 0.5 else x
    archive = lamina.work / "array.npz"
    (np.savez if generator.uniform() < 0.5 else np.savez_compressed)(archive, x=x, y=y, note=np.array({"made": "by hand"}, dtype=object))
    status, lines = said(lamina, "predict", path, archive)
    assert status == 0, lines
    # Whole numbers from 0 to 255 in integers are not pictures here: two axes.
    expected = model.predict(x.astype(np.float32), verbose=0)
    close(np.float32([line["probabilities"] for line in lines]), expected, dtype)
    assert [line["class"] for line in lines] == list(expected.argmax(-1)), lines
    assert [line["expected"] for line in lines] == [int(label) for label in y], lines
    judged = lamina.cli("evaluate", path, "--data", archive)
    for key, value in model.evaluate(x.astype(np.float32), y.astype(np.int64), verbose=0, return_dict=True).items():
        assert abs(judged["metrics"][key] - value) <= 1e-4 * max(1, abs(value)), (dtype, key, value, judged)


def check_bad_numbers(lamina, path, name, model, generator):
    """NaN and infinity in some rows: what Keras says of each, and status 1 where one is NaN."""
    x = normal(generator, (10, 3)) * 3
    for row in generator.choice(10, 4, replace=False):
        x[row, generator.integers(3)] = generator.choice([np.nan, np.inf, -np.inf])
    given = lamina.work / "bad.npy"
    np.save(given, x)
    outputs = model.predict(x, verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    shown = outputs
    if name == "logits":  # of which predict says probabilities
        with np.errstate(invalid="ignore"):
            shares = np.exp(outputs[0] - outputs[0].max(axis=1, keepdims=True))
            shown = [shares / shares.sum(axis=1, keepdims=True)]
    bad = np.any([np.isnan(output).any(axis=1) for output in shown], axis=0)
    status, lines = said(lamina, "predict", path, given)
    assert len(lines) == 10 and status == (1 if bad.any() else 0), (status, bad, lines)
    for row, line in enumerate(lines):
        if name in ("values", "two"):
            told = [line["output"]] if name == "values" else list(line["outputs"].values())
            for output, numbers in zip(outputs, told):
                for value, number in zip(output[row], numbers):
                    assert (number is None) if not np.isfinite(value) else abs(number - value) <= 1e-4 * max(1, abs(value)), (row, output[row], line)
        else:
            assert (line["class"] is None) == bool(bad[row]), (row, outputs[0][row], line)
            if name != "binary" and not bad[row]:
                assert line["class"] == shown[0][row].argmax(), (row, outputs[0][row], line)
    raw = lamina.cli("run", path, "--input", given, "--output", lamina.work / "raw")["outputs"]
    for output, file in zip(outputs, raw):
        written = np.load(file["file"])
        # Of a row with infinite numbers TensorFlow's softmax makes NaN and zeros, and Lamina's NaN alone.
        nan = np.isnan(output).any(axis=1)
        np.testing.assert_array_equal(np.isnan(written).any(axis=1), nan)
        np.testing.assert_allclose(written[~nan], output[~nan], rtol=1e-4, atol=1e-5)


def check_table(lamina, trained, number, generator):
    """The columns in another order, more of them, the target anywhere or nowhere, and the index of pandas."""
    frame = pd.DataFrame({name: np.round(generator.normal(size=9), 3) for name in ("size", "weight", "age")})
    expected = trained.predict(frame.to_numpy(np.float32), verbose=0)
    if number % 3 > 0:
        frame["kind"] = generator.choice(["ant", "bee", "cow", "doe"], 9)
    if number % 4 > 1:
        frame["note"] = generator.choice(["x, y", 'quo"te', "line\nbreak", "", "NA"], 9)
    frame = frame[list(generator.permutation(frame.columns))]
    path = lamina.work / "asked.csv"
    frame.to_csv(path, index=number % 2 == 0, sep=generator.choice([",", ";", "\t", "|"]), encoding=generator.choice(["utf-8", "utf-8-sig", "utf-16"]),
                 lineterminator=generator.choice(["\n", "\r\n"]))
    status, lines = said(lamina, "predict", lamina.work / "arrays_trained.keras", path)
    assert status == 0, lines
    close(np.float32([line["probabilities"] for line in lines]), expected, f"table {number}")
    names = ["ant", "bee", "cow", "doe"]
    assert [line["label"] for line in lines] == [names[k] for k in expected.argmax(-1)], lines
    if "kind" in frame:
        assert [names[line["expected"]] for line in lines] == list(frame["kind"]), lines


def run(binaries, work):
    """(passed, failed)"""
    lamina = Lamina(binaries, work)
    attempt = Attempts("arrays")

    models = networks()
    for name, (model, loss) in models.items():
        fill(model, rng(name))
        model.compile("sgd", loss or "mse", metrics=["accuracy"] if name == "classes" else None)
        model.save(work / f"arrays_{name}.keras")
        for number in range(3):
            attempt(f"bad numbers {name} {number}",
                    lambda: check_bad_numbers(lamina, work / f"arrays_{name}.keras", name, model, rng(f"bad {name} {number}")))
    for dtype in DTYPES:
        attempt(dtype, lambda: check_dtype(lamina, work / "arrays_classes.keras", models["classes"][0], dtype, rng(dtype)))

    generator = rng("arrays table")
    known = pd.DataFrame({name: np.round(generator.normal(size=40), 3) for name in ("size", "weight", "age")})
    known["kind"] = [("ant", "bee", "cow", "doe")[i % 4] for i in range(40)]
    known.to_csv(work / "known.csv", index=False)
    lamina.cli("train", work / "arrays_classes.keras", "--data", work / "known.csv", "--label-column", "kind", "--epochs", 2, "--out",
               work / "arrays_trained.keras", "--run-dir", work / "arrays.run", "--overwrite")
    trained = keras.models.load_model(work / "arrays_trained.keras")
    for number in range(12):
        attempt(f"table {number}", lambda: check_table(lamina, trained, number, rng(f"table {number}")))
    return attempt.passed, attempt.failed
