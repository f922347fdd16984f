"""Runs the conformance suite (scripts/conformance) and prints one closing line with the counts.

First the golden scripts write fresh files, from numbers other than those in the source tree, and the golden tests of
lamina_tests compare with them; then files.py exchanges model files with the command line, graphs.py does so with random
functional models, exported.py with graphs of TensorFlow, pandas_tables.py with tables that pandas writes, texts.py with whole corpora, text_models.py with models that take texts, tokenizer_texts.py with those and the tokenizers of language models, found.py reads files as people have them, arrays.py
asks about arrays and tables as NumPy and pandas write them, oldest.py
opens what Lamina wrote in the oldest Keras 3, and oldest_files.py writes in that what Lamina reads; pretrained.py compares
random language models with Hugging Face's Transformers, onnx_export.py lets ONNX Runtime run models that Lamina converts, fine_tuning.py what is fine-tuned, with PEFT and seqeval, too.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN_SCRIPTS = ["layers", "layers_more", "layers_volumes", "layers_recurrent", "losses", "metrics", "activations", "optimizers", "callbacks", "initializers", "models",
                  "images", "pixels", "image_formats", "rgba", "resizing", "image_datasets", "text_datasets", "datasets", "series", "control", "ops", "hdf5_layouts", "tables", "text",
                  "operations", "operations_more", "operations_kernels", "operations_nn", "operations_numbers", "operations_linalg", "operations_signals", "operations_counts", "operations_special", "operations_functions", "preprocessing"]


def numbers(binaries, work):
    """(passed, failed) of the golden tests on files that Keras writes now."""
    sys.path.insert(0, str(ROOT / "tools" / "golden"))
    for script in GOLDEN_SCRIPTS:
        __import__(script).main()
    report = work / "report.json"
    report.unlink(missing_ok=True)
    tests = subprocess.run(
        [binaries / "lamina_tests", "--gtest_filter=Keras/*Golden*:*Golden*:Activations.*:Initializers.*:Summaries.*:LoadImg.*:ImageFormats.Give*:ImageFormats.Are*:ImageResize.*:ImageColours.*:ImageDatasets.AreThoseOfKeras",
         "--gtest_brief=1", f"--gtest_output=json:{report}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not report.exists():
        print(tests.stdout[-5000:])
        return 0, 1
    counts = json.loads(report.read_text())
    failed = counts["failures"] + counts["errors"]
    if tests.returncode != 0:
        print(tests.stdout[-20000:])
        failed = max(failed, 1)
    return counts["tests"] - failed, failed


def oldest(python, work):
    """(passed, failed) of the files that Lamina wrote, opened by another Keras."""
    reader = subprocess.run([python, pathlib.Path(__file__).with_name("oldest.py"), work], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    lines = reader.stdout.strip().splitlines()
    if reader.returncode != 0 or not lines:
        print(reader.stderr[-5000:])
        return 0, 1
    print(*lines[:-1], sep="\n", end="\n" if lines[:-1] else "")
    passed, failed = map(int, lines[-1].split())
    return passed, failed + (passed == 0)


def oldest_files(python, binaries, work, seed):
    """(passed, failed) of the files that the oldest Keras writes, asked by Lamina, which may not say a word of them."""
    import numpy as np
    writer = subprocess.run([python, pathlib.Path(__file__).with_name("oldest_files.py"), work, str(seed)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    lines = writer.stdout.strip().splitlines()
    if writer.returncode != 0 or not lines:
        print(writer.stderr[-5000:])
        return 0, 1
    print(*lines[:-1], sep="\n", end="\n" if lines[:-1] else "")
    passed, failed = 0, sum(line.startswith("FAILED") for line in lines)
    for path in sorted(work.glob("old_*.npz")):
        try:
            arrays, out = np.load(path), path.with_suffix(".outputs")
            inputs = [name for name in arrays if name.startswith("x")]
            words = [binaries / "lamina", "run", path.with_suffix(".keras"), "--output", out, "--json"]
            for name in inputs:
                np.save(work / f"old_{name}.npy", arrays[name])
                words += ["--input", work / f"old_{name}.npy"]
            said = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert said.returncode == 0 and not said.stderr, said.stderr
            outputs = json.loads(said.stdout)["outputs"]
            assert len(outputs) == len(arrays) - len(inputs), outputs
            for i, output in enumerate(outputs):
                expected = arrays[f"y{i}"]
                np.testing.assert_allclose(np.load(output["file"]), expected, rtol=1e-4, atol=1e-5 * max(1, np.abs(expected).max()))
            passed += 1
        except Exception as error:  # noqa: BLE001: whatever goes wrong is a failed check
            failed += 1
            print(f"FAILED: {path.stem}: {str(error)[-600:]}")
    return passed, failed + (passed == 0)


def by_another(script, python, program, work, seed):
    """(passed, failed) of a script that has an environment of its own: random language models of Transformers, fine-tuning."""
    asked = subprocess.run([python, pathlib.Path(__file__).with_name(script + ".py"), program, work / script, str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = asked.stdout.strip().splitlines()
    if asked.returncode != 0 or not lines:
        print(asked.stderr[-5000:])
        return 0, 1
    print(*lines[:-1], sep="\n", end="\n" if lines[:-1] else "")
    passed, failed = map(int, lines[-1].split())
    return passed, failed + (passed == 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--oldest", required=True, help="the Python of an environment with the oldest Keras 3")
    parser.add_argument("--onnx", required=True, help="the Python of an environment with ONNX")
    parser.add_argument("--torch", required=True, help="the Python of an environment with PyTorch and Transformers")
    parser.add_argument("--only", default="", help="names of suites, separated by commas; all without it")
    args = parser.parse_args()
    work = args.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    (work / "golden").mkdir(parents=True)
    os.environ["LAMINA_GOLDEN"] = str(work / "golden")
    os.environ["LAMINA_GOLDEN_SEED"] = str(args.seed)

    passed = failed = 0
    import files  # after the environment: it imports Keras with the golden scripts' settings
    import arrays
    import found
    import graphs
    import onnx_export
    import pandas_tables
    import exported
    import text_models
    import texts
    import tokenizer_texts

    suites = (("numbers", numbers), ("files", files.run), ("graphs", graphs.run), ("saved", exported.run), ("found", found.run), ("arrays", arrays.run), ("tables", pandas_tables.run),
              ("texts", lambda binaries, folder: texts.run(binaries, folder, ROOT.parent / "shared" / "data")),
              ("text models", text_models.run),
              ("tokenizers", lambda binaries, folder: tokenizer_texts.run(binaries, folder, ROOT.parent / "shared", args.seed)),
              ("oldest", lambda _, folder: oldest(args.oldest, folder)),
              ("old files", lambda binaries, folder: oldest_files(args.oldest, binaries, folder, args.seed)),
              ("pretrained", lambda binaries, folder: by_another("pretrained", args.torch, binaries / "lamina_conformance", folder, args.seed)),
              ("onnx", lambda binaries, folder: by_another("onnx_backend", args.onnx, binaries / "lamina_onnx_cases", folder, args.seed)),
              ("to onnx", lambda binaries, folder: onnx_export.run(binaries, folder, args.onnx)),
              ("tflite", lambda binaries, folder: by_another("tflite", sys.executable, binaries / "lamina_tflite_cases", folder, args.seed)),
              ("tuning", lambda binaries, folder: by_another("fine_tuning", args.torch, binaries / "lamina", folder, args.seed)))
    for name, suite in suites:
        if args.only and name not in args.only.split(","):
            continue
        start = time.monotonic()
        good, bad = suite(args.bin.resolve(), work)
        print(f"{name:9} {good} passed, {bad} failed in {time.monotonic() - start:.0f} s", flush=True)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
