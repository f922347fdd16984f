"""Models of texts as ONNX files that take texts: ONNX Runtime says of strings what Keras said, or, of Lamina's own recipes, what
`lamina predict` says. The files are looked at in the environment with ONNX (onnx_export.py).

The models of Keras are those of tools/golden/preprocessing.py.
"""
import csv
import json
import pathlib
import subprocess

import numpy as np

# How texts become numbers stays outside of these files, for a reason that `lamina convert` says.
OUTSIDE = ("text_hashed", "text_hashed_salt", "text_hashed_masked", "text_hashed_one_hot", "text_hashed_count", "text_hashed_nested")
MORE = ["  The\u00a0cat\tÉÉ éé\x1cend, of \x0b DAY's ", "İstanbul K sat/on-the_mat [dog]!", "the " * 40, "!!!", "日本 the 日本 day 😀"]
REVIEWS = ["What a wonderful flight, thank you!", "The worst airline EVER... never again", "Late again; lost my bag :-(", "Loved the crew & the food",
           "ok", "Ça va très bien, MERCI É", "cancelled\tflight, no help", "great great great"]
CHINESE = ["房间很好，服务周到", "太差了 不会再来", "很好 很好", "差，吵，脏", "位置不错，早餐一般 OK", "前台小姐态度极差"]


def say(binaries, *words):
    done = subprocess.run([binaries / "lamina", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr[-800:]
    return done.stdout


def converted(binaries, source, target, *options):
    """What `lamina convert --json` says."""
    return json.loads(say(binaries, "convert", source, target, "--json", *options))


def keep(folder, name, number, given, output):
    np.savez(folder / f"{name}.{number}.npz", **{f"in:{key}": np.array(value) for key, value in given.items()}, **{"out:0": output})


def of_keras(binaries, folder, name, model, texts):
    import preprocessing
    path = folder / f"{name}.keras"
    model.save(path)
    report = converted(binaries, path, path.with_suffix(".onnx"))
    if name in OUTSIDE:
        path.with_suffix(".onnx").unlink()
        assert report["texts"] == [] and "not texts" in " ".join(report["lost"]), report
        return
    assert len(report["texts"]) == 1, report
    if name != "text_any_length":  # whose GRU does not take a batch without words
        texts = texts + MORE
    for number, batch in enumerate((texts, texts[:1], texts[::-1][:3])):
        expected = np.asarray(model(preprocessing.of_texts(model, batch)))
        keep(folder, name, number, {report["texts"][0]: [[text] for text in batch]}, expected)
    # Lamina reads it behind its texts and knows what they become.
    lines = [json.loads(line) for line in say(binaries, "predict", path.with_suffix(".onnx"), *[text for text in texts if text.strip()], "--json").splitlines()]
    expected = np.asarray(model(preprocessing.of_texts(model, [text for text in texts if text.strip()])))
    got = np.array([line["output"] if "output" in line else line["probabilities"] for line in lines])
    assert np.abs(expected - got).max() < 1e-5 * max(1, np.abs(expected).max()), "lamina predict of the ONNX file"


def several(binaries, folder):
    import preprocessing
    model, values = preprocessing.several()
    path = folder / "several.keras"
    model.save(path)
    report = converted(binaries, path, path.with_suffix(".onnx"))
    assert sorted(report["texts"]) == ["body", "tag", "title"], report
    given = {name: [[text] for text in value] if isinstance(value, list) else value for name, value in values.items()}
    keep(folder, "several", 0, given, np.asarray(model(preprocessing.given_to(model, values))))


def recipe(binaries, folder, name, texts, options=()):
    """Trained on a few texts with labels by turns, and asked about them and others."""
    table, path = folder / f"{name}.csv", folder / f"{name}.keras"
    with open(table, "w", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *[[text, ("bad", "good")[number % 2]] for number, text in enumerate(texts * 6)]])
    say(binaries, "train", name, "--data", table, "--epochs", 2, "--out", path, "--run-dir", folder / f"{name}.run", "--quiet", *options)
    report = converted(binaries, path, path.with_suffix(".onnx"))
    assert len(report["texts"]) == 1, report
    asked = [text for text in texts + MORE if text.strip()]
    lines = [json.loads(line) for line in say(binaries, "predict", path, *asked, "--json").splitlines()]
    scores = np.array([line["probabilities"] for line in lines], np.float32)[:, 1:]  # of two classes the second is the output
    keep(folder, name, 0, {report["texts"][0]: [[text] for text in asked]}, scores)


def run(binaries, work, python):
    """(passed, failed)"""
    import preprocessing
    folder = work / "text_onnx"
    folder.mkdir(parents=True)
    passed = failed = 0
    checks = {name: lambda name=name, model=model, texts=texts: of_keras(binaries, folder, name, model, texts)
              for name, (model, texts) in preprocessing.cases().items() if isinstance(texts, list)}
    checks["several"] = lambda: several(binaries, folder)
    checks["tweets"] = lambda: recipe(binaries, folder, "tweets", REVIEWS)
    checks["hotel-zh"] = lambda: recipe(binaries, folder, "hotel-zh", CHINESE)
    for name, check in checks.items():
        try:
            check()
            passed += name in OUTSIDE
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            (folder / f"{name}.onnx").unlink(missing_ok=True)
            print(f"FAILED: {name}: {' '.join(str(error).split())[:600]}", flush=True)
    done = subprocess.run([python, pathlib.Path(__file__).with_name("onnx_export.py"), folder], stdout=subprocess.PIPE, text=True)
    *lines, last = done.stdout.strip().splitlines() or ["0 1"]
    print("\n".join(lines), flush=True)
    return passed + int(last.split()[0]), failed + int(last.split()[1])
