"""Runs the conformance suite (scripts/conformance) and prints one closing line with the counts.

First the golden scripts write fresh files, from numbers other than those in the source tree, and the golden tests of
lamina_tests compare with them; then files.py exchanges model files with the command line, graphs.py does so with random
functional models, exported.py with graphs of TensorFlow, pandas_tables.py with tables that pandas writes, texts.py with whole corpora, text_models.py with models that take texts, tokenizer_texts.py with those and the tokenizers of language models, found.py reads files as people have them, configs.py every class of Keras with every argument, arrays.py
asks about arrays and tables as NumPy and pandas write them, oldest.py
opens what Lamina wrote in the oldest Keras 3, and oldest_files.py writes in that what Lamina reads; pretrained.py compares
random language models with Hugging Face's Transformers, onnx_export.py lets ONNX Runtime run models that Lamina converts, text_onnx.py those that take texts, fine_tuning.py what is fine-tuned, with PEFT and seqeval, too; networks.py compares networks of Keras's applications.
As many suites run at a time as there are cores: most of what they do is Python that waits for itself.
"""
import argparse
import concurrent.futures
import contextlib
import io
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import time
import traceback
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN_SCRIPTS = ["layers", "layers_more", "layers_volumes", "layers_recurrent", "layers_later", "losses", "metrics", "activations", "optimizers", "callbacks", "initializers", "models",
                  "images", "pixels", "image_formats", "rgba", "resizing", "augmentations", "image_datasets", "text_datasets", "datasets", "series", "control", "ops", "hdf5_layouts", "tables", "text",
                  "operations", "operations_more", "operations_kernels", "operations_nn", "operations_numbers", "operations_linalg", "operations_signals", "operations_counts", "operations_special", "operations_functions", "operations_images", "functions", "preprocessing"]


def numbers(binaries, work):
    """(passed, failed) of the golden tests on files that Keras writes now."""
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


class Suite(typing.NamedTuple):
    """How a suite is run, in a process and a folder of its own."""
    run: typing.Callable  # (binaries, folder, arguments) -> (passed, failed); imports what it needs
    seconds: int  # it took once; the longest begin first
    after: str = ""  # whose folder it goes on with


def module(name, *more):
    """A suite that is the function run of a script beside this one, with what more(arguments) say."""
    return lambda binaries, folder, args: __import__(name).run(binaries, folder, *(one(args) for one in more))


SHARED = ROOT.parent / "shared"
SUITES = {
    "to onnx": Suite(module("onnx_export", lambda args: args.onnx), 440),
    "numbers": Suite(lambda binaries, folder, _: numbers(binaries, folder), 120),
    "tokenizers": Suite(module("tokenizer_texts", lambda _: SHARED, lambda args: args.seed), 110),
    "graphs": Suite(module("graphs"), 80),
    "tflite": Suite(lambda binaries, folder, args: by_another("tflite", sys.executable, binaries / "lamina_tflite_cases", folder, args.seed), 60),
    "texts": Suite(module("texts", lambda _: SHARED / "data"), 50),
    "text models": Suite(module("text_models"), 30),
    "texts to onnx": Suite(module("text_onnx", lambda args: args.onnx), 60),
    "applications": Suite(module("networks", lambda args: args.seed), 90),
    "files": Suite(module("files"), 50),
    "oldest": Suite(lambda _, folder, args: oldest(args.oldest, folder), 5, after="files"),
    "tuning": Suite(lambda binaries, folder, args: by_another("fine_tuning", args.torch, binaries / "lamina", folder, args.seed), 40),
    "saved": Suite(module("exported"), 25),
    "pretrained": Suite(lambda binaries, folder, args: by_another("pretrained", args.torch, binaries / "lamina_conformance", folder, args.seed), 15),
    "configs": Suite(module("configs"), 40),
    "found": Suite(module("found"), 10),
    "onnx": Suite(lambda binaries, folder, args: by_another("onnx_backend", args.onnx, binaries / "lamina_onnx_cases", folder, args.seed), 10),
    "arrays": Suite(module("arrays"), 5),
    "tables": Suite(module("pandas_tables"), 5),
    "old files": Suite(lambda binaries, folder, args: oldest_files(args.oldest, binaries, folder, args.seed), 5),
}


def run(name, args):
    """(name, what it printed, passed, failed, seconds) of a suite; runs in a process of its own."""
    folder = args.work.resolve() / (SUITES[name].after or name).replace(" ", "_")
    (folder / "golden").mkdir(parents=True, exist_ok=True)
    os.environ["LAMINA_GOLDEN"] = str(folder / "golden")
    os.environ["LAMINA_GOLDEN_SEED"] = str(args.seed)
    sys.path.insert(0, str(ROOT / "tools" / "golden"))
    start, said = time.monotonic(), io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            good, bad = SUITES[name].run(args.bin.resolve(), folder, args)
        except Exception:  # noqa: BLE001: a suite that breaks off has failed, and the others go on
            traceback.print_exc(file=said)
            good, bad = 0, 1
    return name, said.getvalue(), good, bad, time.monotonic() - start


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
    shutil.rmtree(args.work, ignore_errors=True)
    names = [name for name in SUITES if not args.only or name in args.only.split(",")]
    passed = failed = 0
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        jobs = [pool.submit(run, name, args) for name in sorted(names, key=lambda name: -SUITES[name].seconds) if SUITES[name].after not in names]
        while jobs:
            done = concurrent.futures.wait(jobs, return_when=concurrent.futures.FIRST_COMPLETED).done
            jobs = [job for job in jobs if job not in done]
            for job in done:
                name, said, good, bad, seconds = job.result()
                print(f"{said}{name:10} {good} passed, {bad} failed in {seconds:.0f} s", flush=True)
                passed, failed = passed + good, failed + bad
                jobs += [pool.submit(run, after, args) for after in names if SUITES[after].after == name]
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
